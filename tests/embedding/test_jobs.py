"""`ql.job(…)`: what is wrong with a job is shown at the argument that says it, before anything runs."""

import linecache
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest

import qlang as ql
from qlang.syntax.diagnostic import Diagnostic
from tests.embedding.python_programs import defined

CIRCUIT = """
def program(n: int, h: float = 1.0):
    q = ql.qubits(n)
    ql.rx(h, q[2])
"""


@pytest.fixture(scope="module")
def circuit() -> ql.Circuit:
    found: ql.Circuit = ql.circuit(defined(CIRCUIT, "chain.py"))
    return found


def mistakes(text: str, circuit: ql.Circuit) -> tuple[Diagnostic, ...]:
    """The mistakes of a statement in a file `jobs.py`."""
    linecache.cache["jobs.py"] = (len(text), None, text.splitlines(keepends=True), "jobs.py")
    with pytest.raises(ql.CompileError) as caught:
        exec(compile(text, "jobs.py", "exec"), {"ql": ql, "program": circuit, "array": numpy.array})
    return caught.value.diagnostics


def places(text: str, circuit: ql.Circuit) -> list[tuple[str, str, str]]:
    """Code, file and blamed text of each mistake."""
    return [(each.code, each.span.source.name, each.span.text) for each in mistakes(text, circuit)]


@pytest.mark.parametrize(
    ("text", "blamed"),
    [
        ('ql.job(program(3), expect={"zz": "Z(q[0]) * Z(q[5])"})', [("QJ0401", "5")]),
        ('ql.job(program(3), expect={"z": ql.Z(7)})', [("QJ0401", "ql.Z(7)")]),
        ('ql.job(program(3), sample="r")', [("QJ0524", "r")]),
        ('ql.job(program(3), sample="q", shots=-1)', [("QJ0315", "-1")]),
        ('ql.job(program(3), sample="q", crypto="hybrit")', [("QJ0801", "hybrit")]),
        ('ql.job(program(3), expect={"z": ql.Z(0)}, mitigate="zme")', [("QJ0601", "zme")]),
        ('ql.job(program(3), sample="q", sla=ql.sla(cost="3 apples"))', [("QJ0106", '"3 apples"')]),
        ('ql.job(program(3), sample="q", sweep={"g": [1]})', [("QJ0211", '"g"')]),
        ('ql.job(program(h=2), sample="q")', [("QJ0212", "program(h=2)")]),
        ('ql.job(program(2.5), sample="q")', [("QJ0301", "2.5")]),
        ('ql.job(program(n=2.5), sample="q")', [("QJ0301", "2.5")]),
        ('bound = program(2.5)\nql.job(bound, sample="q")', [("QJ0301", "2.5")]),
        ('options = {"shots": -3}\nql.job(program(3), sample="q", **options)', [("QJ0315", "ql.job")]),
        ('ql.job(program(3), name="two words", sample="q")', [("QJ0104", "words")]),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_at_its_argument(text: str, blamed: list[tuple[str, str]], circuit: ql.Circuit) -> None:
    assert places(text, circuit) == [(code, "jobs.py", part) for code, part in blamed]


NAN = "float('nan')"
INFINITE = "-float('inf')"


@pytest.mark.parametrize(
    ("text", "blamed", "construct"),
    [
        (f'ql.job(program(3, {NAN}), sample="q")', NAN, "the number nan"),
        (f"program(3, h={INFINITE})", INFINITE, "the number -inf"),
        (f"program(3, [0.5, {NAN}])", NAN, "the number nan"),
        (f"program(3, array([0.5, {NAN}]))", f"array([0.5, {NAN}])", "the number nan"),
        (f"given = {{'h': {NAN}}}\nprogram(3, **given)", "program", "the number nan"),
        ("program(3, [])", "[]", "an empty array"),
        ("program(3, h=[[], []])", "[]", "an empty array"),
        ("program(3, array([]))", "array([])", "an empty array"),
        (f'ql.job(program(3), sample="q", sweep={{"h": [0.5, {INFINITE}]}})', INFINITE, "the number -inf"),
        (f'ql.job(program(3), sample="q", sweep=dict(h=(0.5, {NAN})))', NAN, "the number nan"),
        (f'ql.job(program(3), sample="q", precision={NAN})', NAN, "the number nan"),
        (f'ql.job(program(3), sample="q", shots={NAN})', NAN, "the number nan"),
        (f"ql.sla(fidelity={NAN})", NAN, "the number nan"),
        (f'ql.sla(stderr={{"z": {INFINITE}}})', INFINITE, "the number -inf"),
        (f"ql.auto(within={INFINITE})", INFINITE, "the number -inf"),
    ],
)
def test_what_is_no_number_to_compute_with_is_named(
    text: str, blamed: str, construct: str, circuit: ql.Circuit
) -> None:
    first = mistakes(text, circuit)[0]
    assert (first.code, first.span.source.name, first.span.text) == ("QJ0580", "jobs.py", blamed)
    assert first.message().startswith(f"{construct} cannot be part of a ")
    assert next(iter(first.helps())).startswith("give a")


def test_no_number_is_named_where_python_has_no_text(circuit: ql.Circuit) -> None:
    with pytest.raises(ql.CompileError, match="the number nan") as caught:
        exec(compile(f"\nprogram(3, {NAN})", "typed", "exec"), {"program": circuit})
    assert "typed" in str(caught.value)


def test_a_mistake_that_an_argument_makes_names_both_places(circuit: ql.Circuit) -> None:
    (diagnostic,) = mistakes('ql.job(program(2), sample="q")', circuit)
    assert (diagnostic.code, diagnostic.span.source.name, diagnostic.span.text) == ("QJ0401", "chain.py", "2")
    assert [(label.span.source.name, label.span.text) for label in diagnostic.labels()] == [("chain.py", "q")]
    (call,) = diagnostic.calls()
    assert (call.name, call.span.source.name, call.span.text) == ("program", "jobs.py", "program(2)")


def test_fixes_are_edits_where_the_text_stands_and_words_elsewhere(circuit: ql.Circuit) -> None:
    (exact,) = mistakes('ql.job(program(3), sample="q", crypto="hybrit")', circuit)
    (fix,) = exact.fixes()
    (edit,) = fix.edits
    assert (edit.span.text, edit.text) == ("hybrit", "hybrid")
    (composed,) = mistakes('ql.job(program(3), expect={"z": ql.Z(0) * ql.Z(7)})', circuit)
    assert (list(composed.fixes()), list(composed.helps())) == ([], ["use the last index, 2"])


def test_without_a_text_the_block_itself_is_shown(circuit: ql.Circuit) -> None:
    with pytest.raises(ql.CompileError) as caught:
        exec('ql.job(program(3), sample="r")', {"ql": ql, "program": circuit})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span.text == "r"
    assert "sample r;" in str(caught.value)


def test_an_sla_that_cannot_be_met_is_shown_at_its_term(circuit: ql.Circuit, in_workspace: Path) -> None:
    text = 'ql.job(program(3), sample="q", shots=9, backend="sim like ibm.manila", sla=ql.sla(fidelity=0.9999)).plan()'
    (diagnostic,) = mistakes(text, circuit)
    assert (diagnostic.code, diagnostic.span.text) == ("QJ0701", "0.9999")


def test_doubts_about_a_job_are_warnings_at_their_place(circuit: ql.Circuit) -> None:
    from qlang.problems import CompileWarning

    text = 'ql.job(program(3), sample="q", sweep={"h": [1, 1]})'
    linecache.cache["jobs.py"] = (len(text), None, [text], "jobs.py")
    with pytest.warns(CompileWarning) as caught:
        exec(compile(text, "jobs.py", "exec"), {"ql": ql, "program": circuit})
    assert [(each.filename, each.lineno, each.message.diagnostic.code) for each in caught] == [  # type: ignore[union-attr]  # ours
        ("jobs.py", 1, "QJ1019")
    ]


def test_a_circuit_without_arguments_may_be_given_as_it_is(in_workspace: Path) -> None:
    empty = ql.circuit(defined("def program():\n    q = ql.qubits(1)\n    ql.x(q)\n"))
    assert ql.job(empty, sample="q", shots=3).run().counts == {"q": {"1": 3}}


def test_arguments_are_matched_as_python_does(circuit: ql.Circuit) -> None:
    with pytest.raises(TypeError, match="Did you mean 'h'"):
        circuit(3, H=1)
    with pytest.raises(TypeError, match="got two values for 'n'"):
        circuit(3, n=1)
    with pytest.raises(TypeError, match="takes 2 arguments but 3"):
        circuit(3, 1, 2)


def test_everything_that_a_run_used_is_recorded(qlangc: Callable[..., Any], in_workspace: Path) -> None:
    kick = ql.circuit(defined("def program(q: ql.Qubits):\n    ql.h(q)\n", "kick.py"))
    mean = ql.observable(defined("def mean(q):\n    return ql.mean(ql.X, q)\n", "mean.py"))
    text = "def program(n: int):\n    q = ql.qubits(n)\n    kick(q)\n"
    result = ql.job(ql.circuit(defined(text, "all.py", kick=kick))(2), expect={"x": mean}).run()
    recorded = (result.run_dir / "source.py").read_text(encoding="utf-8")
    assert recorded.count("def program") == 2 and "def mean" in recorded and "run program(n = 2);" in recorded
    assert qlangc("verify", result.run_dir, "--json").data["ok"]
    assert qlangc("replay", result.run_dir, "--json").data["ok"]


def test_parameters_may_be_called_like_words_of_the_language(in_workspace: Path) -> None:
    text = "def program(angle: float, input: int):\n    q = ql.qubits(input)\n    ql.rx(angle, q)\n"
    circuit = ql.circuit(defined(text))
    job = ql.job(circuit(input=1), sweep={"angle": [0.0, 3.141592653589793]}, expect={"int": ql.Z(0)})
    assert [point["expect"]["int"]["value"] for point in job.run().points] == pytest.approx([1.0, -1.0])


def test_what_stops_a_run_is_shown_at_its_line(in_workspace: Path) -> None:
    inner = "def shifted(q: ql.Qubits, k: int):\n    ql.x(q[k - 7])\n"
    shifted = ql.circuit(defined(inner, "shifted.py"))
    text = "def program():\n    q = ql.qubits(2)\n    k = int(ql.measure(q[0]))\n    shifted(q, k)\n"
    circuit = ql.circuit(defined(text, "stopped.py", shifted=shifted))
    with pytest.raises(ql.ExecutionError) as caught:
        ql.job(circuit, sample="q", shots=5).run()
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.span.source.name, diagnostic.span.text) == ("shifted.py", "ql.x(q[k - 7])")
    assert [(call.name, call.span.source.name, call.span.text) for call in diagnostic.calls()] == [
        ("shifted", "stopped.py", "shifted(q, k)")
    ]
