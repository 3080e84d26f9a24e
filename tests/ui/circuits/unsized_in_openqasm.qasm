OPENQASM 3.0;
include "stdgates.inc";
def layer(qubit[] a) { h a; } //~ QJ0509
qubit[2] q;
layer(q);
