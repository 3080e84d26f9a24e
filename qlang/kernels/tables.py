"""Tables of phases in the making: which entries of which spectra every term of a program adds to.

A table of 2^m entries is exp(i f(y)) with f(y) = Σ_μ s_μ (−1)^|y & μ|: its spectrum s has few nonzero entries. A
parity term −φ/2 · (−1)^|x & mask| is one of them, and a pattern term of k bits is 2^k of them,

    φ · [x & mask == value] = 2^−k φ Σ_{S ⊆ mask} (−1)^|value & S| (−1)^|x & S|.

Patterns of many rows are added to f instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Masks = NDArray[np.int64]
Whole = TypeVar("Whole", bound=np.integer[Any])

HALF_BITS = 12
"""Bits of the lower half of linear tables: it stays in the first cache."""

MOST_EXPANDED = 4
"""Patterns of so many bits are written as parities: 16 entries of a spectrum."""


@dataclass(frozen=True, slots=True)
class RowPattern:
    """The rows of a pattern term: row & mask must have bit b where the term's value has the position p, for each
    (p, b) in `bits`."""

    term: int
    mask: int
    bits: tuple[tuple[int, int], ...]

    def values(self, values: Masks) -> Masks:
        """What row & mask must equal, from values (batch, terms)."""
        column = values[:, self.term]
        result = np.zeros(len(column), dtype=np.int64)
        for position, bit in self.bits:
            result |= (column >> position & 1) << bit
        return result


@dataclass(frozen=True, slots=True)
class Addition:
    """A pattern that is added to f: weight · (−1)^|value & subset| · φ where the row matches."""

    table: int
    pattern: RowPattern
    weight: float
    subset: int


@dataclass(frozen=True, slots=True)
class Entries:
    """Contributions to spectra, arrays of one length: weight · (−1)^|values[term] & subset| · φ[term] is added to
    entry `index` of the spectrum of `table`."""

    tables: Masks
    indices: Masks
    terms: Masks
    weights: NDArray[np.float64]
    subsets: Masks

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Entries":
        """Some of them, or in another order."""
        return Entries(
            self.tables[chosen], self.indices[chosen], self.terms[chosen], self.weights[chosen], self.subsets[chosen]
        )


@dataclass(slots=True)
class TableList:
    """All tables of a program: bits of each, the group whose scale it takes (−1: none), and what adds to them."""

    bits: list[int] = field(default_factory=list)
    scales: list[int] = field(default_factory=list)
    additions: list[Addition] = field(default_factory=list)
    parts: list[Entries] = field(default_factory=list)

    def new(self, bits: int, scale: int = -1) -> int:
        """One more table; its number."""
        self.bits.append(bits)
        self.scales.append(scale)
        return len(self.bits) - 1

    def entries(self) -> Entries:
        """All contributions."""
        empty = np.zeros(0, dtype=np.int64)
        start = Entries(empty, empty, empty, np.zeros(0), empty)
        parts = [start, *self.parts]
        return Entries(*(np.concatenate([getattr(part, name) for part in parts]) for name in Entries.__slots__))


def linear(images: NDArray[np.integer[Any]], dtype: type[Whole]) -> NDArray[Whole]:
    """For every index of m bits the exclusive or of the images of its bits; images (…, m), result (…, 2^m)."""
    result = np.empty((*images.shape[:-1], 1 << images.shape[-1]), dtype=dtype)
    result[..., 0] = 0
    given = images.astype(dtype)
    for bit in range(images.shape[-1]):
        np.bitwise_xor(result[..., : 1 << bit], given[..., bit, None], out=result[..., 1 << bit : 2 << bit])
    return result


def write_all_linear(images: NDArray[np.integer[Any]], results: Sequence[NDArray[Whole]]) -> None:
    """The same for images (all, m) in arrays (some of them, 2^n) that are there, n ≤ m, of the first n bits: each is
    written once, from halves."""
    dtype, begin = results[0].dtype.type, 0
    low, high = linear(images[:, :HALF_BITS], dtype), linear(images[:, HALF_BITS:], dtype)
    for result in results:
        rows = slice(begin, begin + len(result))
        begin = rows.stop
        inner = min(result.shape[1], low.shape[1])
        outer = result.shape[1] // inner
        np.bitwise_xor(high[rows, :outer, None], low[rows, None, :inner], out=result.reshape(-1, outer, inner))


def subsets(bits: Sequence[int]) -> Iterator[int]:
    """All masks of some of the bits, given as masks of one bit each."""
    chosen = [0]
    for bit in bits:
        chosen += [mask | bit for mask in chosen]
    return iter(chosen)


def single_bits(mask: int) -> list[int]:
    """The bits of a mask, each as a mask, ascending."""
    bits = []
    while mask:
        bits.append(mask & -mask)
        mask &= mask - 1
    return bits
