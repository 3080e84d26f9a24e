"""Gate parameters as functions of a job's parameters, in a form that needs no loop over gates.

Arithmetic that is affine stays affine; every other operation makes a new element of the basis. Elements of the same
operation that need nothing of each other are one stage, so a circuit of any length has as many stages as its
expressions are deep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Affine:
    """rows = constants + matrix · basis, the sparse matrix as coordinates, rows ascending."""

    constants: NDArray[np.float64]
    rows: NDArray[np.signedinteger[Any]]
    columns: NDArray[np.signedinteger[Any]]
    coefficients: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.constants)

    def after(self, inner: "Affine") -> "Affine":
        """This function of what `inner` gives: the product of the matrices."""
        starts = np.searchsorted(inner.rows, np.arange(len(inner) + 1))
        counts = np.diff(starts)[self.columns]
        each = np.repeat(np.arange(len(self.columns)), counts)
        offsets = np.arange(len(each)) - np.repeat(np.cumsum(counts) - counts, counts)
        entries = starts[self.columns][each] + offsets
        constants = self.constants.copy()
        np.add.at(constants, self.rows, self.coefficients * inner.constants[self.columns])
        coefficients = self.coefficients[each] * inner.coefficients[entries]
        return Affine(constants, self.rows[each], inner.columns[entries], coefficients)

    def __call__(self, basis: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rows for values of the basis, shape (columns,) → (rows,)."""
        products = self.coefficients * basis[self.columns]
        return self.constants + np.bincount(self.rows, products, minlength=len(self.constants))


def affine(rows: Sequence[tuple[float, dict[int, float]]]) -> Affine:
    """Rows given as a constant and the coefficients of basis elements."""
    counts = [len(terms) for _, terms in rows]
    return Affine(
        np.array([constant for constant, _ in rows], dtype=np.float64),
        np.repeat(np.arange(len(rows), dtype=np.int32), counts),
        np.array([column for _, terms in rows for column in terms], dtype=np.int32),
        np.array([value for _, terms in rows for value in terms.values()], dtype=np.float64),
    )


def constant(values: ArrayLike) -> Affine:
    """Rows without any basis element."""
    nothing = np.zeros(0, dtype=np.int32)
    return Affine(np.array(values, dtype=np.float64), nothing, nothing, np.zeros(0))


@dataclass(frozen=True, slots=True)
class Stage:
    """New elements of the basis: one operation of the dialects `arith`, `math` or `circuit` on rows of operands.

    `select P` has operands l, r, x, y: x where l and r compare by predicate P of `arith.cmpf`, else y.
    """

    operation: str
    operands: tuple[Affine, ...]

    def __len__(self) -> int:
        return len(self.operands[0])


@dataclass(frozen=True, slots=True)
class Expressions:
    """The basis is the inputs followed by the results of the stages in order; the results are affine in it."""

    inputs: int
    stages: tuple[Stage, ...]
    results: Affine
