OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
cx q[0]; //~ QJ0501
h q[0], q[1]; //~ QJ0501
rx q[0]; //~ QJ0502
x(0.5) q[0]; //~ QJ0502
ccx q[0], q[1]; //~ QJ0501
U(0.1) q[0]; //~ QJ0502
