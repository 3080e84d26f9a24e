"""Phase tables: exp(i f(y)) from the spectra of many tables at once.

With y = (u, l), high and low bits, and h_k the high parts of the masks that occur together with a low part,

    f(y) = p(u) + g_0(l) + Σ_k χ_k(u) g_k(l),        χ_k(u) = (−1)^|u & h_k|,

where p and g are Walsh-Hadamard transforms of parts of the spectrum, of half its bits each. As exp(iχg) = cos g + iχ
sin g, the table is a product of two thin matrices, of rank 2^X with X such masks: few sines are computed, and none
in the size of the table. Beyond `MOST_CROSSING` masks f itself is computed. Tables of equal size and about equal X
make a class, and are computed together.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.tables import Addition, Entries, Masks, TableList

Reals = NDArray[np.float64]
Number = TypeVar("Number", bound=np.generic)

SMALL = 6
"""Tables of so many bits have no high part."""

MOST_CROSSING = {"float32": 2, "float64": 5}
"""The largest X for which thin matrices are faster than sines, by precision."""

MOST_AT_ONCE = 7
"""Bits of the largest spectrum that is transformed by one matrix, of 128 kB then: larger ones are slow to read."""

LARGEST_CLASS = 1 << 16
"""Entries of the tables of a class, and about those that are computed at once: they should stay in the cache."""

_RANKS = (0, 1, 2, 5)
"""Tables with X up to each of these are classes apart, and those with more."""

TURN = 2 * np.pi

FEW = 1000
"""Angles for which one call of NumPy costs less than a series."""

ONE_THREAD = 1 << 18
"""Multiplications of a product of matrices that BLAS does not wake threads for. These cost more than they save where
matrices are thin, and where other threads are busy they are waited for: up to a hundred times as long."""

_SECTORS = 1024
_SECTOR_HIGH = float(np.float32(TURN / _SECTORS))
_SECTOR_LOW = TURN / _SECTORS - _SECTOR_HIGH + 2.4492935982947064e-16 / _SECTORS
"""High and low part of 2π / sectors, 2π being `TURN` + 2.45·10⁻¹⁶: multiples of the high part are exact."""


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
class Scatter:
    """A part of spectra: entries ascending by place, the places that are not zero, and where their entries start."""

    size: int
    entries: Entries
    places: Masks
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, size: int, entries: Entries, places: Masks) -> "Scatter":
        """Of entries in any order."""
        order = np.argsort(places, kind="stable")
        found, starts = np.unique(places[order], return_index=True)
        return cls(size, entries.of(order), found, starts)

    def spectrum(self, terms: Reals, values: Masks) -> Reals:
        """The part (batch or 1, size)."""
        entries = self.entries
        amounts = terms[:, entries.terms] * entries.weights
        if entries.subsets.any():
            amounts = amounts * _signs(values[:, entries.terms], entries.subsets)
        spectrum = np.zeros((len(amounts), self.size))
        if len(self.places):
            spectrum[:, self.places] = np.add.reduceat(amounts, self.starts, axis=1)
        return spectrum


@dataclass(frozen=True, eq=False, slots=True)
class TableClass:
    """The structure of tables of equal size; tables are numbered within the class."""

    place: Place
    low_bits: int
    signs: Reals
    """χ (tables, 2^high bits, 1 + X), of mask 0 first; zero where a table has fewer masks."""
    edge: Scatter
    """The spectrum of p, (tables, 2^high bits)."""
    inner: Scatter
    """The spectra of g, (tables, 1 + X, 2^low bits)."""
    additions: tuple[Addition, ...]

    @property
    def constant(self) -> bool:
        """Whether the tables are scales only."""
        return not (len(self.edge.places) or len(self.inner.places) or self.additions)

    @property
    def crossing(self) -> int:
        """X."""
        return int(self.signs.shape[2]) - 1


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
    bits = np.array(tables.bits, dtype=np.int64)
    scales = np.array(tables.scales, dtype=np.int64)
    busy = np.zeros(len(bits), dtype=np.bool_)
    busy[entries.tables] = True
    added = np.array([each.table for each in tables.additions], dtype=np.intp)
    busy[added] = True
    crossing = _crossing(entries, bits)
    crossing[added] = max(MOST_CROSSING.values()) + 1
    kinds = ((bits * 2 + (scales >= 0)) * 2 + busy) * (len(_RANKS) + 1) + np.searchsorted(_RANKS, crossing)
    offsets, within, numbers = np.zeros_like(bits), np.zeros_like(bits), np.zeros_like(bits)
    members_of = _classes(kinds, bits)
    for number, members in enumerate(members_of):
        numbers[members] = number
        within[members] = np.arange(len(members))
    additions: list[list[Addition]] = [[] for _ in members_of]
    for each in tables.additions:
        additions[numbers[each.table]].append(replace(each, table=int(within[each.table])))
    order = np.argsort(numbers[entries.tables], kind="stable")
    begins = np.searchsorted(numbers[entries.tables[order]], np.arange(len(members_of) + 1)).tolist()
    classes = []
    for number, members in enumerate(members_of):
        size = int(bits[members[0]])
        stride = -(-(2 << size) // alignment) * alignment
        offsets[members] = start + stride * np.arange(len(members))
        own = entries.of(order[begins[number] : begins[number + 1]])
        place = Place(size, start, stride, len(members), scales[members] if scales[members[0]] >= 0 else None)
        classes.append(_table_class(place, replace(own, tables=within[own.tables]), tuple(additions[number])))
        start += stride * len(members)
    return Spectra(tuple(classes), tuple(offsets.tolist()), tuple(busy.tolist()), start)


def _classes(kinds: Masks, bits: Masks) -> list[NDArray[np.intp]]:
    """Tables of one kind, few enough at a time."""
    classes = []
    for kind in np.unique(kinds):
        members = np.flatnonzero(kinds == kind)
        most = max(1, LARGEST_CLASS >> int(bits[members[0]]))
        classes += [members[first : first + most] for first in range(0, len(members), most)]
    return classes


def _low_bits(bits: Masks) -> Masks:
    result: Masks = np.where(bits <= SMALL, bits, (bits + 2) // 2)
    return result


def _crossing(entries: Entries, bits: Masks) -> Masks:
    """X of each table."""
    low = _low_bits(bits)[entries.tables]
    high = entries.indices >> low
    crossing = (high != 0) & (entries.indices & ((1 << low) - 1) != 0)
    pairs = np.unique((entries.tables[crossing] << 32) + high[crossing]) >> 32
    return np.bincount(pairs, minlength=len(bits))


def _table_class(place: Place, entries: Entries, additions: tuple[Addition, ...]) -> TableClass:
    low_bits = int(_low_bits(np.array(place.bits)))
    size = 1 << place.bits - low_bits
    lows, highs = entries.indices & ((1 << low_bits) - 1), entries.indices >> low_bits
    edge, inner = entries.of(lows == 0), entries.of(lows != 0)
    chosen = (inner.tables << 32) + highs[lows != 0]
    columns = np.union1d(chosen, np.arange(place.count) << 32)  # every table has mask 0 first
    tables = columns >> 32
    ranks = np.arange(len(columns)) - np.searchsorted(tables, tables)
    width = int(ranks.max(initial=0)) + 1
    signs = np.zeros((place.count, size, width))
    signs[tables, :, ranks] = _signs(np.arange(size), (columns & (1 << 32) - 1)[:, None])
    places = ((inner.tables * width + ranks[np.searchsorted(columns, chosen)]) << low_bits) + lows[lows != 0]
    return TableClass(
        place,
        low_bits,
        signs,
        Scatter.of(place.count * size, edge, edge.tables * size + highs[lows == 0]),
        Scatter.of((place.count * width) << low_bits, inner, places),
        additions,
    )


def _signs(index: Masks, masks: Masks) -> Reals:
    """(−1)^parity(index & mask)."""
    signs: Reals = 1.0 - 2.0 * (np.bitwise_count(index & masks) & 1)
    return signs


def fill_tables(spectra: Spectra, terms: Reals, values: Masks, scales: Reals, data: NDArray[np.floating]) -> None:
    """Write all tables into `data` (batch, size).

    terms, values and scales are those of `qlang.kernels.angles.ProgramAngles`: (batch or 1, …).
    """
    for each in spectra.classes:
        count = max(1, LARGEST_CLASS // (each.place.count << each.place.bits))
        for first in range(0, len(data), count):
            items = slice(first, first + count)
            _fill(each, _items(terms, items), _items(values, items), _items(scales, items), data[items])


def _items(array: NDArray[Number], items: slice) -> NDArray[Number]:
    """Some items of a batch; all share the only one."""
    return array if len(array) == 1 else array[items]


def _fill(tables: TableClass, terms: Reals, values: Masks, scales: Reals, data: NDArray[np.floating]) -> None:
    place, size = tables.place, 1 << tables.place.bits
    end = place.start + place.stride * place.count
    block = data[:, place.start : end].reshape(len(data), place.count, place.stride)
    scale = np.ones((1, 1, 1)) if place.scales is None else scales[:, place.scales][:, :, None]
    if tables.constant:
        block[:, :, :size], block[:, :, size : 2 * size] = scale, 0
    elif tables.crossing <= MOST_CROSSING[data.dtype.name] and not tables.additions:
        left, right = (part.astype(data.dtype) for part in _thin_factors(tables, terms, values, scale))
        target = block[:, :, : 2 * size].reshape(len(data), place.count, left.shape[2], right.shape[3])
        assert np.may_share_memory(target, data)
        _multiply(left, right, target)
    else:
        exponents = table_exponents(tables, terms, values)
        if data.dtype == np.float32:  # fast sines in float32, of angles small enough to be exact there
            exponents -= TURN * np.rint(exponents / TURN)
            reduced = exponents.astype(np.float32)
            cosines, sines = np.cos(reduced), np.sin(reduced)
        else:
            units = unit_numbers(exponents)
            cosines, sines = units.real, units.imag
        np.multiply(cosines, scale, out=block[:, :, :size], casting="same_kind")
        np.multiply(sines, scale, out=block[:, :, size : 2 * size], casting="same_kind")


def _thin_factors(tables: TableClass, terms: Reals, values: Masks, scale: Reals) -> tuple[Reals, Reals]:
    """Matrices (batch, tables, 2 · 2^high bits, r) and (batch, tables, r, 2^low bits), r = 2^(X + 1).

    Their products are the tables, cosines above sines.
    """
    outer, inner = _transforms(tables, terms, values)
    high = (unit_numbers(outer) * scale)[:, :, :, None]
    low = unit_numbers(inner[:, :, :1])
    for k in range(1, tables.crossing + 1):
        crossing = unit_numbers(inner[:, :, k : k + 1])
        high = np.concatenate([high, 1j * tables.signs[None, :, :, k, None] * high], axis=3)
        low = np.concatenate([crossing.real * low, crossing.imag * low], axis=2)
    left = np.concatenate(
        [np.concatenate([high.real, -high.imag], axis=3), np.concatenate([high.imag, high.real], axis=3)], axis=2
    )
    return left, np.concatenate([low.real, low.imag], axis=2)


def _roots() -> NDArray[np.complex128]:
    """exp(2πi k / sectors), from the first octant, where angles are most exact."""
    eighth = np.exp(1j * TURN / _SECTORS * np.arange(_SECTORS // 8 + 1))
    quarter = np.concatenate([eighth, 1j * eighth[-2:0:-1].conj()])
    return np.concatenate([quarter * power for power in (1, 1j, -1, -1j)])


_ROOTS = _roots()


def unit_numbers(angles: Reals) -> NDArray[np.complex128]:
    """exp(i angle): the nearest of `_SECTORS` roots of unity, times a short series; thrice as fast as NumPy's.

    Good to about an ulp while angles are below 10⁴.
    """
    if angles.size < FEW:
        direct: NDArray[np.complex128] = np.exp(1j * angles)
        return direct
    sector = np.rint(angles * (_SECTORS / TURN))
    rest = angles - sector * _SECTOR_HIGH
    rest -= sector * _SECTOR_LOW
    square = rest * rest
    series = np.empty(angles.shape, dtype=np.complex128)
    series.real = (square * (1 / 24) - 0.5) * square + 1
    series.imag = ((square * (1 / 120) - 1 / 6) * square + 1) * rest
    series *= _ROOTS.take(sector.astype(np.int64) & (_SECTORS - 1))
    return series


def _transforms(tables: TableClass, terms: Reals, values: Masks) -> tuple[Reals, Reals]:
    """p (batch, tables, 2^high bits) and g (batch, tables, 1 + X, 2^low bits)."""
    place, width = tables.place, tables.crossing + 1
    edge, inner = tables.edge.spectrum(terms, values), tables.inner.spectrum(terms, values)
    high_bits = place.bits - tables.low_bits
    return (
        _transformed(edge, high_bits).reshape(len(edge), place.count, 1 << high_bits),
        _transformed(inner, tables.low_bits).reshape(len(inner), place.count, width, 1 << tables.low_bits),
    )


def _transformed(spectra: Reals, bits: int) -> Reals:
    """Walsh–Hadamard transforms of spectra of 2^bits entries; of many bits, of the high and the low ones in turn."""
    if bits <= MOST_AT_ONCE:
        return _product(spectra.reshape(-1, 1 << bits), hadamard(bits))
    low = bits // 2
    halves = _product(spectra.reshape(-1, 1 << low), hadamard(low)).reshape(-1, 1 << bits - low, 1 << low)
    return _product(hadamard(bits - low), halves)


def _product(left: Reals, right: Reals) -> Reals:
    """left @ right, by `_multiply`; one of them for all of the other, or as many of both."""
    shape = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    result = np.empty((*shape, left.shape[-2], right.shape[-1]))
    _multiply(left, right, result)
    return result


def _multiply(left: NDArray[np.floating], right: NDArray[np.floating], out: NDArray[np.floating]) -> None:
    """Write left @ right, on one thread."""
    most = max(1, ONE_THREAD // (right.shape[-2] * right.shape[-1]))
    for first in range(0, left.shape[-2], most):
        rows = slice(first, first + most)
        np.matmul(left[..., rows, :], right, out=out[..., rows, :])


def table_exponents(tables: TableClass, terms: Reals, values: Masks) -> Reals:
    """f (batch or 1, tables, 2^bits) of all tables of a class."""
    place = tables.place
    outer, inner = _transforms(tables, terms, values)
    exponents = _product(tables.signs, inner)
    exponents += outer[:, :, :, None]
    exponents = exponents.reshape(len(outer), place.count, 1 << place.bits)
    for each in tables.additions:
        exponents = _added(exponents, each, terms, values)
    return exponents


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
