"""qlang's native engine in the benchmarks' four roles: what is made once for a circuit, and what runs each time.

`prepared` is the only place that knows how the engine is called.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulators.cases import NOISE, Case, chain_of
from benchmarks.simulators.workers.service import Amplitudes
from qlang.backends.native import NativeBackend
from qlang.backends.native_programs import binder_of, lowering_of
from qlang.backends.noise import NoiseModel, named_noise
from qlang.backends.protocol import Request, SampleSpec
from qlang.backends.tracing import trace
from qlang.ir.kernel import FuncOp
from qlang.kernels.bind import BoundProgram, bind
from qlang.kernels.cpu.host import Precision
from qlang.kernels.cpu.runner import prepare, run
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.decompose import steps_of
from qlang.kernels.gradient import Differentiable
from qlang.kernels.observables import pauli_sums
from qlang.kernels.steps import Lowering

_NAMES = {"float32": "f32", "float64": "f64"}
_AMPLITUDE_BYTES = {"float32": 8, "float64": 16}


@dataclass(slots=True)
class States:
    """A circuit with its angles, and the state that it runs on again and again."""

    bound: BoundProgram
    state: NativeState
    threads: int
    bytes_moved: int | None

    def run(self) -> None:
        """From |0…0⟩ to the end."""
        run(self.bound, self.state, threads=self.threads)

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        """At indices whose bits are wires: where they are stored, with the frame put on top."""
        program, frame = self.bound.program, self.bound.frame
        stored = indices ^ int(frame.x[0])
        positions = np.zeros_like(stored)
        for wire in range(program.wires):
            positions |= (stored >> wire & 1) << program.end[wire]
        signs = 1.0 - 2.0 * (np.bitwise_count(stored & int(frame.z[0])) & 1)
        found: Amplitudes = self.state.amplitudes(positions)[0] * signs * frame.phase[0]
        return found

    def peaks(self, count: int) -> NDArray[np.int64]:
        """Indices of the largest amplitudes, found block by block."""
        kept = np.empty(0, np.int64)
        weights = np.empty(0)
        block = 1 << 20
        for begin in range(0, self.state.re.shape[1], block):
            parts = [plane[0, begin : begin + block] for plane in (self.state.re, self.state.im)]
            some = np.square(parts[0]) + np.square(parts[1])
            best = np.argpartition(some, -min(count, len(some)))[-count:]
            kept, weights = np.concatenate([kept, best + begin]), np.concatenate([weights, some[best]])
            order = np.argsort(-weights, kind="stable")[:count]
            kept, weights = kept[order], weights[order]
        program = self.bound.program
        found = np.zeros_like(kept)
        for wire in range(program.wires):
            found |= (kept >> program.end[wire] & 1) << wire
        return found ^ int(self.bound.frame.x[0])


@dataclass(slots=True)
class Values:
    """Numbers and their standard errors (none where exact), each time anew."""

    compute: Callable[[], tuple[Sequence[float], Sequence[float]]]
    values: Sequence[float] = ()
    errors: Sequence[float] = ()
    bytes_moved: int | None = None

    def run(self) -> None:
        """Keeps what came out."""
        self.values, self.errors = self.compute()


def prepared(program: FuncOp, case: Case, precision: Precision, threads: int) -> States | Values:
    """Planning, code and, for a circuit without parameters, its numbers: everything that is done once."""
    if case.kind == "trajectories":
        return Values(_trajectories(program, case, precision, threads))
    parameters = case.circuit.parameters if case.kind != "state" else ()
    calls = trace(program, parameters).calls
    if case.kind == "gradient":
        return Values(_gradient(steps_of(calls, case.qubits), case, precision, threads))
    lowering = lowering_of(calls, case.qubits)
    binder = binder_of(lowering.steps, precision, None)
    state = NativeState.empty(binder.program.qubits, precision)
    prepare(binder.layout, precision, state.target, state.compiler)
    if case.kind == "parameter_sets":
        return Values(_parameter_sets(program, case, precision, threads))
    moved = (2 * len(binder.program.sweeps) + 1) * _AMPLITUDE_BYTES[precision] << binder.program.qubits
    return States(bind(binder, lowering.angles(), precision=precision), state, threads, moved)


def _parameter_sets(
    program: FuncOp, case: Case, precision: Precision, threads: int
) -> Callable[[], tuple[Sequence[float], Sequence[float]]]:
    """Numbers to expectation values, as the runtime asks for the points of a sweep."""
    backend = NativeBackend(_NAMES[precision], threads=threads)
    requests = [Request(parameters=tuple(row), settings=("Z" * case.qubits,)) for row in case.sets]
    index = np.arange(1 << case.qubits)
    pairs = [(1 << wire) | (1 << wire + 1) for wire in range(case.qubits - 1)]
    energies = sum(1.0 - 2.0 * (np.bitwise_count(index & pair) & 1) for pair in pairs)

    def parameter_sets() -> tuple[Sequence[float], Sequence[float]]:
        outcomes = backend.execute_all(program, requests)
        found = [outcome.scales[0].settings[0].probabilities for outcome in outcomes]
        return (np.stack([each for each in found if each is not None]) @ energies).tolist(), ()

    return parameter_sets


def _gradient(
    lowering: Lowering, case: Case, precision: Precision, threads: int
) -> Callable[[], tuple[Sequence[float], Sequence[float]]]:
    """Forward and backward; kernels are compiled before."""
    products = [f"Z{wire}*Z{wire + 1}" for wire in range(case.qubits - 1)]
    sums = pauli_sums([(products, [1.0] * len(products))])
    circuit = Differentiable(lowering.steps, sums, precision, threads)
    given = np.array([case.circuit.parameters])
    _ = circuit.executor

    def gradient() -> tuple[Sequence[float], Sequence[float]]:
        _, slopes = circuit.gradients(lowering.angle_map.angles(given), np.ones((1, 1)))
        return lowering.angle_map.pullback(slopes)[0].tolist(), ()

    return gradient


def _trajectories(
    program: FuncOp, case: Case, precision: Precision, threads: int
) -> Callable[[], tuple[Sequence[float], Sequence[float]]]:
    backend = NativeBackend(_NAMES[precision], threads)
    rules = [{"channel": "depolarizing", "p": p, "targets": [f"{size}q"]} for size, p in enumerate(NOISE, 1)]
    request = Request(
        shots=(case.trajectories,),
        samples=(SampleSpec("all", tuple(range(case.qubits))),),
        noise=NoiseModel(named_noise(rules)),
        seed=1,
        method="trajectories",
    )

    def trajectories() -> tuple[Sequence[float], Sequence[float]]:
        counts = backend.execute(program, request).samples[0].counts
        assert counts is not None
        return mean_of(counts, case.qubits)

    return trajectories


def mean_of(counts: Mapping[int, int], qubits: int) -> tuple[Sequence[float], Sequence[float]]:
    """Mean of Σ Z_i Z_{i+1} over shots, and its standard error."""
    shots = sum(counts.values())
    held = {outcome: chain_of(outcome, qubits) for outcome in counts}
    mean = sum(count * held[outcome] for outcome, count in counts.items()) / shots
    variance = sum(count * (held[outcome] - mean) ** 2 for outcome, count in counts.items()) / shots
    return [mean], [math.sqrt(variance / shots)]
