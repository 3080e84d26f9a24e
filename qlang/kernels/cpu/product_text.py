"""LLVM text of a table of rows from the two factors that it was left as (`qlang.kernels.spectra.factor_sizes`)."""

from __future__ import annotations

from qlang.kernels.cpu.host import ELEMENT_BYTES
from qlang.kernels.cpu.shapes import VectorShape
from qlang.kernels.cpu.text import Loop, Text

_TOGETHER = 4
"""Vectors of a row of the product that are summed at once; no table that is left as factors has fewer of them."""


def write_product(text: Text, shape: VectorShape, factors: str, table: str, dimensions: str) -> None:
    """Multiplies the factors at one address to the table at another, cosines in front of sines.

    `dimensions` are the high and the low bits of a row's number and the rank, of 16 bits each.
    """
    high, low, rank = (text.binary("and", text.binary("lshr", dimensions, 16 * i), 0xFFFF) for i in range(3))
    rows, columns, size = text.binary("shl", "1", high), text.binary("shl", "1", low), ELEMENT_BYTES[shape.precision]
    *left, behind = _planes(text, factors, text.binary("mul", text.binary("mul", rows, rank), size))
    width = text.binary("mul", columns, size)
    *right, _ = _planes(text, behind, text.binary("mul", width, rank))
    *tables, _ = _planes(text, table, text.binary("mul", width, rows))
    step = _TOGETHER * shape.target.vector_bytes
    zero = dict.fromkeys(_names(), (shape.vector, "zeroinitializer"))
    with text.loop(rows) as row, text.loop(text.binary("udiv", width, step)) as part:
        first = text.binary("mul", part["index"], step)
        with text.loop(rank, **zero) as term:
            number = text.binary("add", text.binary("mul", row["index"], rank), term["index"])
            place = text.binary("add", first, text.binary("mul", term["index"], width))
            _add(text, shape, term, (left, text.binary("mul", number, size)), (right, place))
        place = text.binary("add", first, text.binary("mul", row["index"], width))
        for i, name in enumerate(_names()):
            offset = text.binary("add", place, i // 2 * shape.target.vector_bytes)
            text.store(shape.vector, term[name], tables[i % 2], offset, align=size)


def _names() -> list[str]:
    """Of the sums: cosines and sines of each vector."""
    return [f"{kind}{i}" for i in range(_TOGETHER) for kind in ("cos", "sin")]


def _planes(text: Text, begin: str, size: str) -> tuple[str, str, str]:
    """Where the real and the imaginary numbers of a matrix are, and what follows it, given the bytes of a plane."""
    second = text.at(begin, size)
    return begin, second, text.at(second, size)


def _add(text: Text, shape: VectorShape, sums: Loop, left: tuple[list[str], str], right: tuple[list[str], str]) -> None:
    """Adds a complex number times some vectors; planes and offset of either."""
    vector, size, fused = shape.vector, ELEMENT_BYTES[shape.precision], shape.target.fused
    element = vector[1:-1].split(" x ")[1]
    real, imaginary = (text.splat(vector, element, text.load(element, plane, left[1])) for plane in left[0])
    minus = text.value(f"fneg {vector} {imaginary}")
    for i in range(_TOGETHER):
        offset = text.binary("add", right[1], i * shape.target.vector_bytes)
        cosine, sine = (text.load(vector, plane, offset, align=size) for plane in right[0])
        for name, (a, b) in {f"cos{i}": (real, minus), f"sin{i}": (imaginary, real)}.items():
            begun = text.fma(vector, b, sine, sums[name], fused=fused)
            sums.next[name] = text.fma(vector, a, cosine, begun, fused=fused)
