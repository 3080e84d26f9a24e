"""Phases and rotations that came to stand together when others were fused: one step with the sum of their angles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qlang.kernels.merge import merges
from qlang.kernels.steps import Angles, MappedLowering, Steps


@dataclass(frozen=True, eq=False, slots=True)
class SummedMap:
    """Each angle is the sum of some of those before, with signs.

    order, signs (slots before,): the slots before, those of one sum together, and their signs; starts (slots,): where
    each sum begins.
    """

    before: Angles
    order: NDArray[np.intp]
    signs: NDArray[np.float64]
    starts: NDArray[np.intp]

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return self.before.parameters

    def angles(self, parameters: ArrayLike) -> NDArray[np.float64]:
        """Angles (batch, slots) of parameters (batch, parameters) or (parameters,). Raises BadAngle."""
        signed = self.before.angles(parameters)[:, self.order] * self.signs
        result: NDArray[np.float64] = np.add.reduceat(signed, self.starts, axis=1)
        return result


def summed(lowering: MappedLowering) -> MappedLowering:
    """The same circuit without steps whose angles others can take."""
    steps = lowering.steps
    targets, signs = merges(steps)
    kept = targets == np.arange(steps.slot_count)
    if kept.all():
        return lowering
    order = np.argsort(targets, kind="stable")
    angles = SummedMap(lowering.angle_map, order, signs[order], np.searchsorted(targets[order], np.flatnonzero(kept)))
    staying = (steps.slots < 0) | kept[steps.slots]
    kinds, first, second, slots = (
        array[staying] for array in (steps.kinds, steps.first, steps.second, np.where(steps.slots < 0, 0, steps.slots))
    )
    renumbered = np.where(steps.slots[staying] < 0, -1, (np.cumsum(kept) - 1)[slots]).astype(np.int32)
    left = Steps(steps.qubits, kinds, first, second, renumbered, int(kept.sum()))
    return MappedLowering(left, angles, lowering.parameters)
