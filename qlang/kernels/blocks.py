"""Passes inside a sweep.

List scheduling of the operations that the sweep's local positions admit. Every pass takes up to three registers;
which ones is decided by how long a chain of rotations hangs on them, CX targets before their controls.

- A *plain* pass rotates wires on which no phase waits.
- When there are too few of those, a *rich* pass applies every phase that waits, and rotates the lanes if they are
  due: it is the only kind in which lanes take part. So phases and lanes come once per layer.

CX gates are executed when their target is a register (or a lane of a rich pass), as the pass's permutation.
"""

from dataclasses import dataclass, field, replace

from qlang.kernels.order import CX, DIAGONAL, END, TARGET, TURN, TWIST
from qlang.kernels.program import LONGEST_GROWTH, Pass
from qlang.kernels.walker import Walker

_LAST = 1 << 40
"""Rank, before others, of what only needs a register without a rotation."""


@dataclass(slots=True)
class _Open:
    """The pass that is being put together. Wires by label."""

    rich: bool
    lanes: bool
    registers: list[int] = field(default_factory=list)
    turning: dict[int, int] = field(default_factory=dict)
    """Wire (register or lane) → the rotation operation on it."""
    rows: dict[int, int] = field(default_factory=dict)
    """Target register → its mask over labels."""
    lane_cx: list[tuple[int, int]] = field(default_factory=list)
    lane_controls: int = 0
    lane_targets: int = 0


def passes_of_sweep(walker: Walker, local: int) -> list[Pass]:
    """Schedule everything that can be executed with some wires (a mask of labels) local."""
    wires = [wire for wire in range(walker.order.qubits) if local >> wire & 1]
    wires.sort(key=walker.placement.positions.__getitem__)
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
        passes[-1] = replace(last, phase=phase)
    else:
        passes.append(Pass((), (), phase=phase))


def _next_pass(walker: Walker, candidates: list[int]) -> _Open | None:
    """Fill a pass, or `None` if nothing can be executed."""
    registers = walker.options.registers
    free = _free(walker, candidates)
    attempts = []
    if free >= registers / (1 + walker.options.phase_cost):
        attempts.append(_Open(rich=False, lanes=False))
    elif _lanes_due(walker, candidates):
        attempts.append(_Open(rich=True, lanes=True))
    attempts += [_Open(rich=True, lanes=False), _Open(rich=True, lanes=True)]
    for opened in attempts:
        if opened.lanes:
            for lane in walker.lane_labels:
                _advance(walker, opened, lane)
        for _ in range(registers):
            wire = _pick(walker, opened, candidates)
            if wire is None:
                break
            opened.registers.append(wire)
            _advance(walker, opened, wire)
        if opened.registers or opened.turning or opened.lane_cx:
            _settle(walker, opened)
            return opened
    if _stuck(walker, candidates) or _stuck(walker, walker.lane_labels):
        return _Open(rich=True, lanes=True)
    return None


def _stuck(walker: Walker, wires: list[int]) -> bool:
    """Whether a long pattern keeps a CX on one of these wires from being executed."""
    pending, ready = walker.pending, walker.ready
    return bool(pending.patterns) and any(ready[wire] and not pending.passes_cx(wire) for wire in wires)


def _settle(walker: Walker, opened: _Open) -> None:
    """What became possible on the pass's wires by CX gates on others of them."""
    wires = (walker.lane_labels if opened.lanes else []) + opened.registers
    while True:
        moved = False
        for wire in wires:
            moved |= _advance(walker, opened, wire)
        if not moved:
            return


def _advance(walker: Walker, opened: _Open, wire: int) -> bool:
    """Execute what is next on a register or lane: CX gates on it, then one rotation. Whether anything happened."""
    moved = False
    while True:
        kind = walker.kind[wire]
        if kind == TURN:
            if wire in opened.turning or not _may_turn(walker, opened, wire):
                return moved
            opened.turning[wire] = walker.order.runs[wire][walker.front.run[wire]][0]
            return True
        if kind != TARGET:
            return moved
        usable = _usable(walker, opened, wire)
        if not usable:
            return moved
        for operation in usable:
            _cx(walker, opened, operation)
        moved = True


def _may_turn(walker: Walker, opened: _Open, wire: int) -> bool:
    """Whether no phase is on a wire, or this pass can apply those that are."""
    if walker.kind[wire] == TURN and walker.waiting[walker.order.runs[wire][walker.front.run[wire]][0]]:
        return False  # a TWIST, to which the wires that choose its angle have not come
    column = walker.pending.columns[wire]
    if not column or not opened.rich:
        return not column
    return opened.lanes or not column & walker.pending.touching(walker.lane_labels)


def _choosing(walker: Walker, operation: int) -> int:
    """The wires that choose the angle of a rotation, by label."""
    return sum([1 << wire for wire in walker.order.wires[operation][1:]])


def _usable(walker: Walker, opened: _Open, target: int) -> list[int]:
    """The CX gates on a target that this pass can execute."""
    ready = walker.ready[target]
    if not ready:
        return ready
    lanes, lanes_before = walker.lane_mask, opened.lane_targets | opened.lane_controls
    if not lanes >> target & 1 and not lanes_before and not opened.lanes:
        wires = walker.order.wires
        ready = [operation for operation in ready if not lanes >> wires[operation][0] & 1]
    else:
        ready = [operation for operation in ready if _fits(walker, opened, walker.order.wires[operation][0], target)]
    return ready if not ready or walker.pending.passes_cx(target) else []


def _fits(walker: Walker, opened: _Open, control: int, target: int) -> bool:
    """Whether a CX has a place in the pass: with a lane, behind the others with lanes; without, in front of them."""
    if walker.lane_mask & (1 << control | 1 << target):
        return opened.lanes
    return not (opened.lane_targets >> control & 1 or opened.lane_controls >> target & 1)


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
        rows = opened.rows
        rows.setdefault(target, 1 << target)
        for row, mask in rows.items():
            if mask >> target & 1:
                rows[row] = mask ^ 1 << control
    walker.leave(operation)


def _free(walker: Walker, candidates: list[int]) -> int:
    """How many rotations a few plain passes could do, about."""
    kind, columns, left, run = walker.kind, walker.pending.columns, walker.front.left, walker.front.run
    classes, wires, lanes = walker.order.classes, walker.order.wires, walker.lane_mask
    found = 0
    for wire in candidates:
        if columns[wire]:
            continue
        if kind[wire] == TURN:
            found += not walker.waiting[walker.order.runs[wire][run[wire]][0]]
        elif kind[wire] == TARGET and walker.ready[wire]:
            controls = [wires[operation][0] for operation in walker.ready[wire]]
            if any(lanes >> control & 1 for control in controls):
                continue
            if len(controls) == left[wire] and classes[wire][run[wire] + 1] == TURN:
                found += 1
            for control in controls:
                if left[control] == 1 and classes[control][run[control] + 1] == TURN and not columns[control]:
                    found += 1
    return found


def _pick(walker: Walker, opened: _Open, candidates: list[int]) -> int | None:
    """The wire that the pass should take as its next register."""
    best, best_rank = None, -1
    for wire in candidates:
        kind = walker.kind[wire]
        if kind == TURN:
            if wire in opened.registers or not _may_turn(walker, opened, wire):
                continue
            rank = 4 * walker.ranks[walker.order.runs[wire][walker.front.run[wire]][0]] + 1 + _awaited(walker, wire)
        elif kind == TARGET and walker.ready[wire] and wire not in opened.registers:
            usable = _usable(walker, opened, wire)
            if not usable:
                continue
            rank = _target_rank(walker, opened, wire, usable)
        else:
            continue
        if best is None or rank < best_rank:
            best, best_rank = wire, rank
    return best


def _awaited(walker: Walker, wire: int) -> bool:
    """Whether a CX is next behind a rotation, of which the control has to be rotated first: then both can be left."""
    order, front = walker.order, walker.front
    number = front.run[wire] + 1
    if order.classes[wire][number] == DIAGONAL:
        number += 1
    if order.classes[wire][number] != TARGET:
        return False
    first = order.runs[wire][number][0]
    return front.run[order.wires[first][0]] < order.places[first][0]


def _target_rank(walker: Walker, opened: _Open, wire: int, usable: list[int]) -> int:
    """Rank of a CX target: that of the rotation it allows in this pass, on itself or a control, else last."""
    order, front = walker.order, walker.front
    number = front.run[wire]
    if len(usable) == front.left[wire] and _may_turn(walker, opened, wire):
        following = order.classes[wire][number + 1]
        if following == DIAGONAL and opened.rich and _only_its_phases(walker, order.runs[wire][number + 1]):
            number += 1
            following = order.classes[wire][number + 1]
        if following == TURN:
            return 4 * walker.ranks[order.runs[wire][number + 1][0]]
    for operation in usable:
        control = order.wires[operation][0]
        held = control in opened.registers or (opened.lanes and walker.lane_mask >> control & 1)
        after = front.run[control] + 1
        if front.left[control] == 1 and order.classes[control][after] == TURN:
            return 4 * walker.ranks[order.runs[control][after][0]] + (1 if held else 3)
    return _LAST + walker.ranks[usable[0]]


def _only_its_phases(walker: Walker, operations: list[int]) -> bool:
    """Whether a run is phases that wait for this wire alone."""
    kinds, waiting = walker.order.kinds, walker.waiting
    return all(waiting[operation] == 1 and kinds[operation] not in (CX, TWIST) for operation in operations)


def _lanes_due(walker: Walker, candidates: list[int]) -> bool:
    """Whether lanes can move and are not ahead of the registers that a rich pass could rotate, or are many."""
    kind, order, run = walker.kind, walker.order, walker.front.run
    active = []
    for lane in walker.lane_labels:
        if kind[lane] == TURN and not walker.waiting[order.runs[lane][run[lane]][0]]:
            active.append(walker.ranks[order.runs[lane][run[lane]][0]])
        elif kind[lane] == TARGET and walker.ready[lane]:
            active.append(walker.ranks[walker.ready[lane][0]])
    if not active:
        return False
    opened = _Open(rich=True, lanes=True)
    ranks = [
        walker.ranks[order.runs[wire][run[wire]][0]]
        for wire in candidates
        if kind[wire] in (TURN, TARGET) and _may_turn(walker, opened, wire)
    ]
    unfinished = sum([kind[lane] != END for lane in walker.lane_labels])
    return not ranks or min(active) <= min(ranks) or len(active) >= walker.options.lane_cost * unfinished


def _close(walker: Walker, opened: _Open, bits: dict[int, int]) -> Pass:
    """The pass as it is executed; its rotations leave."""
    pending, positions = walker.pending, walker.placement.positions
    chosen = pending.touching(list(bits)) | pending.constants
    if not opened.lanes:
        chosen &= ~pending.touching(walker.lane_labels)
    phase = -1
    blocked = any(pending.columns[wire] for wire in opened.turning) or _stuck(walker, list(bits))
    if blocked or walker.grown + len(opened.turning) > LONGEST_GROWTH:
        phase = walker.group(chosen)
    walker.grown += len(opened.turning)
    registers = sorted(opened.registers, key=bits.__getitem__)
    lanes = walker.lane_labels if any(lane in opened.turning for lane in walker.lane_labels) else []
    result = Pass(
        registers=tuple([bits[wire] for wire in registers]),
        rotations=tuple([_turn(walker, opened, wire) for wire in registers]),
        lane_rotations=tuple([_turn(walker, opened, wire) for wire in lanes]),
        permutation=tuple(
            [
                (bits[wire], _moved(mask, positions))
                for wire, mask in sorted(opened.rows.items(), key=lambda row: bits[row[0]])
                if mask != 1 << wire
            ]
        ),
        lane_cx=tuple([(positions[control], bits[target]) for control, target in opened.lane_cx]),
        phase=phase,
    )
    for operation in opened.turning.values():
        walker.leave(operation)
    return replace(result, exchange=_exchange(walker, registers, bits))


def _exchange(walker: Walker, registers: list[int], bits: dict[int, int]) -> tuple[tuple[int, int], ...]:
    """CX gates that the pass's rotations have set free, if they wait for nothing and a TWIST waits for them."""
    rows: dict[int, int] = {}
    controls = 0
    for wire in registers:
        for operation in list(walker.ready[wire]) if walker.kind[wire] == TARGET else ():
            control, _ = walker.order.wires[operation]
            if walker.lane_mask >> control & 1 or control in rows or controls >> wire & 1:
                continue
            if _frees_twist(walker, control, wire) and walker.pending.passes_cx(wire):
                walker.ready[wire].remove(operation)
                walker.pending.cx(control, wire)
                rows[wire] = rows.get(wire, 1 << wire) ^ 1 << control
                controls |= 1 << control
                walker.leave(operation)
    positions = walker.placement.positions
    return tuple([(bits[wire], _moved(mask, positions)) for wire, mask in rows.items() if mask != 1 << wire])


def _frees_twist(walker: Walker, control: int, target: int) -> bool:
    """Whether a TWIST of the control that the target chooses is next."""
    order, number = walker.order, walker.front.run[target] + 1
    following = order.runs[target][number] if order.classes[target][number] != END else ()
    return any(order.kinds[each] == TWIST and order.wires[each][0] == control for each in following)


def _turn(walker: Walker, opened: _Open, wire: int) -> int:
    """The id of a new rotation, or −1 for a wire without one."""
    operation = opened.turning.get(wire, -1)
    if operation < 0:
        return -1
    if walker.order.kinds[operation] == TWIST:
        chosen = _moved(_choosing(walker, operation), walker.placement.positions)
        walker.twists.append((len(walker.rotations), chosen))
    walker.rotations.append(walker.order.steps[operation])
    return len(walker.rotations) - 1


def _moved(mask: int, positions: list[int]) -> int:
    """A mask over labels as one over positions."""
    result, label = 0, 0
    while mask:
        if mask & 1:
            result |= 1 << positions[label]
        mask >>= 1
        label += 1
    return result
