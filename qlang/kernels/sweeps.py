"""Which positions are local in a sweep.

A set of local wires is grown from a seed: everything that it can execute is executed, which leaves its wires waiting
for others; the wire that is waited for by the operation of the lowest level is taken next. That follows the light
cone of the seed. Several seeds are tried, and the set that executes most rotations is taken.

    chain of 24 wires, 16 local       sweep 1  ◣ wires 0…15      sweep 2  wires 8…23 ◥ … until all is done

The wires at the contiguous positions are in every sweep. Two choices are tried: the wires that most sweeps want if
nothing is fixed, and the middle of the order in which the first cone grows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qlang.kernels.order import CX, DIAGONAL, END, ROTATION, TURN, TWIST, Order, bits_of
from qlang.kernels.program import PlanOptions

_MOST_SWEEPS = 16
"""Sweeps that are planned to find the wires they share."""

_SIMILAR = 1.2
"""Wires whose numbers of rotations are within this factor are alike for the choice of lanes."""

_ROTATION_GAIN = 8
"""Worth of a rotation in CX gates."""
_GAINS = {CX: 1, TWIST: _ROTATION_GAIN}


@dataclass(slots=True)
class Front:
    """How far each wire is: the number of its run, and how many operations of that run are left."""

    run: list[int]
    left: list[int]

    @classmethod
    def start(cls, order: Order) -> "Front":
        return cls([0] * order.qubits, [len(runs[0]) if runs else 0 for runs in order.runs])


@dataclass(slots=True)
class _Cone:
    """What a set of local wires (a mask of labels) executes from a front on."""

    order: Order
    run: list[int]
    left: list[int]
    done: bytearray
    """What has been executed, a copy of what is given."""
    local: int = 0
    taken: list[int] = field(default_factory=list)
    """The wires that became local, in order."""
    gain: int = 0
    """What it was good for: rotations, and less so CX gates."""
    executed: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.done = self.done.copy()

    def take(self, wire: int) -> None:
        """Make one more wire local, and execute what that allows."""
        self.local |= 1 << wire
        self.taken.append(wire)
        self.settle([wire])

    def settle(self, stack: list[int]) -> None:
        """Execute what the wires on the stack, and those that they set free, have come to."""
        run, left, done, executed = self.run, self.left, self.done, self.executed
        classes, wires_of, links = self.order.classes, self.order.wires, self.order.links()
        kinds = self.order.kinds
        elsewhere, gain = ~self.local, 0
        while stack:
            wire = stack.pop()
            number = run[wire]
            if classes[wire][number] == TURN and not links[wire][number][0][1]:
                if not elsewhere >> wire & 1:
                    executed.append(links[wire][number][0][0])
                    gain += _ROTATION_GAIN
                    run[wire] = number = number + 1
                    left[wire] = len(links[wire][number])
                    stack.append(wire)
                continue
            for operation, target, other, place in links[wire][number]:
                if target & elsewhere or done[operation]:
                    continue
                if run[other] != place if other >= 0 else not self._reached(operation):
                    continue
                done[operation] = 1
                executed.append(operation)
                gain += _GAINS.get(kinds[operation], 0)
                for each in wires_of[operation]:
                    left[each] -= 1
                    if not left[each]:
                        run[each] = number = run[each] + 1
                        left[each] = len(links[each][number])
                        stack.append(each)
        self.gain += gain

    def _reached(self, operation: int) -> bool:
        """Whether all wires have come to an operation."""
        run, order = self.run, self.order
        return all(
            run[wire] == place for wire, place in zip(order.wires[operation], order.places[operation], strict=True)
        )

    def wanted(self, fixed: int) -> int | None:
        """The wire outside that the local ones wait for; `None` if they wait for none.

        Wires for which one of the `fixed` waits come last: what was grown from the seed goes first.
        """
        order, run, local, done = self.order, self.run, self.local, self.done
        links, levels = order.links(), order.levels
        best: dict[int, tuple[bool, int, int]] = {}
        for wire in bits_of(local):
            held = bool(fixed >> wire & 1)
            for operation, target, other, place in links[wire][run[wire]]:
                if done[operation]:
                    continue
                waited = [other]
                if other >= 0:
                    if local >> other & 1 or not (run[other] < place or target >> other & 1):
                        continue
                else:
                    every = zip(order.wires[operation], order.places[operation], strict=True)
                    outside = [(each, place) for each, place in every if not local >> each & 1]
                    waited = [each for each, place in outside if run[each] < place or target >> each & 1]
                for each in waited:
                    before = best.get(each, (True, 1 << 60, 0))
                    best[each] = (before[0] and held, min(before[1], levels[operation]), before[2] - 1)
        return min(best, key=lambda wire: (best[wire], wire)) if best else None


def choose_local(
    order: Order, front: Front, joined: list[int], operations: list[int], options: PlanOptions, done: bytearray
) -> tuple[int, list[int]]:
    """The mask of the next sweep's local wires, and the operations that it can execute, in circuit order.

    `joined` are the wires of the state by position, of which the contiguous ones are always local, and `operations`
    those of the stage. What is `done` is not executed.
    """
    size = options.local_bits(len(joined))
    if size == len(joined):
        return sum([1 << wire for wire in joined]), operations
    fixed = sum([1 << wire for wire in joined[: options.contiguous_bits]])
    best: _Cone | None = None
    for seed in _seeds(order, front, fixed, joined, done, options.lookahead):
        cone = _grown(order, front, fixed, joined, seed, size, done)
        if best is None or cone.gain > best.gain:
            best = cone
    assert best is not None, "a sweep that holds less than all has a wire that it could take"
    return best.local, sorted(best.executed)


def rank_by_tail(order: Order, executed: list[int], ranks: list[int]) -> None:
    """Write the rank of each operation of a sweep: minus the rotations on the longest chain from it on.

    The lowest rank is the most urgent. `executed` is in circuit order.
    """
    tails = [0] * order.qubits
    kinds, wires_of = order.kinds, order.wires
    for operation in reversed(executed):
        wires = wires_of[operation]
        if len(wires) == 1:
            (wire,) = wires
            if kinds[operation] == ROTATION:
                tails[wire] += 1
            ranks[operation] = -tails[wire]
            continue
        tail = max([tails[wire] for wire in wires]) + (kinds[operation] == TWIST)
        ranks[operation] = -tail
        for wire in wires:
            tails[wire] = tail


def _seeds(order: Order, front: Front, fixed: int, joined: list[int], done: bytearray, count: int) -> list[int]:
    """Wires to start at: the one changed by the operation that comes first in the circuit, so that every sweep gets
    on, and others spread over those that are not fixed and not at their end."""
    first, earliest = -1, len(order)
    open_wires = []
    for wire in sorted(joined):
        number = front.run[wire]
        kind = order.classes[wire][number]
        if fixed >> wire & 1 or kind == END:
            continue
        open_wires.append(wire)
        if kind != DIAGONAL:
            head = next((operation for operation in order.runs[wire][number] if not done[operation]), earliest)
            if head < earliest:
                first, earliest = wire, head
    if first < 0:
        return [next(wire for wire in joined if not fixed >> wire & 1)]
    last = len(open_wires) - 1
    spread = [open_wires[last * i // max(count - 2, 1)] for i in range(count - 1)]
    return list(dict.fromkeys([first, *spread]))


def _grown(
    order: Order, front: Front, fixed: int, joined: Iterable[int], seed: int, size: int, done: bytearray
) -> _Cone:
    """The cone of a seed."""
    cone = _Cone(order, front.run.copy(), front.left.copy(), done, fixed | 1 << seed, [seed])
    cone.settle(list(range(order.qubits)))
    while (held := cone.local.bit_count()) < size:
        wire = cone.wanted(fixed)
        if wire is None:
            rest = [wire for wire in joined if not cone.local >> wire & 1]
            going = [wire for wire in rest if order.classes[wire][cone.run[wire]] != END] or rest
            wire = min(going, key=lambda w: (_level(order, cone.run, w), w))
        cone.take(wire)
        assert cone.local.bit_count() == held + 1
    return cone


def _level(order: Order, run: list[int], wire: int) -> int:
    """Level of what a wire has come to."""
    if order.classes[wire][run[wire]] == END:
        return 1 << 60
    return order.levels[order.runs[wire][run[wire]][0]]


@dataclass(frozen=True, slots=True)
class Placement:
    """Positions of the wire labels, and the labels by position."""

    positions: list[int]
    labels: list[int]

    @classmethod
    def of(cls, labels: Sequence[int]) -> "Placement":
        """Wire labels by position."""
        positions = [0] * len(labels)
        for position, label in enumerate(labels):
            positions[label] = position
        return cls(positions, list(labels))


def place_wires(order: Order, options: PlanOptions) -> Placement:
    """Positions for a state that is made new: the lanes' wires first, then the other contiguous ones, then the rest.

    Wires that are local together come to stand together, so that a sweep gathers long rows.
    """
    qubits = order.qubits
    turns = [classes.count(TURN) for classes in order.classes]
    if options.lane_choice == "first":
        labels = list(range(qubits))
    elif options.local_bits(qubits) == qubits or options.lane_choice == "fewest":
        labels = _few_turns_first(turns, options.lane_bits)
    else:
        labels = _shared_first(order, options)
    return Placement.of(labels)


def _few_turns_first(turns: list[int], lane_bits: int) -> list[int]:
    """Wires, those for the lanes first: among those with few rotations, neighbours rather than the very fewest."""
    ranked = sorted(range(len(turns)), key=lambda wire: (turns[wire], wire))
    few = turns[ranked[max(lane_bits - 1, 0)]] * _SIMILAR
    lanes = sorted([wire for wire in ranked if turns[wire] <= few])[:lane_bits]
    return [*lanes, *(wire for wire in range(len(turns)) if wire not in lanes)]


def _shared_first(order: Order, options: PlanOptions) -> list[int]:
    """Wires, the contiguous positions' first: of two choices the one with which fewer sweeps do.

    Those that most sweeps want, if nothing is fixed; and the middle of the order in which the first light cone grows,
    which on a chain is where two windows overlap.
    """
    count, size = options.contiguous_bits, options.tile_bits
    sweeps = _simulated(order, 0, options)
    shares = [sum([cone.local >> wire & 1 for cone in sweeps]) for wire in range(order.qubits)]
    wanted = sorted(range(order.qubits), key=lambda wire: (-shares[wire], wire))[:count]
    growth = _grown(order, Front.start(order), 0, range(order.qubits), 0, order.qubits, bytearray(len(order))).taken
    begin = min(max((order.qubits - count) // 2, 0), size - count)
    found = []
    for chosen in (growth[begin : begin + count], wanted):
        fixed = sum([1 << wire for wire in chosen])
        found.append((_simulated(order, fixed, options), chosen))
    sweeps, chosen = min(found, key=lambda each: len(each[0]))
    first = [next((n for n, cone in enumerate(sweeps) if cone.local >> wire & 1), 0) for wire in range(order.qubits)]
    rest = sorted(set(range(order.qubits)) - set(chosen), key=lambda wire: (first[wire], growth.index(wire)))
    return [*chosen, *rest]


def _simulated(order: Order, fixed: int, options: PlanOptions) -> list[_Cone]:
    """The first sweeps, without passes."""
    front, done, wires = Front.start(order), bytearray(len(order)), list(range(order.qubits))
    cones: list[_Cone] = []
    while len(cones) < _MOST_SWEEPS and any(
        classes[number] != END for classes, number in zip(order.classes, front.run, strict=True)
    ):
        tried = [
            _grown(order, front, fixed, wires, seed, options.tile_bits, done)
            for seed in _seeds(order, front, fixed, wires, done, 2)
        ]
        cone = max(tried, key=lambda cone: cone.gain)
        front = Front(cone.run, cone.left)
        for operation in cone.executed:
            done[operation] = 1
        cones.append(cone)
    return cones
