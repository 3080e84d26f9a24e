"""Which position is stored at which bit when the state is spread over devices, sweep after sweep.

    bits      … n−d−1 │ n−d … n−1
              each device │ number of the device

A sweep needs its local positions on each device. Where one is at a device bit it is exchanged with a position that
the sweep does not need, the one that is needed last: half of each device's part of the state moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Exchange: TypeAlias = tuple[int, int]
"""A device bit (counted from n−d) and a bit of each device that trade places."""


@dataclass(frozen=True, slots=True)
class Placed:
    """For each sweep where positions are stored and what is exchanged before; and where they are at the end."""

    steps: tuple[tuple[tuple[int, ...], tuple[Exchange, ...]], ...]
    end: tuple[int, ...]


def place(local: Sequence[tuple[int, ...]], begin: Sequence[int], first_device_bit: int) -> Placed:
    """Decide the places for sweeps with these local positions; position p begins at bit `begin[p]`."""
    where = list(begin)
    steps = []
    for number, wanted in enumerate(local):
        exchanges = bring(where, wanted, first_device_bit, local[number + 1 :])
        steps.append((tuple(where), exchanges))
    return Placed(tuple(steps), tuple(where))


def bring(
    where: list[int], wanted: Sequence[int], first_device_bit: int, later: Sequence[tuple[int, ...]] = ()
) -> tuple[Exchange, ...]:
    """Change `where` so that the positions `wanted` are on each device; the exchanges that do it.

    Of the positions that may leave, the one that is wanted last among `later` goes, and of several the highest,
    whose amplitudes are the fewest pieces of memory. Raises ValueError if a device has too few bits.
    """
    exchanges = []
    for position in wanted:
        if where[position] < first_device_bit:
            continue
        leaving = [other for other, bit in enumerate(where) if bit < first_device_bit and other not in wanted]
        if not leaving:
            raise ValueError(f"{len(wanted)} positions in {first_device_bit} bits of each device")
        victim = max(leaving, key=lambda other: (_next_use(other, later), where[other]))
        exchanges.append((where[position] - first_device_bit, where[victim]))
        where[position], where[victim] = where[victim], where[position]
    return tuple(exchanges)


def _next_use(position: int, later: Sequence[tuple[int, ...]]) -> int:
    return next((number for number, wanted in enumerate(later) if position in wanted), len(later))
