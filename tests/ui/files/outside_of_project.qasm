OPENQASM 3.0;
include "../../etc/passwd"; //~ QJ0207
qubit q;
h q;
