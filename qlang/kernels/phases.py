"""Phase tables: exp(i f(y)) from the spectra of many tables at once.

With y = (u, l), high and low bits, and h_k the high parts of the masks that occur together with a low part,

    f(y) = p(u) + g_0(l) + Σ_k χ_k(u) g_k(l),        χ_k(u) = (−1)^|u & h_k|,

where p and g are Walsh-Hadamard transforms of parts of the spectrum, of half its bits each. As exp(iχg) = cos g + iχ
sin g, the table is a product of two thin matrices, of rank 2^X with X such masks: few sines are computed, and none
in the size of the table. Beyond `MOST_CROSSING` masks f itself is computed. Tables of equal size and about equal X
make a class, and are computed together.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.spectra import LARGEST_CLASS, MOST_CROSSING, Reals, Spectra, TableClass, signs_of
from qlang.kernels.tables import Addition, Masks

Number = TypeVar("Number", bound=np.generic)

MOST_AT_ONCE = 7
"""Bits of the largest spectrum that is transformed by one matrix, of 128 kB then: larger ones are slow to read."""

MOST_SPECTRA = 1 << 20
"""Numbers of the spectra of batch items that are worked out at once: 8 MB."""

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
    whole, most = _Numbers(terms, values, scales), max(1, MOST_SPECTRA // max(1, spectra.size))
    for begin in range(0, len(data), most):
        part = data[begin : begin + most]
        numbers = whole.of(slice(begin, begin + most))
        numbers.spectra = spectra.of(numbers.terms, numbers.values)
        if exponents is not None:
            amounts = _items(exponents[1], slice(begin, begin + most))
            numbers.exponents = np.zeros((len(amounts), spectra.size))
            np.add.at(numbers.exponents.T, exponents[0], amounts.T)
        for each in spectra.classes:
            count = max(1, LARGEST_CLASS // (each.place.count << each.place.bits))
            for first in range(0, len(part), count):
                items = slice(first, first + count)
                _fill(each, numbers.of(items), part[items])


@dataclass(slots=True)
class _Numbers:
    """The numbers of some items of a batch, (batch or 1, …)."""

    terms: Reals
    values: Masks
    scales: Reals
    spectra: Reals = field(default_factory=lambda: np.zeros((1, 0)))
    exponents: Reals = field(default_factory=lambda: np.zeros((1, 0)))
    """Real ones, or none."""

    def of(self, items: slice) -> "_Numbers":
        """Those of some of them."""
        return _Numbers(
            _items(self.terms, items),
            _items(self.values, items),
            _items(self.scales, items),
            _items(self.spectra, items),
            _items(self.exponents, items),
        )


def _items(array: NDArray[Number], items: slice) -> NDArray[Number]:
    """Some items of a batch; all share the only one."""
    return array if len(array) == 1 else array[items]


def _fill(tables: TableClass, numbers: _Numbers, data: NDArray[np.floating]) -> None:
    place, size = tables.place, 1 << tables.place.bits
    end = place.start + place.stride * place.count
    block = data[:, place.start : end].reshape(len(data), place.count, place.stride)
    scale = np.ones((1, 1, 1)) if place.scales is None else numbers.scales[:, place.scales][:, :, None]
    growth = _growth(tables, numbers)
    if tables.constant:
        block[:, :, :size], block[:, :, size : 2 * size] = scale, 0
    elif tables.crossing <= MOST_CROSSING[data.dtype.name] and not tables.additions:
        left, right = (part.astype(data.dtype) for part in _thin_factors(tables, numbers.spectra, scale, growth))
        target = block[:, :, : 2 * size].reshape(len(data), place.count, left.shape[2], right.shape[3])
        assert np.may_share_memory(target, data)
        _multiply(left, right, target)
    else:
        exponents = _exponents(tables, numbers)
        if growth is not None:
            high, low = growth
            scale = (scale[:, :, :, None] * high[:, :, :, None] * low[:, :, None, :]).reshape(-1, place.count, size)
        if data.dtype == np.float32:  # fast sines in float32, of angles small enough to be exact there
            exponents -= TURN * np.rint(exponents / TURN)
            reduced = exponents.astype(np.float32)
            cosines, sines = np.cos(reduced), np.sin(reduced)
        else:
            units = unit_numbers(exponents)
            cosines, sines = units.real, units.imag
        np.multiply(cosines, scale, out=block[:, :, :size], casting="same_kind")
        np.multiply(sines, scale, out=block[:, :, size : 2 * size], casting="same_kind")


def _growth(tables: TableClass, numbers: _Numbers) -> tuple[Reals, Reals] | None:
    """What tables are multiplied by, factors (batch, tables, 2^high bits) and (batch, tables, 2^low bits)."""
    if not numbers.exponents.size:
        return None
    edge, inner = numbers.exponents[:, tables.edge], numbers.exponents[:, tables.inner]
    if not edge.any() and not inner.any():
        return None
    count, low_bits = tables.place.count, tables.low_bits
    high = _transformed(edge, tables.place.bits - low_bits).reshape(len(edge), count, -1)
    first = inner.reshape(len(inner), count, tables.crossing + 1, 1 << low_bits)[:, :, 0]
    low = _transformed(np.ascontiguousarray(first), low_bits).reshape(len(inner), count, -1)
    return np.exp(high), np.exp(low)


def _thin_factors(
    tables: TableClass, spectra: Reals, scale: Reals, growth: tuple[Reals, Reals] | None
) -> tuple[Reals, Reals]:
    """Matrices (batch, tables, 2 · 2^high bits, r) and (batch, tables, r, 2^low bits), r = 2^(X + 1).

    Their products are the tables, cosines above sines.
    """
    outer, inner = _transforms(tables, spectra)
    high = (unit_numbers(outer) * scale)[:, :, :, None]
    low = unit_numbers(inner[:, :, :1])
    if growth is not None:
        high, low = high * growth[0][:, :, :, None], low * growth[1][:, :, None, :]
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


def _transforms(tables: TableClass, spectra: Reals) -> tuple[Reals, Reals]:
    """p (batch, tables, 2^high bits) and g (batch, tables, 1 + X, 2^low bits)."""
    count, high_bits, low_bits = tables.place.count, tables.place.bits - tables.low_bits, tables.low_bits
    return (
        _transformed(spectra[:, tables.edge], high_bits).reshape(-1, count, 1 << high_bits),
        _transformed(spectra[:, tables.inner], low_bits).reshape(-1, count, tables.crossing + 1, 1 << low_bits),
    )


def _transformed(spectra: Reals, bits: int) -> Reals:
    """Walsh–Hadamard transforms of spectra of 2^bits entries; of many bits, of the high and the low ones in turn."""
    if bits <= MOST_AT_ONCE:
        return _product(spectra.reshape(-1, 1 << bits), hadamard(bits))
    low = bits // 2
    halves = _product(spectra.reshape(-1, 1 << low), hadamard(low)).reshape(-1, 1 << bits - low, 1 << low)
    return _product(hadamard(bits - low), halves)


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


def _exponents(tables: TableClass, numbers: _Numbers) -> Reals:
    """f (batch or 1, tables, 2^bits) of all tables of a class."""
    place = tables.place
    outer, inner = _transforms(tables, numbers.spectra)
    exponents = _product(tables.signs, inner)
    exponents += outer[:, :, :, None]
    exponents = exponents.reshape(len(outer), place.count, 1 << place.bits)
    for each in tables.additions:
        exponents = _added(exponents, each, numbers.terms, numbers.values)
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
