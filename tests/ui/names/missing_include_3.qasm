OPENQASM 3.0;
qubit[2] q;
h q[0]; //~ QJ0210
cx q[0], q[1];
