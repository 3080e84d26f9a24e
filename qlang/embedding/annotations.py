"""Annotations for parameters of functions under `@ql.circuit`, `@ql.gate` and `@ql.observable`; never instances."""

from __future__ import annotations

from typing import Any


class Qubit:
    """A single qubit."""


class Qubits:
    """A register of qubits, of any size: `q[0]`, `q[1:]`, `len(q)`."""


class Bit:
    """A measured bit."""


class Bits:
    """A register of bits; as a result, with their number: `ql.Bits[3]`."""

    def __class_getitem__(cls, item: Any) -> type[Bits]:
        return cls


class Array:
    """An array of numbers: `ql.Array` of floats, `ql.Array[int]`, `ql.Array[float, 2]` of two dimensions."""

    def __class_getitem__(cls, item: Any) -> type[Array]:
        return cls
