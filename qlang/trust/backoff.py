"""Waiting times after wrong secrets, for keys whose custody has no lock-out of its own.

A try is written down as failed before it is made, so that killing the process does not undo it. Nobody sleeps here:
a try that comes too early is refused with the time that is left. Whoever may delete the user's files may delete the
counter too: it slows guessing through qlang, not guessing with a copy of the files.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.canonical import canonical_json, load_json
from qlang.trust.errors import CustodyError, FileRefused, JsonRefused, TooManyTries
from qlang.trust.files import commit, private_directory, read_file, stage
from qlang.trust.locks import lock_file

_MAX_FILE = 256
_MOST_DOUBLINGS = 30


@dataclass(slots=True)
class Attempt:
    """One try, counted as failed unless one of these is called before it ends."""

    outcome: str = "wrong"

    def right(self) -> None:
        """The secret was right: forget all failures."""
        self.outcome = "right"

    def wrong(self) -> None:
        """From here on the secret itself is judged: count a failure, unless it proves right."""
        self.outcome = "wrong"

    def not_tried(self) -> None:
        """Something else went wrong before the secret was judged: count as before."""
        self.outcome = "not tried"


@dataclass(frozen=True, slots=True)
class BackOff:
    """A counter of wrong secrets in a file of its own.

    The first `free` failures cost nothing; then the waiting time starts with `first_wait_s` and doubles with each
    failure up to `longest_wait_s`.
    """

    path: Path
    custody: str
    """Custody class, for error messages."""
    secret: str = "passphrase"  # noqa: S105 - what the thing is called, not its value
    free: int = 3
    first_wait_s: float = 2.0
    longest_wait_s: float = 3600.0
    now: Callable[[], float] = time.time

    def failures(self) -> int:
        """Wrong secrets since the last right one. Raises: CustodyError if the counter is damaged."""
        return self._read()[0]

    def wait_left(self) -> float:
        """Seconds until the next try is allowed; 0.0 if it is now. Raises: CustodyError."""
        failures, last = self._read()
        return self._left(failures, last)

    @contextmanager
    def attempt(self) -> Iterator[Attempt]:
        """Hold the counter during one try; tries of several processes take turns.

        Raises: TooManyTries if the waiting time is not over; CustodyError if the counter cannot be read or written.
        """
        try:
            private_directory(self.path.parent)
            with lock_file(self.path.with_name(f".{self.path.name}.lock")):
                yield from self._counted()
        except FileRefused as error:
            raise CustodyError(self.custody, f"{error.path}: {error.reason}") from error
        except OSError as error:
            raise CustodyError(self.custody, f"{error.filename or self.path}: {error.strerror}") from error

    def _counted(self) -> Iterator[Attempt]:
        failures, last = self._read()
        if left := self._left(failures, last):
            if last > self.now():  # the clock was set back: wait from now on, not until it has caught up
                self._write(failures, self.now())
            reason = f"{failures} wrong {self.secret}s; the next try is possible in {math.ceil(left)} s"
            raise TooManyTries(self.custody, reason, failures, left)
        self._write(failures + 1, self.now())
        attempt = Attempt()
        try:
            yield attempt
        finally:
            if attempt.outcome == "right":
                self._write(0, self.now())
            elif attempt.outcome == "not tried":
                self._write(failures, last)

    def _left(self, failures: int, last: float) -> float:
        if failures < self.free:
            return 0.0
        wait = min(self.first_wait_s * 2.0 ** min(failures - self.free, _MOST_DOUBLINGS), self.longest_wait_s)
        return min(wait, max(0.0, last + wait - self.now()))

    def _read(self) -> tuple[int, float]:
        try:
            value = load_json(read_file(self.path, limit=_MAX_FILE, forbidden_mode=0o077))
        except FileRefused as error:
            if error.missing:
                return 0, 0.0
            raise CustodyError(self.custody, f"{error.path}: {error.reason}") from error
        except JsonRefused as error:
            raise self._damaged() from error
        failures = value.get("failures") if isinstance(value, Mapping) else None
        last = value.get("last") if isinstance(value, Mapping) else None
        if type(failures) is not int or failures < 0 or isinstance(last, bool) or not isinstance(last, (int, float)):
            raise self._damaged()
        return failures, float(last)

    def _write(self, failures: int, last: float) -> None:
        commit(stage(self.path, canonical_json({"failures": failures, "last": last})), self.path)

    def _damaged(self) -> CustodyError:
        return CustodyError(self.custody, f"{self.path}: the counter of wrong {self.secret}s is damaged; remove it")
