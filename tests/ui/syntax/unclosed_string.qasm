OPENQASM 3.0;
include "stdgates.inc; //~ QJ0111
qubit q;
h q;
