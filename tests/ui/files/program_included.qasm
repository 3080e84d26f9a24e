OPENQASM 3.0;
include "stdgates.inc";
include "bell.inc";
qubit r;
h r;
