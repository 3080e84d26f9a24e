"""The native state vector against the reference, gate by gate and reading by reading."""

from collections.abc import Sequence
from itertools import product
from math import cos, pi, sin

import numpy as np
import pytest

from qlang.backends import native_programs, waiting_gates
from qlang.backends.native_state import NativeStateVector
from qlang.backends.state_vector import StateVector
from qlang.backends.states import GateCall
from qlang.backends.turns import within_two_turns
from qlang.ir.gates import BY_CODE, BY_NAME
from qlang.kernels.cpu import state as cpu_state
from qlang.kernels.cpu.host import executable_targets
from qlang.kernels.gate_columns import GateColumns

CLOSE = {"float64": 1e-13, "float32": 3e-6}


def random_gates(random: np.random.Generator, qubits: int, count: int) -> list[GateCall]:
    """Every primitive, some of them with controls."""
    calls: list[GateCall] = []
    while len(calls) < count:
        row = BY_CODE[random.integers(len(BY_CODE))]
        controls = int(random.integers(0, 3)) if random.random() < 0.3 else 0
        if row.qubits + controls <= qubits:
            wires = tuple(map(int, random.permutation(qubits)[: row.qubits + controls]))
            values = "".join(map(str, random.integers(0, 2, controls)))
            calls.append((row.code, wires, tuple(map(float, random.uniform(-7, 7, row.parameters))), values))
    return calls


def both(qubits: int, precision: str, threads: int = 1) -> tuple[NativeStateVector, StateVector]:
    return NativeStateVector(qubits, precision, threads), StateVector(qubits)  # type: ignore[arg-type]  # one of two


@pytest.fixture(params=executable_targets(), ids=lambda each: f"{each.cpu}-{8 * each.vector_bytes}")
def processor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host, then others that it can stand in for: programs are cut up by the width of vectors."""
    for module in (native_programs, cpu_state):
        monkeypatch.setattr(module, "host_target", lambda: request.param)


@pytest.mark.usefixtures("processor")
@pytest.mark.parametrize(("qubits", "precision"), [*product((1, 2, 3, 5, 9, 13, 17), CLOSE)])
def test_gates_and_readings_are_those_of_the_reference(qubits: int, precision: str) -> None:
    random, close = np.random.default_rng(qubits), CLOSE[precision]
    native, reference = both(qubits, precision)
    for _ in range(3):
        calls = random_gates(random, qubits, 40)
        wires = tuple(map(int, random.permutation(qubits)[:4]))
        native.gates(calls)
        reference.gates(calls)
        np.testing.assert_allclose(native.marginal(wires), reference.marginal(wires), rtol=0, atol=close)
        np.testing.assert_allclose(native.reduced(wires), reference.reduced(wires), rtol=0, atol=close)
        np.testing.assert_allclose(native.by_wires(wires), reference.by_wires(wires), rtol=0, atol=close)
        products = [wires, wires[:1], ()]
        np.testing.assert_allclose(native.means(products), reference.means(products), rtol=0, atol=close)
        one = reference.probability_of_one(wires[0])
        assert native.probability_of_one(wires[0]) == pytest.approx(one, abs=close)
        outcome = int(one > 0.5)
        for state in (native, reference):
            state.collapse(wires[0], outcome, one if outcome else 1 - one)
    everything = tuple(range(qubits))
    np.testing.assert_allclose(native.by_wires(everything), reference.by_wires(everything), rtol=0, atol=close)


def test_a_copy_goes_its_own_way() -> None:
    native, reference = both(6, "float64")
    calls = random_gates(np.random.default_rng(3), 6, 30)
    for state in (native, reference):
        state.gates(calls)
    twin = native.copy()
    twin.flip(2)
    assert twin.probability_of_one(2) == pytest.approx(1 - native.probability_of_one(2), abs=1e-14)
    np.testing.assert_allclose(native.by_wires(()), reference.by_wires(()), rtol=0, atol=1e-14)


@pytest.mark.parametrize("most", [50, waiting_gates.MOST_WAITING])
@pytest.mark.parametrize("first", ["columns", "calls", "flip"])
def test_gates_as_columns_wait_with_others(most: int, first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_gates, "MOST_WAITING", most)
    calls = random_gates(np.random.default_rng(4), 5, 30)
    native, reference = both(5, "float64")
    columns = GateColumns.of(calls)
    for each in (first, "columns", "flip", "calls", "columns"):
        for state in (native, reference):
            if each == "flip":
                state.flip(3)
            else:
                state.gates(columns if each == "columns" else calls)
    assert list(columns) == calls
    np.testing.assert_allclose(native.by_wires(()), reference.by_wires(()), rtol=0, atol=1e-13)


def test_loops_longer_than_what_is_planned_together_meet_their_programs_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_gates, "MOST_WAITING", 300)
    seen: list[tuple[object, ...]] = []
    real = native_programs.binder_of

    def noted(steps: object, *rest: object) -> object:
        seen.append((steps.digest, rest[1]))  # type: ignore[attr-defined]  # Steps
        return real(steps, *rest)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(native_programs, "binder_of", noted)
    random = np.random.default_rng(8)
    start, body = random_gates(random, 5, 11), random_gates(random, 5, 7)
    native, reference = both(5, "float64")
    for calls in (start, *[body] * 400):
        native.gates(calls)
        reference.gates(calls)
    np.testing.assert_allclose(native.by_wires(()), reference.by_wires(()), rtol=0, atol=1e-12)
    structures = [digest for digest, _ in seen]
    assert len(seen) > 8 and len(set(structures)) <= 3


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("precision", CLOSE)
def test_threads_change_no_bit(threads: int, precision: str) -> None:
    calls = random_gates(np.random.default_rng(5), 18, 60)
    found = []
    for count in (1, threads):
        state = NativeStateVector(18, precision, count)  # type: ignore[arg-type]  # one of two
        state.gates(calls)
        drawn = state.drawn(tuple(range(18)), 1000, np.random.default_rng(1))
        found.append((state.by_wires(()), state.means([(0, 17), (3,)]), state.marginal((4, 16)), *drawn))
    for one, many in zip(*found, strict=True):
        assert np.array_equal(one, many)


def test_shots_are_drawn_from_the_distribution_whatever_the_order_of_wires() -> None:
    qubits, shots = 15, 400_000
    native, reference = both(qubits, "float64")
    calls = random_gates(np.random.default_rng(12), qubits, 150)
    for state in (native, reference):
        state.gates(calls)
    for wires in ((3, 14, 0, 7), tuple(reversed(range(9))), (13, 12)):
        outcomes, counts = native.drawn(wires, shots, np.random.default_rng(4))
        assert counts.sum() == shots and (np.diff(outcomes) > 0).all()
        expected = shots * reference.marginal(wires)
        found = np.zeros_like(expected)
        found[outcomes] = counts
        likely = expected > 5
        chi = float((((found - expected) ** 2)[likely] / expected[likely]).sum())
        freedom = int(likely.sum())
        assert chi < freedom + 6 * np.sqrt(2 * freedom) + 20  # false alarm below 1e-6 each
        assert not found[expected < 1e-9].any()


def test_many_shots_of_one_outcome_are_drawn_together() -> None:
    state = NativeStateVector(13)
    state.gates([(BY_NAME["h"].code, (12,), (), ""), (BY_NAME["x"].code, (3,), (), "")])
    outcomes, counts = state.drawn(tuple(range(13)), 1 << 40, np.random.default_rng(2))
    assert outcomes.tolist() == [8, 8 + 4096]
    assert counts.sum() == 1 << 40
    assert abs(counts[0] - (1 << 39)) < 6 * (1 << 19)  # six standard deviations: false alarm 2e-9


def test_likely_outcomes_are_those_above_the_least() -> None:
    native, reference = both(14, "float64")
    calls = random_gates(np.random.default_rng(21), 14, 60)
    for state in (native, reference):
        state.gates(calls)
    wires = (13, 2, 5, 0, 9, 1, 12)
    outcomes, found = native.likely(wires, 1e-6, 1 << 20)
    distribution = reference.marginal(wires)
    assert outcomes.tolist() == np.flatnonzero(distribution > 1e-6).tolist()
    np.testing.assert_allclose(found, distribution[outcomes], rtol=0, atol=1e-13)


def test_what_is_read_is_of_the_normalised_state() -> None:
    """1/√2 and the like err the same way at each gate: here that takes 2.5e-5 from the norm, errors at random 1e-6."""
    random, (native, reference) = np.random.default_rng(6), both(6, "float32")
    gates = [BY_NAME[name] for name in ("ccx", "h")]
    chosen = [gates[i] for i in random.integers(2, size=960).tolist()]
    calls = [(gate.code, tuple(map(int, random.permutation(6)[: gate.qubits])), (), "") for gate in chosen]
    for state in (native, reference):
        state.gates(calls)
    assert float(np.sum(np.abs(native.by_wires(())) ** 2)) < 1 - 1e-5
    wires, products = (4, 0, 5), [(4,), (0, 5), (0, 1, 2, 3, 4, 5), ()]
    outcomes, found = native.likely(wires, 1e-6, 1 << 20)
    exact = reference.marginal(wires)
    np.testing.assert_allclose(native.marginal(wires), exact, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found, exact[outcomes], rtol=0, atol=1e-6)
    np.testing.assert_allclose(native.means(products), reference.means(products), rtol=0, atol=2e-6)
    np.testing.assert_allclose(native.reduced(wires), reference.reduced(wires), rtol=0, atol=1e-6)
    assert native.means([()]) == [1.0]


def test_angles_are_reduced_exactly() -> None:
    values = [0.0, -6.2, 6.3, 12.566370614359172, 1e5, -3.7e15, 2.0**80, 1.7e308, -5e300]
    found = within_two_turns(np.array(values))
    assert (np.abs(found) <= 2 * pi + 1e-15).all()
    for value, reduced in zip(values, found.tolist(), strict=True):
        # the C library reduces its arguments exactly
        assert cos(reduced / 2) == pytest.approx(cos(value / 2), abs=1e-15)
        assert sin(reduced / 2) == pytest.approx(sin(value / 2), abs=1e-15)
    assert within_two_turns(np.array([1.0, -6.28])).tolist() == [1.0, -6.28]


@pytest.mark.parametrize("value", [1e9, -4.5e14, 3e200])
def test_large_angles_cost_no_digits(value: float) -> None:
    calls: Sequence[GateCall] = [
        (BY_NAME["rx"].code, (0,), (value,), ""),
        (BY_NAME["rz"].code, (0,), (value,), ""),
        (BY_NAME["ry"].code, (0,), (0.3,), ""),
        (BY_NAME["cp"].code, (0, 1), (value,), ""),
        (BY_NAME["rzz"].code, (1, 0), (-value,), ""),
    ]
    native, reference = both(2, "float64")
    for state in (native, reference):
        state.gates(calls)
    np.testing.assert_allclose(native.by_wires(()), reference.by_wires(()), rtol=0, atol=1e-15)


@pytest.mark.parametrize("value", [3 * pi, -3 * pi, 4 * pi, -4 * pi, 6 * pi])
@pytest.mark.parametrize(("name", "controls"), [("rx", 2), ("ry", 1), ("ry", 3)])
def test_multiples_beyond_two_turns_between_interactions_keep_the_sign(name: str, controls: int, value: float) -> None:
    calls: Sequence[GateCall] = [
        (BY_NAME["rzx"].code, (1, 0), (-pi / 2,), ""),
        (BY_NAME[name].code, (0, 1, 2, 3)[: controls + 1], (value,), "0" * controls),
        (BY_NAME["rxx"].code, (1, 0), (0.3,), ""),
    ]
    native, reference = both(4, "float64")
    for state in (native, reference):
        state.gates(calls)
    np.testing.assert_allclose(native.by_wires(()), reference.by_wires(()), rtol=0, atol=1e-14)
