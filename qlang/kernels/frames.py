"""Pauli frames: what turns a circuit's angles into those that its program runs with.

The true state is X^x Z^z, times a phase, applied to the simulated one. A frame passes every step at no cost: a CX or
a SWAP changes x and z linearly, X changes the sign of parity phases and the value of patterns, X or Z the sign of
rotations. So Pauli gates, Pauli noise and twirls are other angles of the same program, and rotations are brought to
[−π/2, π/2] by moving powers of R(π) = XZ into the frame, which bounds tan(θ/2) by 1.

A TWIST chooses between R(θ₀) and R(θ₁) by a parity, so its angles are brought to [−π, π] only, by R(2π) = −1: where
one of them loses a sign and the other does not, Z is left on the wires of the parity, while a power of R(π) that
depended on it would be no Pauli. Its rotation is executed as three shears instead (Paeth 1986),

    R(θ) = [1, −τ; 0, 1] [1, 0; σ, 1] [1, −τ; 0, 1],  τ = tan(θ/4) within [−1, 1],  σ = sin(θ/2).

A batch is walked at once: a bit of the frame is one Python integer with a bit for each batch item. It suffices to
know k mod 4 of R(π)^k, and (XZ)^−1 = −XZ makes k and −k differ by a sign only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.order import bits_of
from qlang.kernels.steps import Step, StepKind, Steps, check_finite

Bits = NDArray[np.bool_]
Masks = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Frame:
    """A Pauli over the wires for each batch item: the true state is `phase` X^x Z^z times the stored one.

    x and z int64 (batch,), phase complex128 (batch,).
    """

    x: Masks
    z: Masks
    phase: NDArray[np.complex128]

    @classmethod
    def none(cls, batch: int = 1) -> "Frame":
        """The identity."""
        return cls(np.zeros(batch, np.int64), np.zeros(batch, np.int64), np.ones(batch, np.complex128))

    @property
    def is_none(self) -> bool:
        """Whether no Pauli stands anywhere; there may be a phase."""
        return not (self.x.any() or self.z.any())


@dataclass(frozen=True, slots=True)
class PauliInsertions:
    """Paulis that act between the steps of a circuit, differing by batch item; m places.

    `before` (m,) ascending: index of the step in front of which the Pauli acts, the number of steps for the end;
    `wires` (m,); x and z bool (batch, m): X, Z or, with both, Y.
    """

    before: NDArray[np.int64]
    wires: NDArray[np.int64]
    x: Bits
    z: Bits

    def __post_init__(self) -> None:
        """Raises ValueError for shapes that do not fit and places out of order."""
        if self.x.shape != self.z.shape or self.x.ndim != 2 or self.x.shape[1:] != self.before.shape:
            raise ValueError("Paulis need x and z of shape (batch, places)")
        if self.wires.shape != self.before.shape or (np.diff(self.before) < 0).any():
            raise ValueError("Paulis need a wire for each place, and places in order")


@dataclass(frozen=True, slots=True)
class FramedAngles:
    """Angles with the frame worked in; arrays (batch or 1 if all alike, slots) with meaning for some kinds of slot.

    tangents: signed tan(θ'/2) of rotations, within [−1, 1]; cosines: cos(θ'/2) > 0 of rotations (else 1); phases:
    angles of phase terms with the sign of parities worked in; flips: int64 or None where no X ever stands in front of
    a pattern, x & mask over the wires of PATTERN slots; frame: that at the end of the circuit; twists (batch or 1,
    TWIST steps, 2, 3): for an even and an odd parity tan(θ/4), sin(θ/2) and cos(θ/2).
    """

    tangents: NDArray[np.float64]
    cosines: NDArray[np.float64]
    phases: NDArray[np.float64]
    flips: Masks | None
    frame: Frame
    twists: NDArray[np.float64]


@dataclass(slots=True)
class _Walk:
    """The frames of all batch items while they are walked through the steps, and what is noted on the way."""

    batch: int
    x: list[int]
    z: list[int]
    negative: int = 0
    """Items whose frame carries a minus sign."""
    signs: list[int] = field(default_factory=list)
    """Of rotations and parities, in order of steps: the items in which the angle is negated."""
    values: list[int] = field(default_factory=list)
    """Of patterns, for each bit of the mask in ascending order: the items in which it is flipped."""
    twists: list[tuple[int, int]] = field(default_factory=list)
    """Of TWIST steps: the items in which the angles are negated, and in which they change places."""


def framed(
    steps: Steps, angles: NDArray[np.float64], frame: Frame | None = None, paulis: PauliInsertions | None = None
) -> FramedAngles:
    """Work frames and range reduction into angles (batch, slots).

    `frame` is that of the state the circuit starts from (batch of 1 or as many as angles), `paulis` act in between.
    One of the batches may be larger where the others are 1. Raises BadAngle for an angle that is not finite,
    ValueError for batches that do not fit.
    """
    check_finite(angles)
    batch = _batch(angles, frame, paulis)
    rotating = steps.slots[steps.kinds == StepKind.ROTATION]
    tangents, cosines, turns = _reduced(angles, rotating)
    twists, halves = _twisted(angles, steps.slots[steps.kinds == StepKind.TWIST])
    frame = frame or Frame.none()
    touched = (
        turns.any()
        or bool(halves.any())
        or not frame.is_none
        or bool(((steps.kinds == StepKind.X) | (steps.kinds == StepKind.Z)).any())
    )
    if not touched and paulis is None:
        phase = np.broadcast_to(frame.phase, (batch,))
        same = Frame(np.zeros(batch, np.int64), np.zeros(batch, np.int64), phase)
        return FramedAngles(tangents, cosines, angles, None, same, twists)
    walk = _Walk(batch, _columns(frame.x, steps.qubits, batch), _columns(frame.z, steps.qubits, batch))
    _run(walk, steps, (turns, halves), paulis)
    return _signed(walk, steps, (tangents, cosines, angles, twists), frame, paulis)


def _batch(angles: NDArray[np.float64], frame: Frame | None, paulis: PauliInsertions | None) -> int:
    sizes = {len(angles), len(frame.x) if frame else 1, len(paulis.x) if paulis else 1}
    batch = max(sizes)
    if not sizes <= {1, batch}:
        raise ValueError(f"batches of {sorted(sizes)} items do not fit together")
    return batch


def _reduced(
    angles: NDArray[np.float64], rotating: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """tan(θ'/2), cos(θ'/2) and k mod 4 for θ = θ' + kπ; tangents and cosines over all slots, k over `rotating`.

    From cos(θ/2) and sin(θ/2), whose own argument reduction is exact for large angles.
    """
    half = angles[:, rotating] / 2
    cosine, sine = np.cos(half), np.sin(half)
    upright = np.abs(sine) <= np.abs(cosine)
    tangent = np.where(upright, sine, -cosine) / np.where(upright, cosine, sine)
    turns = np.where(upright, np.where(cosine < 0, 2, 0), np.where(sine < 0, 3, 1))
    tangents, cosines = np.zeros_like(angles), np.ones_like(angles)
    tangents[:, rotating] = tangent
    cosines[:, rotating] = np.maximum(np.abs(cosine), np.abs(sine))
    return tangents, cosines, turns.astype(np.int64)


def _twisted(angles: NDArray[np.float64], slots: NDArray[np.int32]) -> tuple[NDArray[np.float64], Bits]:
    """tan(θ'/4), sin(θ'/2) and cos(θ'/2) ≥ 0 (batch, steps, 2, 3) of both angles of TWIST steps for θ = θ' + 2πk, and
    k mod 2 (batch, steps, 2)."""
    half = angles[:, slots[:, None] + np.arange(2)] / 2
    cosine, sine = np.cos(half), np.sin(half)
    negative = cosine < 0
    sine, cosine = np.where(negative, -sine, sine), np.abs(cosine)
    return np.stack([sine / (1 + cosine), sine, cosine], axis=-1), negative


def _columns(masks: Masks, wires: int, batch: int) -> list[int]:
    """For each wire the integer whose bits are the items that have the wire's bit."""
    bits = (np.broadcast_to(masks, (batch,))[:, None] >> np.arange(wires)) & 1
    return _integers(bits.astype(np.bool_))


def _integers(bits: Bits) -> list[int]:
    """The columns of (batch, m) as integers, item b as bit b."""
    if len(bits) == 1:
        integers: list[int] = bits[0].astype(np.int64).tolist()
        return integers
    packed = np.packbits(bits.T, axis=1, bitorder="little")
    return [int.from_bytes(row, "little") for row in packed]


def _bits(integers: Sequence[int], batch: int) -> Bits:
    """The inverse of `_integers`, shape (batch, m)."""
    if batch == 1:
        return np.array(integers, dtype=np.bool_).reshape(1, -1)
    width = (batch + 7) // 8
    data = np.frombuffer(b"".join(number.to_bytes(width, "little") for number in integers), dtype=np.uint8)
    unpacked = np.unpackbits(data.reshape(len(integers), width), axis=1, bitorder="little", count=batch)
    return unpacked.T.astype(np.bool_)


def _run(walk: _Walk, steps: Steps, signs: tuple[NDArray[np.int64], Bits], paulis: PauliInsertions | None) -> None:
    """Walk through all steps, stopping where Paulis are inserted."""
    batch = walk.batch
    turns, halves = np.broadcast_to(signs[0], (batch, signs[0].shape[1])), signs[1]
    halves = np.broadcast_to(halves, (batch, *halves.shape[1:]))
    twisted = (iter(_integers(halves[:, :, odd])) for odd in (0, 1))
    known = _Known(*(iter(_integers(part.astype(np.bool_))) for part in (turns & 1, turns >> 1)), *twisted)
    rows = list(steps.rows())
    everyone = (1 << batch) - 1
    done = 0
    if paulis is not None:
        spread = everyone if len(paulis.x) == 1 else 1
        x, z = _integers(paulis.x), _integers(paulis.z)
        for index, (before, wire) in enumerate(zip(paulis.before.tolist(), paulis.wires.tolist(), strict=True)):
            _advance(walk, rows[done:before], known, everyone)
            done = before
            walk.negative ^= z[index] * spread & walk.x[wire]  # Z passes the frame's X; then X is in front of it
            walk.z[wire] ^= z[index] * spread
            walk.x[wire] ^= x[index] * spread
    _advance(walk, rows[done:], known, everyone)


@dataclass(frozen=True, slots=True)
class _Known:
    """The items in which k mod 2 and k // 2 mod 2 of the rotations to come are odd; k mod 2 of both angles of TWIST
    steps."""

    odd: Iterator[int]
    half: Iterator[int]
    even_twists: Iterator[int]
    odd_twists: Iterator[int]


def _twist(walk: _Walk, wire: int, mask: int, halves: tuple[int, int]) -> None:
    """Pass a TWIST: X on its parity exchanges the angles; signs that are not those of both leave Z on it."""
    swapped, (even, odd) = 0, halves
    wires = bits_of(mask)
    for other in wires:
        swapped ^= walk.x[other]
    walk.twists.append((walk.x[wire] ^ walk.z[wire], swapped))
    unlike = even ^ odd
    walk.negative ^= even ^ (swapped & unlike)
    for other in wires:
        walk.z[other] ^= unlike


def _advance(walk: _Walk, rows: Sequence[Step], known: _Known, everyone: int) -> None:
    """Walk through some steps."""
    x, z, signs, negative = walk.x, walk.z, walk.signs, walk.negative
    odd, half = known.odd, known.half
    rotation, parity, pattern, cx, swap, flip, _, twist = (int(kind) for kind in StepKind)
    for kind, first, second, _ in rows:
        if kind == rotation:
            # R(π)^k = (XZ)^k, inverted where the angle is negated, passes Z^z on its way to the right of X^x
            signs.append(x[first] ^ z[first])
            turned = next(odd)
            negative ^= next(half) ^ (turned & x[first])
            x[first] ^= turned
            z[first] ^= turned
        elif kind == cx:
            x[second] ^= x[first]
            z[first] ^= z[second]
        elif kind == parity:
            sign = 0
            while first:
                bit = first & -first
                sign ^= x[bit.bit_length() - 1]
                first ^= bit
            signs.append(sign)
        elif kind == pattern:
            while first:
                bit = first & -first
                walk.values.append(x[bit.bit_length() - 1])
                first ^= bit
        elif kind == swap:
            x[first], x[second] = x[second], x[first]
            z[first], z[second] = z[second], z[first]
        elif kind == flip:
            x[first] ^= everyone
        elif kind == twist:
            walk.negative = negative
            _twist(walk, first, second, (next(known.even_twists), next(known.odd_twists)))
            negative = walk.negative
        else:
            negative ^= x[first]
            z[first] ^= everyone
    walk.negative = negative


def _masks(columns: Sequence[int], batch: int) -> Masks:
    """For each item the mask over wires, from the wires' integers."""
    masks: Masks = _bits(columns, batch).astype(np.int64) @ np.left_shift(1, np.arange(len(columns)))
    return masks


def _signed(
    walk: _Walk, steps: Steps, parts: tuple[NDArray[np.float64], ...], frame: Frame, paulis: PauliInsertions | None
) -> FramedAngles:
    """Apply what was noted on the walk."""
    tangents, cosines, angles, twists = parts
    batch = walk.batch
    signs = np.ones((batch, steps.slot_count))
    signs[:, steps.slots[steps.kinds <= StepKind.PARITY]] = 1.0 - 2.0 * _bits(walk.signs, batch)
    phase = frame.phase * (1.0 - 2.0 * _bits([walk.negative], batch)[:, 0])
    if paulis is not None:
        phase = phase * 1j ** ((paulis.x & paulis.z).sum(axis=1) % 4)
    end = Frame(_masks(walk.x, batch), _masks(walk.z, batch), phase)
    return FramedAngles(tangents * signs, cosines, angles * signs, _flips(walk, steps), end, _turned(walk, twists))


def _turned(walk: _Walk, twists: NDArray[np.float64]) -> NDArray[np.float64]:
    """The numbers of TWIST steps with signs, and exchanged."""
    if not walk.twists:
        return twists
    negated, swapped = (_bits([each[part] for each in walk.twists], walk.batch) for part in (0, 1))
    signs = 1.0 - 2.0 * negated[:, :, None]
    chosen = np.where(swapped[:, :, None, None], twists[:, :, ::-1], twists)
    return np.concatenate([chosen[..., :2] * signs[..., None], chosen[..., 2:]], axis=-1)


def _flips(walk: _Walk, steps: Steps) -> Masks | None:
    """The X frame in front of each pattern, within its mask."""
    if not any(walk.values):
        return None
    patterns = np.flatnonzero(steps.kinds == StepKind.PATTERN)
    masks = steps.first[patterns]
    held = (masks[:, None] >> np.arange(steps.qubits)) & 1
    rows, wires = np.nonzero(held)
    flipped: Masks = _bits(walk.values, walk.batch).astype(np.int64) << wires
    flips = np.zeros((walk.batch, steps.slot_count), dtype=np.int64)
    starts = np.searchsorted(rows, np.arange(len(patterns)))
    flips[:, steps.slots[patterns]] = np.add.reduceat(flipped, starts, axis=1)
    return flips
