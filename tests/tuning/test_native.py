"""The native engine as a subject: all settings give the same amplitudes, and a wrong one would be seen."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.backends.native_programs import options_for
from qlang.ir.gates import BY_NAME
from qlang.kernels.cpu.host import Precision
from qlang.kernels.decompose import steps_of
from qlang.kernels.steps import Lowering
from qlang.tuning import native
from qlang.tuning.errors import Invalid
from qlang.tuning.genome import Setting, configuration_of, plan_space
from qlang.tuning.native import NativeSubject
from qlang.tuning.space import Configuration, Space

Call = tuple[int, tuple[int, ...], tuple[float, ...], str]


def gate(name: str, *wires: int, angles: tuple[float, ...] = (), controls: str = "") -> Call:
    return BY_NAME[name].code, wires, angles, controls


def brickwork(qubits: int, layers: int, seed: int = 1) -> Lowering:
    random = np.random.default_rng(seed)
    calls = []
    for layer in range(layers):
        for wire in range(qubits):
            calls.append(gate("ry", wire, angles=(random.uniform(-3, 3),)))
            calls.append(gate("rz", wire, angles=(random.uniform(-3, 3),)))
        calls += [gate("x", wire, wire + 1, controls="1") for wire in range(layer % 2, qubits - 1, 2)]
    return steps_of(calls, qubits)


def ghz(qubits: int) -> Lowering:
    calls = [gate("h", 0), *(gate("x", wire, wire + 1, controls="1") for wire in range(qubits - 1))]
    return steps_of(calls, qubits)


def subject_of(lowering: Lowering, precision: Precision = "float32") -> tuple[NativeSubject, Space, Configuration]:
    qubits = lowering.steps.qubits
    pinned = Setting(options_for(precision), 2, precision)
    space = plan_space(qubits, pinned)
    return NativeSubject(lowering.steps, lowering.angles(), precision), space, configuration_of(pinned, space)


def error_of(subject: NativeSubject, point: Configuration) -> float:
    candidate = subject.prepare(point)
    candidate.run()
    return subject.error(candidate.result())


SUBJECT, SPACE, DEFAULT = subject_of(brickwork(11, 4))


@settings(max_examples=25)
@given(st.sampled_from(SPACE.points))
def test_every_setting_gives_the_interpreters_amplitudes(point: Configuration) -> None:
    assert SUBJECT.reference_from == "NumPy interpreter"
    assert error_of(SUBJECT, point) <= SUBJECT.tolerance < 1e-4


def test_double_precision_is_held_to_its_own_roundoff() -> None:
    subject, _, default = subject_of(brickwork(10, 4), "float64")
    assert error_of(subject, default) <= subject.tolerance < 1e-13


@pytest.mark.parametrize("lowering", [brickwork(9, 3), ghz(9)], ids=["dense", "sparse"])
def test_larger_states_are_compared_with_the_defaults_by_a_sample(
    lowering: Lowering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "_WHOLE_QUBITS", 4)
    monkeypatch.setattr(native, "_SAMPLE", 100)
    monkeypatch.setattr(native, "_INTERPRETED", 1)
    subject, space, default = subject_of(lowering)
    assert error_of(subject, default) <= subject.tolerance
    assert subject.reference_from == "default configuration"
    for point in space.points[:: len(space.points) // 7]:
        assert error_of(subject, point) <= subject.tolerance


def test_wrong_amplitudes_are_seen() -> None:
    candidate = SUBJECT.prepare(DEFAULT)
    candidate.run()
    right = candidate.result()
    wrong = right.amplitudes.copy()
    wrong[[0, 1]] = wrong[[1, 0]]
    assert SUBJECT.error(replace(right, amplitudes=wrong)) > SUBJECT.tolerance
    assert SUBJECT.error(replace(right, amplitudes=-right.amplitudes)) > 1.0
    assert SUBJECT.error(replace(right, norm=1.001)) > SUBJECT.tolerance
    assert SUBJECT.error(replace(right, ones=right.ones[::-1])) > SUBJECT.tolerance
    assert not SUBJECT.error(replace(right, norm=float("nan"))) <= SUBJECT.tolerance


def test_another_circuit_is_seen() -> None:
    other, _, _ = subject_of(brickwork(11, 4, seed=2))
    candidate = other.prepare(DEFAULT)
    candidate.run()
    assert SUBJECT.error(candidate.result()) > 0.1


def test_paulis_and_swaps_are_read_through_the_frame() -> None:
    calls = [gate("ry", wire, angles=(0.3 + wire,)) for wire in range(8)]
    calls += [gate("x", 2), gate("swap", 1, 6), gate("z", 3), gate("x", 0, 5, controls="1"), gate("x", 6)]
    subject, space, _ = subject_of(steps_of(calls, 8))
    for point in space.points[:: len(space.points) // 9]:
        assert error_of(subject, point) <= subject.tolerance


def test_equal_work_is_the_same_program() -> None:
    """One register more changes a program of dense layers; the weight of lanes at most its order."""
    assert SUBJECT.work(DEFAULT) == SUBJECT.work(DEFAULT)
    assert SUBJECT.work(DEFAULT) != SUBJECT.work(DEFAULT.replaced("registers", 1))
    assert SUBJECT.work(DEFAULT) != SUBJECT.work(DEFAULT.replaced("threads", 1))
    assert SUBJECT.work(DEFAULT) != SUBJECT.work(DEFAULT.replaced("precision", "float64"))
    assert len({SUBJECT.work(point) for point in SPACE.points[::200]}) < len(SPACE.points[::200])


def test_memory_that_is_not_there_is_an_invalid_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, default = subject_of(brickwork(6, 1))

    def none(*shape: object, **how: object) -> None:
        raise MemoryError

    monkeypatch.setattr("qlang.kernels.cpu.state.planes", none)
    with pytest.raises(Invalid, match="memory"):
        subject.prepare(default)
