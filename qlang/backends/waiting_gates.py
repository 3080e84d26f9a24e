"""Gates that wait until something is read from a state, and then run as one program; on CPUs and GPUs alike.

Programs are kept by structure, so gates that come again in the same order should be the same program again.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from qlang.backends.states import GateCall
from qlang.ir.gates import BY_NAME
from qlang.kernels.frames import Frame
from qlang.kernels.gate_columns import GateColumns

MOST_WAITING = 8192
"""Gates that are planned together."""

_X = BY_NAME["x"].code


class WaitingGates(ABC):
    """The part of a state that takes gates. It is without noise, so that nothing happens to a wire by itself."""

    __slots__ = ("_frame", "_positions", "_waiting", "qubits")

    def __init__(self, qubits: int) -> None:
        self.qubits = qubits
        self._positions: tuple[int, ...] = ()
        """Of the wires, once something ran."""
        self._frame = Frame.none()
        self._waiting: list[GateCall] | GateColumns = []

    @abstractmethod
    def _run(self, count: int) -> None:
        """Execute the first of the gates that wait, and take them out by `_done`."""

    def _first(self, count: int) -> Sequence[GateCall]:
        return self._waiting if count == len(self._waiting) else self._waiting[:count]

    def _done(self, count: int) -> None:
        self._waiting = list(self._waiting[count:]) if count < len(self._waiting) else []

    def gates(self, calls: Sequence[GateCall]) -> None:
        """Apply gates in order: later, unless very many wait already."""
        if isinstance(calls, GateColumns) and not self._waiting:
            self._waiting = calls  # most circuits are one packed run, which stays packed
        else:
            self._listed().extend(calls)
        if len(self._waiting) >= MOST_WAITING:
            self._run(whole_periods(self._waiting))

    def _listed(self) -> list[GateCall]:
        """The gates that wait as a list to add others to."""
        if isinstance(self._waiting, GateColumns):
            self._waiting = list(self._waiting)
        return self._waiting

    def delay(self, seconds: float, wire: int) -> None:  # noqa: B027 - for all states of this kind
        """Nothing: a wire without noise does not change."""

    def reset(self, wire: int) -> bool:
        """Never: a pure state is reset by measuring and flipping."""
        return False

    def flip(self, wire: int) -> None:
        """Pauli X without noise."""
        self._listed().append((_X, (wire,), (), ""))


def whole_periods(calls: Sequence[GateCall]) -> int:
    """How many of the gates to execute now: where they end in a loop, its bodies whole, so that programs come again."""
    structure = [(code, wires, controls) for code, wires, _, controls in calls]
    borders = [0] * len(structure)  # of the reversed run: Knuth, Morris, Pratt (1977)
    structure.reverse()
    length = 0
    for place in range(1, len(structure)):
        while length and structure[place] != structure[length]:
            length = borders[length - 1]
        length += structure[place] == structure[length]
        borders[place] = length
    longest = max((place for place, border in enumerate(borders) if 2 * border > place), default=0)
    period = longest + 1 - borders[longest]
    return len(calls) // period * period
