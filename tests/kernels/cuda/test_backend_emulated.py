"""The GPU backend on the stand-in, against the reference backend."""

from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from emulated import EmulatedDevice

from qlang.backends import waiting_gates
from qlang.backends.cuda import CudaBackend
from qlang.backends.cuda_state import CudaStateVector
from qlang.backends.errors import TooLarge
from qlang.backends.noise import NoiseModel, named_noise
from qlang.backends.protocol import Request, SampleSpec, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.backends.state_vector import StateVector
from qlang.backends.states import GateCall
from qlang.ir.gates import BY_NAME
from qlang.ir.kernel import FuncOp
from qlang.ir.text import parse_ir
from qlang.kernels.cuda.shape import Precision
from qlang.passes.rounding import l2_bound, precisions

QUBITS = 6
GATES = ("h", "x", "y", "s", "t", "sx", "rx", "ry", "rz", "p", "cx", "cz", "swap", "rzz", "rxx", "iswap", "u")


def _calls(seed: int, count: int) -> list[GateCall]:
    random = Random(seed)
    calls: list[GateCall] = []
    for _ in range(count):
        row = BY_NAME[random.choice(GATES)]
        controls = random.choice(("", "", "", "1", "01"))
        wires = tuple(random.sample(range(QUBITS), row.qubits + len(controls)))
        calls.append((row.code, wires, tuple(random.uniform(-9, 9) for _ in range(row.parameters)), controls))
    return calls


def _pair(folder: Path, seed: int) -> tuple[CudaStateVector, StateVector]:
    ours, wanted = CudaStateVector(QUBITS, "float64", [EmulatedDevice(folder)]), StateVector(QUBITS)
    for state in (ours, wanted):
        state.gates(_calls(seed, 40))
    return ours, wanted


@pytest.mark.parametrize("seed", range(6))
def test_a_state_is_read_as_the_reference_is(emulation_folder: Path, seed: int) -> None:
    ours, wanted = _pair(emulation_folder, seed)
    every = tuple(range(QUBITS))
    np.testing.assert_allclose(ours.by_wires(every), wanted.by_wires(every), atol=1e-13)
    np.testing.assert_allclose(ours.by_wires((4, 1)), wanted.by_wires((4, 1)), atol=1e-13)
    for wires in ((), (2,), (5, 0, 3), every):
        np.testing.assert_allclose(ours.marginal(wires), wanted.marginal(wires), atol=1e-13)
    np.testing.assert_allclose(ours.reduced((3, 0)), wanted.reduced((3, 0)), atol=1e-13)
    np.testing.assert_allclose(ours.means([(0,), (1, 4), every]), wanted.means([(0,), (1, 4), every]), atol=1e-13)
    outcomes, weights = ours.likely((5, 2, 0), 0.05, 100)
    distribution = wanted.marginal((5, 2, 0))
    assert outcomes.tolist() == np.flatnonzero(distribution > 0.05).tolist()
    np.testing.assert_allclose(weights, distribution[outcomes], atol=1e-13)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_what_is_read_is_of_the_normalised_state(emulation_folder: Path, precision: Precision) -> None:
    """1/√2 and the like err the same way at each gate; storing in 16 bits moves the norm much further."""
    ours, random = CudaStateVector(QUBITS, precision, [EmulatedDevice(emulation_folder)]), Random(8)
    gates = [BY_NAME[random.choice(("ccx", "h"))] for _ in range(240)]
    ours.gates([(gate.code, tuple(random.sample(range(QUBITS), gate.qubits)), (), "") for gate in gates])
    every = tuple(range(QUBITS))
    amplitudes = ours.by_wires(every).reshape(-1)
    weights = np.abs(amplitudes) ** 2
    assert abs(weights.sum() - 1) > 3e-6
    exact = weights / weights.sum()
    np.testing.assert_allclose(ours.marginal(every), exact, atol=1e-14)
    np.testing.assert_allclose(ours.likely(every, -1.0, 100)[1], exact, atol=1e-14)
    np.testing.assert_allclose(np.diag(ours.reduced(every)), exact, atol=1e-14)
    signs = 1 - 2.0 * (np.arange(1 << QUBITS) & 1)
    np.testing.assert_allclose(ours.means([(), (0,)]), [1, exact @ signs], atol=1e-14)


def test_more_gates_than_are_planned_together(emulation_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_gates, "MOST_WAITING", 50)
    ours, wanted = CudaStateVector(QUBITS, "float64", [EmulatedDevice(emulation_folder)]), StateVector(QUBITS)
    start, body = _calls(20, 7), _calls(21, 9)
    for calls in (start, *[body] * 12):
        ours.gates(calls)
        wanted.gates(calls)
    every = tuple(range(QUBITS))
    np.testing.assert_allclose(ours.by_wires(every), wanted.by_wires(every), atol=1e-13)


@pytest.mark.parametrize(("name", "precision"), [("f64", "float64"), ("f32", "float32"), ("bf16", "bfloat16")])
def test_rounding_keeps_to_its_bound(emulation_folder: Path, name: str, precision: Precision) -> None:
    names = {row.code: row.name for row in BY_NAME.values()}
    every = tuple(range(QUBITS))
    for seed in range(5):
        calls = _calls(seed, 30)
        ours, wanted = CudaStateVector(QUBITS, precision, [EmulatedDevice(emulation_folder)]), StateVector(QUBITS)
        for state in (ours, wanted):
            state.gates(calls)
        gates = Counter("c" * len(controls) + names[code] for code, _, _, controls in calls)
        counted = {"bounded": True, "gates": dict(gates), "measurements": 0, "resets": 0, "unlisted": 0}
        bound = l2_bound(counted, QUBITS, 1, None, "gpu.cuda", name)
        assert bound is not None and 0 < np.linalg.norm(ours.by_wires(every) - wanted.by_wires(every)) < bound


@pytest.mark.parametrize("seed", range(4))
def test_gates_go_on_after_a_measurement(emulation_folder: Path, seed: int) -> None:
    ours, wanted = _pair(emulation_folder, seed)
    for wire in (3, 0):
        one = wanted.probability_of_one(wire)
        assert ours.probability_of_one(wire) == pytest.approx(one, abs=1e-13)
        outcome = int(one > 0.5)
        for state in (ours, wanted):
            state.collapse(wire, outcome, one if outcome else 1 - one)
            state.flip(wire)
            state.gates(_calls(seed + wire, 15))
    twin = ours.copy()
    ours.gates(_calls(77, 5))
    every = tuple(range(QUBITS))
    np.testing.assert_allclose(twin.by_wires(every), wanted.by_wires(every), atol=1e-13)


def test_shots_are_drawn_by_probability(emulation_folder: Path) -> None:
    ours, wanted = _pair(emulation_folder, 11)
    shots, wires = 40_000, (4, 0, 2)
    outcomes, counts = ours.drawn(wires, shots, np.random.default_rng(5))
    distribution = wanted.marginal(wires)
    seen = np.zeros(8)
    seen[outcomes] = counts
    # Five standard deviations for each of eight outcomes: a false alarm in 200,000 seeds.
    assert (np.abs(seen - shots * distribution) <= 5 * np.sqrt(shots * distribution) + 1e-9).all()


def test_bfloat16_is_for_jobs_that_allow_it() -> None:
    assert precisions("gpu.cuda", None) == ("bf16", "f32", "f64")
    few = {"bounded": True, "gates": {"h": 1, "cx": 3}, "measurements": 0, "resets": 0, "unlisted": 0}
    many = {**few, "gates": {"ry": 1000}}
    bounds = [l2_bound(counts, 20, 1, None, "gpu.cuda", "bf16") for counts in (few, many)]
    assert bounds[0] is not None and bounds[1] is not None
    assert 2.0**-8 < bounds[0] < 0.1 and bounds[1] > 1


def _bell() -> FuncOp:
    text = """builtin.module { kernel.func @f() -> (!circuit.bits<1>) attributes {qubits = 3 : i64, bits = ["m"]} {
      %half = arith.constant 0.7 : f64
      kernel.gate "h" () [0]
      kernel.gate "cx" () [0, 1]
      kernel.gate "ry" (%half) [2]
      %m = kernel.measure [1] : !circuit.bits<1>
      kernel.gate "h" () [0]
      kernel.return %m : !circuit.bits<1>
    } }"""
    (func,) = parse_ir(text).body.block.ops
    assert isinstance(func, FuncOp)
    return func


@pytest.mark.parametrize(("precision", "error"), [("f64", 1e-13), ("f32", 1e-6)])
def test_a_job_runs_as_on_the_reference(emulation_folder: Path, precision: str, error: float) -> None:
    backend = CudaBackend(precision, 0, devices=(EmulatedDevice(emulation_folder),))
    request = Request(
        settings=("ZZX", "IXY"), samples=(SampleSpec("all", (0, 1, 2)), SampleSpec("m", bits="m")), scales=(1,)
    )
    ours, wanted = (each.execute(_bell(), request) for each in (backend, ReferenceBackend()))
    assert ours.method == wanted.method == "state_vector"
    for mine, theirs in zip(ours.scales[0].settings, wanted.scales[0].settings, strict=True):
        np.testing.assert_allclose(mine.probabilities, theirs.probabilities, atol=error)
    for mine, theirs in zip(ours.samples, wanted.samples, strict=True):
        assert mine.probabilities == pytest.approx(theirs.probabilities, abs=error)
    assert backend.estimate(_bell(), request).bytes > 0


def _swept() -> FuncOp:
    text = """builtin.module { kernel.func @f(%a : f64, %b : f64) attributes
      {qubits = 4 : i64, parameters = ["a", "b"], bits = []} {
      %one = arith.constant 1.0 : f64
      %c = arith.addf %b, %one : f64
      kernel.gate "ry" (%a) [0]
      kernel.gate "cx" () [0, 2]
      kernel.gate "rx" (%c) [3]
      kernel.gate "rzz" (%b) [2, 3]
      kernel.gate "h" () [1]
      kernel.gate "crx" (%a) [1, 3]
      kernel.return
    } }"""
    (func,) = parse_ir(text).body.block.ops
    assert isinstance(func, FuncOp)
    return func


def test_points_of_a_sweep_run_side_by_side(emulation_folder: Path) -> None:
    random = np.random.default_rng(8)
    requests = [Request(tuple(random.uniform(-7, 7, 2)), settings=("ZZXY", "XIIZ")) for _ in range(7)]
    device = EmulatedDevice(emulation_folder)
    found = list(CudaBackend(fewest_qubits=0, devices=(device,)).execute_all(_swept(), requests))
    assert device.launches.count("product_state") == 1
    for request, outcome in zip(requests, found, strict=True):
        wanted = ReferenceBackend().execute(_swept(), request)
        for mine, theirs in zip(outcome.scales[0].settings, wanted.scales[0].settings, strict=True):
            np.testing.assert_allclose(mine.probabilities, theirs.probabilities, atol=1e-13)


def test_batches_larger_than_the_memory_run_in_portions(emulation_folder: Path) -> None:
    requests = [Request((0.1 * k, 0.2), settings=("ZZZZ",)) for k in range(5)]
    device = EmulatedDevice(emulation_folder, memory=2 * 2 * 16 << 4)
    found = list(CudaBackend(fewest_qubits=0, devices=(device,)).execute_all(_swept(), requests))
    assert len(found) == 5 and device.launches.count("product_state") >= 3
    wanted = ReferenceBackend().execute(_swept(), requests[4]).scales[0].settings[0].probabilities
    np.testing.assert_allclose(found[4].scales[0].settings[0].probabilities, wanted, atol=1e-13)


def test_states_are_given_out(emulation_folder: Path) -> None:
    request = Request(states=(StateSpec("s", (2,)), StateSpec("rest", (1, 0))))
    backend = CudaBackend(fewest_qubits=0, devices=(EmulatedDevice(emulation_folder),))
    ours, wanted = (each.execute(_bell(), request).states for each in (backend, ReferenceBackend()))
    for label in ("s", "rest"):
        np.testing.assert_allclose(ours[label], wanted[label], atol=1e-13)


def test_too_many_qubits_are_refused_before_allocating(emulation_folder: Path) -> None:
    device = EmulatedDevice(emulation_folder, memory=1 << 6)
    with pytest.raises(TooLarge) as refused:
        CudaBackend(fewest_qubits=0, devices=(device,)).execute(_bell(), Request(settings=("ZZZ",)))
    assert refused.value.limit == 1 << 6
    assert not device.launches


def test_small_and_noisy_jobs_are_left_to_the_cpu(emulation_folder: Path) -> None:
    device = EmulatedDevice(emulation_folder)
    exact = CudaBackend(devices=(device,)).execute(_bell(), Request(settings=("ZZZ",)))
    noise = NoiseModel(named_noise([{"channel": "depolarizing", "p": 0.1, "targets": ["1q"]}]))
    noisy = CudaBackend(fewest_qubits=0, devices=(device,)).execute(_bell(), Request(settings=("ZZZ",), noise=noise))
    assert (exact.method, noisy.method) == ("state_vector", "density_matrix")
    assert not device.launches


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_rounding_makes_no_outcomes(emulation_folder: Path, precision: Precision) -> None:
    state = CudaStateVector(QUBITS, precision, [EmulatedDevice(emulation_folder)])
    turn = BY_NAME["ry"].code
    state.gates([(turn, (0,), (angle,), "") for angle in (0.7, 1.1, -1.8)] + [(turn, (1,), (1.3,), "")])
    assert state.probability_of_one(0) == 0
    assert abs(state.probability_of_one(1) - np.sin(0.65) ** 2) < 0.01
