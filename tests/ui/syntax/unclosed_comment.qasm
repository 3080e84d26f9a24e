OPENQASM 3.0;
qubit q;
/* what follows is //~ QJ0112
U(0, 0, 0) q;
