"""How fast this machine copies memory: what bytes moved are compared with."""

from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np

_BYTES = 256 << 20
_TIMES = 5


def copy_bandwidth(threads: int) -> float:
    """Bytes read and written in a second by NumPy copies of 256 MiB, the fastest of five, split over `threads`."""
    source = np.ones(_BYTES // 8)
    target = np.zeros_like(source)
    parts = list(zip(np.array_split(target, threads), np.array_split(source, threads), strict=True))
    fastest = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(_TIMES):
            begin = perf_counter()
            list(pool.map(lambda part: np.copyto(*part), parts))
            fastest = min(fastest, perf_counter() - begin)
    return 2 * _BYTES / fastest
