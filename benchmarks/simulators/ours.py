"""qlang's own simulation as a worker; `prepared` is the only place that knows how it is called.

Compilation is told in two parts: `frontend_seconds` from the text to the kernel that an execution plan names (the
language, its checks and passes), and `compile_seconds` from that kernel to something that runs (planning, code).
"""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulators.cases import NOISE, Case, chain_of
from benchmarks.simulators.openqasm import openqasm, parametric_job
from benchmarks.simulators.workers.service import Amplitudes, Unsupported, Variant, peaks_of, serve
from qlang.backends.noise import NoiseModel, named_noise
from qlang.backends.protocol import Request, SampleSpec, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler.driver import compile_source
from qlang.ir.kernel import FuncOp
from qlang.syntax.source import Source
from qlang.version import __version__


@dataclass(frozen=True, slots=True)
class Answer:
    """What one run gave: a state, or values with their standard errors (none where exact)."""

    state: Amplitudes | None = None
    values: Sequence[float] = ()
    errors: Sequence[float] = ()
    bytes_moved: int | None = None


Run = Callable[[], Answer]


def prepared(program: FuncOp, case: Case, precision: str, threads: int) -> Run:
    """Planning and code generation for a case; the result answers it once a call.

    Raises `Unsupported` for what this version cannot do.
    """
    backend = ReferenceBackend()
    every = tuple(range(case.qubits))

    def state(parameters: tuple[float, ...]) -> Amplitudes:
        request = Request(parameters=parameters, states=(StateSpec("state", every),), method="state_vector")
        return backend.execute(program, request).states["state"]

    def values() -> Answer:
        return Answer(values=[_chain(np.abs(state(row)) ** 2) for row in case.sets])

    def trajectories() -> Answer:
        request = Request(
            shots=(case.trajectories,),
            samples=(SampleSpec("q", every),),
            noise=_depolarizing(),
            seed=1,
            method="trajectories",
        )
        counts = backend.execute(program, request).samples[0].counts
        assert counts is not None
        return _mean_of(counts, case.qubits)

    if case.kind == "gradient":
        raise Unsupported("this version has no gradients")
    if case.kind == "state":
        return lambda: Answer(state=state(()))
    return values if case.kind == "parameter_sets" else trajectories


def _depolarizing() -> NoiseModel:
    """The noise of `cases`, whose p is that of the full mixture, as qlang's channel states it."""
    rules = [{"channel": "depolarizing", "p": p, "targets": [f"{size}q"]} for size, p in enumerate(NOISE, 1)]
    return NoiseModel(named_noise(rules))


def _chain(weights: NDArray[np.float64]) -> float:
    """Σ ⟨Z_i Z_{i+1}⟩ of probabilities."""
    qubits = len(weights).bit_length() - 1
    tensor = weights.reshape((2,) * qubits)
    total = 0.0
    for wire in range(qubits - 1):
        kept = (wire, wire + 1)
        pair = tensor.sum(axis=tuple(axis for axis in range(qubits) if axis not in kept))
        total += float(pair[0, 0] + pair[1, 1] - pair[0, 1] - pair[1, 0])
    return total


def _mean_of(counts: Mapping[int, int], qubits: int) -> Answer:
    """Mean of Σ Z_i Z_{i+1} over shots, with its standard error."""
    shots = sum(counts.values())
    held = {outcome: chain_of(outcome, qubits) for outcome in counts}
    mean = sum(count * held[outcome] for outcome, count in counts.items()) / shots
    variance = sum(count * (held[outcome] - mean) ** 2 for outcome, count in counts.items()) / shots
    return Answer(values=[mean], errors=[math.sqrt(variance / shots)])


def kernel_of(case: Case) -> FuncOp:
    """The kernel of a case's circuit, through the whole compiler."""
    parametric = case.kind in ("gradient", "parameter_sets")
    text = parametric_job(case.circuit) if parametric else openqasm(case.circuit)
    name = "case.qjob" if parametric else "case.qasm"
    compilation = compile_source(Source(name, text), stop_after="kernel")
    if not compilation.ok or compilation.module is None:
        raise RuntimeError(
            f"{len(compilation.diagnostics)} diagnostics, first {type(compilation.diagnostics[0]).__name__}"
        )
    return next(op for op in compilation.module.ops if isinstance(op, FuncOp))


class Ours:
    """Times one call of what `prepared` gave."""

    def versions(self) -> dict[str, str]:
        return {"qlang": __version__}

    def variants(self, case: Case, precision: str) -> list[Variant]:
        return [{}]

    def load(self, case: Case, precision: str, variant: Variant) -> dict[str, float]:
        begin = perf_counter()
        program = kernel_of(case)
        lowered = perf_counter()
        self._run = prepared(program, case, precision, int(os.environ["OMP_NUM_THREADS"]))
        self._answer = Answer()
        return {"frontend_seconds": lowered - begin, "compile_seconds": perf_counter() - lowered}

    def run(self) -> dict[str, float]:
        self._answer = Answer()
        begin = perf_counter()
        answer = self._run()
        seconds = perf_counter() - begin
        self._answer = answer
        moved = {} if answer.bytes_moved is None else {"bytes_moved": answer.bytes_moved}
        return {"seconds": seconds, **moved}

    def _state(self) -> Amplitudes:
        assert self._answer.state is not None, "a run of the kind `state` came before"
        return self._answer.state

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        return self._state()[indices]

    def peaks(self, count: int) -> NDArray[np.int64]:
        return peaks_of(self._state(), count)

    def answer(self) -> tuple[Sequence[float], Sequence[float]]:
        return self._answer.values, self._answer.errors


if __name__ == "__main__":
    serve(Ours())
