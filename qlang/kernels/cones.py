"""What a set of local wires can execute, and how such a set grows along the light cone of a seed.

A set of wires executes everything that it can, which leaves its wires waiting for others; the wire that is waited for
by the operation of the lowest level is taken next. What is executed depends on the set alone, not on the order in which
it grew: two growths that come to the same set go on alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from qlang.kernels.order import CX, END, ROTATIONS, TWIST, Order

_ROTATION_GAIN = 8
"""Worth of a rotation in CX gates."""
_GAINS = {CX: 1, TWIST: _ROTATION_GAIN}

_NEVER = 1 << 60

Link: TypeAlias = tuple[int, int, int, int, int]
"""An operation on several wires as one of them has it: the operation, the bit of the wire that a CX or TWIST moves (0
of others), the other wire and the run of that wire in which it is (−1 where there are several), and its gain."""


@dataclass(frozen=True, slots=True)
class Front:
    """How far each wire is: its run, and how many operations of that run are left (1 in an END)."""

    run: list[int]
    left: list[int]


@dataclass(frozen=True, slots=True)
class Links:
    """The runs of an order with what decides whether their operations can be executed: lists by run."""

    order: Order
    of: list[list[Link]]
    counts: list[int]
    """How many they are; for an END more than all."""
    turn: list[int]
    """The rotation, of runs that are one without a condition; else −1."""

    @classmethod
    def made(cls, order: Order) -> "Links":
        """Linear in the wires that operations touch."""
        count = len(order.runs)
        links: list[list[Link]] = [[] for _ in range(count)]
        turn = [-1] * count
        for operation, (kind, wires, places) in enumerate(zip(order.kinds, order.wires, order.places, strict=True)):
            if len(wires) == 1 and kind in ROTATIONS:
                turn[places[0]] = operation
                continue
            moved = 1 << wires[1] if kind == CX else 1 << wires[0] if kind == TWIST else 0
            gain = _GAINS.get(kind, 0)
            if len(wires) == 2:
                (first, second), (here, there) = wires, places
                links[here].append((operation, moved, second, there, gain))
                links[there].append((operation, moved, first, here, gain))
                continue
            for place in places:
                links[place].append((operation, moved, -1, -1, gain))
        counts = [*map(len, links[: -order.qubits]), *[_NEVER] * order.qubits]
        return cls(order, links, counts, turn)

    def front(self) -> Front:
        """Of a circuit of which nothing is executed."""
        run = self.order.following[: self.order.qubits]
        return Front(run, [self.counts[place] for place in run])


@dataclass(slots=True)
class Cone:
    """What a set of local wires (a mask of labels) executes from a front on."""

    links: Links
    fixed: Sequence[int]
    """The wires that are local from the beginning."""
    run: list[int]
    left: list[int]
    done: bytearray
    """What has been executed, or belongs to a later stage. Rotations are not entered."""
    local: int
    taken: list[int] = field(default_factory=list)
    """The wires that became local, in order."""
    gain: int = 0
    """What it was good for: rotations, and less so CX gates."""
    executed: list[int] = field(default_factory=list)

    @classmethod
    def start(cls, links: Links, front: Front, fixed: Sequence[int], done: bytearray) -> "Cone":
        """What some wires execute."""
        local = sum([1 << wire for wire in fixed])
        cone = cls(links, fixed, front.run.copy(), front.left.copy(), done.copy(), local)
        cone._settle(list(range(links.order.qubits)))
        return cone

    def copy(self) -> "Cone":
        """One that grows by itself."""
        return Cone(
            self.links,
            self.fixed,
            self.run.copy(),
            self.left.copy(),
            self.done.copy(),
            self.local,
            self.taken.copy(),
            self.gain,
            self.executed.copy(),
        )

    def take(self, wire: int) -> None:
        """Make one more wire local, and execute what that allows."""
        self.local |= 1 << wire
        self.taken.append(wire)
        self._settle([wire])

    def _settle(self, stack: list[int]) -> None:
        """Execute what the wires on the stack, and those that they set free, have come to."""
        run, left, done, executed = self.run, self.left, self.done, self.executed
        links, turns, following = self.links.of, self.links.turn, self.links.order.following
        counts = self.links.counts
        elsewhere, gain = ~self.local, 0
        while stack:
            wire = stack.pop()
            place = run[wire]
            while True:
                if turns[place] >= 0:
                    if elsewhere >> wire & 1:
                        break
                    executed.append(turns[place])
                    gain += _ROTATION_GAIN
                elif left[wire]:
                    for operation, moved, other, there, worth in links[place]:
                        if done[operation] or moved & elsewhere:
                            continue
                        if other >= 0:
                            if run[other] != there:
                                continue
                            left[other] -= 1
                            if not left[other]:
                                stack.append(other)
                        elif not self._reached(operation, wire, stack):
                            continue
                        left[wire] -= 1
                        done[operation] = 1
                        executed.append(operation)
                        gain += worth
                    if left[wire]:
                        break
                run[wire] = place = following[place]
                left[wire] = counts[place]
        self.gain += gain

    def _reached(self, operation: int, wire: int, stack: list[int]) -> bool:
        """Whether all wires have come to an operation; then it leaves the wires besides the given one."""
        run, left, order = self.run, self.left, self.links.order
        wires = order.wires[operation]
        if any(run[each] != place for each, place in zip(wires, order.places[operation], strict=True)):
            return False
        for each in wires:
            if each != wire:
                left[each] -= 1
                if not left[each]:
                    stack.append(each)
        return True

    def wanted(self) -> int | None:
        """The wire outside that the local ones wait for; `None` if they wait for none.

        Wires for which only the fixed ones wait come last: what was grown from the seed goes first.
        """
        run, local, done = self.run, self.local, self.done
        links, levels = self.links.of, self.links.order.levels
        lowest: dict[int, int] = {}
        waiting: dict[int, int] = {}
        first: list[int] = []
        for wires in (self.taken, self.fixed):
            several: dict[int, int] = {}
            for wire in wires:
                for operation, _, other, _, _ in links[run[wire]]:
                    if done[operation]:
                        continue
                    if other < 0:
                        several[operation] = several.get(operation, 0) + 1
                    elif not local >> other & 1:
                        waiting[other] = waiting.get(other, 0) + 1
                        if levels[operation] < lowest.get(other, _NEVER):
                            lowest[other] = levels[operation]
            for operation, count in several.items():
                for other in self._missing(operation):
                    waiting[other] = waiting.get(other, 0) + count
                    lowest[other] = min(levels[operation], lowest.get(other, _NEVER))
            first = first or list(lowest)
        return min(first, key=lambda wire: (lowest[wire], -waiting[wire], wire), default=None)

    def _missing(self, operation: int) -> list[int]:
        """The wires that keep an operation on several wires from being executed, if they are not local."""
        order, run = self.links.order, self.run
        moved = order.wires[operation][0] if order.kinds[operation] == TWIST else -1
        every = zip(order.wires[operation], order.places[operation], strict=True)
        return [wire for wire, place in every if not self.local >> wire & 1 and (run[wire] < place or wire == moved)]

    def next_of(self, wires: Sequence[int]) -> int:
        """Of wires that nobody waits for the one to take: that with the operation of the lowest level."""
        classes, run = self.links.order.classes, self.run
        going = [wire for wire in wires if classes[run[wire]] != END] or wires
        return min(going, key=lambda wire: (self._level(wire), wire))

    def _level(self, wire: int) -> int:
        """Level of what a wire has come to."""
        operations = self.links.order.runs[self.run[wire]]
        return self.links.order.levels[operations[0]] if operations else _NEVER
