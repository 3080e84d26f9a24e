"""Phase tables: exp(i f(y)) from the spectra of many tables at once.

With y = (u, l), high and low bits, and h_k the high parts of the masks that occur together with a low part,

    f(y) = p(u) + g_0(l) + Σ_k χ_k(u) g_k(l),        χ_k(u) = (−1)^|u & h_k|,

where p and g are Walsh-Hadamard transforms of parts of the spectrum, of half its bits each. As exp(iχg) = cos g + iχ
sin g, the table is a product of two thin matrices, of rank 2^X with X such masks: few sines are computed, and none
in the size of the table. Beyond `MOST_CROSSING` masks f itself is computed. Tables of equal size and X make a class,
and are computed together; p, g and their exponentials are computed for several classes at once, a run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.spectra import LARGEST_CLASS, Reals, Run, Spectra, TableClass, signs_of
from qlang.kernels.tables import Addition, Masks

Number = TypeVar("Number", bound=np.generic)

MOST_AT_ONCE = 7
"""Bits of the largest spectrum that is transformed by one matrix, of 128 kB then: larger ones are slow to read."""

MOST_SPECTRA = 1 << 15
"""Numbers of the spectra of batch items that are worked out at once: 256 kB, and twice that for their exponentials."""

MOST_SERIES = 1 << 12
"""Numbers whose series are summed at once: what is in between stays in the cache."""

TURN = 2 * np.pi

ONE_THREAD = 1 << 18
"""Multiplications of a product of matrices that BLAS does not wake threads for. These cost more than they save where
matrices are thin, and where other threads are busy they are waited for: up to a hundred times as long."""

_SECTORS = 1024
_SECTOR_HIGH = float(np.float32(TURN / _SECTORS))
_SECTOR_LOW = TURN / _SECTORS - _SECTOR_HIGH + 2.4492935982947064e-16 / _SECTORS
"""High and low part of 2π / sectors, 2π being `TURN` + 2.45·10⁻¹⁶: multiples of the high part are exact."""


def fill_tables(
    spectra: Spectra,
    terms: Reals,
    values: Masks,
    scales: Reals,
    data: NDArray[np.floating],
    exponents: tuple[Masks, Reals] | None = None,
) -> None:
    """Write all tables into `data` (batch, size).

    terms, values and scales are those of `qlang.kernels.angles.ProgramAngles`: (batch or 1, …). `exponents` are
    real, places in the spectra and numbers (batch or 1, places): tables are multiplied by exp of their transform.
    No mask at these places has high and low bits.
    """
    most = max(1, MOST_SPECTRA // max(1, spectra.size))
    for begin in range(0, len(data), most):
        items = slice(begin, begin + most)
        given = _Given(_items(terms, items), _items(values, items), _items(scales, items))
        rows = spectra.of(given.terms, given.values)
        real = None if exponents is None else _placed(exponents[0], _items(exponents[1], items), spectra.size)
        for run in spectra.runs:
            numbers = _numbers(run, given, rows, real)
            for each in run.classes:
                _fill(each, numbers, data[items])


@dataclass(frozen=True, eq=False, slots=True)
class _Given:
    """The numbers of some items of a batch, (batch or 1, …)."""

    terms: Reals
    values: Masks
    scales: Reals


@dataclass(frozen=True, eq=False, slots=True)
class _Numbers:
    """Those of the tables of a run."""

    given: _Given
    transforms: Reals
    """Of the spectra, where these were."""
    units: NDArray[np.complex128]
    """exp(i ·) of the transforms, times the growth; empty where tables are not thin."""
    growth: Reals | None
    """exp of the transforms of real exponents; None: 1."""


def _items(array: NDArray[Number], items: slice) -> NDArray[Number]:
    """Some items of a batch; all share the only one."""
    return array if len(array) == 1 else array[items]


def _placed(places: Masks, amounts: Reals, size: int) -> Reals:
    """Rows (batch, size) with the sums of amounts (batch, places)."""
    rows = np.zeros((len(amounts), size))
    np.add.at(rows.T, places, amounts.T)
    return rows


def _numbers(run: Run, given: _Given, rows: Reals, real: Reals | None) -> _Numbers:
    """From the spectra of all tables, and their real exponents."""
    transforms, growth = _transforms(run.classes, rows[:, run.span]), None
    if real is not None and real[:, run.span].any():
        growth = np.exp(_transforms(run.classes, real[:, run.span]))
    units = unit_numbers(transforms) if run.thin else np.zeros(0, dtype=np.complex128)
    if run.thin and growth is not None:
        units = units * growth
    return _Numbers(given, transforms, units, growth)


def _fill(tables: TableClass, numbers: _Numbers, data: NDArray[np.floating]) -> None:
    place, size = tables.place, 1 << tables.place.bits
    end = place.start + place.stride * place.count
    block = data[:, place.start : end].reshape(len(data), place.count, place.stride)[:, :, : place.numbers]
    scale = None if place.scales is None else numbers.given.scales[:, place.scales][:, :, None]
    if tables.constant:
        block[:, :, :size], block[:, :, size:] = 1 if scale is None else scale, 0
    elif tables.thin:
        write = _write_factors if place.factors else _write_product
        write(*_factors(tables, numbers.units, scale), block)
    else:
        _write_sines(tables, numbers, scale, block)


def _write_sines(tables: TableClass, numbers: _Numbers, scale: Reals | None, block: NDArray[np.floating]) -> None:
    """Write tables (batch, tables, 2 · 2^bits) from their exponents, as many items at once as stay in the cache."""
    size = 1 << tables.place.bits
    factor = np.ones((1, 1, 1)) if scale is None else scale
    if numbers.growth is not None:
        high, low = _parts(tables, numbers.growth)
        growth = high[:, :, :, None] * low[:, :, :1]
        factor = factor * growth.reshape(len(growth), tables.place.count, size)
    most = max(1, LARGEST_CLASS // (tables.place.count * size))
    for begin in range(0, len(block), most):
        items = slice(begin, begin + most)
        terms, values = _items(numbers.given.terms, items), _items(numbers.given.values, items)
        exponents = _exponents(tables, _items(numbers.transforms, items), terms, values)
        if block.dtype == np.float32:  # fast sines in float32, of angles small enough to be exact there
            exponents -= TURN * np.rint(exponents / TURN)
            reduced = exponents.astype(np.float32)
            cosines, sines = np.cos(reduced), np.sin(reduced)
        else:
            units = unit_numbers(exponents)
            cosines, sines = units.real, units.imag
        part = block[items]
        np.multiply(cosines, _items(factor, items), out=part[:, :, :size], casting="same_kind")
        np.multiply(sines, _items(factor, items), out=part[:, :, size:], casting="same_kind")


def _factors(
    tables: TableClass, units: NDArray[np.complex128], scale: Reals | None
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Matrices (batch, tables, 2^high bits, 2^X) and (batch, tables, 2^X, 2^low bits), tables being their products."""
    outer, inner = _parts(tables, units)
    high = (outer if scale is None else outer * scale)[:, :, :, None]
    low = inner[:, :, :1]
    for k in range(1, tables.crossing + 1):
        crossing = inner[:, :, k : k + 1]
        high = np.concatenate([high, 1j * tables.signs[None, :, :, k, None] * high], axis=3)
        low = np.concatenate([crossing.real * low, crossing.imag * low], axis=2)
    return high, low


def _real_factors(
    high: NDArray[np.complex128], low: NDArray[np.complex128], dtype: np.dtype[Any]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Real matrices (batch, tables, 2 · 2^high bits, r) and (batch, tables, r, 2^low bits), r = 2^(X + 1).

    Their products are the tables, cosines above sines.
    """
    (batch, count, rows, half), columns = high.shape, low.shape[3]
    left = np.empty((batch, count, 2 * rows, 2 * half), dtype)
    left[:, :, :rows, :half] = left[:, :, rows:, half:] = high.real
    left[:, :, rows:, :half] = high.imag
    np.negative(left[:, :, rows:, :half], out=left[:, :, :rows, half:])
    right = np.empty((len(low), count, 2 * half, columns), dtype)
    right[:, :, :half], right[:, :, half:] = low.real, low.imag
    return left, right


def _write_product(high: NDArray[np.complex128], low: NDArray[np.complex128], block: NDArray[np.floating]) -> None:
    """Write tables (batch, tables, 2 · 2^bits) from their factors."""
    left, right = _real_factors(high, low, block.dtype)
    target = block.reshape(*block.shape[:2], left.shape[2], right.shape[3])
    assert np.may_share_memory(target, block)
    _multiply(left, right, target)


def _write_factors(high: NDArray[np.complex128], low: NDArray[np.complex128], block: NDArray[np.floating]) -> None:
    """Write factors as `factor_sizes` has it, (batch, tables, numbers)."""
    end = 0
    for part in (high.real, high.imag, low.real, low.imag):
        start, end = end, end + part.shape[2] * part.shape[3]
        block[:, :, start:end] = part.reshape(*part.shape[:2], -1)


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
    result = np.empty(angles.shape, dtype=np.complex128)
    given, flat = angles.reshape(-1), result.reshape(-1)
    for first in range(0, len(given), MOST_SERIES):
        part = slice(first, first + MOST_SERIES)
        _write_unit_numbers(given[part], flat[part])
    return result


def _write_unit_numbers(angles: Reals, out: NDArray[np.complex128]) -> None:
    sector = np.rint(angles * (_SECTORS / TURN))
    rest = angles - sector * _SECTOR_HIGH
    rest -= sector * _SECTOR_LOW
    square = rest * rest
    out.real = (square * (1 / 24) - 0.5) * square + 1
    out.imag = ((square * (1 / 120) - 1 / 6) * square + 1) * rest
    out *= _ROOTS.take(sector.astype(np.int64) & (_SECTORS - 1))


def _transforms(classes: Sequence[TableClass], spectra: Reals) -> Reals:
    """The transforms of rows (any, size) of spectra, where these are: p and g of all tables."""
    result = spectra.copy()
    for each in classes:
        if not each.constant:
            for part, bits in ((each.edge, each.place.bits - each.low_bits), (each.inner, each.low_bits)):
                if bits:
                    _transform(spectra[:, part], bits, result[:, part])
    return result


def _transform(spectra: Reals, bits: int, out: Reals) -> None:
    """Walsh–Hadamard transforms of spectra of 2^bits entries; of many bits, of the high and the low ones in turn."""
    rows = len(spectra)
    if bits <= MOST_AT_ONCE:
        _multiply(spectra.reshape(rows, -1, 1 << bits), hadamard(bits), out.reshape(rows, -1, 1 << bits))
        return
    low = bits // 2
    halves = _product(spectra.reshape(rows, -1, 1 << low), hadamard(low)).reshape(rows, -1, 1 << bits - low, 1 << low)
    _multiply(hadamard(bits - low), halves, out.reshape(halves.shape))


def _parts(tables: TableClass, numbers: NDArray[Number]) -> tuple[NDArray[Number], NDArray[Number]]:
    """A class's edges (batch, tables, 2^high bits) and inner parts (batch, tables, 1 + X, 2^low bits) of all."""
    batch, count = len(numbers), tables.place.count
    return (
        numbers[:, tables.edge].reshape(batch, count, -1),
        numbers[:, tables.inner].reshape(batch, count, tables.crossing + 1, -1),
    )


def _product(left: Reals, right: Reals) -> Reals:
    """left @ right, on one thread; one of them for all of the other, or as many of both."""
    if left.shape[-2] * right.shape[-2] * right.shape[-1] <= ONE_THREAD:
        whole: Reals = left @ right
        return whole
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


def _exponents(tables: TableClass, transforms: Reals, terms: Reals, values: Masks) -> Reals:
    """f (batch or 1, tables, 2^bits) of all tables of a class, given the transforms of its run."""
    place = tables.place
    outer, inner = _parts(tables, transforms)
    exponents = _product(tables.signs, inner)
    exponents += outer[:, :, :, None]
    exponents = exponents.reshape(len(outer), place.count, 1 << place.bits)
    for each in tables.additions:
        exponents = _added(exponents, each, terms, values)
    return exponents


def _added(exponents: Reals, addition: Addition, terms: Reals, values: Masks) -> Reals:
    rows = np.arange(exponents.shape[2]) & addition.pattern.mask
    amount: Reals = terms[:, addition.pattern.term] * addition.weight
    amount = amount * signs_of(values[:, addition.pattern.term], np.array(addition.subset, dtype=np.int64))
    matched = amount[:, None] * (rows == addition.pattern.values(values)[:, None])
    if len(exponents) < len(matched):
        exponents = np.repeat(exponents, len(matched), axis=0)
    exponents[:, addition.table] += matched
    return exponents


@lru_cache(maxsize=32)
def hadamard(bits: int) -> Reals:
    """(−1)^|i & j|, shape (2^bits, 2^bits); read-only."""
    index = np.arange(1 << bits)
    matrix = signs_of(index[:, None], index)
    matrix.setflags(write=False)
    return matrix
