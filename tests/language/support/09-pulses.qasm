// Pulse-level descriptions (specification: "Pulse-level descriptions of gates and measurement")

//: defcalgrammar
//= executes c: 1
defcalgrammar "openpulse"; qubit q; bit c; x q; c = measure q;

//: cal block (warning QJ1030: kept, not used)
//= executes c: 1
cal { port d0; frame f = newframe(d0, 5e9, 0.0); } qubit q; bit c; x q; c = measure q;

//: defcal of a gate with a definition (warning QJ1030: kept, not used)
//= executes c: 1
defcal x $0 { play(drive($0), gaussian(160dt, 40dt)); } qubit q; bit c; x q; c = measure q;

//: defcal of a measurement (warning QJ1030: kept, not used)
//= executes c: 1
defcal measure $0 -> bit { return capture(d0); } bit c; x $0; c = measure $0;

//: call of a gate that only a defcal describes
//= refused QJ0504
defcal zz90 $0, $1 { play(d0, w); } bit c; zz90 $0, $1; c = measure $0;
