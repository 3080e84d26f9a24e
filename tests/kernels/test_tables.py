"""Tables of exclusive ors against their formula."""

import numpy as np
import pytest

from qlang.kernels.tables import linear, write_all_linear


def _expected(images: np.ndarray) -> np.ndarray:
    """(arrays, 2^m) from (arrays, m)."""
    held = np.arange(1 << images.shape[1])[:, None] >> np.arange(images.shape[1]) & 1
    return np.bitwise_xor.reduce(np.where(held, images[:, None], 0), axis=2)


@pytest.mark.parametrize("bits", [0, 1, 4, 5, 6, 12, 13, 15])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
def test_linear_tables_are_written_alike_in_one_array_and_in_several(bits: int, dtype: type[np.integer]) -> None:
    images = np.random.default_rng(bits).integers(0, 100, (3, bits))
    expected = _expected(images).astype(dtype)
    np.testing.assert_array_equal(linear(images, dtype), expected)
    one, two = np.ones((1, 1 << bits), dtype), np.ones((2, 1 << bits), dtype)
    write_all_linear(images, [one, two])
    np.testing.assert_array_equal(np.concatenate([one, two]), expected)


def test_linear_tables_of_different_sizes_are_written_together() -> None:
    images = np.random.default_rng(2).integers(0, 100, (4, 14))
    results = [np.ones((count, 1 << bits), np.uint8) for count, bits in [(1, 3), (2, 14), (1, 12)]]
    write_all_linear(images, results)
    every, begin = _expected(images), 0
    for result in results:
        rows = slice(begin, begin := begin + len(result))
        np.testing.assert_array_equal(result, every[rows, : result.shape[1]])
