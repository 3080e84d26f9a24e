OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
h q[2]; //~ QJ0401
measure q[1] -> c[2]; //~ QJ0311
