OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
int n = 2;
def flip() { x q[0]; } //~ QJ0215
gate turn a { rx(n) a; } //~ QJ0215
flip();
turn q[1];
n = 3;
