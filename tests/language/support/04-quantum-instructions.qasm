// Built-in quantum instructions (specification: "Built-in quantum instructions")

//: reset
//= executes c: 0
qubit q; bit c; x q; reset q; c = measure q;

//: reset of a superposition
//= executes c: 0
qubit q; bit c; h q; reset q; c = measure q;

//: measurement by assignment
//= executes c: 0 0.5, 1 0.5
qubit q; bit c; h q; c = measure q;

//: measurement by arrow
//= executes c: 1
qubit q; bit c; x q; measure q -> c;

//: measurement in a declaration
//= executes c: 01
qubit[2] q; x q[0]; bit[2] c = measure q;

//: measurement without a target
//= executes c: 00 0.5, 11 0.5
qubit[2] q; bit[2] c; h q[0]; cx q[0], q[1]; measure q[0]; c = measure q;

//: measurement in the middle
//= executes c: 00 0.5, 11 0.5
qubit q; bit[2] c; h q; c[0] = measure q; c[1] = measure q;

//: measurement into a slice of bits
//= executes c: 0110
qubit[2] q; bit[4] c; x q; c[1:2] = measure q;

//: barrier
//= executes c: 11
qubit[2] q; bit[2] c; x q; barrier q; barrier q[0], q[1]; barrier; c = measure q;

//: nop
//= executes c: 1
qubit q; bit c; x q; nop q; c = measure q;
