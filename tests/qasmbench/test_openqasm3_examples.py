"""The examples of the OpenQASM 3 specification: those that can be executed as they stand, and why the others cannot.

Expected distributions are closed forms, written beside each; `conftest.py` states the false-alarm rate.
"""

from collections.abc import Callable, Mapping
from math import cos, pi, sin
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[1] / "data" / "openqasm3-examples"
SHOTS = 4096

Histograms = Mapping[str, Mapping[str, float]]


def uniform(width: int) -> dict[str, float]:
    return {format(outcome, f"0{width}b"): 2.0**-width for outcome in range(2**width)}


def certain(outcome: str) -> dict[str, float]:
    return {outcome: 1.0}


def phase_estimation() -> Histograms:
    """The qubits of `ipe` at its end, by following every history of its ten outcomes.

    The target keeps its two eigenstates, of phases 0 and 3π/8. Step i measures 1 with probability
    sin²((2^i·phase − c)/2), where c is the register of 10 bits, 2π·k/2^10, after each outcome is set and shifted.
    """
    last = {"0": 0.0, "1": 0.0}
    for eigenphase in (0.0, 3 * pi / 8):
        histories = {(0, 0): 0.5}
        for step in range(10):
            longer: dict[tuple[int, int], float] = {}
            for (k, _), weight in histories.items():
                one = sin((2**step * eigenphase - 2 * pi * k / 1024) / 2) ** 2
                for bit, chance in ((0, 1 - one), (1, one)):
                    after = ((k & ~1 | bit) << 1) % 1024, bit
                    longer[after] = longer.get(after, 0.0) + weight * chance
            histories = longer
        for (_, bit), weight in histories.items():
            last[str(bit)] += weight
    return {"q": last, "r": uniform(1)}


EXPECTED: dict[str, Histograms] = {
    # 1 + 15 = 16, with the carry in bit 4
    "adder": {"ans": certain("10000")},
    # the inverse transform of the uniform superposition is |0000>
    "inverseqft1": {"c": certain("0000")},
    "inverseqft2": {f"c{bit}": certain("0") for bit in range(4)},
    # without a bit register, the qubits are sampled
    "ipe": phase_estimation(),
    # x on q[0] flips the first of the two parities, is found and undone
    "qec": {"syn": certain("01"), "c": certain("000")},
    # a Fourier transform of a basis state has flat modulus
    "qft": {"c": uniform(4)},
    "qpt": {"c": uniform(1)},
    # H Z S CZ S CZ H on |00>: the CZs see q[1] = 0 and Z S S = 1
    "rb": {"c": certain("00")},
    # the loop ends with 00; `3 / 5` is an integer division, so the last rotation is off by δ = π/2 - acos(3/5), and
    # the output is 1 with probability sin²(δ/2) = 1/10 instead of 0
    "rus": {"flags": certain("00"), "output_qubit": {"0": 0.9, "1": 0.1}},
    # U(0.3, ...)|0> has weight sin²(0.15) on |1>, and it arrives; the other two bits are fair coins
    "teleport": {"c0": uniform(1), "c1": uniform(1), "c2": {"0": cos(0.15) ** 2, "1": sin(0.15) ** 2}},
}

NOT_EXECUTABLE = {
    "alignment": "a `stretch` has no length before a scheduler gives it one",
    "arrays": "declares `first_dimension` twice, and has no quantum statement",
    "cphase": "never declares `q`",
    "dd": "applies a gate `u` that is not defined; lengths of physical gates come from a device",
    "defcal": "calibrations only: no quantum statement",
    "gateteleport": "`extern vote` has no body",
    "msd": "indexes `scratch[3]` of `qubit[3] scratch`; calls subroutines without parentheses",
    "scqec": "`extern zfirst`, `send` and `zlast` have no body; arguments of the removed type `creg`",
    "t1": "`extern tabulate` has no body",
    "vqe": "`extern get_parameter` and others have no body",
}
"""Example → why it has no result as it stands."""
TOO_LARGE = {
    "varteleport": "21 qubits, 20 measured on the way: each of up to 4^10 histories is a state of 2^21 amplitudes"
}
"""Example → why it is checked and emitted only."""


def test_every_example_is_listed_once() -> None:
    files = {path.stem for path in EXAMPLES.glob("*.qasm")}
    listed = [*EXPECTED, *NOT_EXECUTABLE, *TOO_LARGE]
    assert sorted(listed) == sorted(files)


@pytest.mark.parametrize("name", EXPECTED)
def test_executable_examples_give_the_known_distribution(
    name: str,
    qlangc: Callable[..., Any],
    assert_sampled_from: Callable[[Mapping[str, int], Mapping[str, float]], None],
) -> None:
    found = qlangc("run", EXAMPLES / f"{name}.qasm", "--shots", SHOTS, "--seed", 1, "--json").data["counts"]
    assert set(found) == set(EXPECTED[name])
    for register, probabilities in EXPECTED[name].items():
        assert_sampled_from(found[register], probabilities)


@pytest.mark.parametrize("name", NOT_EXECUTABLE)
def test_the_others_are_refused_by_diagnostics(name: str, qlangc: Callable[..., Any]) -> None:
    answer = qlangc("run", EXAMPLES / f"{name}.qasm", "--shots", 16, "--seed", 1)
    assert answer.status == 1, answer.err
    assert "error[QJ" in answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""


@pytest.mark.parametrize("name", TOO_LARGE)
def test_large_ones_are_compiled(name: str, qlangc: Callable[..., Any]) -> None:
    answer = qlangc("emit", "--stage", "kernel", EXAMPLES / f"{name}.qasm")
    assert answer.status == 0, answer.err
    assert "kernel.func" in answer.out


def test_timing_is_emitted(qlangc: Callable[..., Any]) -> None:
    """`alignment` runs on no simulator, and its stretches are in the circuit all the same."""
    answer = qlangc("emit", "--stage", "ir", EXAMPLES / "alignment.qasm")
    assert answer.status == 0, answer.err
    assert answer.out.count("circuit.delay") == 2
    assert 'circuit.stretch "g"' in answer.out
