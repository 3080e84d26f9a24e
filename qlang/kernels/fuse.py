"""Runs of one-qubit steps as one rotation between two phases, their angles being computed when angles are bound.

A run on a wire is what no other step on the wire interrupts. With two rotations or more it becomes RZ(φ) R(θ) RZ(λ)
(Nielsen and Chuang, theorem 4.1), whatever its angles are: so the structure still depends on the gates alone, only
the map from parameters to angles is no longer affine.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qlang.kernels.steps import (
    GLOBAL_PHASE_SLOT,
    PARITY,
    ROTATION,
    Angles,
    Lowering,
    MappedLowering,
    StepKind,
    Steps,
    X,
    Z,
)
from qlang.kernels.wire_events import by_wire, stable_order, wire_masks

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]


class _Factor(IntEnum):
    """What a step of a run is as a matrix."""

    NOTHING = 0
    ROTATION = 1
    PHASE = 2
    X = 3
    Z = 4


_FACTORS = np.zeros(len(StepKind), dtype=np.int8)
"""By kind of step."""
_FACTORS[[ROTATION, PARITY, X, Z]] = (
    _Factor.ROTATION,
    _Factor.PHASE,
    _Factor.X,
    _Factor.Z,
)


_DIAGONAL, _OTHER = np.array([[1, 0, 0, 0, -1j], [0, 0, 0, -1j, 0]])
"""By factor c and d of [[c, −d*], [d, c*]], but for the cosines and sines of ROTATION and PHASE."""


@dataclass(frozen=True, eq=False, slots=True)
class FusedMap:
    """Angles of the slots of fused steps.

    `kept` (n,): the slots before fusing of the first n slots; after these come λ, θ, φ of run 0, of run 1, …
    order (runs,): the runs, longest first; counts (longest run,): how many have a first step, a second one, …
    factors, slots (steps of runs,): the first steps of all runs in this order, then the second ones, …, and their slots
    before fusing. So a long run takes no room in short ones.
    """

    before: Angles
    kept: NDArray[np.int64]
    order: NDArray[np.int64]
    counts: NDArray[np.int64]
    factors: NDArray[np.int8]
    slots: NDArray[np.int64]

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return self.before.parameters

    def angles(self, parameters: ArrayLike) -> Reals:
        """Angles (batch, slots) of parameters (batch, parameters) or (parameters,). Raises BadAngle."""
        before = self.before.angles(parameters)
        angles = before[:, self.kept]
        if not len(self.order):
            return angles
        # X = i (−iX) and Z = i (−iZ), whose second factors have determinant 1
        angles[:, GLOBAL_PHASE_SLOT] += np.pi / 2 * (self.factors >= int(_Factor.X)).sum()
        fused = np.empty((len(angles), len(self.order), 3))
        fused[:, self.order] = zyz(*_products(self.factors, before[:, self.slots], self.counts))
        return np.concatenate([angles, fused.reshape(len(angles), -1)], axis=1)


def fused(lowering: Lowering | MappedLowering) -> MappedLowering:
    """The same circuit with no more than one rotation in each run."""
    steps = lowering.steps
    members, lengths = _runs(steps)
    if not len(lengths):
        none = np.zeros(0, dtype=np.int64)
        unchanged = FusedMap(lowering.angle_map, np.arange(steps.slot_count), none, none, none.astype(np.int8), none)
        return MappedLowering(steps, unchanged, lowering.parameters)
    begins = np.cumsum(lengths) - lengths
    gone = np.zeros(len(steps), dtype=np.bool_)
    gone[members] = True
    order = np.argsort(-lengths, kind="stable")
    columns = np.arange(len(members)) - np.repeat(begins, lengths)
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    by_column = members[stable_order(columns * len(lengths) + np.repeat(ranks, lengths))]
    factors, slots = _FACTORS[steps.kinds[by_column]], np.maximum(steps.slots[by_column], 0).astype(np.int64)
    kept_slots = np.ones(steps.slot_count, dtype=np.bool_)
    kept_slots[steps.slots[gone & (steps.slots >= 0)]] = False
    kept = np.flatnonzero(kept_slots)
    fused_steps = _fused_steps(steps, members[begins], gone, kept_slots)
    angle_map = FusedMap(lowering.angle_map, kept, order, np.bincount(columns), factors, slots)
    return MappedLowering(fused_steps, angle_map, lowering.parameters)


def _runs(steps: Steps) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The steps of all runs with two rotations or more, one run after the other, and the lengths of the runs.

    Runs are in the order of the steps that end them; those of one step, and those that none ends, by wire.
    """
    turning = steps.kinds == ROTATION
    if np.count_nonzero(turning) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    masks = wire_masks(steps)
    wires, indices = by_wire(masks)
    ending = (masks & (masks - 1) != 0)[indices]
    new = np.ones(len(wires), dtype=np.bool_)
    new[1:] = (wires[1:] != wires[:-1]) | ending[:-1]
    begins = np.flatnonzero(new)
    last = np.append(begins[1:], len(wires))[: len(begins)] - 1
    rotations = np.add.reduceat(turning[indices], begins, dtype=np.int64)
    ends = np.where(ending[last], indices[last], len(steps))
    chosen = np.flatnonzero(rotations > 1)
    chosen = chosen[np.argsort(ends[chosen] * steps.qubits + wires[begins[chosen]])]
    lengths = (last + 1 - ending[last] - begins)[chosen]
    firsts = begins[chosen] - np.cumsum(lengths) + lengths
    return indices[np.repeat(firsts, lengths) + np.arange(lengths.sum())], lengths


def _fused_steps(
    steps: Steps, starts: NDArray[np.int64], gone: NDArray[np.bool_], kept_slots: NDArray[np.bool_]
) -> Steps:
    """Three steps where each run starts, and no others of it."""
    renumbered = np.cumsum(kept_slots) - 1
    slots = np.append(renumbered, -1)[steps.slots]
    counts = np.where(gone, 0, 1)
    counts[starts] = 3
    places = (np.cumsum(counts) - counts)[starts]
    begun = steps.first[starts]
    wires = np.where(steps.kinds[starts] == PARITY, np.bitwise_count(begun - 1), begun)
    sources = np.repeat(np.arange(len(steps)), counts)
    kinds, first, second, slots = steps.kinds[sources], steps.first[sources], steps.second[sources], slots[sources]
    next_slot = int(kept_slots.sum())
    for offset, kind, values in (
        (0, PARITY, np.left_shift(1, wires)),
        (1, ROTATION, wires),
        (2, PARITY, np.left_shift(1, wires)),
    ):
        kinds[places + offset] = kind
        first[places + offset] = values
        slots[places + offset] = next_slot + 3 * np.arange(len(starts)) + offset
    return Steps(steps.qubits, kinds, first, second, slots.astype(np.int32), next_slot + 3 * len(starts))


def _products(factors: NDArray[np.int8], angles: Reals, counts: NDArray[np.int64]) -> tuple[Complexes, Complexes]:
    """a and b (batch, runs) of the products [[a, −b*], [b, a*]] of runs with angles (batch, steps of runs)."""
    a = np.ones((len(angles), int(counts[0])), dtype=np.complex128)
    b = np.zeros_like(a)
    for end, count in zip(np.cumsum(counts).tolist(), counts.tolist(), strict=True):
        kind, half = factors[end - count : end], angles[:, end - count : end] / 2
        cosine, sine = np.cos(half), np.sin(half)
        rotating, turning = kind == int(_Factor.ROTATION), kind == int(_Factor.PHASE)
        c, d = (np.broadcast_to(constants[kind], half.shape).copy() for constants in (_DIAGONAL, _OTHER))
        np.copyto(c.real, cosine, where=rotating | turning)
        np.copyto(c.imag, 0 - sine, where=turning)
        np.copyto(d.real, sine, where=rotating)
        left, right = a[:, :count], b[:, :count]
        a[:, :count], b[:, :count] = c * left - d.conj() * right, d * left + c.conj() * right
    return a, b


def zyz(a: Complexes, b: Complexes) -> Reals:
    """λ, θ, φ (…, 3) of [[a, −b*], [b, a*]] = RZ(φ) R(θ) RZ(λ), a and b of any shape (…)."""
    total, difference = -2 * np.angle(a), 2 * np.angle(b)
    theta = 2 * np.arctan2(np.abs(b), np.abs(a))
    return np.stack([(total - difference) / 2, theta, (total + difference) / 2], axis=-1)
