// Subroutines (specification: "Subroutines")

//: def with qubits
//= executes c: 11
def flip(qubit a, qubit b) { x a; x b; } qubit[2] q; bit[2] c; flip(q[0], q[1]); c = measure q;

//: def with a register and a result
//= executes p: 0
output bit p; def parity(qubit[2] r) -> bit { cx r[0], r[1]; return measure r[1]; } qubit[2] q; x q; p = parity(q);

//: def with classical parameters
//= executes k: 12
output int k; def scaled(int a, float[64] b) -> int { return int(a * b); } qubit q; bit c; x q; c = measure q; k = scaled(5 * c, 2.5);

//: return inside a branch
//= executes k: 1
output int k; def sign(int a) -> int { if (a > 0) { return 1; } return -1; } qubit q; bit c; x q; c = measure q; k = sign(c);

//: arrays by reference
//= executes k: 9
output int k; def set(mutable array[int, 3] a, int i) { a[i] = 9; } array[int, 3] b; qubit q; bit c; x q; c = measure q; set(b, c); k = b[1];

//: arrays of any size
//= executes k: 6
output int k; def total(readonly array[int, #dim = 1] a) -> int { int s = 0; for int v in a { s += v; } return s; } array[int, 3] b = {1, 2, 3}; qubit q; x q; k = total(b);

//: recursion
//= refused QJ0510
def f(int n) -> int { return f(n - 1); } qubit q; bit c; x q; int k = f(3); c = measure q;

//: a wrong number of arguments
//= refused QJ0308
def f(qubit a) { x a; } qubit[2] q; bit[2] c; f(q[0], q[1]); c = measure q;
