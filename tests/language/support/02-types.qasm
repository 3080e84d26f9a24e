// Types and casting (specification: "Types and Casting")

//: qubit and qubit register
//= executes c: 011
qubit a; qubit[2] q; bit[3] c; x a; x q[0]; c[0] = measure a; c[1:2] = measure q;

//: qreg and creg in OpenQASM 3
//= executes c: 10
qreg q[2]; creg c[2]; x q[1]; c = measure q;

//: qubit inside a block
//= refused QJ0406
qubit q; bit c; if (true) { qubit inner; x inner; } c = measure q;

//: physical qubits
//= executes c: 10
bit[2] c; x $2; c[0] = measure $0; c[1] = measure $2;

//: physical qubits beside registers
//= refused QJ0504
qubit q; bit c; x $0; x q; c = measure q;

//: bit and bit register, bit strings
//= executes c: 1101
bit[4] c = "1100"; qubit q; x q; c[0] = measure q;

//: bit registers of more than 64 bits
//= executes b: true
output bool b; bit[100] c; qubit q; x q; c[99] = measure q; b = (c >> 98) == 2;

//: int with a width wraps
//= executes k: -128
output int[8] k; qubit q; bit c; x q; c = measure q; k = 127; k += c;

//: int without a width is checked for overflow
//= refused QJ0306
qubit q; bit c; const int k = 9223372036854775807 + 1; x q; c = measure q;

//: uint wraps
//= executes k: 255
output uint[8] k; qubit q; bit c; x q; c = measure q; k -= c;

//: integers of more than 64 bits
//= executes b: true
output bool b; uint[100] k = 1; qubit q; bit c; x q; c = measure q; k <<= 90 * c; b = k > 1000000000000000000;

//: integer literals: binary, octal, hexadecimal, separators
//= executes k: 1297
output int k; qubit q; x q; k = 0b1_0 + 0o17 + 0xff + 1_025;

//: float, 64 bits
//= executes f: 0.30000000000000004
output float f; qubit q; bit c; x q; c = measure q; f = 0.1 * c + 0.2;

//: float[32] rounds
//= executes f: 0.10000000149011612
output float[32] f; qubit q; bit c; x q; c = measure q; f = 0.1 * c;

//: angle is a fraction of a turn, modulo 2π
//= executes a: 0.0
output angle[4] a; qubit q; bit c; x q; c = measure q; a = 3 * pi / 2; a += c * (pi / 2);

//: angle times an integer, divided by an angle
//= executes k: 3
output uint k; qubit q; bit c; x q; c = measure q; angle[8] a = pi / 4; a = a * (2 + c); k = a / angle[8](pi / 4);

//: angle cut to a smaller width
//= executes a: 3.141592653589793
output angle[2] a; angle[10] b = pi + 0.1; qubit q; bit c; x q; c = measure q; if (c) { a = angle[2](b); }

//: bool
//= executes b: false
output bool b; qubit q; bit c; x q; c = measure q; b = !(c == 1) && true || false;

//: complex constants
//= executes f: 5.0
output float f; const complex[float[64]] z = 3 + 4im; qubit q; x q; f = real(z) + imag(z) / 2;

//: complex values known only at run time
//= refused QJ0504
complex[float[64]] z; qubit q; bit c; x q; c = measure q; if (c) { z = z * 1im; } c = measure q;

//: const
//= executes c: 10
const int n = 2; qubit[n] q; bit[n] c; x q[n - 1]; c = measure q;

//: π, τ, ℇ
//= executes b: true
output bool b; qubit q; x q; b = π == pi && τ == 2 * pi && ℇ == euler;

//: duration units and arithmetic
//= executes f: 20.0
output float f; qubit q; x q; duration d = 2us; f = d / 100ns;

//: durations compared and divided, exact to a femtosecond
//= executes k: 1000; e: true
output int k; output bool e; qubit q; bit c; x q; c = measure q; duration d = 100ns; if (c) { d = 1us; } k = int(d / 1ns); e = 100ns == 0.1us && d >= 0.9us + 0.1us;

//: array declaration and initial values
//= executes k: 5
output int k; array[int[32], 2, 2] a = {{1, 2}, {3, 4}}; qubit q; x q; k = a[0, 0] + a[1][1];

//: array elements changed at run time
//= executes k: 7
output int k; array[int[32], 3] a = {1, 2, 3}; qubit q; bit c; x q; c = measure q; a[c] = 7; k = a[1];

//: array at an index known at run time
//= executes k: 2
output int k; array[int[32], 3] a = {1, 2, 3}; qubit q; bit c; x q; c = measure q; k = a[c];

//: array slices, copied by assignment
//= executes k: 34
output int k; array[int[32], 4] a = {1, 2, 3, 4}; qubit q; x q; a[0:1] = a[2:3]; a[3] = 0; k = 10 * a[0] + a[1];

//: array concatenation
//= executes k: 3
output int k; array[int, 1] a = {3}; array[int, 2] b = {1, 2}; array[int, 3] s = b ++ a; qubit q; x q; k = s[2];

//: sizeof
//= executes k: 32
output int k; array[int, 3, 2] a; qubit q; x q; k = 10 * sizeof(a) + sizeof(a, 1);

//: bits of integers and angles
//= executes c: 101
output bit[3] c; uint[8] k = 160; qubit q; bit b; x q; b = measure q; k[0] = b; c = k[5:7];

//: casts between bits and integers
//= executes k: -2; u: 2
output int[2] k; output uint[2] u; qubit[2] q; bit[2] c; x q[1]; c = measure q; k = int[2](c); u = uint[2](c);

//: a cast that does not exist
//= refused QJ0312
qubit q; bit c; duration d = 1ns; int k = int(d); x q; c = measure q;

//: alias of qubits by slices, sets and concatenation
//= executes c: 1011
qubit[4] q; bit[4] c; let a = q[{0, 1}] ++ q[3:3]; x a; c = measure q;

//: alias of an alias
//= executes c: 0100
qubit[4] q; bit[4] c; let a = q[1:3]; let b = a[0:1]; x b[1]; c = measure q;

//: alias of bits changes the register
//= executes c: 1001; b: 1
bit[4] c; let a = c[0:3:3]; qubit q; bit b; x q; b = measure q; a[0] = b; a[1] = 1;

//: negative indices
//= executes c: 100
qubit[3] q; bit[3] c; x q[-1]; c = measure q;

//: an index outside its register
//= refused QJ0401
qubit[3] q; bit[3] c; x q[3]; c = measure q;
