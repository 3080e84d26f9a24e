"""Phases and rotations that came to stand together when others were fused: one step with the sum of their angles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qlang.kernels.merge import merges
from qlang.kernels.steps import Angles, MappedLowering, Steps
from qlang.kernels.wire_events import stable_order


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
    order = stable_order(targets)
    angles = SummedMap(lowering.angle_map, order, signs[order], np.searchsorted(targets[order], np.flatnonzero(kept)))
    staying = np.flatnonzero((steps.slots < 0) | kept[steps.slots])
    renumbered = np.append(np.cumsum(kept, dtype=np.int32) - 1, -1).astype(np.int32)  # the last one of slot −1
    kinds, first, second = steps.kinds[staying], steps.first[staying], steps.second[staying]
    left = Steps(steps.qubits, kinds, first, second, renumbered[steps.slots[staying]], int(kept.sum()))
    return MappedLowering(left, angles, lowering.parameters)
