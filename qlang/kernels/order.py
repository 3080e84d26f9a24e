"""Steps in dependency order.

Each wire's steps are cut into *runs* of steps that commute on it: diagonals and CX controls; CX targets; a rotation
alone. A step may be executed when each of its wires has come to the run that the step is in. A TWIST is a rotation
to its wire and a diagonal to the wires that choose its angle.

    wire 0:  [ry] [rz, cx control] [ry]          wire 1:  [ry] [rz] [cx target] [ry]

SWAPs are relabelled, X and Z are frame data (`qlang.kernels.frames`), and neither is in here. Wires are called by
where they start, so a wire's label never changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from qlang.kernels.steps import Step, StepKind

ROTATION, PARITY, PATTERN, CX = map(int, (StepKind.ROTATION, StepKind.PARITY, StepKind.PATTERN, StepKind.CX))
TWIST = int(StepKind.TWIST)
_SWAP, _FRAME = int(StepKind.SWAP), (StepKind.X, StepKind.Z)

Link: TypeAlias = tuple[int, int, int, int]
"""An operation as one of its wires has it: the operation, the bit of the wire that a CX or TWIST moves (0 of others),
the other wire and the run of that wire in which it is. One without another wire has its own, one with several −1."""

TURN, DIAGONAL, TARGET, END = 0, 1, 2, 3
"""What a run consists of: one rotation; phases and CX controls; CX targets; nothing, the wire is done."""


@dataclass(slots=True)
class Order:
    """Operations (steps that do something to the state) and the runs of each wire. Parallel lists, by operation."""

    qubits: int
    kinds: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    """Index of the step."""
    wires: list[tuple[int, ...]] = field(default_factory=list)
    """Labels: (wire,), (control, target), a TWIST's wire and those that choose its angle, or those of the phase's bits
    in ascending order of the step's mask."""
    places: list[tuple[int, ...]] = field(default_factory=list)
    """For each of these wires the number of the run that the operation is in."""
    levels: list[int] = field(default_factory=list)
    """Rotations on the longest chain up to the operation, itself included."""
    runs: list[list[list[int]]] = field(default_factory=list)
    """For each wire its runs, for each run its operations."""
    classes: list[list[int]] = field(default_factory=list)
    """For each wire what its runs consist of, with an END behind the last."""
    initial: list[list[int]] = field(default_factory=list)
    """For each wire the steps that only it has gone through before anything else, from |0⟩."""
    end: list[int] = field(default_factory=list)
    """The label of each wire at the end."""
    patterns: dict[int, tuple[tuple[int, ...], int]] = field(default_factory=dict)
    """For each pattern operation its wires' names at the step, and the value over these wires."""
    masks: dict[int, int] = field(default_factory=dict)
    """For each parity operation the step's mask over wires."""
    _links: list[list[list[Link]]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.kinds)

    def links(self) -> list[list[list[Link]]]:
        """The runs of each wire with what decides whether their operations can be executed, and an empty one at the
        end. Made once: whoever walks through the circuit again and again should walk along these."""
        if not self._links:
            rows = list(zip(range(len(self)), self.kinds, self.wires, self.places, strict=True))
            self._links = [
                [[_link(wire, *rows[operation]) for operation in run] for run in runs] + [[]]
                for wire, runs in enumerate(self.runs)
            ]
        return self._links


def order_of(steps: Iterable[Step], qubits: int, *, fresh: bool) -> Order:
    """Sort steps into runs; linear in the wires that the steps touch.

    `fresh`: the state is |0…0⟩, so leading one-qubit steps of each wire go to `initial`.
    """
    order = Order(qubits, end=list(range(qubits)))
    kinds, step_of, wires_of, places, levels = order.kinds, order.steps, order.wires, order.places, order.levels
    runs: list[list[list[int]]] = [[] for _ in range(qubits)]
    classes: list[list[int]] = [[] for _ in range(qubits)]
    initial: list[list[int]] = [[] for _ in range(qubits)]
    label, level = order.end, [0] * qubits
    untouched = [fresh] * qubits
    for index, (kind, first, second, _) in enumerate(steps):
        if kind == ROTATION:
            wire = label[first]
            if untouched[wire]:
                initial[wire].append(index)
                continue
            level[wire] += 1
            levels.append(level[wire])
            wires_of.append((wire,))
            places.append((len(runs[wire]),))
            runs[wire].append([len(kinds)])
            classes[wire].append(TURN)
        elif kind == CX:
            control, target = label[first], label[second]
            untouched[control] = untouched[target] = False
            level[control] = level[target] = top = max(level[control], level[target])
            levels.append(top)
            wires_of.append((control, target))
            place = _append(runs[control], classes[control], DIAGONAL, len(kinds))
            places.append((place, _append(runs[target], classes[target], TARGET, len(kinds))))
        elif kind == TWIST:
            chosen = (label[first], *[label[name] for name in bits_of(second)])
            top = max([level[wire] for wire in chosen]) + 1
            levels.append(top)
            wires_of.append(chosen)
            for wire in chosen:
                untouched[wire] = False
                level[wire] = top
            classes[chosen[0]].append(TURN)
            runs[chosen[0]].append([len(kinds)])
            others = [_append(runs[wire], classes[wire], DIAGONAL, len(kinds)) for wire in chosen[1:]]
            places.append((len(runs[chosen[0]]) - 1, *others))
        elif kind == PARITY and not first & (first - 1):
            wire = label[first.bit_length() - 1]
            if untouched[wire]:
                initial[wire].append(index)
                continue
            levels.append(level[wire])
            wires_of.append((wire,))
            order.masks[len(kinds)] = first
            places.append((_append(runs[wire], classes[wire], DIAGONAL, len(kinds)),))
        elif kind in (PARITY, PATTERN):
            names = bits_of(first)
            touched = tuple([label[name] for name in names])
            if len(touched) == 1 and untouched[touched[0]]:
                initial[touched[0]].append(index)
                continue
            top = max([level[wire] for wire in touched])
            levels.append(top)
            wires_of.append(touched)
            if kind == PATTERN:
                order.patterns[len(kinds)] = (names, second)
            else:
                order.masks[len(kinds)] = first
            for wire in touched:
                untouched[wire] = False
                level[wire] = top
            places.append(tuple([_append(runs[wire], classes[wire], DIAGONAL, len(kinds)) for wire in touched]))
        elif kind == _SWAP:
            label[first], label[second] = label[second], label[first]
            continue
        else:
            assert kind in _FRAME, "every kind of step has its case"
            continue
        kinds.append(kind)
        step_of.append(index)
    for entry in classes:
        entry.append(END)
    order.runs, order.classes, order.initial = runs, classes, initial
    return order


def _link(wire: int, operation: int, kind: int, wires: tuple[int, ...], places: tuple[int, ...]) -> Link:
    if len(wires) == 1:
        return operation, 0, wire, places[0]
    moved = 1 << wires[1] if kind == CX else 1 << wires[0] if kind == TWIST else 0
    if len(wires) > 2:
        return operation, moved, -1, 0
    other = wires[0] == wire
    return operation, moved, wires[other], places[other]


def _append(runs: list[list[int]], classes: list[int], kind: int, operation: int) -> int:
    """Put an operation into a wire's last run if that is of its kind, else into a new one; the number of the run."""
    if classes and classes[-1] == kind:
        runs[-1].append(operation)
    else:
        classes.append(kind)
        runs.append([operation])
    return len(runs) - 1


def bits_of(mask: int) -> tuple[int, ...]:
    """The bits that are set, ascending."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return tuple(found)
