"""Long runs of plain gate calls, taken in one piece, mean what single calls mean: tree, diagnostics and IR."""

import random
from typing import Any

import pytest

from qlang.compiler.driver import Compilation, Options, compile_analysis
from qlang.compiler.frontend import analyse
from qlang.ir.text import print_ir
from qlang.syntax import parser, tree
from qlang.syntax.gate_runs import gate_calls
from qlang.syntax.parser import parse
from qlang.syntax.source import Source
from tests.syntax.mutations import mutated

QASM2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[5];\nqreg r[2];\ncreg c[5];\n'
QASM3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nconst float w = 0.25;\nqubit[5] q;\nqubit[2] r;\nbit[5] c;\n'
QJOB = "circuit main_circuit(float w) {\n  qubit[5] q;\n  qubit[2] r;\n  bit[5] c;\n"
ANGLES = (
    "0.5", "-1", "pi", "-pi/4", "3*pi/8", "1e-3", ".5", "2.", " - pi / 2 ", "w", "-w*2", "1/2", "euler", "inf", "7.e2",
    "-0.0", "1_0", "s",
)  # fmt: skip
SOUND = ("0.5", "-1", "pi", "-pi/4", "3*pi/8", "1e-3", ".5", "2.", " - pi / 2 ", "7.e2", "-0.0")
SPOILERS = (
    "", "// a remark", "h q;", "measure q[0] -> c[0];", "barrier q[0], q[1];", "reset q[1];", "cx q[0], q[0];",
    "h q[9];", "hh q[0];", "rz q[0];", "h q[0]", "ctrl @ x q[0], q[1];", "rz(0x10) q[1];", "if (c[0] == 1) x q[1];",
    "@hint this", "pragma x q[0];", "measure q[0];", "x s[0];", "x q[01];", "/* open", "} h q[0];", "cx q[0] q[1];",
    "gate g a { h a; }", "g q[3];", "int[8] w = 3;", "rz(true) q[0];", "rz(1e999) q[0];", "state q[0];", "x state[0];",
    "job j { run main; }", 'defcal x $0 { play(q[0]); }', "let s = q[0:1];", "u3(0.1, 0.2,pi) q[4];", "if (true) {",
)  # fmt: skip


def some_program(rng: random.Random, spoilers: float, angles: tuple[str, ...] = ANGLES) -> str:
    """Mostly plain gate calls; some lines are other statements or mistakes."""
    head = rng.choice([QASM2, QASM3, QJOB])
    text = [head]
    for _ in range(60):
        a, b = rng.sample([f"q[{index}]" for index in range(5)] + ["r[0]", "r[ 1 ]"], 2)
        line = rng.choice(
            [f"h {a};", f"cx {a}, {b};", f"cx {a},{b};", f"rz({rng.choice(angles)}) {a};", f"s {a}; x  {b} ;"]
            + ([rng.choice(SPOILERS)] if rng.random() < spoilers else [])
        )
        if rng.random() < spoilers:
            line = rng.choice(SPOILERS)
        text.append(f"{rng.choice(['', '  '])}{line}{rng.choice([chr(10), chr(10), ' ', chr(13) + chr(10)])}")
    return "".join(text) + ("}\n" if head is QJOB else "")


def flat(node: object) -> Any:
    """A tree with positions, its runs as their calls."""
    if isinstance(node, list):
        return [
            flat(part) for item in node for part in (gate_calls(item) if isinstance(item, tree.GateRun) else [item])
        ]
    if isinstance(node, tree.Node):
        fields = {name: flat(getattr(node, name)) for name in tree.field_names(type(node))}
        return type(node).__name__, node.start, node.end, fields
    return node


def spoken(diagnostics: Any) -> list[tuple[str, int, int, str]]:
    return [(d.code, d.span.start, d.span.end, d.message()) for d in diagnostics]


def variants(seed: int) -> str:
    rng = random.Random(seed)
    if rng.random() < 0.25:
        return some_program(rng, 0, SOUND)
    text = some_program(rng, rng.choice([0, 0, 0.02, 0.1]))
    return mutated(text, rng) if rng.random() < 0.5 else text


@pytest.fixture(autouse=True)
def short_texts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "PACKED_FROM", 0)


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_the_tree_and_the_mistakes_are_the_same(first: int) -> None:
    runs = 0
    for seed in range(first, first + 50):
        source = Source("t.qasm", variants(seed))
        packed, single = parse(source, packed=True), parse(source)
        assert spoken(packed.diagnostics) == spoken(single.diagnostics), source.text
        assert flat(packed.program) == flat(single.program), source.text
        runs += any(isinstance(node, tree.GateRun) for node in tree.walk(packed.program))
    assert runs > 10


@pytest.mark.parametrize("first", range(0, 100, 25))
def test_the_checker_says_the_same_and_the_circuit_is_the_same(first: int) -> None:
    compiled = 0
    for seed in range(first, first + 25):
        source = Source("t.qasm", variants(seed))
        packed, single = analyse(source), analyse(source, references=True)
        assert spoken(packed.diagnostics) == spoken(single.diagnostics), source.text
        first_ir, second_ir = (ir_of(compile_analysis(each, Options(seed=1, shots=3))) for each in (packed, single))
        assert first_ir == second_ir, source.text
        compiled += first_ir is not None
    assert compiled > 2


def ir_of(compilation: Compilation) -> str | None:
    return None if compilation.module is None else print_ir(compilation.module, spans=True)


CALLS = "".join(f"rz(0.{index}) q[{index % 3}];\ncx q[0], q[{1 + index % 2}];\n" for index in range(1, 9))


INSIDE = {
    "argument": """circuit c(float w) { qubit[3] q;
      %s rx(w) q[0]; } job j { run c(0.1); sample q; }""",
    "run-time angle": """circuit c(float w) { qubit[3] q;
      %s rz(2*w) q[0]; %s } job j { sweep w in [0.1, 0.2]; run c(w); sample q; }""",
    "subroutine": """def f(qubit[3] q) {
      %s } circuit c() { qubit[3] q; f(q); f(q); } job j { run c; sample q; }""",
    "loop": """circuit c() { qubit[3] q; for int i in [0:2] {
      %s rx(0.1) q[i]; } } job j { run c; sample q; }""",
    "defined gate": """gate g a, b { h a; cx a, b; } circuit c() { qubit[3] q;
      %s g q[0], q[1]; %s } job j { run c; sample q; }""",
    "alias": """circuit c() { qubit[3] p; let q = p[{2, 1, 0}];
      %s } job j { run c; sample p; }""",
    "branch": """circuit c() { qubit[3] q; bit b;
      %s b = measure q[0]; if (b) {
      %s } } job j { run c; sample b; }""",
    "after a measurement": """circuit c() { qubit[3] q; bit b; b = measure q[1];
      %s } job j { run c; sample b; }""",
}


@pytest.mark.parametrize("text", INSIDE.values(), ids=INSIDE)
def test_runs_inside_of_other_things(text: str) -> None:
    source = Source("t.qjob", text.replace("%s", CALLS))
    packed, single = analyse(source), analyse(source, references=True)
    assert any(isinstance(node, tree.GateRun) for node in tree.walk(packed.program))
    assert packed.ok, packed.diagnostics
    assert spoken(packed.diagnostics) == spoken(single.diagnostics)
    assert ir_of(compile_analysis(packed, Options(seed=1))) == ir_of(compile_analysis(single, Options(seed=1)))
