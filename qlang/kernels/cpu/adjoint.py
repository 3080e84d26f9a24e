"""Expectation values and adjoint gradients on the kernels of `gradient_text`; see `qlang.kernels.adjoint`."""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cpu.compiler import Source, shared_compiler
from qlang.kernels.cpu.gradient_text import (
    MOST_REGISTERS,
    RotationShape,
    SweepWord,
    Word,
    rotation_module,
    turns_driver_module,
)
from qlang.kernels.cpu.host import ELEMENT_BYTES, Precision, Target, host_target
from qlang.kernels.cpu.lanes import index_format
from qlang.kernels.cpu.memory import PLANE_PAD, address, pages
from qlang.kernels.cpu.phase_text import phase_module, products_module
from qlang.kernels.cpu.threads import for_each_unit
from qlang.kernels.cpu.turn_plan import Phases, Rotations, Tiles, TurnPlan, low_tiles, turn_plan
from qlang.kernels.observables import PauliSums
from qlang.kernels.pauli_layers import Turn
from qlang.kernels.steps import Steps

Reals = NDArray[np.float64]

_ALIGNMENT = 64
_SECONDS_PER_VECTOR = 4e-9
"""Of one walk; only bounds how long a call into native code takes."""


@dataclass(slots=True)
class _Blocks:
    """A sweep as words, and what they point to."""

    words: NDArray[np.int64]
    """(walks, Word.WORDS)"""
    outer: NDArray[np.int64]
    kept: list[NDArray[Any]]
    width: int
    """Vectors of sums of a tile."""

    def sweep(self, sums: int) -> NDArray[np.int64]:
        """The words of the sweep, for sums at an address."""
        found = np.zeros(SweepWord.WORDS, dtype=np.int64)
        found[SweepWord.BLOCKS], found[SweepWord.COUNT] = address(self.words), len(self.words)
        found[SweepWord.OUTER], found[SweepWord.OUTER_BITS] = address(self.outer), len(self.outer)
        found[SweepWord.SUMS] = sums
        return found


def _aligned(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Zeros that begin at a vector's boundary."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    room = np.zeros(size + _ALIGNMENT, dtype=np.uint8)
    start = -address(room) % _ALIGNMENT
    aligned: NDArray[Any] = room[start : start + size].view(dtype).reshape(shape)
    return aligned


class _Tables:
    """Vectors that the walks read, as functions of the angles: (vectors, lanes)."""

    def __init__(self, lanes: int, dtype: Any) -> None:
        self.lanes, self.dtype = lanes, dtype
        self.turns: list[Turn] = []
        self.rotation: list[bool] = []
        self.inside: list[bool] = []
        self.places: list[int] = []
        self.size = 0

    def add(self, turn: Turn, *, rotation: bool, inside: bool = False) -> None:
        self.turns.append(turn)
        self.rotation.append(rotation)
        self.inside.append(inside)
        self.places.append(self.size)
        self.size += 2 if rotation else 1

    def finish(self) -> None:
        """Arrays of all turns."""
        turns, lane = self.turns, np.arange(self.lanes)
        self.slots = np.array([turn.slot for turn in turns], dtype=np.int64)
        self.factors = np.array([turn.factor for turn in turns])
        self.constants = np.array([turn.constant for turn in turns])
        low = np.array([turn.sign & (self.lanes - 1) for turn in turns], dtype=np.int64)
        signs = 1.0 - 2.0 * (np.bitwise_count(low[:, None] & lane) & 1)
        self.signs = np.where(np.array(self.inside, dtype=bool)[:, None], -signs, signs)
        self.is_rotation = np.array(self.rotation, dtype=bool)
        self.at = np.array(self.places, dtype=np.int64)
        self.forward = _aligned((self.size, self.lanes), self.dtype)
        self.backward = _aligned((self.size, self.lanes), self.dtype)

    def fill(self, angles: Reals) -> None:
        """Write the vectors for angles (slots,)."""
        angle = self.constants + self.factors * np.where(self.slots >= 0, angles[self.slots], 0.0)
        turned, at = self.is_rotation, self.at
        cosines = np.cos(angle[turned] / 2)[:, None]
        sines = np.sin(angle[turned] / 2)[:, None] * self.signs[turned]
        phases = np.remainder(angle[~turned] + np.pi, 2 * np.pi) - np.pi  # half a turn more is a global phase
        halves = -0.5 * phases[:, None] * self.signs[~turned]
        for table, sense in ((self.forward, 1.0), (self.backward, -1.0)):
            table[at[turned]] = cosines
            table[at[turned] + 1] = sense * sines
            table[at[~turned]] = sense * halves


@lru_cache(maxsize=8)
def _driver(target: Target) -> Any:
    found = shared_compiler().address(Source(turns_driver_module, (), target))
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 2, *[ctypes.c_int64] * 2)(found)


@lru_cache(maxsize=64)
def _rotation(target: Target, precision: Precision, shape: RotationShape) -> int:
    return shared_compiler().address(Source(rotation_module, (target, precision, shape), target))


@lru_cache(maxsize=8)
def _phase(target: Target, precision: Precision, dual: bool) -> int:
    return shared_compiler().address(Source(phase_module, (target, precision, dual), target))


@lru_cache(maxsize=8)
def _products(target: Target, precision: Precision, write: bool) -> int:
    return shared_compiler().address(Source(products_module, (target, precision, write), target))


class _Writer:
    """Writes the words of sweeps."""

    def __init__(self, plan: TurnPlan, target: Target, precision: Precision) -> None:
        self.plan, self.target, self.precision = plan, target, precision
        self.size, self.lanes = target.vector_bytes, target.lanes(precision)

    def blocks(self, sweep: Tiles, tables: NDArray[Any], begin: int, *, dual: bool) -> tuple[_Blocks, int]:
        """The blocks of a sweep whose tables begin at row `begin`; backwards with a dual. And the row behind."""
        words = np.zeros((len(sweep.walks), Word.WORDS), dtype=np.int64)
        made = _Blocks(words, self._places(sweep.outer), [words], 0)
        for block, walk in zip(words, sweep.walks, strict=True):
            block[Word.TABLES] = address(tables) + begin * self.size
            block[Word.SUMS] = made.width * self.size
            count = self._rotations(block, walk, made, dual) if isinstance(walk, Rotations) else 0
            count = count or self._phases(block, walk, made, dual)
            begin += (2 if isinstance(walk, Rotations) else 1) * count
            made.width += count
            self._walk(block, walk.held, walk.walk, made)
        if dual:
            words[:] = words[::-1].copy()
        return made, begin

    def _walk(self, block: NDArray[np.int64], held: tuple[int, ...], walk: tuple[int, ...], made: _Blocks) -> None:
        basis = self._places((*walk, 0))
        made.kept.append(basis)
        block[Word.BASIS], block[Word.COUNT] = address(basis), 1 << len(walk)
        for c in range(1 << len(held)):
            offset = 0
            for i, place in enumerate(held):
                offset ^= place if c >> i & 1 else 0
            block[Word.OFFSETS + c] = offset * self.size

    def _rotations(self, block: NDArray[np.int64], walk: Rotations, made: _Blocks, dual: bool) -> int:
        flips = [turn.flip & (self.lanes - 1) for turn in walk.registers]
        combined = [0] * 8
        for c in range(1 << len(flips)):
            for i, flip in enumerate(flips):
                combined[c] ^= flip if c >> i & 1 else 0
        orders = self.orders([*combined, *(turn.flip for turn in walk.lanes)])
        made.kept.append(orders)
        block[Word.INDEX] = address(orders)
        for first, turns in ((Word.MASKS, walk.registers), (Word.MASKS + MOST_REGISTERS, walk.lanes)):
            for i, turn in enumerate(turns):
                block[first + i] = self._mask(turn.sign)
        shape = RotationShape(len(walk.registers), len(walk.lanes), any(flips), dual)
        block[Word.FUNCTION] = _rotation(self.target, self.precision, shape)
        return len(walk.registers) + len(walk.lanes)

    def _phases(self, block: NDArray[np.int64], walk: Rotations | Phases, made: _Blocks, dual: bool) -> int:
        assert isinstance(walk, Phases)
        masks = np.array([self._mask(turn.sign) for turn in walk.turns], dtype=np.int64)
        made.kept.append(masks)
        block[Word.PHASE_MASKS] = address(masks)
        block[Word.BINS : Word.BINS + 9] = walk.bins
        block[Word.FUNCTION] = _phase(self.target, self.precision, dual)
        return len(walk.turns)

    def orders(self, flips: list[int]) -> NDArray[np.uint8]:
        """Index vectors that take lane l ^ flip to lane l, `size` bytes each."""
        layout = index_format(self.target, self.precision)
        rows = np.zeros((len(flips), self.size), dtype=np.uint8)
        for row, flip in zip(rows, flips, strict=True):
            order = (np.arange(self.lanes) ^ flip)[:, None] * layout.pieces + np.arange(layout.pieces)
            found = order.ravel().astype(f"int{layout.bits}").view(np.uint8)
            row[: len(found)] = found
        return rows

    def _mask(self, sign: int) -> int:
        return (sign >> self.plan.lane_bits) * self.size

    def _places(self, places: tuple[int, ...]) -> NDArray[np.int64]:
        return np.array(places, dtype=np.int64) * self.size

    def products(self, sums: PauliSums, terms: NDArray[np.int64], *, write: bool) -> Products:
        """A sweep that applies some terms of Pauli sums."""
        return Products(self, sums, terms, write)


class Products:
    """Terms of Pauli sums as a sweep; the terms with one flip are one walk."""

    def __init__(self, writer: _Writer, sums: PauliSums, terms: NDArray[np.int64], write: bool) -> None:
        layers, lanes = writer.plan.layers, writer.lanes
        found: dict[int, list[tuple[bool, int, int, complex]]] = {}
        phases = sums.phases()
        for term in terms.tolist():
            flip, sign, negated = layers.product(int(sums.flips[term]), int(sums.signs[term]))
            negated ^= bool((flip & sign).bit_count() & 1)
            factor = complex(phases[term]) * (-1 if negated else 1)
            found.setdefault(flip, []).append((factor.real == 0, sign, term, factor))
        rows = [row for flip in found for row in sorted(found[flip], key=lambda row: row[:3])]
        self.terms = np.array([term for _, _, term, _ in rows], dtype=np.int64)
        low = np.array([sign & (lanes - 1) for _, sign, _, _ in rows], dtype=np.int64)
        lane_signs = 1.0 - 2.0 * (np.bitwise_count(low[:, None] & np.arange(lanes)) & 1)
        self.factors = np.array([f.real + f.imag for _, _, _, f in rows])[:, None] * lane_signs
        dtype = np.dtype(writer.precision)
        self.tables = _aligned((len(rows), lanes), dtype)
        self.masks = np.array([writer._mask(sign) for _, sign, _, _ in rows], dtype=np.int64)
        tiles = low_tiles(writer.plan.place_bits)
        words = np.zeros((len(found), Word.WORDS), dtype=np.int64)
        self.blocks = _Blocks(words, writer._places(tiles.outer), [words], len(found))
        begin = 0
        for i, (block, (flip, members)) in enumerate(zip(words, found.items(), strict=True)):
            writer._walk(block, (), tuple(tiles.basis), self.blocks)
            real = sum(not imaginary for imaginary, *_ in members)
            block[Word.BINS : Word.BINS + 3] = begin, begin + real, begin + len(members)
            block[Word.OFFSETS] = (flip >> writer.plan.lane_bits) * writer.size
            orders = writer.orders([flip & (lanes - 1)])
            self.blocks.kept.append(orders)
            block[Word.INDEX], block[Word.SUMS] = address(orders), i * writer.size
            block[Word.TABLES], block[Word.PHASE_MASKS] = address(self.tables), address(self.masks)
            block[Word.FUNCTION] = _products(writer.target, writer.precision, write)
            begin += len(members)

    def fill(self, coefficients: Reals) -> None:
        """Write the terms' coefficients, shape (all terms of the sums,)."""
        self.tables[...] = self.factors * coefficients[self.terms][:, None]


class NativeAdjoint:
    """Observables of a circuit on the native kernels. Keeps its memory: two states. One call at a time."""

    def __init__(
        self, steps: Steps, sums: PauliSums, precision: Precision, threads: int = 1, target: Target | None = None
    ) -> None:
        """For the host, if no target is given. Raises PatternTooWide, and MemoryError where two states do not fit."""
        target = target or host_target()
        self.slots, self.sums, self.threads, self.precision = steps.slot_count, sums, threads, precision
        self.plan = turn_plan(steps, target.lane_bits(precision))
        self._writer = writer = _Writer(self.plan, target, precision)
        self._driver, self._lock = _driver(target), threading.Lock()
        self._tables = tables = _Tables(writer.lanes, np.dtype(precision))
        for sweep in self.plan.sweeps:
            for walk in sweep.walks:
                if isinstance(walk, Rotations):
                    for turn in (*walk.registers, *walk.lanes):
                        tables.add(turn, rotation=True, inside=turn in walk.lanes)
                else:
                    for turn in walk.turns:
                        tables.add(turn, rotation=False)
        tables.finish()
        self._forward, self._backward = (
            self._sweeps(tables.forward, dual=False),
            self._sweeps(tables.backward, dual=True),
        )
        every = np.arange(len(sums.flips))
        self._weighted = writer.products(sums, every, write=True)
        self._single = [writer.products(sums, every[sums.outputs == k], write=False) for k in range(sums.count)]
        self._planes, self._area = self._memory()

    def _sweeps(self, tables: NDArray[Any], *, dual: bool) -> list[_Blocks]:
        found, begin = [], 0
        for sweep in self.plan.sweeps:
            blocks, begin = self._writer.blocks(sweep, tables, begin, dual=dual)
            found.append(blocks)
        return found

    def _memory(self) -> tuple[list[NDArray[Any]], NDArray[np.int64]]:
        size = ELEMENT_BYTES[self.precision] << (self.plan.place_bits + self.plan.lane_bits)
        stride = size + PLANE_PAD + -size % 64
        room = pages(4 * stride)
        planes = [room[i * stride : i * stride + size].view(self.precision) for i in range(4)]
        return planes, np.array([address(plane) for plane in planes], dtype=np.int64)

    def values(self, angles: Reals) -> Reals:
        """Values (count,) for angles (slots,)."""
        with self._lock:
            self._evolve(angles)
            return np.array([self._expectation(each) for each in self._single])

    def gradient(self, angles: Reals, weights: Reals) -> tuple[float, Reals]:
        """Σ weight · value, and its derivatives (slots,)."""
        with self._lock:
            self._evolve(angles)
            for plane in self._planes[2:]:
                plane.fill(0)
            self._weighted.fill(self.sums.weighted(weights))
            value = float(self._run(self._weighted.blocks).sum())
            slopes = [self._run(blocks).ravel(order="C") for blocks in reversed(self._backward)]
            return value, self._collected(slopes[::-1])

    def _evolve(self, angles: Reals) -> None:
        self._tables.fill(angles)
        for plane in self._planes[:2]:
            plane.fill(0)
        self._planes[0][0] = 1
        for blocks in self._forward:
            self._run(blocks)

    def _expectation(self, products: Products) -> float:
        products.fill(self.sums.coefficients)
        return float(self._run(products.blocks).sum())

    def _run(self, blocks: _Blocks) -> Reals:
        """Runs a sweep; its sums (width, lanes) over all tiles."""
        if not len(blocks.words):
            return np.zeros((0, self._writer.lanes))
        tiles = 1 << len(blocks.outer)
        sums = _aligned((tiles, max(blocks.width, 1), self._writer.lanes), self.precision)
        sweep = blocks.sweep(address(sums))
        sweep[SweepWord.SUMS_STRIDE] = sums.strides[0]
        planes, words = address(self._area), address(sweep)

        def work(_: int, begin: int, end: int) -> None:
            self._driver(planes, words, begin, end)

        vectors = 1 << (self.plan.place_bits - len(blocks.outer))
        seconds = vectors * len(blocks.words) * _SECONDS_PER_VECTOR
        for_each_unit(work, tiles, threads=self.threads, seconds_per_unit=seconds)
        total: Reals = sums.sum(axis=0, dtype=np.float64)
        return total

    def _collected(self, slopes: list[Reals]) -> Reals:
        tables = self._tables
        rows = np.concatenate([np.zeros(0), *slopes]).reshape(-1, self._writer.lanes)
        each = (rows * tables.signs).sum(axis=1) * tables.factors
        angled = tables.slots >= 0
        gradient: Reals = np.bincount(tables.slots[angled], each[angled], minlength=self.slots).astype(np.float64)
        return gradient
