"""The structure of phase tables: which entries of their spectra the terms of a program add to.

A table is exp(i f(y)), y = (u, l) being high and low bits (`qlang.kernels.phases`). The spectrum of f is kept in two
parts: the edge, of masks without low bits, and the inner part, of which there is one for each high part h_k of the
other masks, that of 0 first. Tables of equal size and about equal X, the number of nonzero h_k, make a class.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.tables import Addition, Entries, Masks, TableList

Reals = NDArray[np.float64]

SMALL = 6
"""Tables of so many bits have no high part."""

MOST_CROSSING = {"float32": 2, "float64": 5}
"""The largest X for which thin matrices are faster than sines, by precision."""

LARGEST_CLASS = 1 << 16
"""Entries of the tables of a class, and about those that are computed at once: they should stay in the cache."""

_RANKS = (0, 1, 2, 5)
"""Tables with X up to each of these are classes apart, and those with more."""

_HIGH = 32
"""Bits of a mask's high part, at most."""


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """Tables of 2^bits entries that stand one after the other in a row of the data."""

    bits: int
    start: int
    """Offset of the first."""
    stride: int
    """From one to the next: cosines at 0, sines at 2^bits."""
    count: int
    scales: Masks | None
    """The group of each whose scale it takes, or None."""


@dataclass(frozen=True, eq=False, slots=True)
class TableClass:
    """The structure of tables of equal size; tables are numbered within the class."""

    place: Place
    low_bits: int
    signs: Reals
    """χ (tables, 2^high bits, 1 + X), of mask 0 first; zero where a table has fewer masks."""
    edge: slice
    """Where the spectra's edges are, (tables, 2^high bits)."""
    inner: slice
    """Where their inner parts are, (tables, 1 + X, 2^low bits)."""
    constant: bool
    """Whether the tables are scales only."""
    additions: tuple[Addition, ...]

    @property
    def crossing(self) -> int:
        """X."""
        return int(self.signs.shape[2]) - 1


@dataclass(frozen=True, eq=False, slots=True)
class Spectra:
    """All tables of a program. `offsets` and `terms` (more than a scale) are by number of the table.

    The spectra of all classes are one row of `size` numbers. `entries` ascend by their places in it; `places` are
    those that are not zero, and `starts` where their entries start. `mixed` (entries,) is whether a mask has high and
    low bits.
    """

    classes: tuple[TableClass, ...]
    offsets: tuple[int, ...]
    terms: tuple[bool, ...]
    end: int
    size: int
    entries: Entries
    places: Masks
    starts: NDArray[np.intp]
    mixed: NDArray[np.bool_]

    def of(self, terms: Reals, values: Masks) -> Reals:
        """The numbers (batch or 1, size), given the angles and values of terms."""
        entries = self.entries
        amounts = terms[:, entries.terms] * entries.weights
        if entries.subsets.any():
            amounts = amounts * signs_of(values[:, entries.terms], entries.subsets)
        spectra = np.zeros((len(amounts), self.size))
        if len(self.places):
            spectra[:, self.places] = np.add.reduceat(amounts, self.starts, axis=1)
        return spectra

    def places_of(self, terms: Masks) -> Masks:
        """Where parity terms without outer bits are; −1 for a mask with high and low bits."""
        if not len(terms):
            return terms
        rows = np.zeros(int(max(terms.max(), self.entries.terms.max())) + 1, dtype=np.intp)
        rows[self.entries.terms] = np.arange(len(self.entries.terms))
        places = np.repeat(self.places, np.diff(self.starts, append=len(self.entries.terms)))
        return np.where(self.mixed, -1, places)[rows[terms]]


def spectra_of(tables: TableList, start: int, alignment: int) -> Spectra:
    """Lay out tables behind `start`, at multiples of `alignment` elements."""
    entries = tables.entries()
    bits = np.array(tables.bits, dtype=np.int64)
    scales = np.array(tables.scales, dtype=np.int64)
    added = np.array([each.table for each in tables.additions], dtype=np.intp)
    busy = np.zeros(len(bits), dtype=np.bool_)
    busy[entries.tables] = busy[added] = True
    low_bits = np.where(bits <= SMALL, bits, (bits + 2) // 2)
    parts = _Parts.of(entries, low_bits)
    crossing = parts.counts - 1
    crossing[added] = max(MOST_CROSSING.values()) + 1
    kinds = ((bits * 2 + (scales >= 0)) * 2 + busy) * (len(_RANKS) + 1) + np.searchsorted(_RANKS, crossing)
    offsets, edges, inners = (np.zeros_like(bits) for _ in range(3))
    classes, size = [], 0
    for members in _classes(kinds, bits):
        one, count, width = int(members[0]), len(members), int(parts.counts[members].max())
        own_bits, low = tables.bits[one], int(low_bits[one])
        numbers, high, stride = np.arange(count), own_bits - low, -(-(2 << own_bits) // alignment) * alignment
        inner = size + (count << high)
        end = inner + (count * width << low)
        offsets[members] = start + stride * numbers
        edges[members] = size + (numbers << high)
        inners[members] = inner + (numbers * width << low)
        place = Place(own_bits, start, stride, count, scales[members] if tables.scales[one] >= 0 else None)
        signs = parts.signs(members, high) if width > 1 else np.ones((count, 1 << high, 1))
        additions = _additions(tables.additions, members) if tables.additions else ()
        constant = not busy[one]
        classes.append(TableClass(place, low, signs, slice(size, inner), slice(inner, end), constant, additions))
        size, start = end, start + stride * count
    places = parts.places(entries, low_bits, edges, inners)
    order = np.argsort(places, kind="stable")
    found, starts = np.unique(places[order], return_index=True)
    widths = low_bits[entries.tables]
    mixed = (entries.indices >> widths != 0) & (entries.indices & ((1 << widths) - 1) != 0)
    return Spectra(
        tuple(classes),
        tuple(offsets.tolist()),
        tuple(busy.tolist()),
        start,
        size,
        entries.of(order),
        found,
        starts,
        mixed[order],
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Parts:
    """The inner parts of the tables' spectra.

    columns: table · 2^32 + high part of the masks, ascending; each table has that of 0. counts, begins: how many a
    table has, and where in `columns`.
    """

    columns: Masks
    counts: Masks
    begins: Masks

    @classmethod
    def of(cls, entries: Entries, low_bits: Masks) -> "_Parts":
        """Of tables with so many low bits."""
        low = low_bits[entries.tables]
        inner = entries.indices & ((1 << low) - 1) != 0
        found = (entries.tables << _HIGH) + (entries.indices >> low)
        columns = np.union1d(found[inner], np.arange(len(low_bits)) << _HIGH)
        counts = np.bincount(columns >> _HIGH, minlength=len(low_bits))
        return cls(columns, counts, np.cumsum(counts) - counts)

    def places(self, entries: Entries, low_bits: Masks, edges: Masks, inners: Masks) -> Masks:
        """Where entries are, given where the edge and the inner parts of each table begin."""
        low = low_bits[entries.tables]
        lows, highs = entries.indices & ((1 << low) - 1), entries.indices >> low
        numbers = np.searchsorted(self.columns, (entries.tables << _HIGH) + highs) - self.begins[entries.tables]
        return np.where(lows != 0, inners[entries.tables] + (numbers << low) + lows, edges[entries.tables] + highs)

    def signs(self, tables: Masks, high_bits: int) -> Reals:
        """χ (tables, 2^high bits, parts) of some tables, zero where one has fewer."""
        counts = self.counts[tables]
        signs = np.zeros((len(tables), 1 << high_bits, int(counts.max())))
        numbers = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        highs = self.columns[np.repeat(self.begins[tables], counts) + numbers] & (1 << _HIGH) - 1
        rows = np.repeat(np.arange(len(tables)), counts)
        signs[rows, :, numbers] = signs_of(np.arange(1 << high_bits), highs[:, None])
        return signs


def _classes(kinds: Masks, bits: Masks) -> list[Masks]:
    """Tables of one kind, few enough at a time."""
    classes = []
    for kind in np.unique(kinds):
        members = np.flatnonzero(kinds == kind)
        most = max(1, LARGEST_CLASS >> int(bits[members[0]]))
        classes += [members[first : first + most] for first in range(0, len(members), most)]
    return classes


def _additions(additions: Sequence[Addition], members: Masks) -> tuple[Addition, ...]:
    """Those to tables of a class."""
    numbers = {table: number for number, table in enumerate(members.tolist())}
    return tuple([replace(each, table=numbers[each.table]) for each in additions if each.table in numbers])


def signs_of(index: Masks, masks: Masks) -> Reals:
    """(−1)^parity(index & mask)."""
    signs: Reals = 1.0 - 2.0 * (np.bitwise_count(index & masks) & 1)
    return signs
