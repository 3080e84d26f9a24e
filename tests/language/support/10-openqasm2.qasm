// OpenQASM 2

//: qreg, creg, gates of qelib1.inc
//= executes c: 11
OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; x q[0]; cx q[0], q[1]; measure q -> c;

//: U and CX without an include
//= executes c: 11
OPENQASM 2.0; qreg q[2]; creg c[2]; U(pi, 0, pi) q[0]; CX q[0], q[1]; measure q -> c;

//: gate definition with a barrier
//= executes c: 11
OPENQASM 2.0; include "qelib1.inc"; gate pair a, b { x a; barrier a, b; cx a, b; } qreg q[2]; creg c[2]; pair q[0], q[1]; measure q -> c;

//: parameters are real: 1/2 is 0.5, ^ is the power
//= executes c: 1
OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; rx(pi * 2^2 * (1/2) / 2) q[0]; measure q -> c;

//: if over a register
//= executes c: 10; d: 1
OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; creg d[1]; x q[1]; measure q -> c; if (c == 2) x q[0]; measure q[0] -> d[0];

//: reset, broadcasting
//= executes c: 01
OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; x q; reset q[1]; barrier q; measure q -> c;

//: opaque declaration
//= executes c: 1
OPENQASM 2.0; include "qelib1.inc"; opaque magic(t) a; qreg q[1]; creg c[1]; x q[0]; measure q -> c;

//: application of an opaque gate
//= refused QJ0504
OPENQASM 2.0; include "qelib1.inc"; opaque magic(t) a; qreg q[1]; creg c[1]; magic(1) q[0]; measure q -> c;

//: include "stdgates.inc" in version 2
//= executes c: 1
OPENQASM 2.0; include "stdgates.inc"; qreg q[1]; creg c[1]; x q[0]; measure q -> c;

//: a gate parameter with functions
//= executes c: 1
OPENQASM 2.0; include "qelib1.inc"; gate turn(a) q { rx(a * sin(pi / 2) + ln(exp(0))) q; } qreg q[1]; creg c[1]; turn(pi) q[0]; measure q -> c;
