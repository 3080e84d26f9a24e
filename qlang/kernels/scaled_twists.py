"""TWIST steps that are executed without their cosines, because a phase group takes these.

Without its cosine a rotation is two multiply-adds for a pair of amplitudes, with it three shears
(`qlang.kernels.frames`). A TWIST that one position p chooses has the cosine c₀ or c₁, that is √(c₀c₁) exp(±σ) with
σ = ½ log(c₀/c₁), + where bit p of the index is 0. This is diagonal, and the TWIST is in p, so any group in front of it
may multiply by it, back to the last rotation of p. It costs nothing where the group has a parity term of p: the
entries that the term turns by exp(−iφ/2 (−1)^x_p) are multiplied by exp(σ (−1)^x_p) too, and the scale of the group by
the root.

Small cosines make small amplitudes until the rotation has grown them again; how small, is known with the angles.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.program import Pass, Program, Sweep

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]
Rows: TypeAlias = Sequence[tuple[int, int]]
"""Of a permutation, its targets as masks over positions, and their sources."""

LEAST_COSINE = 2.0**-60
"""What smaller cosines are taken for: no amplitude notices, in either precision."""

MOST_SHRUNK = {"float32": 60.0, "float64": 800.0}
"""log2 of how much smaller an amplitude may be between a group and the rotations whose cosines it took."""


@dataclass(frozen=True, eq=False, slots=True)
class ScaledTwists:
    """TWIST steps whose cosines groups take; int64 arrays of one length."""

    twists: Integers
    """Places in `Program.twists`, ascending."""
    terms: Integers
    """The parity term of the position in the group that takes the cosines …"""
    groups: Integers
    taken: Integers
    """… and the pass of this group, counted over all sweeps."""
    turned: Integers
    """The pass that rotates."""

    @classmethod
    def none(cls) -> "ScaledTwists":
        """No steps."""
        return cls(*np.zeros((5, 0), dtype=np.int64))

    def __len__(self) -> int:
        return len(self.twists)

    def of(self, chosen: NDArray[np.bool_]) -> "ScaledTwists":
        """Some of them."""
        return ScaledTwists(*(getattr(self, name)[chosen] for name in ScaledTwists.__slots__))


@dataclass(frozen=True, eq=False, slots=True)
class TwistScales:
    """The numbers of scaled TWIST steps; arrays (batch or 1, steps, …)."""

    tangents: Reals
    """tan(θ/2) for an even and an odd parity."""
    roots: Reals
    """√(c₀c₁)."""
    exponents: Reals
    """σ."""
    shrunk: float
    """log2 of how much smaller the cosines that wait for their rotations make an amplitude, at most."""


def scaled_twists(program: Program) -> ScaledTwists:
    """All whose cosines some group can take."""
    if not program.twists:
        return ScaledTwists.none()
    finder = _Finder(program, {rotation: place for place, (rotation, _) in enumerate(program.twists)})
    number = sum([len(sweep.passes) for sweep in program.sweeps])
    for sweep in reversed(program.sweeps):
        for each in reversed(sweep.passes):
            number -= 1
            finder.back(sweep, each, number)
    rows = sorted(finder.found)
    return ScaledTwists(*np.array(rows, dtype=np.int64).reshape(-1, 5).T)


def in_whole_passes(program: Program, found: ScaledTwists) -> ScaledTwists:
    """Those in passes all of whose TWIST steps are among them: one kernel treats all of a pass alike."""
    scaled = set(found.twists.tolist())
    others = {rotation for place, (rotation, _) in enumerate(program.twists) if place not in scaled}
    passes = [each for sweep in program.sweeps for each in sweep.passes] if others else []
    mixed = [
        number for number, each in enumerate(passes) if not others.isdisjoint((*each.rotations, *each.lane_rotations))
    ]
    return found.of(~np.isin(found.turned, mixed)) if mixed else found


def twist_scales(scaled: ScaledTwists, twists: Reals) -> TwistScales:
    """The numbers of these, given those of all TWIST steps, `qlang.kernels.angles.ProgramAngles.twists`."""
    chosen = twists[:, scaled.twists]
    cosines = np.maximum(chosen[..., 2], LEAST_COSINE)
    logarithms = np.log(cosines)
    least = logarithms.min(axis=2)
    changes = np.zeros((int(scaled.turned.max(initial=0)) + 2, len(twists)))
    np.subtract.at(changes, scaled.taken, least.T)
    np.add.at(changes, scaled.turned + 1, least.T)
    return TwistScales(
        chosen[..., 1] / cosines,
        np.exp(logarithms.mean(axis=2)),
        (logarithms[..., 0] - logarithms[..., 1]) / 2,
        float(np.cumsum(changes, axis=0).max()) / np.log(2),
    )


@dataclass(slots=True)
class _Finder:
    """The TWIST steps that wait for a group, while passes are walked back."""

    program: Program
    places: dict[int, int]
    """Place in `Program.twists` by rotation."""
    waiting: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By place the mask over positions that chooses, and the pass that rotates."""
    found: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    """Rows of `ScaledTwists`."""

    def back(self, sweep: Sweep, each: Pass, number: int) -> None:
        """To in front of a pass of the sweep."""
        places, waiting = self.places, self.waiting
        if waiting:
            if each.exchange:
                self._map(_moved, _positions(sweep, each.exchange))  # its own inverse
            self._stop(sweep, each)
        for rotation in (*each.rotations, *each.lane_rotations):
            if rotation in places:
                place = places[rotation]
                waiting[place] = self.program.twists[place][1], number
        if waiting:
            if each.phase >= 0:
                self._take(sweep, each.phase, number)
            for control, bit in reversed(each.lane_cx):
                self._map(_moved, [(1 << sweep.local[bit], 1 << sweep.local[bit] | 1 << control)])
            if each.permutation:
                self._map(_origin, _positions(sweep, each.permutation))

    def _map(self, change: Callable[[int, Rows], int], rows: Rows) -> None:
        """Masks without a target remain what they are."""
        targets = 0
        for target, _ in rows:
            targets |= target
        for place, (mask, turned) in self.waiting.items():
            if mask & targets:
                self.waiting[place] = change(mask, rows), turned

    def _stop(self, sweep: Sweep, each: Pass) -> None:
        """Nothing goes past a rotation of what chooses it."""
        local, positions = sweep.local, 0
        for bit, rotation in zip(each.registers, each.rotations, strict=True):
            if rotation >= 0:
                positions |= 1 << local[bit]
        for lane, rotation in enumerate(each.lane_rotations):
            if rotation >= 0:
                positions |= 1 << lane
        for place in [place for place, (mask, _) in self.waiting.items() if mask & positions]:
            del self.waiting[place]

    def _take(self, sweep: Sweep, group: int, number: int) -> None:
        """Gives the group what it has a term for."""
        alone = [(place, *each) for place, each in self.waiting.items() if each[0].bit_count() == 1]
        terms = dict(self.program.groups[group].parity) if alone else {}
        for place, mask, turned in alone:
            if mask in terms and mask.bit_length() - 1 in sweep.local:
                self.found.append((place, terms[mask], group, number, turned))
                del self.waiting[place]


def _positions(sweep: Sweep, rows: Rows) -> Rows:
    """The rows, given targets as bits of the buffer."""
    return [(1 << sweep.local[bit], mask) for bit, mask in rows]


def _moved(mask: int, rows: Rows) -> int:
    """The mask whose parity is, behind a permutation, what that of `mask` was in front of it."""
    result = mask
    for target, source in rows:
        if mask & target:
            result ^= target ^ source
    return result


def _origin(mask: int, rows: Rows) -> int:
    """The inverse of `_moved`."""
    for chosen in range(1 << len(rows)):
        origin = mask
        for number, (target, source) in enumerate(rows):
            if chosen >> number & 1:
                origin ^= target ^ source
        if _moved(origin, rows) == mask:
            return origin
    raise AssertionError("a permutation has an inverse")
