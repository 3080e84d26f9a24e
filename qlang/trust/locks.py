"""Advisory locks between processes, freed by the system when a process dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    _LOCK_OFFSET = 1 << 62  # far behind any content: Windows locks are mandatory for the locked bytes

    def _acquire(descriptor: int, exclusive: bool) -> None:
        os.lseek(descriptor, _LOCK_OFFSET, os.SEEK_SET)
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError:  # LK_LOCK gives up after ten tries, one a second
                continue
            return

    def _release(descriptor: int) -> None:
        os.lseek(descriptor, _LOCK_OFFSET, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _acquire(descriptor: int, exclusive: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)

    def _release(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def locked(descriptor: int, *, exclusive: bool = True) -> Iterator[None]:
    """Hold a lock on an open file, waiting for it. Its file offset is undefined afterwards."""
    _acquire(descriptor, exclusive)
    try:
        yield
    finally:
        _release(descriptor)


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file made for that. Raises: OSError."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        with locked(descriptor):
            yield
    finally:
        os.close(descriptor)
