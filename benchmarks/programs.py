"""Programs that are measured, as text."""

import random

BELL = """\
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
h q[0];
cx q[0], q[1];
c = measure q;
"""


def gates(count: int, qubits: int = 10) -> str:
    """OpenQASM 2 with `count` gates of an application's mix, measured at the end."""
    source = random.Random(count)
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{qubits}];", f"creg c[{qubits}];"]
    for _ in range(count):
        a, b = source.sample(range(qubits), 2)
        kind = source.random()
        if kind < 0.4:
            lines.append(f"cx q[{a}],q[{b}];")
        elif kind < 0.7:
            lines.append(f"rz({source.uniform(-3, 3):.6f}) q[{a}];")
        elif kind < 0.85:
            lines.append(f"ry({source.uniform(-3, 3):.6f}) q[{a}];")
        else:
            lines.append(f"h q[{a}];")
    lines.append("measure q -> c;")
    return "\n".join(lines) + "\n"


def loop(iterations: int) -> str:
    """A job whose circuit repeats a Trotter step; compiled, never run."""
    return f"""\
circuit chain(int steps) {{
  qubit[6] q;
  for int s in [1:steps] {{
    for int i in [0:4] {{ rzz(0.1) q[i], q[i+1]; }}
    rx(0.2) q;
  }}
}}
job repeated {{
  run     chain(steps = {iterations});
  expect  z = Z(q[0]);
  shots   1000;
  seed    1;
  backend sim;
}}
"""


def hundred_lines() -> str:
    """A job file of 100 lines."""
    head = [
        'include "stdgates.inc";',
        "observable middle(qubit[4] q) = (Z(q[0]) * Z(q[1]) + X(q[2])) / 2;",
        "circuit long(float turn) {",
        "  qubit[4] q;",
        "  bit[4] c;",
    ]
    tail = [
        "  c = measure q;",
        "}",
        "job check_me {",
        "  run     long(turn = 0.3);",
        "  sample  c;",
        "  shots   1000;",
        "  seed    1;",
        "  backend sim like ibm.guadalupe, sim;",
        "  sla { cost <= 5 usd; latency <= 10 min; }",
        "}",
    ]
    statements = (
        "  rx(turn / 3) q[0];",
        "  cx q[0], q[1];",
        "  h q[2];",
        "  rz(-pi / 8 + turn) q[3];",
        "  cz q[2], q[3];",
    )
    body = [statements[i % len(statements)] for i in range(100 - len(head) - len(tail))]
    return "\n".join(head + body + tail) + "\n"


def ordinary(lines: int) -> str:
    """OpenQASM 3 of at least `lines` lines as people write it: definitions, loops, branches, arithmetic, remarks."""
    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[8] q;\nbit[8] c;\nint[32] n = 3;\nfloat[64] theta = 0.25;\n'
    steps = [
        f"""\
// Step {number}: an entangler with feedback.
gate pair{number}(a, b) x0, x1 {{
  rx(a / 2) x0;
  ctrl @ rz(-b + pi / 8) x0, x1;
}}
def parity{number}(qubit[2] r, int[32] k) -> bit {{
  bit[2] m;
  m = measure r;
  return m[0] ^ m[1];
}}
for int i in [0:6] {{
  pair{number}(theta, 0.5 * theta) q[i], q[i + 1];
}}
c[{number % 8}] = measure q[{number % 8}]; // an outcome
if (c[{number % 8}] == 1) {{
  x q[{number % 8}];
}} else {{
  n = (n + {number}) % 7; h q;
}}
"""
        for number in range(lines // 19 + 1)
    ]
    return "".join([head, *steps])
