OPENQASM 2.0;
qreg q[2];
creg c[2];
h q[0]; //~ QJ0210
measure q -> c;
