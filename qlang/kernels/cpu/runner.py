"""Runs bound programs on states: sweep by sweep, tiles over threads, or threads within a tile."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qlang.collection import CollectionPaused
from qlang.forking import lock_over_forks
from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.descriptors import NativeSweep, native_sweeps
from qlang.kernels.cpu.driver_text import SweepWord
from qlang.kernels.cpu.host import Precision, Target
from qlang.kernels.cpu.memory import PLANE_PAD, address, pages
from qlang.kernels.cpu.native import address_of, driver, team_driver
from qlang.kernels.cpu.products import Joiner, ProductWriter
from qlang.kernels.cpu.sequence import Call, CallSequence
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.cpu.team import Room, run_in_team
from qlang.kernels.cpu.threads import PIECE_SECONDS, for_each_unit
from qlang.kernels.layout import Layout

if TYPE_CHECKING:
    from qlang.kernels.bind import BoundProgram

_PICOSECONDS_PER_BYTE = 40
"""What one pass takes for each byte of a plane, more or less (512-bit vectors)."""
_TEAM_SECONDS = 2e-4
"""Sweeps that take less are not worth waking threads for."""

_Key = tuple[str, Target, int]
_SWEEPS: weakref.WeakKeyDictionary[Layout, dict[_Key, tuple[NativeSweep, ...]]] = weakref.WeakKeyDictionary()
_LOCK = lock_over_forks()


def run(bound: BoundProgram, state: NativeState, *, threads: int = 1) -> None:
    """Executes a program with its angles on a batch of states, in place.

    A program for fresh states writes its product state first; any other takes the state as it is, wire w at position
    `program.start[w]`. Afterwards wire w is at `program.end[w]`, before the frame and the phase of `bound`, which are
    applied on reading. The bits of the result do not depend on `threads`. On an exception (KeyboardInterrupt too) the
    native code has stopped and the state is undefined.

    Raises ValueError where state and program do not fit: qubits, batch, precision, or lanes of the vectors.
    """
    kept = state.prepared
    if kept and kept[0].bound() is bound:
        kept[0].run(threads)
        return
    program = bound.layout.program
    fits = (program.qubits, bound.batch, bound.precision) == (state.qubits, state.batch, state.precision)
    if not fits:
        raise ValueError(
            f"a program of {program.qubits} qubits, {bound.batch} items and {bound.precision} cannot run on a state "
            f"of {state.qubits} qubits, {state.batch} items and {state.precision}"
        )
    kept[:] = [_Run(bound, state)]
    kept[0].run(threads)


def prepare(layout: Layout, precision: Precision, target: Target, compiler: Compiler) -> tuple[NativeSweep, ...]:
    """A program's words for a target; compiles its kernels where they are missing. Kept as long as the layout.

    Raises ValueError where the program's lanes are not those of the target's vectors.
    """
    key = (precision, target, id(compiler))
    with _LOCK:
        known = _SWEEPS.setdefault(layout, {}).get(key)
    if known is None:
        with CollectionPaused():
            known = native_sweeps(layout, precision, target, compiler)
        with _LOCK:
            _SWEEPS[layout][key] = known
    return known


class _Run:
    """A bound program on a state, with all addresses; kept with the state, so that a second run only makes calls.

    It refers to neither (the state refers to it), only to where their numbers are: it is used while both are there.
    """

    __slots__ = ("_made", "_sequence", "_steps", "bound")

    def __init__(self, bound: BoundProgram, state: NativeState) -> None:
        sweeps = prepare(bound.layout, state.precision, state.target, state.compiler)
        self.bound = weakref.ref(bound)
        program, rooms = bound.layout.program, _Rooms(sweeps)
        runs = [_SweepRun(sweep, bound, state, rooms) for sweep in sweeps]
        self._sequence = partial(CallSequence, compiler=state.compiler, target=state.target)
        self._made: dict[int, list[Callable[[], None]]] = {}
        self._steps: list[_Step] = []
        if bound.initial is None:
            self._steps += runs
            return
        factors = np.empty_like(bound.initial)
        factors[:, list(program.start)] = bound.initial
        sizes = [each.size for each in program.sweeps] + [program.qubits]
        self._steps.append(ProductWriter(state, factors, sizes[0]))
        for each, size, after in zip([*runs, None], sizes, [*sizes[1:], sizes[-1]], strict=True):
            if each is not None:
                self._steps.append(each)
            if size < after:
                self._steps.append(Joiner(state, factors, size, after))

    def run(self, threads: int) -> None:
        """Once more."""
        for part in self._made.get(threads) or self._parts(threads):
            part()

    def _parts(self, threads: int) -> list[Callable[[], None]]:
        """What Python calls: steps that others take part in, and between them one call for those of one thread, each
        short enough for Ctrl-C to be noticed."""
        parts: list[Callable[[], None]] = []
        waiting: list[Call] = []
        for step in self._steps:
            calls = step.calls(threads)
            if waiting and (not calls or sum([each.seconds for each in (*waiting, *calls)]) > PIECE_SECONDS):
                parts.append(self._sequence(waiting).make)
                waiting = []
            waiting += calls
            if not calls:
                parts.append(partial(step.write, threads))
        if waiting:
            parts.append(self._sequence(waiting).make)
        self._made[threads] = parts
        return parts


class _Step(Protocol):
    """A part of a run."""

    def calls(self, threads: int) -> list[Call]:
        """The native calls to make, if one thread makes them; none, if it is up to `write`."""

    def write(self, threads: int) -> None:
        """Does it, by several threads or in pieces."""


class _Rooms:
    """What each thread works in: the planes of a buffer and tables of rows, as large as the largest sweep's."""

    def __init__(self, sweeps: tuple[NativeSweep, ...]) -> None:
        planes = [each.tile_bytes + PLANE_PAD for each in sweeps if each.gathered]
        self._plane, self._tables = max(planes, default=0), max((each.room for each in sweeps), default=0)
        self._areas: list[NDArray[np.uint8]] = []

    def planes(self, worker: int) -> tuple[int, int, int]:
        """Addresses of the two planes and of the tables of rows."""
        while len(self._areas) <= worker:
            self._areas.append(pages(2 * self._plane + self._tables + 64))
        start = address(self._areas[worker])
        return start, start + self._plane, start + 2 * self._plane


class _SweepRun:
    """One sweep of a run."""

    __slots__ = (
        "_blocks",
        "_drive",
        "_first",
        "_ready",
        "_rooms",
        "_seconds",
        "_steps",
        "_sweep",
        "_team",
        "_units",
        "_words",
    )

    def __init__(self, sweep: NativeSweep, bound: BoundProgram, state: NativeState, rooms: _Rooms) -> None:
        self._sweep, self._rooms = sweep, rooms
        self._words = _bound_words(sweep, bound, state)
        self._first, self._units = address(self._words), int(self._words[SweepWord.UNITS])
        self._drive = driver(state.compiler, state.target, state.precision)
        self._team = partial(team_driver, state.compiler, state.target, state.precision)
        self._steps = int(self._words[SweepWord.RUNS]) + (2 if sweep.gathered else 0)
        narrow = 64 // state.target.vector_bytes
        self._seconds = sweep.tile_bytes * (len(sweep.blocks) * narrow + 8) * _PICOSECONDS_PER_BYTE * 1e-12
        self._blocks: list[NDArray[np.int64]] = []
        self._ready: list[Room] = []

    def calls(self, threads: int) -> list[Call]:
        """The call of the driver, if one thread makes it."""
        seconds = self._units * self._seconds
        if self._in_team(threads) or seconds >= PIECE_SECONDS or (threads > 1 and self._units > 1):
            return []
        return [Call(address_of(self._drive), (self._first, *self._room(0), 0, self._units), seconds)]

    def write(self, threads: int) -> None:
        """By several threads or in pieces."""
        if self._in_team(threads):
            self._run_in_team(threads)
        else:
            for_each_unit(self._work, self._units, threads=threads, seconds_per_unit=self._seconds)

    def _in_team(self, threads: int) -> bool:
        """Whether threads share the passes over one tile."""
        units, seconds = self._units, self._seconds
        return (units < threads and units * seconds > _TEAM_SECONDS) or seconds > PIECE_SECONDS

    def _work(self, worker: int, begin: int, end: int) -> None:
        self._drive(self._first, *self._room(worker), begin, end)

    def _run_in_team(self, threads: int) -> None:
        own = [self._room(worker) for worker in range(threads)]
        _, real, imaginary, _ = own[0]
        rooms = [(blocks, real, imaginary, mixed) for blocks, _, __, mixed in own]
        run_in_team(self._team(), self._words, rooms, self._units * self._steps, self._seconds / self._steps)

    def _room(self, worker: int) -> Room:
        """Where a thread works, with a copy of the blocks of its own."""
        if worker >= len(self._ready):
            with _LOCK:
                while worker >= len(self._ready):
                    number = len(self._ready)
                    self._blocks.append(self._sweep.blocks.copy())
                    self._ready.append((address(self._blocks[number]), *self._rooms.planes(number)))
        return self._ready[worker]


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
