OPENQASM 4.0; //~ QJ0124
qubit q;
U(0, 0, 0) q;
