"""What a job becomes: every word resolved, every number in base units."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.sema.defaults import NoDefaultJob, default_job
from qlang.sema.jobs import CheckedJob, Condition, SweepReference
from qlang.sema.module import CheckResult, Module
from qlang.sema.types import FLOAT, INT
from qlang.sema.values import Constant

BELL = "circuit bell() { qubit[2] q; bit[2] b; h q[0]; cx q[0], q[1]; }\n"


@pytest.fixture
def job(module: Callable[..., Module]) -> Callable[[str], CheckedJob]:
    return lambda text: module(text).jobs[0]


@pytest.fixture
def bell(job: Callable[[str], CheckedJob]) -> Callable[[str], CheckedJob]:
    """A job over a Bell pair, from its statements after `run`."""
    return lambda statements: job(f"{BELL}job j {{ run bell(); {statements} }}\n")


def test_the_example_of_the_language_page(job: Callable[[str], CheckedJob]) -> None:
    found = job((Path(__file__).parent / "language_example.qjob").read_text(encoding="utf-8"))
    assert found.name == "ising_quench"
    assert found.circuit.name == "quench"
    assert found.run_span.text == "run       quench(steps = 10, h = h);"
    assert found.arguments == {
        "steps": Constant(INT, 10),
        "J": Constant(FLOAT, 1.0),
        "h": SweepReference("h"),
        "dt": Constant(FLOAT, 0.1),
    }
    assert (found.qubits, found.bits) == ({"q": 8}, {})
    (axis,) = found.sweeps
    assert axis.names == ("h",)
    assert [point[0] for point in axis.points] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4])
    assert axis.points[-1] == (1.4,)
    assert [each.name for each in found.expect] == ["mz", "zz"]
    assert len(found.expect[0].terms) == 8
    assert found.expect[1].terms[0].factors == (("q", 0, "Z"), ("q", 1, "Z"))
    assert (found.shots, found.seed) == (20000, 7)
    assert (found.mitigation.mode, found.mitigation.within) == ("auto", 10.0)
    assert [(each.kind, each.name) for each in found.backends] == [
        ("device", "ibm.*"),
        ("device", "iqm.garnet"),
        ("sim like", "ibm.guadalupe"),
        ("sim with", "lab"),
    ]
    noise = found.backends[3].noise
    assert noise is not None
    assert [(rule.channel, rule.parameters, rule.targets) for rule in noise.rules] == [
        ("depolarizing", (("p", 0.001),), ("1q",)),
        ("depolarizing", (("p", 0.01),), ("cx", "cz", "rzz")),
        ("thermal", (("t1", 8e-5), ("t2", 6e-5)), ()),
        ("readout", (("p01", 0.01), ("p10", 0.03)), ()),
    ]
    (condition,) = found.backends[3].conditions
    assert (condition.field, condition.relation, condition.value) == ("qubits", ">=", 8)
    assert found.precision is not None and (found.precision.measure, found.precision.value) == ("l2", 1e-6)
    assert found.crypto.mode == "hybrid"
    assert [(b.metric, b.argument, b.relation, b.value, b.unit) for b in found.sla] == [
        ("fidelity", None, ">=", 0.85, ""),
        ("stderr", "mz", "<=", 0.01, ""),
        ("cost", None, "<=", 25.0, "usd"),
        ("latency", None, "<=", 1800.0, "s"),
    ]
    assert found.sla[0].span.text == "fidelity   >= 0.85;"


@pytest.mark.parametrize(
    ("domain", "points"),
    [
        ("[1, 2, 4]", [1, 2, 4]),
        ("[1, 2.5]", [1.0, 2.5]),
        ("0:3", [0, 1, 2, 3]),
        ("0:2:5", [0, 2, 4]),
        ("3:-1:1", [3, 2, 1]),
        ("0:0.1:0.3", [0.0, 0.1, 0.2, 0.3]),
        ("linspace(0, 1, 5)", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("linspace(2, 1, 1)", [2.0]),
        ("[-pi, pi]", [-math.pi, math.pi]),
    ],
)
def test_sweeps(domain: str, points: list[float], job: Callable[[str], CheckedJob]) -> None:
    text = f"circuit c(float a) {{ qubit q; rx(a) q; }}\njob j {{ run c(x); sweep x in {domain}; sample q; }}\n"
    (axis,) = job(text).sweeps
    assert [point[0] for point in axis.points] == pytest.approx(points)
    assert {type(point[0]) for point in axis.points} == {type(points[0])}


def test_several_sweeps_and_zip(job: Callable[[str], CheckedJob]) -> None:
    found = job(
        "circuit c(float a, float b, int k) { qubit q; rx(a) q; rz(b) q; ry(k) q; }\n"
        "job j { run c(x, y, z); sweep zip(x, y) in zip([1, 2], 3:4), z in 5:7; sample q; }\n"
    )
    assert [axis.names for axis in found.sweeps] == [("x", "y"), ("z",)]
    assert found.sweeps[0].points == ((1, 3), (2, 4))
    assert found.arguments["k"] == SweepReference("z")


def test_arguments_are_cast_and_sizes_follow(job: Callable[[str], CheckedJob]) -> None:
    found = job(
        "const int m = 2;\n"
        "circuit c(int n, float t = m * pi) { const int k = n * m; qubit[k] q; qubit one; bit[n + 1] b; bit s;\n"
        "  if (n > 1) { bit hidden; } h q; h one; }\n"
        "job j { run c(3); }\n"
    )
    assert found.arguments == {"n": Constant(INT, 3), "t": Constant(FLOAT, 2 * math.pi)}
    assert found.qubits == {"q": 6, "one": 1}
    assert found.bits == {"b": 4, "s": 1}
    assert found.registers == {"q": 6, "one": 1, "b": 4, "s": 1}


def test_samples(bell: Callable[[str], CheckedJob]) -> None:
    found = bell("sample q, q[1] as one, b, q[{1, 0}] as swapped;")
    assert [(each.name, each.kind, each.wires) for each in found.samples] == [
        ("q", "qubits", (("q", 0), ("q", 1))),
        ("one", "qubits", (("q", 1),)),
        ("b", "bits", (("b", 0), ("b", 1))),
        ("swapped", "qubits", (("q", 1), ("q", 0))),
    ]


def test_a_job_without_outputs_samples(bell: Callable[[str], CheckedJob], job: Callable[[str], CheckedJob]) -> None:
    assert [(each.name, each.kind) for each in bell("shots 5;").samples] == [("q", "qubits")]
    measured = job("circuit c() { qubit[2] q; bit[2] b; b = measure q; }\njob j { run c(); }\n")
    assert [(each.name, each.kind) for each in measured.samples] == [("b", "bits")]


def test_states_and_defaults(bell: Callable[[str], CheckedJob]) -> None:
    found = bell("state q[0];")
    assert found.state is not None and found.state.wires == (("q", 0),)
    assert (found.shots, found.seed, found.precision, found.sla) == (None, None, None, ())
    assert (found.mitigation.mode, found.crypto.mode) == ("none", "classical")
    assert [(each.kind, each.name, each.span) for each in found.backends] == [("sim", "", None)]


def test_methods(bell: Callable[[str], CheckedJob]) -> None:
    found = bell("expect z = Z(q[0]); mitigate readout, ddd(xy4), twirl(32), zne(scales = [1, 3, 5], fit = linear);")
    assert [(each.name, dict(each.arguments)) for each in found.mitigation.methods] == [
        ("readout", {}),
        ("ddd", {"sequence": "xy4"}),
        ("twirl", {"count": 32}),
        ("zne", {"scales": (1, 3, 5), "fit": "linear"}),
    ]


def test_settings(bell: Callable[[str], CheckedJob]) -> None:
    found = bell(
        'shots 2e4; seed 18446744073709551615; precision infidelity 1e-9; crypto qkd; label a = "b"; label n = 3;'
        "backend sim where calibrated within 24 h && vendor == ibm && cost_per_shot <= 0.5 eur && simulator == true;"
        "sla { fidelity >= 85%; latency <= 1.5 h; cost <= 3 eur; }"
    )
    assert (found.shots, found.seed) == (20000, 2**64 - 1)
    assert found.precision is not None and found.precision.measure == "infidelity"
    assert (found.crypto.mode, dict(found.labels)) == ("qkd", {"a": "b", "n": "3"})
    shown = [(each.field, each.relation, each.value) for each in found.backends[0].conditions]
    assert shown == [
        ("calibrated", "within", 86400.0),
        ("vendor", "==", "ibm"),
        ("cost_per_shot", "<=", 0.5),
        ("simulator", "==", True),
    ]
    assert all(isinstance(each, Condition) for each in found.backends[0].conditions)
    assert [(each.value, each.unit) for each in found.sla] == [(0.85, ""), (5400.0, "s"), (3.0, "eur")]


def test_shots_auto_needs_something_to_derive_them_from(bell: Callable[[str], CheckedJob]) -> None:
    assert bell("expect z = Z(q[0]); shots auto; sla { stderr(z) <= 1%; }").shots == "auto"


def test_a_job_with_a_mistake_is_left_out_and_the_others_stay(checked: Callable[..., CheckResult]) -> None:
    text = f"{BELL}job a {{ run bell(); shots 0; }}\njob b {{ run bell(); }}\n"
    result = checked(text)
    assert not result.ok
    assert [each.name for each in result.module.jobs] == ["b"]


def test_top_level_statements_are_the_circuit_main(module: Callable[..., Module]) -> None:
    found = module(
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nconst int n = 2;\ngate g a { h a; }\n'
        "qubit[n] q;\nbit[n] c;\ng q[0];\ncx q[0], q[1];\nc = measure q;\n",
        "bell.qasm",
    )
    assert found.main is not None
    assert [type(each).__name__ for each in found.main.body] == [
        "QubitDeclaration",
        "ClassicalDeclaration",
        "GateCall",
        "GateCall",
        "MeasureStatement",
    ]
    job = default_job(found, shots=100, seed=3)
    assert (job.name, job.shots, job.seed, job.qubits, job.bits) == ("main", 100, 3, {"q": 2}, {"c": 2})
    assert [(each.name, each.kind, len(each.wires)) for each in job.samples] == [("c", "bits", 2)]


def test_the_default_job_samples_qubits_where_nothing_is_measured(module: Callable[..., Module]) -> None:
    found = module("OPENQASM 2.0;\nqreg q[2];\nqreg r[1];\ncreg c[2];\nCX q[0],r[0];\n", "a.qasm")
    samples = default_job(found).samples
    assert [(each.name, each.kind) for each in samples] == [("q", "qubits"), ("r", "qubits")]


def test_a_measurement_inside_a_subroutine_counts(module: Callable[..., Module]) -> None:
    found = module("def m(qubit a) -> bit { return measure a; }\nqubit q;\nbit b;\nb = m(q);\n")
    assert [(each.name, each.kind) for each in default_job(found).samples] == [("b", "bits")]


def test_outputs_are_the_only_samples_where_a_program_has_some(module: Callable[..., Module]) -> None:
    found = module("qubit[2] q;\noutput bit[2] c;\nbit d;\nc = measure q;\nd = measure q[0];\n")
    assert [each.name for each in default_job(found).samples] == ["c"]


def test_inputs_are_parameters_of_main(module: Callable[..., Module]) -> None:
    text = "input float theta;\nqubit q;\nrx(theta) q;\n"
    with pytest.raises(NoDefaultJob) as caught:
        default_job(module(text))
    assert caught.value.diagnostic.code == "QJ0212"
    job = module(text + "job j { run main(theta = 0.5); }\n").jobs[0]
    assert job.arguments == {"theta": Constant(FLOAT, 0.5)}
