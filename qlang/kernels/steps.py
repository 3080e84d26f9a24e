"""The elementary steps that every circuit is made of before it is planned.

Wire q of the circuit is bit q of the index x. With R(θ) = exp(−iθY/2) = [[cos θ/2, −sin θ/2], [sin θ/2, cos θ/2]]:

| kind     | first   | second  | acts as                                             |
|----------|---------|---------|-----------------------------------------------------|
| ROTATION | wire    | 0       | R(θ) on the wire                                    |
| PARITY   | mask    | 0       | exp(−iθ/2 · (−1)^parity(x & mask)); mask nonzero    |
| PATTERN  | mask    | value   | exp(iθ) where x & mask == value; two bits or more   |
| CX       | control | target  | a permutation of the index                          |
| SWAP     | wire    | wire    | a permutation of the index                          |
| X        | wire    | 0       | Pauli X: known at binding, moves no data            |
| Z        | wire    | 0       | Pauli Z: known at binding, moves no data            |
| TWIST    | wire    | mask    | R(θ₀) where parity(x & mask) is even, else R(θ₁)    |

Steps are the structure alone: they depend on which gates stand on which wires, not on angles. Every step with an
angle has a slot of its own, a TWIST two, of which `Steps.slots` has the first; its mask does not hold its wire. Slot 0
is the global phase exp(iθ), which has no step. `AngleMap` gives the angles of
the slots from the gates' parameters.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from hashlib import blake2b
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

GLOBAL_PHASE_SLOT = 0
"""The slot whose angle θ multiplies the whole state by exp(iθ)."""

MOST_QUBITS = 62
"""Masks are signed 64-bit integers."""

Step: TypeAlias = tuple[int, int, int, int]
"""Kind, first, second, slot (-1: none), as Python integers."""


class StepKind(IntEnum):
    """What a step does; the values are those of `Steps.kinds`."""

    ROTATION = 0
    PARITY = 1
    PATTERN = 2
    CX = 3
    SWAP = 4
    X = 5
    Z = 6
    TWIST = 7


ROTATION, PARITY, PATTERN, CX, SWAP, X, Z, TWIST = map(int, StepKind)
"""The same as plain integers: NumPy takes ten times as long to compare an array with a member of an enumeration."""


class BadAngle(ValueError):
    """A parameter or an angle is not a finite number.

    `slot` is the angle slot, or -1 where the parameter was looked at; `parameter` the index among the circuit's
    parameters in the order of the gates, or -1 where only the angle is known; `item` the row of the batch.
    """

    def __init__(self, value: float, *, slot: int = -1, parameter: int = -1, item: int = 0) -> None:
        where = f"parameter {parameter}" if parameter >= 0 else f"angle slot {slot}"
        super().__init__(f"{where} of batch item {item} is {value}, which is not a finite number")
        self.value = value
        self.slot = slot
        self.parameter = parameter
        self.item = item


@dataclass(frozen=True, eq=False)
class Steps:
    """The structure of a circuit; arrays of one length, in the order of execution.

    kinds int8, first and second int64 (see the table of this module), slots int32 (-1: no angle). `slot_count`
    includes the slot of the global phase. Equal by `digest`.
    """

    qubits: int
    kinds: NDArray[np.int8]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    slots: NDArray[np.int32]
    slot_count: int

    def __len__(self) -> int:
        return len(self.kinds)

    def rows(self) -> Iterator[Step]:
        """The steps as Python integers, which is what loops over them should use."""
        return zip(self.kinds.tolist(), self.first.tolist(), self.second.tolist(), self.slots.tolist(), strict=True)

    @cached_property
    def digest(self) -> bytes:
        """16 bytes that tell structures apart."""
        hasher = blake2b(f"{self.qubits} {self.slot_count} {len(self)}".encode(), digest_size=16)
        for array in (self.kinds, self.first, self.second, self.slots):
            hasher.update(np.ascontiguousarray(array).data)
        return hasher.digest()

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, Steps) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)


@dataclass(frozen=True, eq=False)
class AngleMap:
    """angle[slot] = constant[slot] + Σ coefficient · parameter, as a sparse matrix sorted by slot.

    constants float64 (slots,); rows (slot), columns (parameter) and coefficients of one length, rows ascending.
    """

    parameters: int
    constants: NDArray[np.float64]
    rows: NDArray[np.int32]
    columns: NDArray[np.int64]
    coefficients: NDArray[np.float64]

    @cached_property
    def _starts(self) -> NDArray[np.intp]:
        """Where in `rows` each slot that has parameters begins."""
        begins = np.flatnonzero(self.rows[1:] != self.rows[:-1]) + 1
        return np.append(0, begins) if len(self.rows) else begins

    @classmethod
    def of(
        cls,
        parameters: int,
        constants: NDArray[np.float64],
        rows: NDArray[np.int32],
        columns: NDArray[np.int64],
        coefficients: NDArray[np.float64],
    ) -> "AngleMap":
        """The map with its entries sorted by slot, those of one slot and parameter summed, and zeros left out."""
        keys = rows.astype(np.int64) * max(parameters, 1) + columns
        order = np.argsort(keys, kind="stable")  # entries come in few ascending runs
        keys = keys[order]
        new = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
        sums: NDArray[Any] = coefficients[order]
        if not new.all():
            sums, order = np.bincount(np.cumsum(new) - 1, weights=sums), order[new]
        if not sums.all():
            order, sums = order[sums != 0], sums[sums != 0]
        return cls(parameters, constants, rows[order].astype(np.int32, copy=False), columns[order], sums)

    def angles(self, parameters: ArrayLike) -> NDArray[np.float64]:
        """Angles (batch, slots) of parameters (batch, parameters) or (parameters,). Raises BadAngle."""
        given = np.atleast_2d(np.asarray(parameters, dtype=np.float64))
        if given.shape[1] != self.parameters:
            raise ValueError(f"{self.parameters} parameters are needed, {given.shape[1]} were given")
        check_finite(given, parameters=True)
        result = np.repeat(self.constants[None, :], len(given), axis=0)
        if len(self._starts):
            products = given[:, self.columns] * self.coefficients
            result[:, self.rows[self._starts]] += np.add.reduceat(products, self._starts, axis=1)
        return result

    def pullback(self, gradient: ArrayLike) -> NDArray[np.float64]:
        """Derivatives by the parameters (batch, parameters) from those by the angles (batch, slots)."""
        given = np.atleast_2d(np.asarray(gradient, dtype=np.float64))
        result = np.zeros((self.parameters, len(given)))
        np.add.at(result, self.columns, (given[:, self.rows] * self.coefficients).T)
        return result.T


@dataclass(frozen=True, eq=False, slots=True)
class Lowering:
    """A circuit as steps.

    The structure, the map from parameters to angles, the parameters (float64, in the order of the gates), and the
    index of the first step after each gate, which is known while no gates are merged.
    """

    steps: Steps
    angle_map: AngleMap
    parameters: NDArray[np.float64]
    gate_ends: NDArray[np.int64] | None = None

    def angles(self) -> NDArray[np.float64]:
        """The angles (1, slots) of the circuit's own parameters. Raises BadAngle."""
        return self.angle_map.angles(self.parameters)


class Angles(Protocol):
    """Any map from a circuit's parameters to the angles of steps."""

    @property
    def parameters(self) -> int:
        """How many parameters there are."""

    def angles(self, parameters: ArrayLike) -> NDArray[np.float64]:
        """Angles (batch, slots) of parameters (batch, parameters) or (parameters,). Raises BadAngle."""


@dataclass(frozen=True, eq=False, slots=True)
class MappedLowering:
    """A circuit as steps whose angles are any function of its parameters: like `Lowering`, but without derivatives."""

    steps: Steps
    angle_map: Angles
    parameters: NDArray[np.float64]

    def angles(self) -> NDArray[np.float64]:
        """The angles (1, slots) of the circuit's own parameters. Raises BadAngle."""
        return self.angle_map.angles(self.parameters)


def check_finite(values: NDArray[np.float64], *, parameters: bool = False) -> None:
    """Raise BadAngle at the first entry of (batch, slots or parameters) that is NaN or infinite."""
    if not np.isfinite(values).all():
        item, index = np.argwhere(~np.isfinite(values))[0].tolist()
        value = float(values[item, index])
        raise BadAngle(value, item=item, **({"parameter": index} if parameters else {"slot": index}))
