"""Taking turns in a key store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlang.trust.errors import KeyStoreError
from qlang.trust.locks import lock_file


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; other processes wait. Not to be held twice by one thread.

    Raises: KeyStoreError if the file cannot be locked. What the block raises keeps its own name.
    """
    holder = lock_file(path)
    try:
        holder.__enter__()
    except OSError as error:
        raise KeyStoreError(path, error.strerror or type(error).__name__) from error
    try:
        yield
    finally:
        holder.__exit__(None, None, None)
