// Program structure (specification: "Comments", "Version string", "Included files", "Annotations", "Pragmas")

//: version line
//= executes c: 1
OPENQASM 3.0; qubit q; bit c; U(pi, 0, pi) q; c = measure q;

//: version 3.1
//= executes c: 1
OPENQASM 3.1; qubit q; bit c; U(pi, 0, pi) q; c = measure q;

//: version without a minor number
//= executes c: 1
OPENQASM 3; qubit q; bit c; U(pi, 0, pi) q; c = measure q;

//: no version line
//= executes c: 1
include "stdgates.inc"; qubit q; bit c; x q; c = measure q;

//: line and block comments
//= executes c: 1
qubit q; bit c; /* a block
of lines */ x q; // to the end of the line
c = measure q;

//: include "stdgates.inc"
//= executes c: 11
qubit[2] q; bit[2] c; x q[0]; cx q[0], q[1]; c = measure q;

//: include of a file that does not exist
//= refused QJ0207
include "nowhere.inc"; qubit q; bit c; c = measure q;

//: identifiers in Unicode
//= executes c: 1
qubit qβ; bit c; const float θ = π; rx(θ) qβ; c = measure qβ;

//: pragma
//= executes c: 0
pragma vendor.option keep this
qubit q; bit c; c = measure q;

//: annotation
//= executes c: 1
qubit q; bit c;
@vendor.note keep this
x q;
c = measure q;

//: input, without a job to give it
//= refused QJ0212
input float theta; qubit q; bit c; rx(theta) q; c = measure q;

//: output of bits
//= executes c: 1
output bit c; bit d; qubit q; x q; c = measure q;

//: output of numbers
//= executes k: -3; f: 0.5; b: true
output int[8] k; output float f; output bool b; qubit q; bit c; x q; c = measure q; k = -3 * c; f = c / 2.0; b = bool(c);

//: output of an array
//= refused QJ0504
output array[int, 2] k; qubit q; x q; k[0] = 1;
