// Scope of variables (specification: "Scoping of variables")

//: a block shadows an outer name
//= executes k: 1
output int k; int n = 1; qubit q; x q; if (true) { int n = 2; n += 1; } k = n;

//: a loop variable lives in its loop
//= refused QJ0201
qubit q; bit c; for int i in [0:1] { x q; } if (i == 1) { x q; } c = measure q;

//: a block of its own
//= executes k: 3
output int k; qubit q; x q; { int n = 3; k = n; }

//: a subroutine sees constants
//= executes k: 4
output int k; const int n = 4; def f() -> int { return n; } qubit q; x q; k = f();

//: a subroutine does not see variables
//= refused QJ0215
int n = 4; def f() -> int { return n; } qubit q; bit c; x q; int k = f(); c = measure q;

//: a name defined twice
//= refused QJ0202
int n = 4; int n = 5; qubit q; bit c; x q; c = measure q;
