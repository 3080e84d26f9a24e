"""Parameter sweeps: a circuit without choices at many points, as one program with a batch of angles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.backends.branches import Bits, Branch
from qlang.backends.errors import BackendError
from qlang.backends.folding import Idle, Trace, record
from qlang.backends.native_programs import lowering_of
from qlang.backends.program import Program
from qlang.backends.states import GateCall, SimulatedState
from qlang.backends.tracing import trace
from qlang.ir.kernel import FuncOp
from qlang.kernels.expressions import Affine
from qlang.kernels.steps import MappedLowering

Reals: TypeAlias = NDArray[np.float64]
Structure: TypeAlias = list[tuple[int, tuple[int, ...], str]]
"""Codes, wires and controls of gates."""


@dataclass(frozen=True, slots=True)
class End:
    """How a circuit ends classically; where the gates are the same at all points, this may be another at each."""

    registers: tuple[Bits, ...]
    """The program's, in its order."""
    pending: Mapping[int, int]
    """As of a branch."""

    @classmethod
    def of(cls, program: Program, branch: Branch) -> "End":
        """Of a branch that has ended; nothing else of it is kept, for there may be many points."""
        return cls(tuple(branch.env[slot] for slot in program.body.results), dict(branch.pending))

    def branch(self, program: Program, state: SimulatedState) -> Branch:
        """A branch that ends so."""
        env: list[Any] = [None] * program.slots
        for slot, entries in zip(program.body.results, self.registers, strict=True):
            env[slot] = entries
        return Branch(state, env, pending=dict(self.pending))


@dataclass(frozen=True, slots=True)
class Points:
    """What the points of a sweep execute."""

    parameters: Reals
    """Of the gates, shape (points, gate parameters)."""
    ends: Sequence[End]
    """Of each point."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A circuit whose gates are the same at all points."""

    program: Program
    lowering: MappedLowering
    end: End
    """Of the point that it was made at."""
    affine: Affine | None
    """The parameters of the gates, where they are affine in those of the program."""
    structure: Structure
    integers: tuple[float, ...]
    """Values of the whole numbers among the program's parameters: others may mean other gates."""

    def points(self, rows: Sequence[Sequence[float]]) -> Points | None:
        """What the points of these parameters execute; None where the gates are not the same at all of them.

        Neither where a point fails: running it by itself says where and why.
        """
        if any(_integers(self.program, row) != self.integers for row in rows):
            return None
        found = self._recorded(rows) if self.affine is None else self._computed(self.affine, rows)
        return found if found is not None and np.isfinite(found.parameters).all() else None

    def _computed(self, affine: Affine, rows: Sequence[Sequence[float]]) -> Points:
        """Nothing was decided by a parameter, nor turned into bits: the end is the same everywhere."""
        floats = [k for k, whole in enumerate(self.program.integers) if not whole]
        with np.errstate(over="ignore", invalid="ignore"):
            values = _values(affine, np.array(rows, dtype=np.float64)[:, floats])
        return Points(values, [self.end] * len(rows))

    def _recorded(self, rows: Sequence[Sequence[float]]) -> Points | None:
        parameters, ends = [], []
        for row in rows:
            try:
                recorded = record(self.program, row)
            except BackendError:
                return None
            structure, numbers = _parted(_calls(recorded))
            if structure != self.structure:
                return None
            parameters.append(numbers)
            ends.append(End.of(self.program, recorded.end))
        return Points(np.array(parameters, dtype=np.float64), ends)


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
    return Sweep(program, lowering, End.of(program, recorded.end), affine, _parted(calls)[0], _integers(program, row))


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
