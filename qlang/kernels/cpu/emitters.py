"""Many texts to object code on several processors: LLVM as llvmlite has it compiles one at a time in a process.

Setting LLVM up for a module takes a third of the time of compiling a kernel, so several texts make one module. Helpers
are processes of `emitter` that compile modules that this process sends them. Each has a thread here, which takes what
nobody has taken yet. What a helper does not give back, whatever the reason, is compiled by this process, which works
all the time itself; so helpers decide when the object code is there, and nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

from qlang.kernels.cpu import emitter
from qlang.kernels.cpu.host import Target
from qlang.kernels.cpu.text import joined

Write = Callable[[], str]
"""Gives the text of a module."""

TEXTS_PER_HELPER = 16
"""Fewer are compiled in the time that a helper takes to start (0.1 s)."""
MOST_HELPERS = 7
PATIENCE_SECONDS = 20.0
"""How long a helper may take for one module when everything else has been done."""
MOST_TOGETHER = 8
"""Texts in a module; more save nothing, and Ctrl-C waits for a module."""


def emit_all(
    texts: Sequence[Write], target: Target, helpers: int | None = None, *, together: int = MOST_TOGETHER
) -> Generator[tuple[tuple[int, ...], bytes], None, None]:
    """The object code of texts, so many `together` at the most, with their numbers, as it comes.

    `helpers` as many as are worth it unless it is given. Raises RuntimeError (llvmlite's) for a text that is no module.
    Helpers end with the iterator.
    """
    machine = emitter.target_machine(target.cpu, target.features)
    count = _helpers_for(len(texts)) if helpers is None else helpers
    queue = _Queue(len(texts), together, count + 1)
    working: list[_Helper] = []
    try:
        for _ in range(count):
            working.append(_Helper(texts, target, queue))
            if not working[-1].start():
                break
        while True:
            numbers = queue.take()
            if numbers:
                yield numbers, emitter.emitted(_module(texts, numbers), machine)
            elif not working:
                return
            elif not queue.wait(PATIENCE_SECONDS):
                _stop(working)
                working = []
            yield from queue.done()
            if queue.empty():
                return
    finally:
        _stop(working)


def _helpers_for(texts: int) -> int:
    """How many helpers are worth their start; none where this is no process of a Python that can be started again."""
    if not Path(sys.executable or "").name.startswith("python") or getattr(sys, "frozen", False):
        return 0
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors - 1, texts // TEXTS_PER_HELPER, MOST_HELPERS)


def _module(texts: Sequence[Write], numbers: Sequence[int]) -> str:
    """The text of one module for these."""
    return joined([texts[number]() for number in numbers])


class _Queue:
    """The numbers of the texts: waiting, in a helper's hands, or done by one."""

    def __init__(self, count: int, together: int, takers: int) -> None:
        self._waiting = deque(range(count))
        self._together, self._takers = together, takers
        self._away = 0
        self._done: deque[tuple[tuple[int, ...], bytes]] = deque()
        self._changed = threading.Condition()

    def take(self, away: bool = False) -> tuple[int, ...]:
        """The next ones that wait, if any; with `away` they have to be handed in or back.

        Half of a taker's share of what is left, so that all of them are done at about the same time.
        """
        with self._changed:
            share = min(self._together, max(1, len(self._waiting) // (2 * self._takers)), len(self._waiting))
            self._away += share if away else 0
            return tuple(self._waiting.popleft() for _ in range(share))

    def hand_in(self, numbers: tuple[int, ...], code: bytes) -> None:
        """A helper's object code."""
        with self._changed:
            self._away -= len(numbers)
            self._done.append((numbers, code))
            self._changed.notify()

    def hand_back(self, numbers: Sequence[int]) -> None:
        """What a helper took and did not do."""
        with self._changed:
            self._away -= len(numbers)
            self._waiting.extend(numbers)
            self._changed.notify()

    def wait(self, seconds: float) -> bool:
        """Until something is handed in or back, or nothing is away; whether that was within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._done or self._waiting or not self._away), seconds)

    def done(self) -> Iterator[tuple[tuple[int, ...], bytes]]:
        """What was handed in."""
        while self._done:
            yield self._done.popleft()

    def empty(self) -> bool:
        """Whether nothing is left."""
        with self._changed:
            return not (self._waiting or self._away or self._done)


class _Helper:
    """A process that compiles, and the thread that feeds it."""

    def __init__(self, texts: Sequence[Write], target: Target, queue: _Queue) -> None:
        self._texts, self._target, self._queue = texts, target, queue
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="qlang-emitter", daemon=True)

    def start(self) -> bool:
        """Whether the system has room for one more thread."""
        try:
            self._thread.start()
        except RuntimeError:
            return False
        return True

    def stop(self) -> None:
        """Ends the process, and waits for the thread."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        taken: deque[tuple[int, ...]] = deque()
        try:
            with _started() as process:
                self._process = process
                try:
                    self._feed(process, taken)
                finally:
                    process.kill()
        except OSError:
            # It could not be started, or has ended: what it has in hand goes to others.
            pass
        finally:
            self._queue.hand_back([number for numbers in taken for number in numbers])

    def _feed(self, process: subprocess.Popen[bytes], taken: deque[tuple[int, ...]]) -> None:
        """Sends texts, the next one being written while the process compiles, until none is left or it has ended."""
        assert process.stdin is not None
        assert process.stdout is not None
        emitter.send(process.stdin, f"{self._target.cpu}\0{self._target.features}".encode())
        text = self._next(taken)
        while text is not None and not self._stopped:
            emitter.send(process.stdin, text)
            text = self._next(taken)
            code = emitter.receive(process.stdout)
            if code is None:
                return
            self._queue.hand_in(taken.popleft(), code)

    def _next(self, taken: deque[tuple[int, ...]]) -> bytes | None:
        numbers = self._queue.take(away=True)
        if not numbers:
            return None
        taken.append(numbers)
        return _module(self._texts, numbers).encode()


def _started() -> subprocess.Popen[bytes]:
    """A helper's process: nothing of the user's environment is imported, and Ctrl-C does not reach it."""
    from llvmlite import __file__ as llvmlite  # type: ignore[import-untyped]  # it has no types

    command = [sys.executable, "-I", "-S", emitter.__file__, str(Path(llvmlite).parents[1])]
    return subprocess.Popen(  # noqa: S603  # Python itself
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _stop(helpers: Sequence[_Helper]) -> None:
    for helper in helpers:
        helper.stop()
