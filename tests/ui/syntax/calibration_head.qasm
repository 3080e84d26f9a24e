OPENQASM 3.0;
defcal x { play(drive); } //~ QJ0139 QJ1030
