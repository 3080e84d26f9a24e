// A comment before the version.
OPENQASM 2.0;
include "qelib1.inc";
qreg input[2];
qreg box[2];
creg end[2];
opaque magic(a) x, y;
opaque plain x;
gate def(angle) let, in { U(angle, 0, 0) let; CX let, in; }
def(pi / 2) input[0], box[1];
barrier input, box;
if (end == 1) x input[0];
measure input -> end;
reset box[0];
