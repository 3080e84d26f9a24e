// Gates (specification: "Gates", "Standard library")

//: U and gphase
//= executes c: 1
qubit q; bit c; gphase(0.3); U(pi, 0, pi) q; c = measure q;

//: gates of stdgates.inc
//= executes c: 111
qubit[3] q; bit[3] c; x q[0]; cx q[0], q[1]; ccx q[0], q[1], q[2]; swap q[0], q[2]; s q[1]; tdg q[2]; c = measure q;

//: gate definition with parameters
//= executes c: 1
gate half(theta) a { rx(theta / 2) a; } qubit q; bit c; half(2 * pi) q; c = measure q;

//: broadcasting
//= executes c: 1111
qubit[2] a; qubit[2] b; bit[4] c; x a; cx a, b; c[0:1] = measure a; c[2:3] = measure b;

//: ctrl @ and negctrl @
//= executes c: 110
qubit[3] q; bit[3] c; x q[1]; ctrl @ x q[0], q[2]; negctrl @ ctrl @ x q[0], q[1], q[2]; c = measure q;

//: ctrl(n) @
//= executes c: 1111
qubit[4] q; bit[4] c; x q[0:2]; ctrl(3) @ x q[0], q[1], q[2], q[3]; c = measure q;

//: inv @
//= executes c: 0
qubit q; bit c; sx q; inv @ sx q; c = measure q;

//: pow(k) @ with integers, negative too
//= executes c: 1
qubit q; bit c; pow(3) @ x q; pow(-2) @ sx q; pow(2) @ sx q; c = measure q;

//: pow(1/2) @ of a gate with a known root
//= executes c: 1
qubit q; bit c; pow(0.5) @ x q; pow(0.5) @ x q; c = measure q;

//: modifiers on gates of one's own
//= executes c: 11
gate both a, b { x a; x b; } qubit[3] q; bit[2] c; x q[0]; ctrl @ both q[0], q[1], q[2]; c = measure q[1:2];

//: for in a gate body
//= executes c: 1
gate three a { for int i in [1:3] { x a; } } qubit q; bit c; three q; c = measure q;

//: a measurement in a gate body
//= refused QJ0503
gate bad a { reset a; } qubit q; bit c; bad q; c = measure q;

//: the same qubit twice
//= refused QJ0402
qubit[2] q; bit[2] c; cx q[0], q[0]; c = measure q;

//: a gate that nobody defined
//= refused QJ0203
qubit q; bit c; nonsense q; c = measure q;
