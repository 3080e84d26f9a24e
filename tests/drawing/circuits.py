"""Circuits to draw, as text of the language."""

from qlang.compiler import frontend
from qlang.compiler.drawing.build import build
from qlang.compiler.drawing.model import Picture
from qlang.sema.symbols import CircuitSymbol
from qlang.syntax.source import Source

CIRCUITS = {
    "bell": "qubit[2] q;\nbit[2] c;\nh q[0];\ncx q[0], q[1];\nc = measure q;\n",
    "symbols": """
qubit[4] q;
bit[2] c;
rz(pi/8) q[0]; ry(-3*pi/4) q[1]; p(0.123) q[2]; U(pi/2, 0, pi) q[3];
sdg q[0]; inv @ t q[1]; sx q[2]; pow(0.5) @ x q[3];
cz q[0], q[1]; ch q[2], q[3]; cp(pi/4) q[0], q[3];
swap q[1], q[3]; cswap q[0], q[2], q[1]; ccx q[0], q[1], q[3];
ctrl @ negctrl @ x q[0], q[2], q[1];
negctrl(2) @ ry(pi/2) q[3], q[0], q[2];
rzz(pi/3) q[0], q[1]; rxx(1.5) q[3], q[1];
barrier q[0:1]; reset q[2]; delay[100ns] q[3];
gphase(pi/3);
c[1] = measure q[0];
""",
    "control": """
circuit demo(int n = 4, float theta) {
  qubit[n] q;
  qubit anc;
  bit[2] c;
  bit f;
  h q;
  for int i in [0:n-2] { cx q[i], q[i+1]; rz(theta*i) q[0]; }
  c[0] = measure q[0];
  if (c[0] == 1) { x q[1]; cz q[1], anc; } else if (c[1] == 1) { y q[1]; } else { h q[2]; }
  while (f == 0) { h anc; f = measure anc; reset anc; for int k in [0:3] { ry(k*pi/7) q[2]; } }
  switch (c) { case 0 { x q[3]; } case 1, 2 { y q[3]; z q[2]; } default { h q[3]; } }
  c[1] = measure q[1];
  box { x q[0]; y q[1]; }
}
""",
    "calls": """
gate majority a, b, c { cx c, b; cx c, a; ccx a, b, c; }
def layer(qubit[3] r, float t) { for int i in [0:2] { rx(t) r[i]; } }
circuit demo(float t) {
  qubit[4] q;
  majority q[0], q[1], q[3];
  ctrl @ majority q[2], q[0], q[1], q[3];
  layer(q[1:3], t);
  layer(q[0:2], pi/2);
}
""",
    "wide": "qubit[3] q;\n" + "h q[0]; cx q[0], q[1]; rz(pi/16) q[2]; cx q[1], q[2];\n" * 12,
    "many qubits": "qubit[100] q;\nqubit a;\nbit[100] c;\nh q;\ncx q[3], a;\nx a;\nc = measure q;\n",
    "open size": "circuit ghz(int n) { qubit[n] q; h q[0]; for int i in [1:n-1] { cx q[0], q[i]; } x q; }",
    "wide characters": "qubit[2] 量子;\nqubit é;\nbit[2] 結果;\nh 量子[0];\ncx 量子[0], é;\n結果 = measure 量子;\n",
    "nothing": "circuit empty() { qubit[2] q; bit c; }\n",
}  # fmt: skip


def circuit(text: str, name: str = "test.qjob") -> CircuitSymbol:
    """The circuit of a text without errors."""
    analysis = frontend.analyse(Source(name, text))
    assert analysis.ok, [(d.code, d.message()) for d in analysis.diagnostics]
    module = analysis.module
    found = module.main or next(iter(module.circuits.values()))
    assert found is not None
    return found


def picture(text: str, limit: int = 10_000) -> Picture:
    """What its drawing shows."""
    return build(circuit(text), {}, limit=limit)
