"""The native CPU engine as a subject of measurements: plan, bind and run one structure in any setting.

Correctness is judged on what a user would see: amplitudes at logical indices (all of them up to 2^20, then a fixed
sample), the norm, and the probability of 1 on every qubit. The reference is the NumPy interpreter where that is cheap,
else what the default configuration gives.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.bind import Binder, BoundProgram, bind
from qlang.kernels.cpu.host import Precision
from qlang.kernels.cpu.readout import norms, probability_of_one
from qlang.kernels.cpu.runner import prepare, run
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.interpret import execute_steps
from qlang.kernels.program import PlanOptions, Program
from qlang.kernels.schedule import plan
from qlang.kernels.steps import Steps
from qlang.tuning.errors import Invalid
from qlang.tuning.genome import Setting, setting_of
from qlang.tuning.space import Configuration

_NO_OPTIONS = PlanOptions()
_WHOLE_QUBITS = 20
_SAMPLE = 1 << 18
_INTERPRETED = 1 << 26
"""Steps times amplitudes that NumPy may execute for a reference (a few seconds)."""
_ROUNDOFF: dict[Precision, float] = {"float32": 2.0**-24, "float64": 2.0**-53}
_SAFETY = 16.0
"""Rounding errors of d steps grow as u·√d (Higham and Mary, 2019); measured constants are below 1."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run shows: amplitudes at the subject's indices, the norm, P(1) of every qubit."""

    amplitudes: NDArray[np.complex128]
    norm: float
    ones: NDArray[np.float64]


@dataclass(slots=True)
class NativeSubject:
    """One structure with the angles that it is measured with; starts from |0…0⟩."""

    steps: Steps
    angles: NDArray[np.float64]
    """(1, slots)"""
    coarsest: Precision
    """Decides how far results may be off."""
    tolerance: float = 0.0
    reference_from: str = ""
    """What errors are measured against."""
    _reference: Seen | None = None
    _last: Program | None = None
    _indices: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _states: dict[tuple[int, Precision], NativeState] = field(default_factory=dict)

    def __post_init__(self) -> None:
        qubits = self.steps.qubits
        self.tolerance = _SAFETY * _ROUNDOFF[self.coarsest] * sqrt(len(self.steps) + 1)
        if qubits <= _WHOLE_QUBITS:
            self._indices = np.arange(1 << qubits)
        else:
            self._indices = np.random.default_rng(0).integers(0, 1 << qubits, _SAMPLE)
        if len(self.steps) << qubits <= _INTERPRETED:
            self._reference = self._interpreted()
            self.reference_from = "NumPy interpreter"

    def work(self, configuration: Configuration) -> Hashable:
        """The program without the options that led to it, threads and precision. Raises: Invalid."""
        setting = setting_of(configuration)
        program = replace(self._plan(setting.options), options=_NO_OPTIONS)
        return hash(program), setting.threads, setting.precision

    def prepare(self, configuration: Configuration) -> NativeCandidate:
        """Plan, compile and bind. Raises: Invalid."""
        setting = setting_of(configuration)
        started = time.perf_counter()
        try:
            program = self._plan(setting.options)
            binder = Binder.of(program, self.steps)
            state = self._state(program.qubits, setting.precision)
            prepare(binder.layout, setting.precision, state.target, state.compiler)
            bound = bind(binder, self.angles, precision=setting.precision)
        except MemoryError as error:
            raise Invalid("runtime", "not enough memory") from error
        except (ValueError, RuntimeError) as error:
            raise Invalid("compile", str(error)) from error
        return NativeCandidate(self, setting, bound, state, time.perf_counter() - started)

    def error(self, result: Seen) -> float:
        """The largest of: l2 distance of the amplitudes (estimated from the sample), differences of norm and of P(1).

        The first result becomes the reference where there is none; its norm is checked all the same.
        """
        if self._reference is None:
            self._reference = result
            self.reference_from = "default configuration"
        known = self._reference
        share = (1 << self.steps.qubits) / len(self._indices)
        distance = float(np.linalg.norm(result.amplitudes - known.amplitudes)) * sqrt(share)
        ones = float(np.max(np.abs(result.ones - known.ones), initial=0.0))
        return float(np.max([distance, abs(result.norm - 1.0), ones]))

    def seen(self, bound: BoundProgram, state: NativeState, threads: int) -> Seen:
        """What the state holds, with permutation, frame and phase applied."""
        end, frame = bound.program.end, bound.frame
        x, z = int(frame.x[0]), int(frame.z[0])
        stored = self._indices ^ x
        physical = np.zeros_like(stored)
        for wire in range(self.steps.qubits):
            physical |= (stored >> wire & 1) << end[wire]
        signs = 1.0 - 2.0 * (np.bitwise_count(stored & z) & 1)
        amplitudes = state.amplitudes(physical)[0] * signs * frame.phase[0]
        ones = np.array([probability_of_one(state, end[wire], threads)[0] for wire in range(self.steps.qubits)])
        flipped = np.array([x >> wire & 1 for wire in range(self.steps.qubits)], dtype=bool)
        norm = float(norms(state, threads)[0])
        return Seen(amplitudes, norm, np.where(flipped, norm - ones, ones))

    def _plan(self, options: PlanOptions) -> Program:
        """The program, planned once for two that ask in a row."""
        if self._last is None or self._last.options != options:
            try:
                self._last = plan(self.steps, self.steps.qubits, options, fresh=True)
            except ValueError as error:
                raise Invalid("compile", str(error)) from error
        return self._last

    def _interpreted(self) -> Seen:
        vector = np.zeros(1 << self.steps.qubits, dtype=np.complex128)
        vector[0] = 1
        state = execute_steps(self.steps, self.angles[0], vector)
        weights = np.abs(state) ** 2
        ones = [weights.reshape(-1, 2, 1 << wire)[:, 1].sum() for wire in range(self.steps.qubits)]
        return Seen(state[self._indices], float(weights.sum()), np.array(ones))

    def _state(self, qubits: int, precision: Precision) -> NativeState:
        """All candidates run in the same memory."""
        if (qubits, precision) not in self._states:
            self._states[qubits, precision] = NativeState.empty(qubits, precision)
        return self._states[qubits, precision]


@dataclass(frozen=True, slots=True)
class NativeCandidate:
    """A bound program and the state that it runs on, which it shares with the other candidates."""

    subject: NativeSubject
    setting: Setting
    bound: BoundProgram
    state: NativeState
    compile_seconds: float

    def run(self) -> None:
        """One run from |0…0⟩. Raises: Invalid."""
        try:
            run(self.bound, self.state, threads=self.setting.threads)
        except (ValueError, MemoryError) as error:
            raise Invalid("runtime", str(error) or "not enough memory") from error

    def result(self) -> Seen:
        """What the last run left, if it was this candidate's."""
        return self.subject.seen(self.bound, self.state, self.setting.threads)
