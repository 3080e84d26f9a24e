"""Noise after gates on many qubits: refused where it stands before its matrices fill the memory."""

from pathlib import Path

import pytest

import qlang as ql


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(rule: str, gate: str, qubits: int, target: str) -> ql.Result:
    text = (
        f"noise n {{ {rule}; }} circuit c() {{ qubit[{qubits}] q; x q[0:6]; {gate} h q[8]; }}\n"
        "job j { run c(); expect z = Z(q[7]); shots 200; seed 1; backend sim with n; }"
    )
    return ql.compile(text).run("j", target=target)


@pytest.mark.parametrize("target", ["cpu.llvm", "cpu.numpy"])
@pytest.mark.parametrize("qubits", [9, 12])
def test_depolarizing_after_a_very_wide_gate_is_refused_where_it_stands(qubits: int, target: str) -> None:
    """On eight qubits it would be 65536 matrices of a megabyte each."""
    with pytest.raises(ql.ExecutionError) as caught:
        run("depolarizing(0.01)", "ctrl(7) @ rx(0.3) q[0:6], q[7];", qubits, target)
    shown = str(caught.value)
    assert "QJ0511" in shown and "a gate on 8 qubits, and is offered for up to 5" in shown
    assert "ctrl(7) @ rx(0.3) q[0:6], q[7];" in shown and "after `on 1q, 2q`" in shown


def test_named_by_their_two_qubit_gates_wide_gates_are_noisy_and_run() -> None:
    """Charged with dozens of two-qubit gates of p = 1, the target is left without any polarization.

    False alarm: 200 fair readings are 6 standard deviations off with a probability of 2e-9.
    """
    found = run("depolarizing(1) on 2q", "ctrl(7) @ rx(0.3) q[0:6], q[7];", 12, "cpu.llvm").expect["z"]
    assert abs(found.value) < 6 / 200**0.5
