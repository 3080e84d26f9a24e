"""Runs bound programs on states: sweep by sweep, tiles over threads."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.descriptors import NativeSweep, native_sweep
from qlang.kernels.cpu.driver_text import SweepWord
from qlang.kernels.cpu.host import Precision, Target
from qlang.kernels.cpu.memory import PLANE_PAD, address, pages
from qlang.kernels.cpu.native import NativeFunction, driver
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.cpu.threads import for_each_unit
from qlang.kernels.layout import Layout

if TYPE_CHECKING:
    from qlang.kernels.bind import BoundProgram

_PICOSECONDS_PER_BYTE = 40
"""What one pass takes for each byte of a plane at the very most (512-bit vectors)."""

_Key = tuple[str, Target, int]
_SWEEPS: weakref.WeakKeyDictionary[Layout, dict[_Key, tuple[NativeSweep, ...]]] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def run(bound: BoundProgram, state: NativeState, *, threads: int = 1) -> None:
    """Executes a program with its angles on a batch of states, in place.

    A program for fresh states writes its product state first; any other takes the state as it is, wire w at position
    `program.start[w]`. Afterwards wire w is at `program.end[w]`, before the frame and the phase of `bound`, which are
    applied on reading. The bits of the result do not depend on `threads`. On an exception (KeyboardInterrupt too) the
    native code has stopped and the state is undefined.

    Raises ValueError where state and program do not fit: qubits, batch, precision, or lanes of the vectors.
    """
    program = bound.layout.program
    fits = (program.qubits, bound.batch, bound.precision) == (state.qubits, state.batch, state.precision)
    if not fits:
        raise ValueError(
            f"a program of {program.qubits} qubits, {bound.batch} items and {bound.precision} cannot run on a state "
            f"of {state.qubits} qubits, {state.batch} items and {state.precision}"
        )
    sweeps = prepare(bound.layout, state.precision, state.target, state.compiler)
    if bound.initial is not None:
        factors = np.empty_like(bound.initial)
        factors[:, list(program.start)] = bound.initial
        state.set_product(factors, threads)
    drive = driver(state.compiler, state.target, state.precision)
    for sweep in sweeps:
        _run_sweep(drive, sweep, bound, state, threads)


def prepare(layout: Layout, precision: Precision, target: Target, compiler: Compiler) -> tuple[NativeSweep, ...]:
    """A program's words for a target; compiles its kernels where they are missing. Kept as long as the layout.

    Raises ValueError where the program's lanes are not those of the target's vectors.
    """
    key = (precision, target, id(compiler))
    with _LOCK:
        known = _SWEEPS.setdefault(layout, {}).get(key)
    if known is None:
        sweeps = layout.program.sweeps
        known = tuple(native_sweep(layout, sweep, precision, target, compiler) for sweep in sweeps)
        with _LOCK:
            _SWEEPS[layout][key] = known
    return known


@dataclass(frozen=True, eq=False, slots=True)
class _Room:
    """What a thread works in: its copy of the blocks, the planes of the buffer, a table of rows."""

    blocks: NDArray[np.int64]
    area: NDArray[np.uint8]
    words: tuple[int, int, int, int]
    """Addresses of the blocks, the planes and the table."""


def _room(sweep: NativeSweep) -> _Room:
    plane = sweep.tile_bytes + PLANE_PAD if sweep.gathered else 0
    area = pages(2 * plane + 2 * sweep.row_plane + 64)
    blocks = sweep.blocks.copy()
    start = address(area)
    return _Room(blocks, area, (address(blocks), start, start + plane, start + 2 * plane))


def _run_sweep(
    drive: NativeFunction, sweep: NativeSweep, bound: BoundProgram, state: NativeState, threads: int
) -> None:
    words = _bound_words(sweep, bound, state)
    units = int(words[SweepWord.UNITS])
    first = address(words)
    rooms: dict[int, _Room] = {}

    def work(worker: int, begin: int, end: int) -> None:
        room = rooms.get(worker)
        if room is None:
            room = rooms[worker] = _room(sweep)
        drive(first, *room.words, begin, end)

    narrow = 64 // state.target.vector_bytes
    seconds = sweep.tile_bytes * (len(sweep.blocks) * narrow + 8) * _PICOSECONDS_PER_BYTE * 1e-12
    for_each_unit(work, units, threads=threads, seconds_per_unit=seconds)


def _bound_words(sweep: NativeSweep, bound: BoundProgram, state: NativeState) -> NDArray[np.int64]:
    """The sweep's words with the addresses of the state and of the data."""
    words = sweep.words.copy()
    words[SweepWord.STATE_RE], words[SweepWord.STATE_IM] = address(state.re), address(state.im)
    words[SweepWord.STATE_STRIDE] = state.re.itemsize << state.qubits
    for first, stride, array in (
        (SweepWord.DATA, SweepWord.DATA_STRIDE, bound.data),
        (SweepWord.VALUES, SweepWord.VALUES_STRIDE, bound.values),
        (SweepWord.BITS, SweepWord.BITS_STRIDE, bound.bits),
    ):
        words[first] = address(array)
        words[stride] = _item_bytes(array)
    words[SweepWord.UNITS] = state.batch << int(words[SweepWord.TILE_BITS])
    return words


def _item_bytes(array: NDArray[Any]) -> int:
    """Bytes from an item's row to the next; 0 where all share one."""
    return int(array.strides[0]) if len(array) > 1 else 0
