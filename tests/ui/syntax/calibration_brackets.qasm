OPENQASM 3.0;
include "stdgates.inc";
defcal rz(angle[20 theta) q {} //~ QJ0139 QJ1030
defcal rx(angle[20] theta q {} //~ QJ0139 QJ1030
defcal ry(angle 20] theta) q {} //~ QJ0139 QJ1030
defcal p(angle[20] theta)) q {} //~ QJ0139 QJ1030
defcal measure $0 -> bit[2 { return capture(d0); } //~ QJ0139 QJ1030
defcal zz /* ( */ (angle[20] theta, float[64] f) $0, $1 { play(d0[0, "("); } //~ QJ1030
