"""A state vector that runs on native code: gates wait until something is read, then run as one program."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from qlang.backends import native_readings as readings
from qlang.backends.native_programs import bound_program
from qlang.backends.native_readings import View
from qlang.backends.waiting_gates import WaitingGates
from qlang.kernels.cpu.host import Precision
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.frames import Frame
from qlang.tuning.planned import Planned

WIDEST = 16
"""Wires whose shots are drawn from the whole distribution, as the reference does it."""
LARGE = 20
"""Qubits from which on a copy of the state is too much memory."""


class NativeStateVector(WaitingGates):
    """A pure state, at first |0…0⟩; wire 0 is the least significant bit of outcomes."""

    __slots__ = ("_state", "precision", "threads", "tuned")

    def __init__(
        self, qubits: int, precision: Precision = "float64", threads: int = 1, tuned: Planned | None = None
    ) -> None:
        super().__init__(qubits)
        self.precision = precision
        self.threads = threads
        self.tuned = tuned
        self._state: NativeState | None = None

    widest = WIDEST

    @classmethod
    def of(cls, view: View) -> "NativeStateVector":
        """A state that was executed already; it lives in the memory of the view."""
        found = cls(view.qubits, view.state.precision, view.threads)
        found._state = view.state
        found._positions = (*view.positions, *range(view.qubits, view.state.qubits))
        found._frame = Frame(np.array([view.x]), np.array([view.z]), np.array([view.phase]))
        return found

    @property
    def roundoff(self) -> float:
        """The unit roundoff of an amplitude."""
        return 2.0**-53 if self.precision == "float64" else 2.0**-24

    @property
    def large(self) -> bool:
        """Whether a copy, or a distribution over all wires, is too much memory."""
        return self.qubits >= LARGE

    def copy(self) -> "NativeStateVector":
        """An independent copy."""
        twin = NativeStateVector(self.qubits, self.precision, self.threads, self.tuned)
        state = self._executed()
        twin._state, twin._positions, twin._frame = state.copy(), self._positions, self._frame
        return twin

    def probability_of_one(self, wire: int) -> float:
        """P(1) of a measurement; what is no more than rounding counts as never, or as always."""
        return readings.probability_of_one(self._view(), wire, self.roundoff)

    def collapse(self, wire: int, outcome: int, probability: float) -> None:
        """Project on an outcome that has this probability, and normalise."""
        state = self._executed()
        state.project(self._positions[wire], outcome ^ int(self._frame.x[0]) >> wire & 1)
        if probability != 1:
            state.scale(1 / sqrt(probability))

    def marginal(self, wires: tuple[int, ...]) -> NDArray[np.float64]:
        """Distribution of `wires`, shape (2^len(wires),); bit k of the index is wire k of the list."""
        return readings.marginal(self._view(), wires)

    def means(self, products: Sequence[tuple[int, ...]]) -> list[float]:
        """For each product of wires, the mean of (−1)^(sum of their bits)."""
        return readings.means(self._view(), products)

    def drawn(
        self, wires: tuple[int, ...], shots: int, random: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Outcomes of `wires` ascending, and how many of the shots gave them."""
        return readings.drawn(self._view(), wires, shots, random)

    def likely(self, wires: tuple[int, ...], least: float, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Outcomes of probability above `least`, ascending, with it."""
        return readings.likely(self._view(), wires, least, most)

    def reduced(self, wires: tuple[int, ...]) -> NDArray[np.complex128]:
        """Density matrix of `wires`, shape (2^m, 2^m), rows and columns indexed as in `marginal`."""
        return readings.reduced(self._view(), wires)

    def by_wires(self, wires: tuple[int, ...]) -> NDArray[np.complex128]:
        """The amplitudes with shape (2^(n−m), 2^m): the others' index, and that of `wires`."""
        return readings.by_wires(self._view(), wires)

    def _view(self) -> View:
        state = self._executed()
        frame = self._frame
        positions = self._positions[: self.qubits]
        return View(state, positions, int(frame.x[0]), int(frame.z[0]), complex(frame.phase[0]), self.threads)

    def _executed(self) -> NativeState:
        """The state when nothing waits any more."""
        if self._waiting or self._state is None:
            self._run(len(self._waiting))
        assert self._state is not None
        return self._state

    def _run(self, count: int) -> None:
        """Execute the first of the gates that wait."""
        calls = self._first(count)
        fresh = self._state is None
        start, frame = (None, None) if fresh else (self._positions, self._frame)
        bound = bound_program(calls, self.qubits, self.precision, start, frame, self.tuned)
        state = self._state
        if state is None:
            state = NativeState.empty(bound.program.qubits, self.precision)
        tuned = self.tuned is not None and fresh and bound.program.options == self.tuned.options
        threads = min(self.threads, self.tuned.threads) if self.tuned is not None and tuned else self.threads
        run(bound, state, threads=threads)
        self._state, self._positions, self._frame = state, bound.program.end, bound.frame
        self._done(count)
