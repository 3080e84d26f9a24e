"""The structure of phase tables: which entries of their spectra the terms of a program add to.

A table is exp(i f(y)), y = (u, l) being high and low bits (`qlang.kernels.phases`). The spectrum of f is kept in two
parts: the edge, of masks without low bits, and the inner part, of which there is one for each high part h_k of the
other masks, that of 0 first. Tables of equal size and X, the number of nonzero h_k, make a class.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.tables import Addition, Entries, Masks, TableList

Reals = NDArray[np.float64]

SMALL = 6
"""Tables of so many bits have no high part, and those with fewer low ones are not left as factors."""

MOST_CROSSING = 5
"""The largest X for which tables are products of thin matrices, where these have no more numbers than the table."""

FACTORED = 14
"""Tables of so many bits or more are left as factors where whoever reads them can multiply."""

MOST_FACTORS = 16
"""The highest rank of such tables."""

LARGEST_CLASS = 1 << 16
"""Entries of a class of tables by sines, and about those that are computed at once: they should stay in the cache."""

LARGEST_RUN = 7 << 10
"""Numbers of the spectra of thin tables that are transformed together: arrays below 128 kB are made in memory that was
used before, while the C library gets new pages for larger ones."""

_HIGH = 32
"""Bits of a mask's high part, at most."""

_MOST_BITS = 64
"""Tables have fewer."""


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """Tables of 2^bits entries that stand one after the other in a row of the data."""

    bits: int
    start: int
    """Offset of the first."""
    stride: int
    """From one to the next."""
    count: int
    scales: Masks | None
    """The group of each whose scale it takes, or None."""
    factors: int = 0
    """The rank of tables that are left as factors (`factor_sizes`); 0: cosines at 0, sines at 2^bits."""

    @property
    def numbers(self) -> int:
        """Of each table."""
        return 2 * sum(factor_sizes(self.bits, self.factors)) if self.factors else 2 << self.bits


@dataclass(frozen=True, eq=False, slots=True)
class TableClass:
    """The structure of tables of equal size; tables are numbered within the class."""

    place: Place
    low_bits: int
    signs: Reals
    """χ (tables, 2^high bits, 1 + X), of mask 0 first; zero where a table has fewer masks."""
    thin: bool
    """Whether the tables are products of thin matrices."""
    edge: slice
    """Where the spectra's edges are in those of the run, (tables, 2^high bits)."""
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
class Run:
    """Classes whose spectra stand one after the other, and are transformed together."""

    span: slice
    """Of the spectra of all tables."""
    classes: tuple[TableClass, ...]

    @property
    def thin(self) -> bool:
        """Whether all tables are products of thin matrices; else none is."""
        return self.classes[0].thin


@dataclass(frozen=True, eq=False, slots=True)
class Spectra:
    """All tables of a program. `offsets`, `terms` (more than a scale) and `factors` (`Place.factors`) are by number of
    the table.

    The spectra of all runs are one row of `size` numbers. `entries` ascend by their places in it; `places` are those
    that are not zero, and `starts` where their entries start. `mixed` (entries,) is whether a mask has high and low
    bits.
    """

    runs: tuple[Run, ...]
    offsets: tuple[int, ...]
    terms: tuple[bool, ...]
    factors: tuple[int, ...]
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


def low_bits_of(bits: int) -> int:
    """How many of a table's bits are low ones."""
    return bits if bits <= SMALL else (bits + 2) // 2


def factor_sizes(bits: int, rank: int) -> tuple[int, int]:
    """How many complex numbers the factors (2^high bits, rank) and (rank, 2^low bits) of a table have.

    The real numbers of the first one stand in front of its imaginary ones, then those of the second.
    """
    low = low_bits_of(bits)
    return rank << bits - low, rank << low


def spectra_of(tables: TableList, start: int, alignment: int, may_be_factors: Sequence[int] = ()) -> Spectra:
    """Lay out tables behind `start`, at multiples of `alignment` elements; some may be left as factors."""
    entries = tables.entries()
    bits = np.array(tables.bits, dtype=np.int64)
    scales = np.array(tables.scales, dtype=np.int64)
    added = np.array([each.table for each in tables.additions], dtype=np.intp)
    busy = np.zeros(len(bits), dtype=np.bool_)
    busy[entries.tables] = busy[added] = True
    low_bits = np.array([low_bits_of(each) for each in tables.bits], dtype=np.int64)
    parts = _Parts.of(entries, low_bits)
    ranks = np.minimum(parts.counts - 1, MOST_CROSSING + 1)
    ranks[added] = MOST_CROSSING + 1
    sizes = (1 << low_bits) + (2 << bits - low_bits) << ranks
    thick = (ranks > MOST_CROSSING) | (ranks > 0) & (sizes > 1 << bits)
    ranks[thick] = MOST_CROSSING + 1
    factors = np.zeros_like(bits)
    factors[list(may_be_factors)] = 1
    factors <<= ranks
    factors[thick | ~busy | (bits <= SMALL) | (low_bits < SMALL) | (factors > MOST_FACTORS)] = 0
    kinds = (((thick * _MOST_BITS + bits) * 2 + (scales >= 0)) * 2 + busy) * (MOST_CROSSING + 2) + ranks
    kinds = kinds * 2 + (factors > 0)
    numbers = (1 << bits - low_bits) + (parts.counts << low_bits)
    most = np.where(thick, LARGEST_CLASS >> bits, LARGEST_RUN // numbers)
    offsets, edges, inners = (np.zeros_like(bits) for _ in range(3))
    runs, size = _Runs(), 0
    for members in _classes(kinds, most):
        one, count, width = int(members[0]), len(members), int(parts.counts[members].max())
        own_bits, low = tables.bits[one], int(low_bits[one])
        each, high, rank = np.arange(count), own_bits - low, int(factors[one])
        taken = scales[members] if tables.scales[one] >= 0 else None
        place = Place(own_bits, start, 0, count, taken, rank)
        stride = -(-place.numbers // alignment) * alignment
        inner = size + (count << high)
        end = inner + (count * width << low)
        offsets[members] = start + stride * each
        edges[members] = size + (each << high)
        inners[members] = inner + (each * width << low)
        signs = parts.signs(members, high) if width > 1 else np.ones((count, 1 << high, 1))
        additions = _additions(tables.additions, members) if tables.additions else ()
        begin = runs.begin(size, end, bool(thick[one]))
        edge, inside = slice(size - begin, inner - begin), slice(inner - begin, end - begin)
        place = replace(place, stride=stride)
        runs.classes.append(TableClass(place, low, signs, not thick[one], edge, inside, not busy[one], additions))
        size, start = end, start + stride * count
    runs.close(size)
    places = parts.places(entries, low_bits, edges, inners)
    order = np.argsort(places, kind="stable")
    found, starts = np.unique(places[order], return_index=True)
    widths = low_bits[entries.tables]
    mixed = (entries.indices >> widths != 0) & (entries.indices & ((1 << widths) - 1) != 0)
    return Spectra(
        tuple(runs.done),
        tuple(offsets.tolist()),
        tuple(busy.tolist()),
        tuple(factors.tolist()),
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


@dataclass(slots=True)
class _Runs:
    """Runs in the making, and the classes of the one that is not done."""

    done: list[Run] = field(default_factory=list)
    classes: list[TableClass] = field(default_factory=list)
    start: int = 0
    thick: bool = False

    def begin(self, size: int, end: int, thick: bool) -> int:
        """Where the run of a class begins that stands from `size` to `end`: another one where this does not fit."""
        if thick or thick != self.thick or end - self.start > LARGEST_RUN:
            self.close(size)
        self.thick = thick
        return self.start

    def close(self, end: int) -> None:
        """Ends the run there."""
        if self.classes:
            self.done.append(Run(slice(self.start, end), tuple(self.classes)))
        self.classes, self.start = [], end


def _classes(kinds: Masks, most: Masks) -> list[Masks]:
    """Tables of one kind, at most so many as the first one of the kind says."""
    order = np.argsort(kinds, kind="stable")
    ends = np.flatnonzero(np.diff(kinds[order], append=-1)) + 1
    classes, begin = [], 0
    for end in ends.tolist():
        count = max(1, int(most[order[begin]]))
        classes += [order[first : min(first + count, end)] for first in range(begin, end, count)]
        begin = end
    return classes


def _additions(additions: Sequence[Addition], members: Masks) -> tuple[Addition, ...]:
    """Those to tables of a class."""
    numbers = {table: number for number, table in enumerate(members.tolist())}
    return tuple([replace(each, table=numbers[each.table]) for each in additions if each.table in numbers])


def signs_of(index: Masks, masks: Masks) -> Reals:
    """(−1)^parity(index & mask)."""
    signs: Reals = 1.0 - 2.0 * (np.bitwise_count(index & masks) & 1)
    return signs
