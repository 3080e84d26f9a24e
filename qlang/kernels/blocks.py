"""Passes inside a sweep.

List scheduling of the operations that the sweep's local positions admit. Every pass takes up to three registers, or
four that do not all lie far apart; which ones is decided by how long a chain of rotations hangs on them, CX targets
before their controls.

- A *plain* pass rotates wires on which no phase waits.
- When there are too few of those, a *rich* pass applies every phase that waits, and rotates the lanes if they are
  due: it is the only kind in which lanes take part. So phases and lanes come once per layer.

CX gates are executed when their target is a register (or a lane of a rich pass), as the pass's permutation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from qlang.kernels.order import CX, DIAGONAL, TARGET, TURN, TWIST, bits_of
from qlang.kernels.pass_kinds import enough_free, lanes_due
from qlang.kernels.program import LONGEST_GROWTH, Pass
from qlang.kernels.walker import Walker

_LAST = 1 << 40
"""Rank, before others, of what only needs a register without a rotation."""

_NEAR, _MOST_FAR = 6, 3
"""Vectors of 64 bytes that differ in a register behind so many others are pages apart and fall into the same set of the
first cache, which has room for 2^3 of them on every usual processor: with 2^4 a pass takes twice as long."""


@dataclass(slots=True)
class _Open:
    """The pass that is being put together. Wires by label."""

    rich: bool
    lanes: bool
    kept: int
    """The phases that the pass cannot apply, as bits: a wire that one is on cannot be rotated."""
    registers: list[int] = field(default_factory=list)
    turning: dict[int, int] = field(default_factory=dict)
    """Wire (register or lane) → the rotation operation on it."""
    rows: dict[int, int] = field(default_factory=dict)
    """Target register → its mask over positions."""
    lane_cx: list[tuple[int, int]] = field(default_factory=list)
    lane_controls: int = 0
    lane_targets: int = 0


def passes_of_sweep(walker: Walker, local: int) -> list[Pass]:
    """Schedule everything that can be executed with some wires (a mask of labels) local."""
    wires = sorted(bits_of(local), key=walker.placement.positions.__getitem__)
    bits = {wire: bit for bit, wire in enumerate(wires)}
    candidates = wires[walker.options.lane_bits :]
    passes: list[Pass] = []
    while (opened := _next_pass(walker, candidates)) is not None:
        passes.append(_close(walker, opened, bits))
    return passes


def apply_rest(walker: Walker, passes: list[Pass]) -> None:
    """Apply the phases that wait at the end: in the last pass if it rotates nothing, else in one more."""
    if not walker.pending.alive:
        return
    phase = walker.group(walker.pending.alive)
    last = passes[-1] if passes else None
    if last is not None and last.phase < 0 and max(last.rotations + last.lane_rotations, default=-1) < 0:
        passes[-1] = last._replace(phase=phase)
    else:
        passes.append(Pass((), (), phase=phase))


def _next_pass(walker: Walker, candidates: list[int]) -> _Open | None:
    """Fill a pass, or `None` if nothing can be executed."""
    options = walker.options
    attempts = [(True, False), (True, True)]
    if enough_free(walker, candidates, options.registers / (1 + options.phase_cost)):
        attempts.insert(0, (False, False))
    elif lanes_due(walker, candidates):
        attempts.insert(0, (True, True))
    for rich, lanes in attempts:
        opened = _Open(rich, lanes, _kept(walker, rich, lanes))
        if lanes:
            for lane in walker.lane_labels:
                _advance(walker, opened, lane)
        ranked: list[int] = []
        while len(opened.registers) < options.registers:
            ranked = ranked or _ranked(walker, opened, candidates)
            if len(opened.registers) >= _MOST_FAR:
                ranked = _near(opened, ranked, candidates)
            if not ranked:
                break
            wire = ranked.pop(0)
            opened.registers.append(wire)
            if walker.turn[wire] >= 0:
                opened.turning[wire] = walker.turn[wire]
            else:
                ranked = []  # CX gates change what other wires can do; a rotation does not
                _advance(walker, opened, wire)
        if opened.registers or opened.turning or opened.lane_cx:
            _settle(walker, opened)
            return opened
    if _stuck(walker, candidates) or _stuck(walker, walker.lane_labels):
        return _Open(rich=True, lanes=True, kept=0)
    return None


def _near(opened: _Open, ranked: list[int], candidates: list[int]) -> list[int]:
    """Wires without those whose vectors would be one too many in the same set of the first cache."""
    far = candidates[_NEAR:]
    if sum([wire in far for wire in opened.registers]) < _MOST_FAR:
        return ranked
    return [wire for wire in ranked if wire not in far]


def _stuck(walker: Walker, wires: Iterable[int]) -> bool:
    """Whether a long pattern keeps a CX on one of these wires from being executed."""
    pending, ready = walker.pending, walker.ready
    return bool(pending.patterns) and any(ready[wire] and not pending.passes_cx(wire) for wire in wires)


def _settle(walker: Walker, opened: _Open) -> None:
    """What became possible on the pass's wires by CX gates on others of them."""
    wires = walker.lane_labels + opened.registers if opened.lanes else opened.registers
    turn, ready, turning = walker.turn, walker.ready, opened.turning
    moved = True
    while moved:
        moved = False
        for wire in wires:
            if ready[wire] or (turn[wire] >= 0 and wire not in turning):
                moved |= _advance(walker, opened, wire)


def _advance(walker: Walker, opened: _Open, wire: int) -> bool:
    """Execute what is next on a register or lane: CX gates on it, then one rotation. Whether anything happened."""
    moved = False
    while True:
        operation = walker.turn[wire]
        if operation >= 0:
            if wire in opened.turning or walker.pending.columns[wire] & opened.kept:
                return moved
            opened.turning[wire] = operation
            return True
        usable = _usable(walker, opened, wire)
        if not usable:
            return moved
        for operation in usable.copy():
            _cx(walker, opened, operation)
        moved = True


def _kept(walker: Walker, rich: bool, lanes: bool) -> int:
    """The phases that a pass of a kind cannot apply now, as bits."""
    if not rich:
        return -1
    return 0 if lanes else walker.pending.touching(walker.lane_labels)


def _usable(walker: Walker, opened: _Open, target: int) -> list[int]:
    """The CX gates on a target that this pass can execute."""
    wires, blocked = walker.order.wires, walker.lane_mask
    if opened.lanes:
        blocked = _misplaced(walker, opened, target)
    ready = walker.ready[target]
    for operation in ready:
        if blocked >> wires[operation][0] & 1:
            ready = [each for each in ready if not blocked >> wires[each][0] & 1]
            break
    return ready if not ready or not walker.pending.patterns or walker.pending.passes_cx(target) else []


def _misplaced(walker: Walker, opened: _Open, target: int) -> int:
    """The controls (a mask) whose CX on a target has no place in a pass with lanes: with a lane it is behind the
    others with lanes, without in front of them."""
    lanes = walker.lane_mask
    if lanes >> target & 1:
        return 0
    return ~lanes if opened.lane_controls >> target & 1 else opened.lane_targets & ~lanes


def _cx(walker: Walker, opened: _Open, operation: int) -> None:
    """Execute a CX as part of the pass's permutation."""
    control, target = walker.order.wires[operation]
    walker.ready[target].remove(operation)
    walker.pending.cx(control, target)
    if walker.lane_mask & (1 << control | 1 << target):
        opened.lane_cx.append((control, target))
        opened.lane_controls |= 1 << control
        opened.lane_targets |= 1 << target
    else:
        rows, positions = opened.rows, walker.placement.positions
        source, moved = 1 << positions[control], 1 << positions[target]
        rows.setdefault(target, moved)
        for row, mask in rows.items():
            if mask & moved:
                rows[row] = mask ^ source
    walker.leave(operation)
    if opened.rich and not opened.lanes:
        opened.kept = _kept(walker, opened.rich, opened.lanes)


def _ranked(walker: Walker, opened: _Open, candidates: list[int]) -> list[int]:
    """The wires that the pass could take as its next register, the most urgent first."""
    found: dict[int, int] = {}
    turn, ready, ranks, held = walker.turn, walker.ready, walker.ranks, opened.registers
    columns, kept = walker.pending.columns, opened.kept
    for wire in candidates:
        operation = turn[wire]
        if operation >= 0:
            if not columns[wire] & kept and wire not in held:
                found[wire] = 4 * ranks[operation] + 1 + _awaited(walker, wire)
        elif ready[wire] and wire not in held:
            usable = _usable(walker, opened, wire)
            if usable:
                found[wire] = _target_rank(walker, opened, wire, usable, kept)
    return sorted(found, key=found.__getitem__)


def _awaited(walker: Walker, wire: int) -> bool:
    """Whether a CX is next behind a rotation, of which the control has to be rotated first: then both can be left."""
    order, run = walker.order, walker.run
    behind = order.following[run[wire]]
    kind = order.classes[behind]
    if kind == DIAGONAL:
        behind = order.following[behind]
        kind = order.classes[behind]
    if kind != TARGET:
        return False
    first = order.runs[behind][0]
    return run[order.wires[first][0]] < order.places[first][0]


def _target_rank(walker: Walker, opened: _Open, wire: int, usable: list[int], kept: int) -> int:
    """Rank of a CX target: that of the rotation it allows in this pass, on itself or a control, else last."""
    order, run, left, ranks = walker.order, walker.run, walker.left, walker.ranks
    following, classes, runs = order.following, order.classes, order.runs
    if len(usable) == left[wire] and not walker.pending.columns[wire] & kept:
        behind = following[run[wire]]
        if classes[behind] == DIAGONAL and opened.rich and _only_its_phases(walker, runs[behind]):
            behind = following[behind]
        if classes[behind] == TURN:
            return 4 * ranks[runs[behind][0]]
    for operation in usable:
        control = order.wires[operation][0]
        behind = following[run[control]]
        if left[control] == 1 and classes[behind] == TURN:
            held = control in opened.registers or (opened.lanes and walker.lane_mask >> control & 1)
            return 4 * ranks[runs[behind][0]] + (1 if held else 3)
    return _LAST + ranks[usable[0]]


def _only_its_phases(walker: Walker, operations: list[int]) -> bool:
    """Whether a run is phases that wait for this wire alone."""
    kinds, waiting, stages, stage = walker.order.kinds, walker.waiting, walker.stages, walker.stage
    for operation in operations:
        if waiting[operation] != 1 or stages[operation] > stage or kinds[operation] in (CX, TWIST):
            return False
    return True


def _close(walker: Walker, opened: _Open, bits: dict[int, int]) -> Pass:
    """The pass as it is executed; its rotations leave."""
    turning = opened.turning
    phase = _phase(walker, opened, bits)
    walker.grown += len(turning)
    registers = sorted(opened.registers, key=bits.__getitem__)
    rotations = _turns(walker, turning, registers)
    lanes = opened.lanes and not turning.keys().isdisjoint(walker.lane_labels)
    lane_rotations = _turns(walker, turning, walker.lane_labels) if lanes else ()
    for operation in turning.values():
        walker.leave(operation)
    positions = walker.placement.positions
    return Pass(
        tuple(map(bits.__getitem__, registers)),
        rotations,
        lane_rotations,
        _permutation(opened.rows, bits, positions),
        tuple([(positions[control], bits[target]) for control, target in opened.lane_cx]) if opened.lane_cx else (),
        phase,
        _exchange(walker, registers, bits),
    )


def _phase(walker: Walker, opened: _Open, bits: dict[int, int]) -> int:
    """The group of all phases that the pass can apply, or −1 if it needs none."""
    pending = walker.pending
    blocked = pending.touching(opened.turning) or _stuck(walker, bits)
    if not blocked and walker.grown + len(opened.turning) <= LONGEST_GROWTH:
        return -1
    chosen = pending.touching(bits) | pending.constants
    if not opened.lanes:
        chosen &= ~pending.touching(walker.lane_labels)
    return walker.group(chosen)


def _permutation(rows: dict[int, int], bits: dict[int, int], positions: list[int]) -> tuple[tuple[int, int], ...]:
    """Targets and masks as they stand in a pass, without those that stay what they are."""
    if not rows:
        return ()
    moved = [(bits[wire], mask) for wire, mask in rows.items() if mask != 1 << positions[wire]]
    return tuple(sorted(moved))


def _exchange(walker: Walker, registers: list[int], bits: dict[int, int]) -> tuple[tuple[int, int], ...]:
    """CX gates that the pass's rotations have set free, if they wait for nothing and a TWIST waits for them."""
    rows: dict[int, int] = {}
    controls, positions = 0, walker.placement.positions
    for wire in registers:
        if not walker.ready[wire]:
            continue
        for operation in walker.ready[wire].copy():
            control, _ = walker.order.wires[operation]
            if walker.lane_mask >> control & 1 or control in rows or controls >> wire & 1:
                continue
            if _frees_twist(walker, control, wire) and walker.pending.passes_cx(wire):
                walker.ready[wire].remove(operation)
                walker.pending.cx(control, wire)
                rows[wire] = rows.get(wire, 1 << positions[wire]) ^ 1 << positions[control]
                controls |= 1 << control
                walker.leave(operation)
    return _permutation(rows, bits, positions)


def _frees_twist(walker: Walker, control: int, target: int) -> bool:
    """Whether a TWIST of the control that the target chooses is next."""
    order = walker.order
    for operation in order.runs[order.following[walker.run[target]]]:
        if order.kinds[operation] == TWIST and order.wires[operation][0] == control:
            return True
    return False


def _turns(walker: Walker, turning: dict[int, int], wires: list[int]) -> tuple[int, ...]:
    """The ids of new rotations on some wires, −1 for those that have none."""
    order, rotations, ids = walker.order, walker.rotations, []
    for wire in wires:
        operation = turning.get(wire, -1)
        if operation < 0:
            ids.append(-1)
            continue
        ids.append(len(rotations))
        if order.kinds[operation] == TWIST:
            walker.twists.append((len(rotations), _moved(order.wires[operation][1:], walker.placement.positions)))
        rotations.append(order.steps[operation])
    return tuple(ids)


def _moved(wires: Iterable[int], positions: list[int]) -> int:
    """Wires as a mask over positions."""
    mask = 0
    for wire in wires:
        mask |= 1 << positions[wire]
    return mask
