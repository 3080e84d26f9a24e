"""Predicted bias against the bias of exact noisy simulation, from text to estimate."""

from pathlib import Path

import pytest

from qlang.compiler.driver import Options, compile_source
from qlang.compiler.session import run_compilation
from qlang.ir import plan
from qlang.ir.values import plain
from qlang.syntax.source import Source
from tests.compiler.programs import codes

CIRCUIT = """
circuit c() { qubit[2] q; h q[0]; ry(0.7) q[1]; cx q[0], q[1]; rx(1.1) q[0]; sx q[1]; cz q[0], q[1]; ry(-0.4) q[0]; }
noise even { depolarizing(0.01); }
noise lab { depolarizing(0.002) on 1q; depolarizing(0.01) on 2q; readout(p01 = 0.01, p10 = 0.05); }
noise twice { readout(p01 = 0.02, p10 = 0.05); readout(p01 = 0.03, p10 = 0.01); }
noise slow { thermal(t1 = 80us, t2 = 60us); }
"""
PAULIS = ("X(q[0])", "Y(q[1])", "X(q[0]) * Y(q[1])", "Z(q[0]) + Z(q[1])", "0.3 * Y(q[0]) - 2 * X(q[1]) * Z(q[0])")


def value_and_bias(workspace: Path, circuit: str, observable: str, backend: str, mitigate: str) -> tuple[float, float]:
    """The exact value that the backend gives, and its predicted bias."""
    job = f"job j {{ run c(); expect e = {observable}; backend {backend}; mitigate {mitigate}; }}"
    compilation = compile_source(Source("test.qjob", circuit + job), Options(seed=1))
    assert compilation.plan is not None, [d.message() for d in compilation.diagnostics]
    (policy,) = (op for op in compilation.plan.body.block.ops if isinstance(op, plan.PolicyOp))
    bias = plain(policy.attributes["bias"])
    assert isinstance(bias, dict)
    point = run_compilation(compilation, workspace).results.core["points"][0]
    return point["expect"]["e"]["value"], float(str(bias["e"]))


@pytest.mark.parametrize("observable", PAULIS)
@pytest.mark.parametrize(
    ("backend", "mitigate"),
    [
        ("sim with even", "none"),
        ("sim with even", "zne(scales = [1, 3, 5], fit = richardson)"),
        ("sim with lab", "readout, zne(scales = [1, 3], fit = linear)"),
        ("sim with twice", "none"),
        ("sim like ibm.guadalupe", "none"),
        ("sim like ibm.lima", "none"),
    ],
)
def test_the_bias_is_no_larger_than_predicted(tmp_path: Path, observable: str, backend: str, mitigate: str) -> None:
    ideal, _ = value_and_bias(tmp_path, CIRCUIT, observable, "sim", "none")
    value, predicted = value_and_bias(tmp_path, CIRCUIT, observable, backend, mitigate)
    assert abs(value - ideal) <= predicted * (1 + 1e-6)


@pytest.mark.parametrize("observable", ["Y(q[0])", "Z(q[1])"])
def test_the_noise_of_delays_is_predicted(tmp_path: Path, observable: str) -> None:
    idle = CIRCUIT.replace("ry(-0.4) q[0];", "ry(-0.4) q[0]; delay[20us] q;")
    ideal, _ = value_and_bias(tmp_path, idle, observable, "sim", "none")
    value, predicted = value_and_bias(tmp_path, idle, observable, "sim with slow", "none")
    assert abs(value - ideal) > 0.02
    assert abs(value - ideal) <= predicted


def test_noise_on_a_gate_that_is_made_of_others_is_refused_before_it_runs() -> None:
    for target, code in (("cu", ["QJ0508"]), ("u2", ["QJ0508"]), ("cu1", []), ("CX", [])):
        noise = f"noise odd {{ depolarizing(0.1) on {target}; }}\n"
        assert codes(f"{noise}{CIRCUIT}job j {{ run c(); expect e = X(q[0]); backend sim with odd; }}") == code
