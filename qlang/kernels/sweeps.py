"""Which positions are local in a sweep.

Greedy: going through what is left in circuit order, an operation is executed if everything before it was and the wire
that it changes is local; a wire becomes local when it is first wanted, as long as there is room. That is the light
cone of the first `tile_bits` wires that are asked for; several orders of asking are tried (from the front, and
starting at each of a few wires) and the one that executes most rotations wins.

The wires at the contiguous positions are in every sweep, so they are chosen by planning the sweeps without them
first: those that most sweeps want, and among them those that stand next to each other in the circuit.
"""

from dataclasses import dataclass, field
from itertools import chain

from qlang.kernels.order import CX, ROTATION, TURN, Order
from qlang.kernels.program import PlanOptions

_LONGEST_LOOK = 20_000
"""Operations that the choice of a sweep looks at, beyond those passed over before."""

_MOST_SWEEPS = 32
"""Sweeps that are planned to find the wires they share."""


@dataclass(slots=True)
class Front:
    """How far each wire is: the number of its run, and how many operations of that run are left."""

    run: list[int]
    left: list[int]

    @classmethod
    def start(cls, order: Order) -> "Front":
        return cls([0] * order.qubits, [len(runs[0]) if runs else 0 for runs in order.runs])

    def copy(self) -> "Front":
        return Front(self.run.copy(), self.left.copy())


@dataclass(slots=True)
class Remaining:
    """Operations that are not executed, in circuit order: a few that were passed over, then all from `head` on."""

    total: int
    head: int = 0
    carried: list[int] = field(default_factory=list)

    def drop(self, done: bytearray, scanned: int) -> None:
        """Forget what was executed among those carried and those up to `scanned` (exclusive)."""
        self.carried = [o for o in self.carried if not done[o]]
        self.carried += [o for o in range(self.head, scanned) if not done[o]]
        self.head = max(self.head, scanned)
        while self.head < self.total and done[self.head]:
            self.head += 1

    def __bool__(self) -> bool:
        return bool(self.carried) or self.head < self.total


@dataclass(slots=True)
class Cone:
    """What a choice of local wires executes."""

    local: int
    """Mask over wire labels."""
    rotations: int
    executed: list[int]
    scanned: int
    """The operations from here on were not looked at."""


def light_cone(
    order: Order, front: Front, remaining: Remaining, local: int, room: int, done: bytearray, limit: int
) -> Cone:
    """Execute what can be with the wires of `local` and up to `room` more, taken as they are wanted.

    Changes `front`. Operations that are `done` are skipped; at most `limit` are looked at beyond the carried ones.
    """
    kinds, wires_of, places_of, runs = order.kinds, order.wires, order.places, order.runs
    run, left = front.run, front.left
    executed: list[int] = []
    rotations = dead = operation = 0
    everything = (1 << order.qubits) - 1
    stop = min(remaining.total, remaining.head + limit)
    for operation in chain(remaining.carried, range(remaining.head, stop)):
        if done[operation]:
            continue
        wires = wires_of[operation]
        for wire, place in zip(wires, places_of[operation], strict=True):
            if run[wire] != place:
                break
        else:
            kind = kinds[operation]
            bit = 1 << wires[-1] if kind in (ROTATION, CX) else 0
            if not bit or local & bit or room:
                if bit and not local & bit:
                    room -= 1
                    local |= bit
                rotations += kind == ROTATION
                executed.append(operation)
                for wire in wires:
                    left[wire] -= 1
                    if not left[wire]:
                        run[wire] = place = run[wire] + 1
                        following = runs[wire]
                        left[wire] = len(following[place]) if place < len(following) else 0
                continue
        for wire in wires:
            dead |= 1 << wire
        if dead == everything or (not room and dead & local == local):
            stop = operation + 1
            break
    return Cone(local, rotations, executed, max(stop, remaining.head))


def choose_local(
    order: Order, front: Front, remaining: Remaining, fixed: int, options: PlanOptions, done: bytearray
) -> Cone:
    """The next sweep's light cone; its `local` has `tile_bits` wires, `fixed` among them (or all there are)."""
    size = min(options.tile_bits, order.qubits)
    room = size - fixed.bit_count()
    cone = light_cone(order, front.copy(), remaining, fixed, room, done, _LONGEST_LOOK)
    local, wire = cone.local, 0
    while local.bit_count() < size:
        local |= 1 << wire
        wire += 1
    cone.local = local
    return cone


@dataclass(frozen=True, slots=True)
class Placement:
    """Positions of the wire labels, and the labels by position."""

    positions: list[int]
    labels: list[int]


def place_wires(order: Order, options: PlanOptions) -> Placement:
    """Positions for a state that is made new: the lanes' wires first, then the other contiguous ones, then the rest.

    Wires that are local together come to stand together, so that a sweep gathers long rows.
    """
    qubits = order.qubits
    turns = [sum(map(_is_turn, classes)) for classes in order.classes]
    if options.lane_choice == "first":
        ranked = list(range(qubits))
    elif qubits <= options.tile_bits or options.lane_choice == "fewest":
        ranked = sorted(range(qubits), key=lambda wire: (turns[wire], wire))
    else:
        ranked = _by_sharing(order, turns, options)
    lanes = ranked[: options.lane_bits]
    labels = lanes + ranked[options.lane_bits :]
    positions = [0] * qubits
    for position, label in enumerate(labels):
        positions[label] = position
    return Placement(positions, labels)


def _is_turn(kind: int) -> bool:
    return kind == TURN


def _by_sharing(order: Order, turns: list[int], options: PlanOptions) -> list[int]:
    """Wires, those first that most sweeps want; then those nearer to the middle of these."""
    qubits, shares, first = order.qubits, [0] * order.qubits, [_MOST_SWEEPS] * order.qubits
    front, remaining, done = Front.start(order), Remaining(len(order)), bytearray(len(order))
    for sweep in range(_MOST_SWEEPS):
        if not remaining:
            break
        moving = front.copy()
        cone = light_cone(order, moving, remaining, 0, options.tile_bits, done, _LONGEST_LOOK)
        if not cone.executed:
            break
        front = moving
        for operation in cone.executed:
            done[operation] = 1
        remaining.drop(done, cone.scanned)
        for wire in range(qubits):
            if cone.local >> wire & 1:
                shares[wire] += 1
                first[wire] = min(first[wire], sweep)
    most = max(shares)
    top = [wire for wire in range(qubits) if shares[wire] == most]
    middle = sum(top) / len(top)
    return sorted(range(qubits), key=lambda w: (-shares[w], first[w], abs(w - middle) if w in top else 0, turns[w], w))
