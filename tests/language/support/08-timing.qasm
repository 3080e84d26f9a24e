// Circuit timing (specification: "Circuit timing")

//: delay with a time
//= executes c: 1
qubit q; bit c; x q; delay[100ns] q; c = measure q;

//: delay with a computed time
//= executes c: 1
qubit q; bit c; x q; duration d = 100ns; delay[2 * d + 1us] q; c = measure q;

//: box
//= executes c: 1
qubit q; bit c; box { x q; } c = measure q;

//: box with a length
//= executes c: 1
qubit q; bit c; box[1us] { x q; delay[100ns] q; } c = measure q;

//: a time in the device's steps
//= kept circuit.time_step
qubit q; bit c; x q; delay[100dt] q; c = measure q;

//: delay of a stretch
//= kept circuit.stretch
stretch g; qubit q; bit c; x q; delay[g] q; c = measure q;

//: arithmetic on stretches
//= kept circuit.stretch
stretch g; qubit q; bit c; duration d = 2 * g - 10ns; x q; delay[d] q; c = measure q;

//: durationof
//= kept circuit.duration_of
qubit q; bit c; x q; delay[durationof({ x q; })] q; c = measure q;

//: a stretch that nothing waits for
//= executes c: 1
stretch g; qubit q; bit c; x q; c = measure q;
