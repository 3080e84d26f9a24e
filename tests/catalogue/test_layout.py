"""Layouts, paths and the noise that a circuit sees."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.catalogue import ibm, store
from qlang.catalogue.errors import DoesNotFit, NotConnected
from qlang.catalogue.graph import components, coupling_graph, distance, hops, pessimistic_median
from qlang.catalogue.layout import Layout, choose_layout
from qlang.catalogue.noise import device_noise
from qlang.catalogue.snapshot import Coupler, Qubit, Snapshot, Source

SOURCE = Source("test", "0", "none", ())


def device(qubits: int, couplers: dict[tuple[int, int], float | None], dead: tuple[int, ...] = ()) -> Snapshot:
    """A device with equal qubits; couplers with error None are dead."""
    return Snapshot(
        "test.device",
        "test",
        None,
        tuple(Qubit(1e-4, 1e-4, 0.01, 0.02, 1e-4, 3e-8, 1e-6, q not in dead) for q in range(qubits)),
        tuple(Coupler(pair, error, 3e-7, error is not None) for pair, error in couplers.items()),
        ("cx",),
        "cx",
        None,
        None,
        None,
        SOURCE,
    )


def chain(length: int) -> dict[tuple[int, int], float]:
    return {(i, i + 1): 1.0 for i in range(length - 1)}


def line(errors: list[float]) -> Snapshot:
    return device(len(errors) + 1, {(i, i + 1): error for i, error in enumerate(errors)})


@st.composite
def connected_devices(draw: st.DrawFn) -> Snapshot:
    qubits = draw(st.integers(2, 8))
    error = st.floats(1e-4, 0.2)
    couplers = {(draw(st.integers(0, b - 1)), b): draw(error) for b in range(1, qubits)}
    pairs = [(a, b) for a in range(qubits) for b in range(a + 1, qubits)]
    couplers.update({pair: draw(error) for pair in draw(st.lists(st.sampled_from(pairs), max_size=6))})
    return device(qubits, dict(sorted(couplers.items())))


@given(connected_devices(), st.data())
@settings(deadline=None)
def test_a_layout_is_a_connected_set_of_distinct_working_qubits_and_repeatable(snapshot: Snapshot, data) -> None:
    size = data.draw(st.integers(1, len(snapshot.qubits)))
    layout = choose_layout(snapshot, size, chain(size))
    assert len(set(layout.physical)) == len(layout.physical) == size
    inside = {c: c for c in layout.physical}
    kept = tuple(c for c in snapshot.couplers if all(q in inside for q in c.qubits))
    dead = tuple(q if i in inside else replace(q, operational=False) for i, q in enumerate(snapshot.qubits))
    assert len(components(coupling_graph(replace(snapshot, qubits=dead, couplers=kept)))) == 1
    assert choose_layout(snapshot, size, chain(size)) == layout


@given(connected_devices(), st.data())
@settings(deadline=None)
def test_a_pair_is_charged_with_its_best_path(snapshot: Snapshot, data) -> None:
    """Oracle: all simple paths, enumerated."""
    size = len(snapshot.qubits)
    a, b = data.draw(st.permutations(range(size)))[:2]
    noise = device_noise(snapshot, Layout(tuple(range(size))))
    errors = {c.qubits: c.error for c in snapshot.couplers}
    errors.update({(high, low): error for (low, high), error in list(errors.items())})
    middles = [middle for k in range(size - 1) for middle in permutations(set(range(size)) - {a, b}, k)]
    best, pair = 0.0, noise.two_qubit(a, b)
    for middle in middles:
        steps = list(zip((a, *middle), (*middle, b), strict=True))
        if all(step in errors for step in steps):
            success = 1.0
            for step in steps:
                success *= 1 - errors[step]
            best = max(best, success)
    if (a, b) in errors:
        assert (pair.error, pair.swaps) == (errors[a, b], 0)
    else:  # the gate on one coupler, three on each other: between success and success³ of the best path
        assert best**3 <= 1 - pair.error <= best
        assert pair.swaps >= distance(coupling_graph(snapshot), a, b) - 1
    assert noise.two_qubit(b, a) is pair


def test_swaps_are_charged_three_gates_and_the_gate_takes_the_worst_coupler() -> None:
    noise = device_noise(line([0.01, 0.02, 0.05, 0.01]), Layout((0, 1, 3)))
    far = noise.two_qubit(0, 2)
    assert far.swaps == 2
    assert far.error == pytest.approx(1 - 0.99**3 * 0.98**3 * 0.95)
    assert far.time_s == pytest.approx(7 * 3e-7)
    assert noise.two_qubit(0, 1).error == 0.01


def test_the_best_region_is_found_on_a_line() -> None:
    snapshot = line([0.05, 0.05, 0.01, 0.01, 0.01, 0.05, 0.05])
    assert set(choose_layout(snapshot, 4, chain(4)).physical) == {2, 3, 4, 5}
    assert set(choose_layout(snapshot, 2, {(0, 1): 1.0}).physical) <= {2, 3, 4, 5}


def test_strongly_interacting_qubits_are_neighbours() -> None:
    """A star on a star: the hub must sit in the middle."""
    star = device(5, {(0, 2): 0.01, (1, 2): 0.01, (2, 3): 0.01, (2, 4): 0.01})
    layout = choose_layout(star, 5, {(3, other): 1.0 for other in (0, 1, 2, 4)})
    assert layout.physical[3] == 2
    on_line = choose_layout(line([0.01] * 3), 4, {(0, 2): 5.0, (2, 1): 5.0, (3, 1): 5.0})
    noise = device_noise(line([0.01] * 3), on_line)
    assert [noise.two_qubit(a, b).swaps for a, b in ((0, 2), (2, 1), (3, 1))] == [0, 0, 0]


def test_chains_on_real_devices_need_no_swap() -> None:
    for name, length in (("ibm.guadalupe", 8), ("ibm.boston", 8), ("ibm.manila", 5), ("ibm.hanoi", 10)):
        snapshot = store.load(name)
        noise = device_noise(snapshot, choose_layout(snapshot, length, chain(length)))
        pairs = [noise.two_qubit(i, i + 1) for i in range(length - 1)]
        assert sum(pair.swaps for pair in pairs) == 0
        alive = [c.error for c in snapshot.couplers if c.error is not None]
        assert sum(pair.error for pair in pairs) / len(pairs) <= sum(alive) / len(alive)


def test_dead_qubits_and_couplers_are_not_used() -> None:
    snapshot = device(6, {(0, 1): 0.01, (1, 2): None, (2, 3): 0.1, (3, 4): 0.1, (4, 5): 0.001}, dead=(5,))
    assert set(choose_layout(snapshot, 3, chain(3)).physical) == {2, 3, 4}
    with pytest.raises(DoesNotFit) as caught:
        choose_layout(snapshot, 4, chain(4))
    assert (caught.value.needed, caught.value.available) == (4, 3)
    with pytest.raises(NotConnected):
        device_noise(snapshot, Layout((1, 2))).two_qubit(0, 1)


def test_kyoto_takes_one_qubit_and_no_more() -> None:
    kyoto = ibm.read("kyoto")
    assert len(choose_layout(kyoto, 1, {}).physical) == 1
    with pytest.raises(DoesNotFit) as caught:
        choose_layout(kyoto, 2, {(0, 1): 1.0})
    assert caught.value.available == 1


@pytest.mark.parametrize("pair", [(0, 0), (0, 3), (-1, 0)])
def test_interactions_outside_the_circuit_are_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="interaction"):
        choose_layout(line([0.01] * 5), 3, {pair: 1.0})


def test_nearly_all_of_the_largest_device_can_be_used() -> None:
    boston = store.load("ibm.boston")
    layout = choose_layout(boston, 155, {(i, j): 1.0 for i in range(155) for j in range(max(0, i - 3), i)})
    assert set(layout.physical) == set(range(156)) - {146}


def test_hops_and_distance() -> None:
    graph = coupling_graph(device(5, {(0, 1): 0.01, (1, 2): 0.01, (0, 2): 0.01, (2, 3): 0.01}))
    assert hops(graph, 0) == (0, 1, 1, 2, None)
    assert distance(graph, 3, 0) == 2
    assert distance(graph, 0, 4) is None
    assert components(graph) == ((0, 1, 2, 3), (4,))


def test_unknown_values_become_the_pessimistic_median_with_a_note() -> None:
    assert pessimistic_median([1.0, None, 2.0]) == 2.0
    assert pessimistic_median([1.0, None, 2.0], larger_is_worse=False) == 1.0
    assert pessimistic_median([None]) is None
    base = line([0.01, 0.03, 0.02])
    qubits = [
        replace(q, t1_s=t1, readout_p01=None) for q, t1 in zip(base.qubits, (1e-4, 2e-4, None, None), strict=True)
    ]
    couplers = (base.couplers[0], replace(base.couplers[1], error=None), base.couplers[2])
    noise = device_noise(replace(base, qubits=tuple(qubits), couplers=couplers), Layout((1, 2)))
    assert [q.t1_s for q in noise.qubits] == [2e-4, 1e-4]
    assert [q.p01 for q in noise.qubits] == [None, None]
    assert noise.two_qubit(0, 1).error == 0.02
    assert noise.notes == (
        "error of 1 couplers unknown, the device's median taken",
        "t1_s unknown, the device's median taken, qubits: 2",
        "readout_p01 unknown on this device, left out",
    )


def test_noise_carries_the_numbers_of_the_chosen_qubits() -> None:
    guadalupe = store.load("ibm.guadalupe")
    noise = device_noise(guadalupe, Layout((7, 4)))
    source = guadalupe.qubits[7]
    assert (noise.qubits[0].t1_s, noise.qubits[0].p10) == (source.t1_s, source.readout_p10)
    assert (noise.qubits[0].error_1q, noise.qubits[0].time_1q_s) == (source.gate_error_1q, source.gate_time_1q_s)
    assert noise.snapshot_id == guadalupe.id and noise.physical == (7, 4)
    coupler = next(c for c in guadalupe.couplers if c.qubits == (4, 7))
    assert (noise.two_qubit(0, 1).error, noise.two_qubit(0, 1).time_s) == (coupler.error, coupler.time_s)
