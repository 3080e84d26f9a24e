OPENQASM 3.0;
include "stdgates.inc";
qubit[2] measure_;
float angle_ = 0.5;
h measure_[0];
rz(angle_) measure_[1];
