OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q
bit[2] c; //~^1 QJ0101
h q[0];
c = measure q;
