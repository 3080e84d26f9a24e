"""Memory for states and buffers: whole pages, large ones where the system gives them."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGE_PAGE = 2 << 20
LINE = 64
"""Bytes of a cache line."""
PLANE_PAD = 25 * LINE
"""Bytes between the planes. The vectors that a pass holds at once are sums of powers of two of vectors apart: behind a
pad that is the sum of few, those of both planes would fall into the same sets of the first cache."""

_SMALL = 1 << 15
"""Bytes that need no large page."""
_MANY = 1 << 18
"""Bytes whose small pages take longer to come than a large one."""


def pages(size: int) -> NDArray[np.uint8]:
    """Zeroed memory of `size` bytes, aligned to a large page, given back when nothing refers to it any more.

    Large pages are asked for where the system has them; without them the memory is the same with small ones. Physical
    memory is taken as it is written first. Raises MemoryError where the system has not that many bytes.
    """
    room = size + (LARGE_PAGE if size >= LARGE_PAGE else 0)
    try:
        area = _private(max(room, mmap.PAGESIZE))
    except OSError as error:
        raise MemoryError(f"{size} bytes could not be had: {error.strerror}") from error
    if size >= LARGE_PAGE:
        prefer_large_pages(area)
    whole = np.frombuffer(area, dtype=np.uint8)
    start = -address(whole) % LARGE_PAGE if size >= LARGE_PAGE else 0
    return whole[start : start + size]


def _private(size: int) -> mmap.mmap:
    """Fresh memory. Linux gives large pages to private mappings, and to shared ones (Python's default) hardly ever."""
    flags = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)
    return mmap.mmap(-1, size, flags=flags) if flags else mmap.mmap(-1, size)


def prefer_large_pages(area: mmap.mmap) -> bool:
    """Asks for large pages; whether the system knows them (only Linux does, and not every kernel)."""
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is None:
        return False
    try:
        area.madvise(advice)
    except OSError:
        return False
    return True


def zeros(size: int) -> NDArray[np.uint8]:
    """Zeroed memory of `size` bytes, in large pages where they are many. Raises MemoryError as `pages`."""
    return np.zeros(size, dtype=np.uint8) if size < _MANY else pages(size + -size % LARGE_PAGE)[:size]


class TableRoom:
    """Memory for tables that are kept together: in large pages, as first writes to many small ones take longer."""

    def __init__(self) -> None:
        self._free = np.zeros(0, dtype=np.uint8)

    def take(self, size: int) -> NDArray[np.uint8]:
        """So many bytes of any content, aligned to a line of the cache."""
        if size < _SMALL:
            area = np.empty(size + LINE, dtype=np.uint8)
            return area[-address(area) % LINE :][:size]
        if size > len(self._free):
            self._free = pages(max(size, LARGE_PAGE))
        found, self._free = self._free[:size], self._free[size + -size % LINE :]
        return found


def address(array: NDArray[Any]) -> int:
    """Where an array's first element lies."""
    return int(array.__array_interface__["data"][0])


def planes(rows: int, columns: int, dtype: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two arrays (rows, columns) of real numbers in one piece of memory."""
    size = rows * columns * dtype.itemsize
    gap = -size % 64 + PLANE_PAD
    area = pages(2 * size + gap)
    first, second = area[:size], area[size + gap : 2 * size + gap]
    return first.view(dtype).reshape(rows, columns), second.view(dtype).reshape(rows, columns)
