"""Steps in dependency order.

Each wire's steps are cut into *runs* of steps that commute on it: diagonals and CX controls; CX targets; a rotation
alone. A step may be executed when each of its wires has come to the run that the step is in. A TWIST is a rotation
to its wire and a diagonal to the wires that choose its angle.

    wire 0:  [ry] [rz, cx control] [ry]          wire 1:  [ry] [rz] [cx target] [ry]

A parity of one wire is no operation: it waits for nothing but its run. SWAPs are relabelled, X and Z are frame data
(`qlang.kernels.frames`), and neither is in here. Wires are called by where they start, so a wire's label never changes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, TypeAlias

from qlang.kernels.steps import Step, StepKind

ROTATION, PARITY, PATTERN, CX = map(int, (StepKind.ROTATION, StepKind.PARITY, StepKind.PATTERN, StepKind.CX))
TWIST = int(StepKind.TWIST)
ROTATIONS = (ROTATION, TWIST)
_SEVERAL = (TWIST, PARITY, PATTERN)
"""Steps on any number of wires."""
_SWAP, _FRAME = int(StepKind.SWAP), (StepKind.X, StepKind.Z)

TURN, DIAGONAL, TARGET, END = 0, 1, 2, 3
"""What a run consists of: one rotation; phases and CX controls; CX targets; nothing, the wire is done."""
_BEGIN = 4
"""Nothing, in front of a wire's runs."""


class Pattern(NamedTuple):
    """A phase where some wires have given values."""

    names: tuple[int, ...]
    """What its wires are called at the step, ascending."""
    labels: tuple[int, ...]
    """Theirs."""
    value: int
    """Over the names."""


@dataclass(slots=True)
class Order:
    """Operations (steps that do something to the state, without parities of one wire) and the runs of the wires:
    parallel lists, by operation, and by run. Of two runs of one wire the earlier one has the lower number. The first
    `qubits` runs are empty, in front of the others of each wire, the last `qubits` are empty ENDs."""

    qubits: int
    kinds: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    """Index of the step."""
    wires: list[tuple[int, ...]] = field(default_factory=list)
    """Labels: (wire,), (control, target), a TWIST's wire and those that choose its angle, or those of the phase's bits
    in ascending order of the step's mask."""
    places: list[tuple[int, ...]] = field(default_factory=list)
    """For each of these wires the run that the operation is in."""
    levels: list[int] = field(default_factory=list)
    """Rotations on the longest chain up to the operation, itself included."""
    rotations: list[int] = field(default_factory=list)
    """The operations that rotate."""
    runs: list[list[int]] = field(default_factory=list)
    """For each run its operations."""
    phases: dict[int, list[int]] = field(default_factory=dict)
    """For each run that has any the steps that are parities of its wire alone."""
    classes: list[int] = field(default_factory=list)
    """For each run what it consists of."""
    following: list[int] = field(default_factory=list)
    """For each run the wire's next one; an END is behind itself."""
    initial: list[list[int]] = field(default_factory=list)
    """For each wire the steps that only it has gone through before anything else, from |0⟩."""
    end: list[int] = field(default_factory=list)
    """The label of each wire at the end."""
    patterns: dict[int, "Pattern"] = field(default_factory=dict)
    """By step."""

    def __len__(self) -> int:
        return len(self.kinds)

    def turns(self) -> list[int]:
        """For each wire how many rotations it has."""
        turns = [0] * self.qubits
        for operation in self.rotations:
            turns[self.wires[operation][0]] += 1
        return turns


def order_of(steps: Iterable[Step], qubits: int, *, fresh: bool) -> Order:
    """Sort steps into runs; linear in the wires that the steps touch.

    `fresh`: the state is |0…0⟩, so leading one-qubit steps of each wire go to `initial`.
    """
    order = _empty(qubits)
    kinds, step_of, wires_of, places, levels = order.kinds, order.steps, order.wires, order.places, order.levels
    initial, rotations = order.initial, order.rotations
    (begin, append, add), names_of = _appending(order), cache(bits_of)
    alone = [(wire,) for wire in range(qubits)]
    label, level = order.end, [0] * qubits
    label_of, level_of = label.__getitem__, level.__getitem__
    untouched = [fresh] * qubits
    operation = 0
    for index, (kind, first, second, _) in enumerate(steps):
        if kind == PARITY and not first & (first - 1):
            wire = label[first.bit_length() - 1]
            if untouched[wire]:
                initial[wire].append(index)
            else:
                add(wire, index)
            continue
        if kind == ROTATION:
            wire = label[first]
            if untouched[wire]:
                initial[wire].append(index)
                continue
            level[wire] = top = level[wire] + 1
            wires_of.append(alone[wire])
            rotations.append(operation)
            places.append((begin(wire, TURN, operation),))
        elif kind == CX:
            control, target = pair = label[first], label[second]
            untouched[control] = untouched[target] = False
            top, other = level[control], level[target]
            if other > top:
                top = other
            level[control] = level[target] = top
            wires_of.append(pair)
            places.append((append(control, DIAGONAL, operation), append(target, TARGET, operation)))
        elif kind in _SEVERAL:
            if kind == TWIST:
                touched = (label[first], *map(label_of, names_of(second)))
                top = max(map(level_of, touched)) + 1
                rotations.append(operation)
            else:
                names = names_of(first)
                touched = tuple(map(label_of, names))
                if len(touched) == 1 and untouched[touched[0]]:
                    initial[touched[0]].append(index)
                    continue
                top = max(map(level_of, touched))
                if kind == PATTERN:
                    order.patterns[index] = Pattern(names, touched, second)
            wires_of.append(touched)
            found, run_class = [], TURN if kind == TWIST else DIAGONAL
            for each in touched:
                untouched[each] = False
                level[each] = top
                found.append(append(each, run_class, operation))
                run_class = DIAGONAL
            places.append(tuple(found))
        elif kind == _SWAP:
            label[first], label[second] = label[second], label[first]
            continue
        else:
            assert kind in _FRAME, "every kind of step has its case"
            continue
        levels.append(top)
        kinds.append(kind)
        step_of.append(index)
        operation += 1
    for wire in range(qubits):
        begin(wire, END)
    return order


def _empty(qubits: int) -> Order:
    """No operations, and for each wire the run in front of its others."""
    order = Order(qubits, end=list(range(qubits)), initial=[[] for _ in range(qubits)])
    order.runs = [[] for _ in range(qubits)]
    order.classes = [_BEGIN] * qubits
    order.following = list(range(qubits))
    return order


_Begin: TypeAlias = Callable[..., int]
_Append: TypeAlias = Callable[[int, int, int], int]
_Add: TypeAlias = Callable[[int, int], None]


def _appending(order: Order) -> tuple[_Begin, _Append, _Add]:
    """What begins a new run, given wire, kind and operations; what puts an operation into the wire's last run, if that
    is of its kind; both say which run that is. And what puts a parity of one wire there, given wire and step."""
    latest = list(range(order.qubits))
    runs, classes, following, phases = order.runs, order.classes, order.following, order.phases

    def begin(wire: int, kind: int, *operations: int) -> int:
        new = len(runs)
        following[latest[wire]] = latest[wire] = new
        following.append(new)
        runs.append([*operations])
        classes.append(kind)
        return new

    def append(wire: int, kind: int, operation: int) -> int:
        last = latest[wire]
        if classes[last] != kind or kind == TURN:
            return begin(wire, kind, operation)
        runs[last].append(operation)
        return last

    def add(wire: int, step: int) -> None:
        last = latest[wire]
        if classes[last] != DIAGONAL:
            last = begin(wire, DIAGONAL)
        phases.setdefault(last, []).append(step)

    return begin, append, add


def bits_of(mask: int) -> tuple[int, ...]:
    """The bits that are set, ascending."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return tuple(found)
