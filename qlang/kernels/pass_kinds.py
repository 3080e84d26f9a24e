"""Which kind of pass comes next (`qlang.kernels.blocks`): estimates over what the wires have come to."""

from qlang.kernels.order import END, TARGET, TURN
from qlang.kernels.walker import Walker


def enough_free(walker: Walker, candidates: list[int], enough: float) -> bool:
    """Whether a few plain passes could do enough rotations, about."""
    turn, ready, columns = walker.turn, walker.ready, walker.pending.columns
    found = 0
    for wire in candidates:
        if columns[wire]:
            continue
        if turn[wire] >= 0:
            found += 1
        elif ready[wire]:
            found += _set_free(walker, wire)
        if found >= enough:
            return True
    return False


def _set_free(walker: Walker, target: int) -> int:
    """How many rotations are next behind the CX gates on a target, if none of these is controlled by a lane."""
    left, run, columns = walker.left, walker.run, walker.pending.columns
    classes, following, wires = walker.order.classes, walker.order.following, walker.order.wires
    controls = [wires[operation][0] for operation in walker.ready[target]]
    found = int(len(controls) == left[target] and classes[following[run[target]]] == TURN)
    for control in controls:
        if walker.lane_mask >> control & 1:
            return 0
        if left[control] == 1 and classes[following[run[control]]] == TURN and not columns[control]:
            found += 1
    return found


def lanes_due(walker: Walker, candidates: list[int]) -> bool:
    """Whether lanes can move and are not ahead of the registers that a rich pass could rotate, or are many."""
    turn, ready, ranks = walker.turn, walker.ready, walker.ranks
    classes, runs, run = walker.order.classes, walker.order.runs, walker.run
    active, unfinished = [], 0
    for lane in walker.lane_labels:
        unfinished += classes[run[lane]] != END
        if turn[lane] >= 0:
            active.append(ranks[turn[lane]])
        elif ready[lane]:
            active.append(ranks[ready[lane][0]])
    if not active:
        return False
    if len(active) >= walker.options.lane_cost * unfinished:
        return True
    others = [ranks[runs[run[wire]][0]] for wire in candidates if turn[wire] >= 0 or classes[run[wire]] == TARGET]
    return not others or min(active) <= min(others)
