"""Work split over a lasting pool of threads, in pieces short enough for Ctrl-C to be noticed between them.

Native calls release the interpreter's lock. Pieces are independent, so that the number of threads changes no bit.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import threading
from collections.abc import Callable
from functools import lru_cache, partial

from qlang.forking import lock_over_forks

PIECE_SECONDS = 0.05
"""How long one native call should take at most."""

Work = Callable[[int, int, int], None]
"""Does the units begin … end−1 as worker number `worker`: called with (worker, begin, end)."""


class _Worker:
    """A thread that executes one task after the other."""

    def __init__(self, number: int) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._processors: set[int] = set()
        self._thread = threading.Thread(target=self._serve, name=f"qlang-kernels-{number}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def give(self, task: Callable[[], None]) -> None:
        self._tasks.put(task)

    def stay_on(self, processors: set[int]) -> None:
        """Lets the thread run on these processors only; where the system refuses, it runs where it is put."""
        if processors and processors != self._processors and self._thread.native_id is not None:
            self._processors = processors
            with contextlib.suppress(OSError):
                os.sched_setaffinity(self._thread.native_id, processors)

    def _serve(self) -> None:
        while True:
            self._tasks.get()()


_WORKERS: list[_Worker] = []
_GROWING = lock_over_forks()


def _worker(number: int) -> _Worker:
    with _GROWING:
        if _WORKERS and not _WORKERS[0].alive:  # in a forked process, which has none of its parent's threads
            _WORKERS.clear()
        while len(_WORKERS) <= number:
            _WORKERS.append(_Worker(len(_WORKERS)))
    return _WORKERS[number]


def give(number: int, task: Callable[[], None]) -> bool:
    """Lets thread `number` of the pool do a task, which must not raise, when it has done those it has.

    False, and nothing is done, where the system starts no more threads.

    Linux likes to wake a thread on the processor of the one that wakes it, where both then take turns for milliseconds
    while another processor is idle: so it may run on all others.
    """
    try:
        worker = _worker(number)
    except RuntimeError:
        return False
    if (current := _current_processor()) is not None:
        worker.stay_on(os.sched_getaffinity(0) - {current()})
    worker.give(task)
    return True


@lru_cache(maxsize=1)
def _current_processor() -> Callable[[], int] | None:
    """What tells the processor that the calling thread is on, where threads can be kept from one (Linux)."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    found: Callable[[], int] | None = getattr(ctypes.CDLL(None), "sched_getcpu", None)
    return found


class _Share:
    """The units of one call and how many of them are given out."""

    def __init__(self, work: Work, units: int, seconds_per_unit: float) -> None:
        self.work = work
        self.units = units
        self.piece = max(1, min(units, int(PIECE_SECONDS / max(seconds_per_unit, 1e-9))))
        self.next = 0
        self.stopped = False
        self.failures: list[BaseException] = []
        self.lock = threading.Lock()

    def take(self) -> tuple[int, int]:
        with self.lock:
            begin = self.units if self.stopped else self.next
            self.next = end = min(self.units, begin + self.piece)
        return begin, end

    def serve(self, worker: int) -> None:
        begin, end = self.take()
        while begin < end:
            self.work(worker, begin, end)
            begin, end = self.take()


def for_each_unit(work: Work, units: int, *, threads: int, seconds_per_unit: float) -> None:
    """Calls `work` for pieces of 0 … units−1 from `threads` threads (the calling one is worker 0).

    An exception of the calling thread, KeyboardInterrupt too, stops the others at their next piece; the call returns
    or raises only after they have all stopped. An exception of another thread is raised here. Where the system
    starts no more threads, those that there are do all of the work.
    """
    share = _Share(work, units, seconds_per_unit)
    if threads > 1:
        share.piece = min(share.piece, max(1, -(-units // (4 * threads))))
    others = min(threads, -(-units // share.piece)) - 1
    done = [threading.Event() for _ in range(others)]

    def task(number: int) -> None:
        try:
            share.serve(number + 1)
        except BaseException as error:  # noqa: BLE001 -- raised again in the calling thread
            share.stopped = True
            share.failures.append(error)
        finally:
            done[number].set()

    started = 0
    try:
        while started < others and give(started, partial(task, started)):
            started += 1
        share.serve(0)
        for event in done[:started]:
            event.wait()
    except BaseException:
        share.stopped = True
        raise
    finally:
        for event in done[:started]:
            event.wait()
    if share.failures:
        raise share.failures[0]
