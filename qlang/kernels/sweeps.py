"""Which positions are local in a sweep.

A set of local wires is grown along the light cone of a seed (`qlang.kernels.cones`). Several seeds are tried, and the
set that executes most rotations is taken.

    chain of 24 wires, 16 local       sweep 1  ◣ wires 0…15      sweep 2  wires 8…23 ◥ … until all is done

The wires at the contiguous positions are in every sweep. Two choices are tried: the wires that most sweeps want if
nothing is fixed, and the middle of the order in which the first cone grows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qlang.kernels.cones import Cone, Front, Links
from qlang.kernels.order import DIAGONAL, END, ROTATION, TWIST, Order
from qlang.kernels.program import PlanOptions

_MOST_SWEEPS = 16
"""Sweeps that are planned to find the wires they share."""

_SIMILAR = 1.2
"""Wires whose numbers of rotations are within this factor are alike for the choice of lanes."""


def choose_local(
    links: Links, front: Front, joined: list[int], options: PlanOptions, done: bytearray
) -> tuple[int, list[int]]:
    """The mask of the next sweep's local wires, and the operations that it can execute, in circuit order.

    `joined` are the wires of the state by position, more than a sweep holds, of which the contiguous ones are always
    local. What is `done` is not executed.
    """
    fixed = joined[: options.contiguous_bits]
    cones = _cones(links, front, fixed, joined, done, options.local_bits(len(joined)), options.lookahead)
    best = max(cones, key=lambda cone: cone.gain)
    return best.local, sorted(best.executed)


def rank_by_tail(order: Order, executed: list[int], ranks: list[int]) -> None:
    """Write the rank of each operation of a sweep: minus the rotations on the longest chain from it on.

    The lowest rank is the most urgent. `executed` is in circuit order. Patterns of one wire have none.
    """
    tails = [0] * order.qubits  # as ranks: minus the number
    kinds, wires_of = order.kinds, order.wires
    for operation in reversed(executed):
        kind, wires = kinds[operation], wires_of[operation]
        if kind == ROTATION:
            (wire,) = wires
            ranks[operation] = tails[wire] = tails[wire] - 1
        elif len(wires) > 1 or kind == TWIST:
            tail = 0
            for wire in wires:
                if tails[wire] < tail:
                    tail = tails[wire]
            if kind == TWIST:
                tail -= 1
            ranks[operation] = tail
            for wire in wires:
                tails[wire] = tail


def _cones(
    links: Links, front: Front, fixed: Sequence[int], joined: Sequence[int], done: bytearray, size: int, count: int
) -> list[Cone]:
    """The cones of up to `count` seeds, those left out that come to the same as one before."""
    base = Cone.start(links, front, fixed, done)
    seen: set[int] = set()
    found = []
    for seed in _seeds(links.order, front, fixed, joined, done, count):
        cone = base.copy()
        cone.take(seed)
        while cone.local not in seen:
            seen.add(cone.local)
            if cone.local.bit_count() == size:
                found.append(cone)
                break
            cone.take(_next(cone, joined))
    return found


def _next(cone: Cone, joined: Iterable[int]) -> int:
    """The wire that a cone takes next."""
    wire = cone.wanted()
    return cone.next_of([wire for wire in joined if not cone.local >> wire & 1]) if wire is None else wire


def _seeds(
    order: Order, front: Front, fixed: Sequence[int], joined: Sequence[int], done: bytearray, count: int
) -> list[int]:
    """Wires to start at: the one changed by the operation that comes first in the circuit, so that every sweep gets
    on, and others spread over those that are not fixed and not at their end."""
    first, earliest = -1, len(order)
    open_wires = []
    for wire in sorted(joined):
        run = front.run[wire]
        kind = order.classes[run]
        if wire in fixed or kind == END:
            continue
        open_wires.append(wire)
        if kind != DIAGONAL:
            head = next((operation for operation in order.runs[run] if not done[operation]), earliest)
            if head < earliest:
                first, earliest = wire, head
    if first < 0:
        return [next(wire for wire in joined if wire not in fixed)]
    last = len(open_wires) - 1
    spread = [open_wires[last * i // max(count - 2, 1)] for i in range(count - 1)]
    return list(dict.fromkeys([first, *spread]))


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
    if options.lane_choice == "first":
        labels = list(range(qubits))
    elif options.local_bits(qubits) == qubits or options.lane_choice == "fewest":
        labels = _few_turns_first(order.turns(), options.lane_bits)
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
    links, wires = Links.made(order), range(order.qubits)
    count, size = options.contiguous_bits, options.tile_bits
    sweeps = _simulated(links, (), options)
    shares = [sum([cone.local >> wire & 1 for cone in sweeps]) for wire in wires]
    wanted = sorted(wires, key=lambda wire: (-shares[wire], wire))[:count]
    growth = Cone.start(links, links.front(), (), bytearray(len(order)))
    growth.take(0)
    while len(growth.taken) < order.qubits:
        growth.take(_next(growth, wires))
    begin = min(max((order.qubits - count) // 2, 0), size - count)
    choices = (growth.taken[begin : begin + count], wanted)
    found = [(_simulated(links, chosen, options), chosen) for chosen in choices]
    sweeps, chosen = min(found, key=lambda each: len(each[0]))
    first = [next((n for n, cone in enumerate(sweeps) if cone.local >> wire & 1), 0) for wire in wires]
    rest = sorted(set(wires) - set(chosen), key=lambda wire: (first[wire], growth.taken.index(wire)))
    return [*chosen, *rest]


def _simulated(links: Links, fixed: Sequence[int], options: PlanOptions) -> list[Cone]:
    """The first sweeps, without passes."""
    front, done, wires = links.front(), bytearray(len(links.order)), range(links.order.qubits)
    cones: list[Cone] = []
    while len(cones) < _MOST_SWEEPS and any(links.order.classes[run] != END for run in front.run):
        tried = _cones(links, front, fixed, wires, done, options.tile_bits, 2)
        cone = max(tried, key=lambda cone: cone.gain)
        front = Front(cone.run, cone.left)
        for operation in cone.executed:
            done[operation] = 1
        cones.append(cone)
    return cones
