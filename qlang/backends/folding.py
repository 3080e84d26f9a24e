"""Noise scaling by global folding: U(U†U)ᵏ has the noise of 2k + 1 circuits and the effect of one.

Giurgica-Tiron et al., arXiv:2005.10921. The circuit is run once on a recorder, which keeps the gates that come out
of loops and conditions; the terminal measurements stay where they are, after the last copy.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import NoReturn, TypeAlias

from qlang.backends.branches import Branch, Machine
from qlang.backends.errors import NotUnitary, TraceTooLong
from qlang.backends.interpreter import run
from qlang.backends.program import Program
from qlang.backends.states import GateCall, SimulatedState
from qlang.backends.unread import Unread
from qlang.ir.gates import BY_CODE, inverse
from qlang.kernels.gate_columns import GateColumns

MAX_TRACE = 5_000_000


@dataclass(frozen=True, slots=True)
class Idle:
    """A delay."""

    seconds: float
    wire: int


Segment: TypeAlias = Sequence[GateCall] | Idle


@dataclass(slots=True)
class Recorder(Unread):
    """Stands in for a state and keeps the gates. Refuses what cannot be undone: raises `NotUnitary`."""

    qubits: int
    large: bool = False
    segments: list[Segment] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    length: int = 0

    def copy(self) -> "Recorder":
        """Never needed: nothing that is recorded splits."""
        raise NotUnitary("a choice by chance")

    def gates(self, calls: Sequence[GateCall]) -> None:
        """Keep gates; a run that a loop repeats is kept once. Raises `TraceTooLong`."""
        self.length += len(calls)
        if self.length > MAX_TRACE:
            raise TraceTooLong(MAX_TRACE)
        if len(self.touched) < self.qubits:
            self.touched.update(
                calls.wires.tolist()
                if isinstance(calls, GateColumns)
                else chain.from_iterable(map(itemgetter(1), calls))
            )
        self.segments.append(calls)

    def delay(self, seconds: float, wire: int) -> None:
        """Keep a delay, which is its own inverse."""
        self.segments.append(Idle(seconds, wire))

    def reset(self, wire: int) -> bool:
        """Nothing on a wire that is still in |0⟩. Raises `NotUnitary` on any other."""
        if wire in self.touched:
            raise NotUnitary("a reset")
        return True

    def flip(self, wire: int) -> None:
        """Never reached: resets are in place."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise NotUnitary("a measurement before the end of the circuit")


@dataclass(frozen=True, slots=True)
class Trace:
    """The gates of a unitary circuit, those of its inverse, and the classical end."""

    forward: tuple[Segment, ...]
    backward: tuple[Segment, ...]
    end: Branch

    def finish(self, branches: Sequence[Branch]) -> None:
        """Give branches the bits and pending measurements of the circuit's end."""
        for branch in branches:
            branch.env, branch.pending = self.end.env, self.end.pending.copy()


def record(program: Program, parameters: Sequence[float]) -> Trace:
    """Record a circuit. Raises `NotUnitary`, `TraceTooLong`, and what running it raises."""
    recorder = Recorder(program.qubits)
    (end,) = run(program, Machine(None), recorder, parameters, 0)
    done: dict[int, Segment] = {}
    backward = []
    for segment in reversed(recorder.segments):
        if id(segment) not in done:
            done[id(segment)] = _undo(segment)
        backward.append(done[id(segment)])
    return Trace(tuple(recorder.segments), tuple(backward), end)


def _undo(segment: Segment) -> Segment:
    return segment if isinstance(segment, Idle) else undo(segment)


def undo(calls: Sequence[GateCall]) -> tuple[GateCall, ...]:
    """The inverse of a run of gates."""
    result: list[GateCall] = []
    for code, wires, parameters, controls in reversed(calls):
        row, undone = inverse(BY_CODE[code], parameters)
        result.append((row.code, wires, undone, controls))
    return tuple(result)


def replay(machine: Machine, branches: list[Branch], segments: Iterable[Segment]) -> list[Branch]:
    """Run recorded segments on branches that have nothing pending."""
    for segment in segments:
        if isinstance(segment, Idle):
            branches = [part for branch in branches for part in machine.delay(branch, segment.seconds, segment.wire)]
        else:
            branches = machine.gates(branches, segment)
    return branches


def fold(machine: Machine, state: SimulatedState, trace: Trace, scale: int, shots: int) -> list[Branch]:
    """The branches after U(U†U)ᵏ with scale = 2k + 1, from the start."""
    branches = replay(machine, [Branch(state, [], shots=shots)], trace.forward)
    for _ in range(scale // 2):
        branches = replay(machine, replay(machine, branches, trace.backward), trace.forward)
    trace.finish(branches)
    return branches
