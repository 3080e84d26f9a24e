OPENQASM 3.0;
include "stdgates.inc";
qubit[2] measure; //~ QJ0138
float angle = 0.5; //~ QJ0138
h measure[0];
rz(angle) measure[1];
