OPENQASM 3.1;
include "stdgates.inc";
defcalgrammar "openpulse";
#pragma user alice
pragma shots limit 4

// Declarations
const int[8] n = 3;
const uint hexadecimal = 0xFF;
const float[64] η = -1.5e-3 ** 2;
input angle[20] θ;
output bit[n] answer;
bool flag = true;
bit[4] nibble = "0101";
complex[float[64]] z = 1.0 + 2.5im;
duration d = 100ns + 2.5 us - 3dt;
stretch s;
array[int[8], 2, 3] table = {{1, 2, 3}, {4, 5, 6}};
qubit single;
qubit[2 * n] q;
qreg old[2];
creg bits[2];
let pair = q[0:1] ++ q[{3, 4}];
extern classify(bit[n], readonly array[float, #dim = 2], creg[2]) -> bit;

// Definitions
gate both(a, b,) x, y, {
  rz(a) x;
  ctrl @ pow(1/2) @ inv @ rx(b) x, y;
  negctrl(2) @ gphase(a) x, y;
  gphase(-b);
}
def parity(qubit[n] r, mutable array[int, 3] out, angle phase, creg c[2]) -> bit {
  return measure r[0];
}
def nothing() { return; }
cal { waveform w = drag(1.0, {2}); }
defcal rz(angle[20] t) $0 -> bit { shift_phase drive($0), -t; }

// Statements
both(1, 2) q[0], q[1];
x[100ns] $0;
U(0, 0, pi / 2) q[:];
measure q[0];
measure q[0] -> bits[0];
bits[1] = measure q[1];
flag = parity(q[0:2], table, θ, bits);
flag = legacy(1) q[0], q[1];
reset q[::2];
barrier;
barrier q, single;
delay[2 * d] q[0];
delay[d];
nop q;
box { x q[0]; }
box[1ms] { nop; }
table[0, 1:2] = 4;
n <<= 2;
nothing();
{ int inner = 1; }
if (flag && !(n == 3) || ~n > 4) x q[0]; else if (flag) { } else y q[0];
if (flag) if (n) x q[0]; else y q[0];
for int i in [0:2:n - 1] { continue; }
for uint i in {1, 2, 5} x q[i];
for bit b in nibble { break; }
for float[64] f in values rx(f) q[0];
while (n < 4) { n += 1; }
switch (n) {
  case 1, 2 { x q[0]; }
  default { end; }
}
duration long = durationof({ x q[0]; });
@reversible
@noise.model strong 0.1
x q[1];
nibble = bit[4](n << 1 | 2 ^ 3 & 4);
η = sizeof(table, 1) % 2 + 1_000.5 - .5;
q[1:];
end;
