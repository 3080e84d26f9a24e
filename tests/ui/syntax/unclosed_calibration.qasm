OPENQASM 3.0;
defcal x $0 { play(drive($0), pulse); //~ QJ0113
