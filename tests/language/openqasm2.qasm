// Programs by form, compared with Qiskit; a line with a colon behind the slashes begins each.

//: built-in gates
OPENQASM 2.0;
qreg q[2];
creg c[2];
U(0.3,0.2,0.1) q[0];
CX q[0],q[1];
U(pi/2,0,pi) q;
measure q -> c;

//: gates of the paper
OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
creg c[3];
u3(0.3,0.2,0.1) q[0];
u2(0.1,0.4) q[1];
u1(0.7) q[1];
h q[2];
cz q[0],q[2];
cy q[2],q[1];
ch q[0],q[1];
ccx q[0],q[1],q[2];
crz(0.4) q[1],q[0];
cu1(0.9) q[2],q[0];
cu3(0.4,0.3,0.2) q[0],q[1];
sdg q[1];
tdg q[2];
id q[0];
h q;
measure q -> c;

//: gates beyond the paper
OPENQASM 2.0;
include "qelib1.inc";
qreg q[4];
creg c[4];
h q;
sx q[0];
sxdg q[1];
p(0.3) q[2];
cp(0.5) q[0],q[3];
swap q[0],q[1];
cswap q[2],q[0],q[3];
rxx(0.6) q[0],q[2];
rzz(0.8) q[1],q[3];
csx q[0],q[1];
c3x q[0],q[1],q[2],q[3];
cu(0.1,0.2,0.3,0.4) q[3],q[2];
u(0.2,0.3,0.4) q[1];
h q;
measure q -> c;

//: own gates with barriers
OPENQASM 2.0;
include "qelib1.inc";
gate inner(a,b) s,t {
  rx(a*2) s;
barrier s,t;
cx s,t;
ry(-b/2^2) t;
}
gate outer(a) s,t,u {
  inner(a,sin(a)) s,u;
inner(ln(2)+sqrt(a),cos(pi/3)*exp(0.1)-tan(0.2)) t,s;
}
qreg q[3];
creg c[3];
outer(0.7) q[2],q[0],q[1];
measure q -> c;

//: broadcasting
OPENQASM 2.0;
include "qelib1.inc";
qreg a[2];
qreg b[2];
creg c[2];
creg d[2];
ry(0.7) a;
cx a,b;
cx a[0],b;
barrier a,b[1];
h b;
measure a -> c;
measure b -> d;

//: conditions
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
creg d[1];
h q;
measure q -> c;
if(c==2) ry(0.4) q[0];
if(c==3) x q[1];
if(c==0) cx q[0],q[1];
measure q[1] -> d[0];
if(d==1) measure q[0] -> c[1];

//: reset
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
h q[0];
cx q[0],q[1];
reset q[0];
ry(0.3) q[0];
measure q -> c;

//: reset of a register
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
h q;
reset q;
ry(0.3) q[1];
measure q -> c;

//: conditional reset
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[1];
creg d[2];
h q;
measure q[0] -> c[0];
if(c==1) reset q[1];
measure q -> d;

//: measured twice
OPENQASM 2.0;
include "qelib1.inc";
qreg q[1];
creg c[2];
h q[0];
measure q[0] -> c[0];
h q[0];
measure q[0] -> c[1];

//: an unused opaque gate
OPENQASM 2.0;
include "qelib1.inc";
opaque magic(a,b) s,t;
qreg q[1];
creg c[1];
h q[0];
measure q[0] -> c[0];

//: comments and odd layout
OPENQASM 2.0;
include "qelib1.inc";
// a comment
qreg
q [ 1 ] ;creg c[1];h q [0];// last
measure q->c;

//: unary minus and precedence
OPENQASM 2.0;
include "qelib1.inc";
qreg q[1];
creg c[1];
rx(-2^2*-0.3+1/2) q[0];
ry(-pi/4-(-0.1)) q[0];
measure q -> c;

//: parameters without brackets
OPENQASM 2.0;
include "qelib1.inc";
gate g() a {
  h a;
}
qreg q[1];
creg c[1];
g() q[0];
t q[0];
h q[0];
measure q -> c;
