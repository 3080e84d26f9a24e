"""Phase tables: exp(i f(y)) from the spectra of many tables at once.

Tables of equal size make a class. With y = (high bits, low bits) the Walsh-Hadamard transform is a product of two,
f = H_high · s · H_low; of the masks' high parts only those that occur have columns in H_high, which few do, so a
layer of one-qubit phases costs about two small matrix products.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.tables import Addition, Entries, Masks, TableList

Reals = NDArray[np.float64]


SMALL = 6
"""Tables of so many bits are transformed by one product."""

TURN = 2 * np.pi


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
    high: Reals
    """(tables, 2^(bits − low_bits), k): signs of the k masks of high bits that occur; zeros where there are fewer."""
    entries: Entries
    """Ascending by place in the spectra (tables, k, 2^low_bits)."""
    places: Masks
    """Places of the spectra that are not zero."""
    starts: NDArray[np.intp]
    """First entry of each place."""
    additions: tuple[Addition, ...]

    @property
    def constant(self) -> bool:
        """Whether the tables are scales only."""
        return not (len(self.places) or self.additions)


@dataclass(frozen=True, eq=False, slots=True)
class Spectra:
    """All tables of a program. `offsets` and `terms` (more than a scale) are by number of the table."""

    classes: tuple[TableClass, ...]
    offsets: tuple[int, ...]
    terms: tuple[bool, ...]
    end: int


def spectra_of(tables: TableList, start: int, alignment: int) -> Spectra:
    """Lay out tables behind `start`, at multiples of `alignment` elements."""
    entries = tables.entries()
    bits, scales = np.array(tables.bits, dtype=np.int64), np.array(tables.scales, dtype=np.int64)
    busy = np.zeros(len(bits), dtype=np.bool_)
    busy[entries.tables] = True
    busy[[each.table for each in tables.additions]] = True
    kinds = bits * 4 + (scales >= 0) * 2 + busy
    offsets, within = np.zeros_like(bits), np.zeros_like(bits)
    classes = []
    for kind in np.unique(kinds).tolist():
        members = np.flatnonzero(kinds == kind)
        size, scaled = kind // 4, bool(kind & 2)
        stride = -(-(2 << size) // alignment) * alignment
        offsets[members] = start + stride * np.arange(len(members))
        within[members] = np.arange(len(members))
        own = entries.of(kinds[entries.tables] == kind)
        additions = tuple(
            replace(each, table=int(within[each.table])) for each in tables.additions if kinds[each.table] == kind
        )
        place = Place(size, start, stride, len(members), scales[members] if scaled else None)
        classes.append(_table_class(place, replace(own, tables=within[own.tables]), additions))
        start += stride * len(members)
    return Spectra(tuple(classes), tuple(offsets.tolist()), tuple(busy.tolist()), start)


def _table_class(place: Place, entries: Entries, additions: tuple[Addition, ...]) -> TableClass:
    low_bits = place.bits if place.bits <= SMALL else place.bits // 2
    masks = entries.indices >> low_bits
    columns, of_column = np.unique((entries.tables << place.bits) + masks, return_inverse=True)
    column_tables = columns >> place.bits
    ranks = np.arange(len(columns)) - np.searchsorted(column_tables, column_tables)
    width = int(ranks.max(initial=0)) + 1
    high = np.zeros((place.count, 1 << place.bits - low_bits, width))
    high[column_tables, :, ranks] = _signs(np.arange(high.shape[1]), columns[:, None] & ((1 << place.bits) - 1))
    lows = entries.indices & ((1 << low_bits) - 1)
    places = ((entries.tables * width + ranks[of_column]) << low_bits) + lows
    order = np.argsort(places, kind="stable")
    found, starts = np.unique(places[order], return_index=True)
    return TableClass(place, low_bits, high, entries.of(order), found, starts, additions)


def _signs(index: Masks, masks: Masks) -> Reals:
    """(−1)^parity(index & mask)."""
    signs: Reals = 1.0 - 2.0 * (np.bitwise_count(index & masks) & 1)
    return signs


def fill_tables(spectra: Spectra, terms: Reals, values: Masks, scales: Reals, data: NDArray[np.floating]) -> None:
    """Write all tables into `data` (batch, size).

    terms, values and scales are those of `qlang.kernels.angles.ProgramAngles`: (batch or 1, …).
    """
    for each in spectra.classes:
        place = each.place
        end = place.start + place.stride * place.count
        block = data[:, place.start : end].reshape(len(data), place.count, place.stride)
        cosines, sines = block[:, :, : 1 << place.bits], block[:, :, 1 << place.bits : 2 << place.bits]
        scale = 1.0 if place.scales is None else scales[:, place.scales][:, :, None]
        if each.constant:
            cosines[...], sines[...] = scale, 0
            continue
        exponents = table_exponents(each, terms, values)
        if data.dtype == np.float32:  # fast for float32, where the angle must be small to be exact
            exponents = (exponents - TURN * np.rint(exponents / TURN)).astype(np.float32)
        np.multiply(np.cos(exponents), scale, out=cosines, casting="same_kind")
        np.multiply(np.sin(exponents), scale, out=sines, casting="same_kind")


def table_exponents(tables: TableClass, terms: Reals, values: Masks) -> Reals:
    """f (batch or 1, tables, 2^bits) of all tables of a class."""
    place, entries = tables.place, tables.entries
    amounts = _signed(terms[:, entries.terms] * entries.weights, entries, values)
    batch, width, low = len(amounts), tables.high.shape[2], 1 << tables.low_bits
    spectrum = np.zeros((batch, place.count * width * low))
    if len(tables.places):
        spectrum[:, tables.places] = np.add.reduceat(amounts, tables.starts, axis=1)
    inner = spectrum.reshape(-1, low) @ hadamard(tables.low_bits)
    exponents: Reals = tables.high @ inner.reshape(batch, place.count, width, low)
    exponents = exponents.reshape(batch, place.count, 1 << place.bits)
    for each in tables.additions:
        exponents = _added(exponents, each, terms, values)
    return exponents


def _signed(amounts: Reals, entries: Entries, values: Masks) -> Reals:
    """With the signs of what patterns were written as."""
    if not entries.subsets.any():
        return amounts
    result: Reals = amounts * _signs(values[:, entries.terms], entries.subsets)
    return result


def _added(exponents: Reals, addition: Addition, terms: Reals, values: Masks) -> Reals:
    rows = np.arange(exponents.shape[2]) & addition.pattern.mask
    amount: Reals = terms[:, addition.pattern.term] * addition.weight
    amount = amount * _signs(values[:, addition.pattern.term], np.array(addition.subset, dtype=np.int64))
    matched = amount[:, None] * (rows == addition.pattern.values(values)[:, None])
    if len(exponents) < len(matched):
        exponents = np.repeat(exponents, len(matched), axis=0)
    exponents[:, addition.table] += matched
    return exponents


@lru_cache(maxsize=32)
def hadamard(bits: int) -> Reals:
    """(−1)^|i & j|, shape (2^bits, 2^bits); read-only."""
    index = np.arange(1 << bits)
    matrix = _signs(index[:, None], index)
    matrix.setflags(write=False)
    return matrix
