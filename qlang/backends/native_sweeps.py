"""Parameter sweeps: a circuit without choices at many points, as one program with a batch of angles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.backends.branches import Branch
from qlang.backends.errors import BackendError
from qlang.backends.folding import Idle, Trace, record
from qlang.backends.native_programs import lowering_of
from qlang.backends.program import Program
from qlang.backends.states import GateCall
from qlang.backends.tracing import trace
from qlang.ir.kernel import FuncOp
from qlang.kernels.expressions import Affine
from qlang.kernels.steps import MappedLowering

Reals: TypeAlias = NDArray[np.float64]
Structure: TypeAlias = list[tuple[int, tuple[int, ...], str]]
"""Codes, wires and controls of gates."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A circuit whose gates are the same at all points."""

    program: Program
    lowering: MappedLowering
    end: Branch
    """The classical end: bits, and measurements that are pending."""
    affine: Affine | None
    """The parameters of the gates, where they are affine in those of the program."""
    structure: Structure
    integers: tuple[float, ...]
    """Values of the whole numbers among the program's parameters: others may mean other gates."""

    def parameters(self, rows: Sequence[Sequence[float]]) -> Reals | None:
        """Those of the gates, shape (points, gate parameters); None where the gates are not the same at all points.

        Where a number is not finite, running the point by itself says at which gate. Raises what that run raises.
        """
        if any(_integers(self.program, row) != self.integers for row in rows):
            return None
        if self.affine is None:
            found = [_parted(_calls(record(self.program, row))) for row in rows]
            if any(structure != self.structure for structure, _ in found):
                return None
            result = np.array([numbers for _, numbers in found], dtype=np.float64)
        else:
            floats = [k for k, whole in enumerate(self.program.integers) if not whole]
            with np.errstate(over="ignore", invalid="ignore"):
                result = _values(self.affine, np.array(rows, dtype=np.float64)[:, floats])
        return result if np.isfinite(result).all() else None


def sweep_of(func: FuncOp, program: Program, row: Sequence[float]) -> Sweep | None:
    """The circuit at a point as one that can be swept; None where it makes choices, or fails at that point."""
    point = [int(value) if whole else float(value) for value, whole in zip(row, program.integers, strict=True)]
    try:
        recorded = record(program, row)
    except BackendError:
        return None  # running it by itself tells why
    calls = _calls(recorded)
    lowering = lowering_of(calls, program.qubits, fixed=False)
    affine: Affine | None = None
    try:
        expressions = trace(func, point).parameters
    except BackendError:
        pass  # decided by a parameter: every point is recorded, and compared with this one
    else:
        affine = None if expressions.stages else expressions.results
    return Sweep(program, lowering, recorded.end, affine, _parted(calls)[0], _integers(program, row))


def _integers(program: Program, row: Sequence[float]) -> tuple[float, ...]:
    return tuple(value for value, whole in zip(row, program.integers, strict=True) if whole)


def _calls(recorded: Trace) -> list[GateCall]:
    return [call for segment in recorded.forward if not isinstance(segment, Idle) for call in segment]


def _parted(calls: Sequence[GateCall]) -> tuple[Structure, list[float]]:
    """Gates, and the parameters of all of them."""
    structure = [(code, wires, controls) for code, wires, _, controls in calls]
    return structure, [value for call in calls for value in call[2]]


def _values(affine: Affine, inputs: Reals) -> Reals:
    """Rows for many values of the basis: shape (points, columns) → (points, rows)."""
    result = np.repeat(affine.constants[None, :], len(inputs), axis=0)
    products = inputs[:, affine.columns] * affine.coefficients
    # A row's products are neighbours, as `affine` writes them.
    firsts = np.flatnonzero(np.diff(affine.rows, prepend=-1))
    if len(firsts):
        result[:, affine.rows[firsts]] += np.add.reduceat(products, firsts, axis=1)
    return result
