"""`@ql.circuit`: functions are read, loops kept, mistakes shown at their Python lines."""

import linecache
import math
from pathlib import Path
from typing import Any

import pytest

import qlang as ql
from qlang.syntax import tree

ANGLE = 0.25


def test_loops_are_kept_and_ranges_exclude_their_end() -> None:
    @ql.circuit
    def quench(n: int, steps: int, J: float = 1.0, h: float = 0.8):
        """Read, not run."""
        q = ql.qubits(n)
        for _ in range(steps):
            for i in range(n - 1):
                ql.rzz(-0.2 * J, q[i], q[i + 1])
            ql.rx(-0.2 * h, q)

    register, outer = quench.symbol.body
    assert isinstance(register, tree.QubitDeclaration) and isinstance(outer, tree.For)
    inner, kick = outer.body.statements
    assert isinstance(inner, tree.For) and isinstance(kick, tree.GateCall)
    (gate,) = inner.body.statements
    assert isinstance(gate, tree.GateCall)
    assert (gate.name.name, len(gate.parameters), len(gate.operands)) == ("rzz", 1, 2)
    source = quench.source.text
    assert source[gate.start : gate.end] == "ql.rzz(-0.2 * J, q[i], q[i + 1])"
    assert [p.name for p in quench.definition.parameters] == ["n", "steps", "J", "h"]
    assert quench(8, steps=3).arguments == {"n": 8, "steps": 3}


def test_numbers_from_outside_are_read() -> None:
    scale = 2

    @ql.circuit
    def turned():
        q = ql.qubits(1)
        ql.rx(ANGLE * scale * math.pi, q[0])

    gate = turned.symbol.body[1]
    assert isinstance(gate, tree.GateCall)
    literals = [n.value for n in tree.walk(gate) if isinstance(n, (tree.FloatLiteral, tree.IntLiteral))]
    assert literals == [0.25, 2, 0]


def line_of(text: str) -> int:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(k for k, line in enumerate(lines, 1) if text in line)


def test_a_misspelled_gate_is_found_at_its_line() -> None:
    with pytest.raises((ql.CompileError, AttributeError)) as caught:

        @ql.circuit
        def wrong():
            q = ql.qubits(2)
            ql.cnot(q[0], q[1])  # misspelled here

    assert isinstance(caught.value, ql.CompileError)
    (diagnostic,) = caught.value.diagnostics
    line, _ = diagnostic.span.source.line_column(diagnostic.span.start)
    assert (diagnostic.code, line) == ("QJ0203", line_of("# misspelled " + "here"))
    assert "`cx`" in str(caught.value)


def test_an_index_out_of_range_is_found() -> None:
    with pytest.raises(ql.CompileError) as caught:

        @ql.circuit
        def wrong():
            q = ql.qubits(3)
            ql.h(q[3])

    assert [d.code for d in caught.value.diagnostics] == ["QJ0401"]


def test_wrong_arity_and_same_qubit_twice_are_found_together() -> None:
    with pytest.raises(ql.CompileError) as caught:

        @ql.circuit
        def wrong():
            q = ql.qubits(3)
            ql.cx(q[0])
            ql.cx(q[1], q[1])

    assert [d.code for d in caught.value.diagnostics] == ["QJ0501", "QJ0402"]


def test_python_that_is_no_circuit_is_named() -> None:
    with pytest.raises(ql.CompileError) as caught:

        @ql.circuit
        def wrong():
            q = ql.qubits(1)
            with lock:  # noqa: F821  # never run
                ql.h(q)

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "QJ0580"
    assert diagnostic.span.text.startswith("with lock")


def test_a_function_without_source_says_what_to_do() -> None:
    made: dict[str, object] = {}
    exec("def typed():\n    pass\n", made)  # what a plain prompt does
    with pytest.raises(ql.CompileError, match=r"ql\.compile\(text\)"):
        ql.circuit(made["typed"])  # type: ignore[arg-type]  # a function


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("made = ql.circuit(lambda: ql.h(ql.qubits(1)))\n", "one.py:1:19", "a `lambda` cannot be part of a circuit"),
        ("a, made = lambda: 1, ql.gate(lambda q: ql.h(q))\n", "one.py:1:30", "a `lambda` cannot be part of a gate"),
        ("@ql.circuit\nasync def c():\n    pass\n", "one.py:2:1", "an `async` function cannot be part of a circuit"),
        ("@ql.gate\nasync def g(q):\n    yield q\n", "one.py:2:1", "an `async` function cannot be part of a gate"),
    ],
)
def test_functions_that_are_no_def_are_named(
    text: str, place: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(linecache.cache, "one.py", (len(text), None, text.splitlines(True), "one.py"))
    with pytest.raises(ql.CompileError) as caught:
        exec(compile(text, "one.py", "exec"), {"ql": ql})
    (diagnostic,) = caught.value.diagnostics
    assert (str(diagnostic.span), diagnostic.message()) == (place, message)
    assert any("`def`" in help for help in diagnostic.helps())


def test_another_text_under_the_same_name_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.13 keeps the text of `-c` under the name that `exec` gives too: a wrong circuit would have been read."""
    made: dict[str, object] = {}
    exec(compile("def typed():\n    pass\n", "<elsewhere>", "exec"), made)
    other = "def other():\n    pass\n"
    monkeypatch.setitem(linecache.cache, "<elsewhere>", (len(other), None, other.splitlines(True), "<elsewhere>"))
    with pytest.raises(ql.CompileError, match=r"ql\.compile\(text\)"):
        ql.circuit(made["typed"])  # type: ignore[arg-type]  # a function


def test_gates_outside_of_circuits_are_refused() -> None:
    with pytest.raises(TypeError, match="inside a function under"):
        ql.h(0)
    with pytest.raises(AttributeError):
        _ = ql.no_such_name


def test_every_standard_gate_has_its_name_here() -> None:
    from qlang.operations import GATES
    from qlang.sema.gate_files import PRELUDE, STANDARD_GATES, built_in_scope, standard_gates
    from qlang.sema.symbols import GateSymbol

    scopes = [standard_gates(PRELUDE), standard_gates(STANDARD_GATES), built_in_scope(3)]
    found = {s.name: s for scope in scopes for s in scope.visible() if isinstance(s, GateSymbol)}
    shapes = {name: (len(gate.parameters), len(gate.qubits)) for name, gate in GATES.items()}
    assert shapes == {name: (gate.parameters, gate.qubits) for name, gate in found.items()}


def test_text_with_mistakes_raises_all_of_them() -> None:
    with pytest.raises(ql.CompileError) as caught:
        ql.compile("circuit c() {\n  qubit[2] q;\n  hh q[0];\n  cx q[0], q[2];\n}\njob j { run c(); sample q; }\n")
    assert [d.code for d in caught.value.diagnostics] == ["QJ0203", "QJ0401"]


def test_integers_divide_as_in_python(in_workspace: Path) -> None:
    @ql.circuit
    def flips(n: int):
        q = ql.qubits(16)
        k = 0
        for i in range(-n, n, 3):
            k += i // 2
            k %= 7
            ql.x(q[i % 8])
            ql.x(q[8 + (i // 4) % 8])
            ql.cx(q[(i // 4) % 16], q[(i // 4 + 3) % 16])
        k //= -2
        ql.x(q[k % 16])

    state, k = [0] * 16, 0
    for i in range(-9, 9, 3):
        k = (k + i // 2) % 7
        state[i % 8] ^= 1
        state[8 + (i // 4) % 8] ^= 1
        state[(i // 4 + 3) % 16] ^= state[(i // 4) % 16]
    state[(k // -2) % 16] ^= 1
    counts = ql.job(flips(9), shots=5).run().counts
    assert counts == {"q": {"".join(map(str, reversed(state))): 5}}


def test_dividing_an_integer_in_place_is_refused() -> None:
    with pytest.raises(ql.CompileError, match="real division of the integer `k`"):

        @ql.circuit
        def halved():
            q = ql.qubits(1)
            k = 3
            k /= 2
            ql.rx(k, q[0])


@pytest.mark.parametrize(
    "options",
    [{"backend": "sim; shots 3"}, {"mitigate": "none; shots 3"}, {"labels": {"by": 'me"; shots 3; label x = "y'}}],
)
def test_options_cannot_smuggle_statements(options: dict[str, Any]) -> None:
    @ql.circuit
    def single():
        q = ql.qubits(1)
        ql.h(q[0])

    with pytest.raises(ValueError, match=r"one statement|no quotes"):
        ql.job(single(), sample="q", **options)


def test_an_assertion_is_refused_where_pytest_rewrites_them_too() -> None:
    with pytest.raises(ql.CompileError) as caught:

        @ql.circuit
        def checked(n: int):
            assert n > 1
            q = ql.qubits(n)
            ql.h(q)

    assert [(each.code, each.span.text) for each in caught.value.diagnostics] == [("QJ0580", "assert n > 1")]
