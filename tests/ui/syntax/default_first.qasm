OPENQASM 3.0;
include "stdgates.inc";
qubit q;
int i = 1;
switch (i) {
  default { x q; } //~ QJ0140
  case 1 { h q; }
}
