"""Time: boxes, delays and stretches stay in the circuit; what only a device could tell is refused when it would run."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.compiler.programs import HEADER, codes, compiled, distribution

Call = Callable[..., Any]

TIMED = (
    HEADER
    + """stretch g;
qubit[3] q;
bit[3] c;
duration t = 100ns;
box[2 * t] { x q[0]; delay[t] q[1]; }
box { h q[2]; h q[2]; }
delay[g] q[2];
duration d = durationof({ x q[0]; cx q[0], q[1]; }) - 0.5 * g;
if (true) { delay[2 * g + d] q[2]; }
delay[12dt] q[0];
c = measure q;
"""
)


def test_timing_is_kept_in_the_circuit(
    qlangc: Call, tmp_path: Path, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("timed.qasm").write_text(TIMED, encoding="utf-8")
    answer = qlangc("emit", "--stage", "ir", "timed.qasm")
    assert answer.status == 0, answer.err
    golden(answer.out.partition("job.job")[0], "timing.mlir")


def test_a_box_is_executed() -> None:
    text = (
        f"{HEADER}qubit[2] q; bit[2] c; stretch g;\nbox[1us] {{ x q[0]; box {{ cx q[0], q[1]; }} }}\nc = measure q;\n"
    )
    assert distribution(text)["c"] == pytest.approx({3: 1.0})


def test_boxes_hold_gates_inside() -> None:
    text = f"{HEADER}qubit q; bit c;\nh q; box {{ h q; }} c = measure q;\n"
    module = compiled(text).module
    assert module is not None
    assert "run <h 0>" in str(module)


@pytest.mark.parametrize(
    ("body", "construct"),
    [
        ("delay[g] q;", "the `stretch` `g`"),
        ("delay[2 * g] q[0];", "the `stretch` `g`"),
        ("duration d = g + 100ns; delay[d] q;", "the `stretch` `g`"),
        ("box[g] { x q[0]; }", "the `stretch` `g`"),
        ("delay[durationof({ x q[0]; })] q;", "`durationof`"),
        ("delay[12dt] q;", "a time in `dt`"),
        ("duration d = g; for int i in [0:3] { delay[d] q; d = 2 * d; }", "the `stretch` `g`"),
        ("if (g > 100ns) { x q; }", "the `stretch` `g`"),
    ],
)
def test_lengths_that_a_device_knows_are_refused_when_they_would_run(
    body: str, construct: str, qlangc: Call, tmp_path: Path
) -> None:
    path = tmp_path / "timed.qasm"
    path.write_text(f"{HEADER}qubit[2] q; bit[2] c; stretch g;\n{body}\nc = measure q;\n", encoding="utf-8")
    assert qlangc("check", path).status == 0
    assert qlangc("emit", "--stage", "ir", path).status == 0
    answer = qlangc("run", path)
    assert answer.status == 1
    assert f"error[QJ0504]: {construct}" in answer.err
    assert "timed.qasm:4:" in answer.err


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("t / 50ns == 2.0", True),
        ("t * 3 == 300ns", True),
        ("2us / 4 > t", True),
        ("-t + 250ns == 150ns", True),
        ("t - 1us < 0ns", True),
        ("t == 0.1ms", False),
    ],
)
def test_durations_are_computed(condition: str, holds: bool) -> None:
    text = f"{HEADER}qubit q; bit c; duration t = 100ns;\nif ({condition}) {{ x q; }}\nc = measure q;\n"
    assert distribution(text)["c"] == pytest.approx({int(holds): 1.0})


def test_delays_of_computed_length_bear_noise(qlangc: Call, tmp_path: Path) -> None:
    path = tmp_path / "noisy.qjob"
    path.write_text(
        "noise lab { thermal(t1 = 10us, t2 = 10us); }\n"
        "circuit c() { qubit q; duration t = 5us; x q; box { delay[2 * t] q; } }\n"
        "job j { run c(); expect z = Z(q); backend sim with lab; }\n",
        encoding="utf-8",
    )
    found = qlangc("run", path, "--json").data["expect"]["z"]["value"]
    assert found == pytest.approx(1 - 2 / math.e, abs=5e-3)  # the gate takes 0.5 % of T1, too


def test_physical_qubits_are_wires_of_a_simulator() -> None:
    text = f"{HEADER}bit[2] c; x $0; cx $0, $2; c[0] = measure $1; c[1] = measure $2;\n"
    assert distribution(text)["c"] == pytest.approx({2: 1.0})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cx $0, $0;", "QJ0402"),
        ("qubit q; x $0; x q;", "QJ0504"),
        ("x $0; qubit q; x q;", "QJ0504"),
        ("def f() { x $0; } qubit q; x q; f();", "QJ0504"),
        ("defcal zz $0, $1 { play(d0); } zz $0, $1;", "QJ0504"),
    ],
)
def test_physical_qubits_that_cannot_run(text: str, code: str) -> None:
    assert code in codes(f"{HEADER}{text}\n", "test.qasm")


def test_calibrations_are_kept_and_said_to_be_unused() -> None:
    text = 'defcalgrammar "openpulse";\ncal { port d; }\ndefcal x $0 { play(d, w); }\nbit c; x $0; c = measure $0;\n'
    compilation = compiled(HEADER + text)
    assert [d.code for d in compilation.diagnostics] == ["QJ1030", "QJ1030"]
    assert distribution(HEADER + text)["c"] == pytest.approx({1: 1.0})
