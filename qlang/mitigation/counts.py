"""Measured counts as arrays.

Counts map an outcome to how often it was seen; bit q of the outcome is the reading of measured bit q.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Counts = Mapping[int, int]


def bit_table(counts: Counts, bits: Sequence[int]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The readings of `bits`, shape (outcomes, len(bits)), and the number of shots of each outcome.

    Outcomes of any width, ascending, so that the result does not depend on the order of the mapping.
    Raises ValueError for counts that are empty or negative.
    """
    outcomes = sorted(outcome for outcome, shots in counts.items() if shots)
    shots = np.array([counts[outcome] for outcome in outcomes], dtype=np.int64)
    if not len(shots) or shots.min() < 0:
        raise ValueError("counts must be positive and not empty")
    width = max(max(bits, default=0) + 1, max(outcomes).bit_length())
    size = -(-width // 8)
    packed = np.frombuffer(b"".join(outcome.to_bytes(size, "little") for outcome in outcomes), dtype=np.uint8)
    table = np.unpackbits(packed.reshape(len(outcomes), size), axis=1, bitorder="little")
    return table[:, list(bits)], shots
