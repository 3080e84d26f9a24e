OPENQASM 3.0;
include "stdgates.inc";
bit[2] b;
h $0;
cx $0, $0; //~ QJ0402
b[0] = measure $0;
h $0; //~ QJ1015
