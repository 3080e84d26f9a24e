// Classical instructions (specification: "Classical instructions")

//: assignment and compound assignment
//= executes k: 23
output int k; qubit q; bit c; x q; c = measure q; k = 3 * c; k += 4; k *= 7; k -= 3; k /= 2;

//: integer division and remainder truncate towards zero
//= executes k: -31
output int k; qubit q; bit c; x q; c = measure q; int n = -7 * c; k = 10 * (n / 2) + n % 2;

//: power
//= executes k: 243
output int k; qubit q; bit c; x q; c = measure q; int n = 3 * c; k = n ** 5;

//: shifts and bitwise operators
//= executes c: 01001
output bit[5] c; qubit[5] q; bit[5] b; x q[0]; x q[2]; b = measure q; c = ((b << 1) | (b >> 2)) ^ "00111" & ~b;

//: comparisons and logical operators
//= executes b: true
output bool b; qubit q; bit c; x q; c = measure q; int n = 3 * c; b = n >= 3 && n != 4 || n < 0;

//: popcount, rotl, rotr
//= executes k: 3; c: 11011
output uint k; output bit[5] c; qubit[5] q; bit[5] b; x q[0:2]; b = measure q; k = popcount(b); c = rotl(b, 3) ^ rotr(b, 1) ^ "10001";

//: mathematical functions at run time
//= executes f: 1.0
output float f; qubit q; bit c; x q; c = measure q; f = sin(c * pi / 2) * sqrt(4.0 * c) / 2 + floor(0.5 * c) + mod(5.5, 5.5 * c);

//: if and else over measured bits
//= executes c: 10
qubit[2] q; bit[2] c; x q[0]; c[0] = measure q[0]; if (c[0]) { x q[1]; x q[0]; } else { x q[0]; } c = measure q;

//: if with a single statement
//= executes c: 1
qubit q; bit c; if (true) x q; c = measure q;

//: for over a range
//= executes c: 10101
qubit[5] q; bit[5] c; for uint i in [0:2:4] { x q[i]; } c = measure q;

//: for over a set, a register and an array
//= executes c: 1011; b: 01
qubit[4] q; bit[4] c; bit[2] b = "01"; array[int, 1] a = {3}; for int i in {0} { x q[i]; } for int i in a { x q[i]; } for bit i in b { if (i) x q[1]; } c = measure q;

//: for over a range known at run time
//= executes c: 0111; b: 1
qubit[4] q; bit[4] c; x q[3]; bit b; b = measure q[3]; x q[3]; for int i in [0:b + 1] { x q[i]; } c = measure q;

//: while over measured bits
//= executes c: 1
qubit q; bit c; c = measure q; while (c == 0) { h q; c = measure q; }

//: break and continue
//= executes k: 4
output int k; qubit q; x q; for int i in [0:9] { if (i == 1) { continue; } if (i == 4) { break; } k += i; } k -= 1;

//: break on a measured bit
//= executes k: 1
output int k; qubit q; bit c; x q; for int i in [0:9] { k += 1; c = measure q; if (c) { break; } }

//: end
//= executes c: 1
qubit q; bit c; x q; c = measure q; if (c) { end; } x q; c = measure q;

//: switch with several values and a default
//= executes b: 10; c: 100
qubit[3] q; bit[2] b; bit[3] c; x q[1]; b = measure q[0:1]; reset q[1]; switch (int[4](b)) { case 0, 1 { x q[0]; } case 2 { x q[2]; } default { x q[1]; } } c = measure q;

//: extern declaration
//= executes c: 1
extern f(int) -> int; qubit q; bit c; x q; c = measure q;

//: call of an extern function
//= refused QJ0504
extern f(int) -> int; qubit q; bit c; int k = f(1); x q; c = measure q;

//: division by zero of constants
//= refused QJ0304
qubit q; bit c; const int k = 1 / 0; x q; c = measure q;

//: an index computed at run time that is outside
//= fails
qubit[2] q; bit[2] c; x q; c = measure q; int k = 5 * c[0]; c[k] = 1;
