"""CX gates with a lane as few exchanges: permutations of lanes by an index, and blends of registers.

CX gates on lanes compose to one affine map of the lane's index over GF(2), whose constant depends on the other bits;
CX gates from lanes to one register compose to one mask of the lanes to exchange.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class LaneMap:
    """Lane l takes lane `order[l] ^ c`, where c is the exclusive or of `changes[p]` over the positions p that are 1."""

    order: tuple[int, ...]
    changes: tuple[tuple[int, int], ...]
    """(position, exclusive or of the lane)."""


@dataclass(frozen=True, slots=True)
class Blend:
    """In the lanes of `mask` a vector is exchanged with that whose buffer bit `target` is the other."""

    target: int
    mask: int


def exchanges(gates: Iterable[tuple[int, int]], lane_bits: int) -> list[LaneMap | Blend]:
    """The exchanges for CX gates (control position, target buffer bit), in order; lanes are both."""
    done: list[LaneMap | Blend] = []
    for control, target in gates:
        following = _blend(control, target, lane_bits) if target >= lane_bits else _map(control, target, lane_bits)
        last = done[-1] if done else None
        if isinstance(following, LaneMap) and isinstance(last, LaneMap):
            done[-1] = _composed(last, following)
        elif isinstance(following, Blend) and isinstance(last, Blend) and last.target == following.target:
            done[-1] = Blend(last.target, last.mask ^ following.mask)
        else:
            done.append(following)
    return done


@lru_cache(maxsize=1024)
def _blend(control: int, target: int, lane_bits: int) -> Blend:
    return Blend(target, sum(1 << lane for lane in range(1 << lane_bits) if lane >> control & 1))


@lru_cache(maxsize=1024)
def _map(control: int, target: int, lane_bits: int) -> LaneMap:
    lanes = range(1 << lane_bits)
    if control >= lane_bits:
        return LaneMap(tuple(lanes), ((control, 1 << target),))
    return LaneMap(tuple(lane ^ ((lane >> control & 1) << target) for lane in lanes), ())


def _composed(first: LaneMap, second: LaneMap) -> LaneMap:
    """Takes from where the second map points to where the first one points from there."""
    changes = dict(first.changes)
    for position, change in second.changes:
        changes[position] = changes.get(position, 0) ^ first.order[change]
    order = tuple([first.order[lane] for lane in second.order])
    return LaneMap(order, tuple(sorted([each for each in changes.items() if each[1]])))


def row_changes(changes: Sequence[tuple[int, int]], bit_of: dict[int, int], rows: int, lane_bits: int) -> list[int]:
    """For each bit of a row the exclusive or of its lanes, from the positions that have a buffer bit."""
    images = [0] * (rows.bit_length() - 1)
    for position, change in changes:
        if position in bit_of:
            images[bit_of[position] - lane_bits] ^= change
    return images
