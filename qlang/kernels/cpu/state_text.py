"""LLVM text of what is done with whole states: writing a product state, and sums over two states.

    void product(ptr re, ptr im, ptr low, i64 low_bytes, ptr high, i64 begin, i64 end)
    void join(ptr re, ptr im, i64 chunk_bytes, ptr factors, i64 stride, i64 count, i64 begin, i64 end)
    void overlap(ptr words, ptr index, ptr out, i64 begin, i64 end)

`product` writes the blocks begin … end−1: low (2, low_bytes) times the complex number high[block] (two planes,
`high` interleaved re, im). `join` takes the chunks begin … end−1 of the planes' beginning, and writes each, times the
complex number factors[k] (interleaved), `stride` · k bytes further, for k = count−1 … 0: the last one is in place.
`overlap` writes for each block of rows the sums over its rows x of
w · conj(a[x ^ flip]) · b[x], w one of two numbers by parity(x & mask), lane by lane: (blocks, 2, lanes) float64.
"""

from __future__ import annotations

from enum import IntEnum

from qlang.kernels.cpu.host import ELEMENT_BYTES, Precision, Target
from qlang.kernels.cpu.lanes import index_type, permuted
from qlang.kernels.cpu.text import Text, module


class OverlapWord(IntEnum):
    """The words of `overlap`; planes are addresses."""

    LEFT_RE = 0
    LEFT_IM = 1
    RIGHT_RE = 2
    RIGHT_IM = 3
    FLIP = 4
    """Exclusive or of the row."""
    MASK = 5
    ROWS = 6
    """Rows of a block."""
    EVEN = 7
    """Two float64: what rows of even and of odd parity count."""
    ODD = 8
    WORDS = 9


def product_module(target: Target, precision: Precision, name: str) -> str:
    """The text of the module with `product`."""
    lanes, size = target.lanes(precision), target.vector_bytes
    element = "float" if precision == "float32" else "double"
    vector, bytes_ = f"<{lanes} x {element}>", ELEMENT_BYTES[precision]
    text = Text(f"void @{name}(ptr %re, ptr %im, ptr %low, i64 %low_bytes, ptr %high, i64 %begin, i64 %end)")
    with text.loop(text.binary("sub", "%end", "%begin")) as block:
        number = text.binary("add", "%begin", block["index"])
        scalars = [
            text.load(element, "%high", text.binary("add", text.binary("mul", number, 2 * bytes_), part))
            for part in (0, bytes_)
        ]
        c, d = (text.splat(vector, element, each) for each in scalars)
        start = text.binary("mul", number, "%low_bytes")
        with text.loop(text.binary("udiv", "%low_bytes", size)) as inner:
            offset = text.binary("mul", inner["index"], size)
            a = text.load(vector, "%low", offset, align=size)
            b = text.load(vector, "%low", text.binary("add", offset, "%low_bytes"), align=size)
            _store_product(text, vector, (a, b), (c, d), text.binary("add", start, offset), size)
    return module(text)


def join_module(target: Target, precision: Precision, name: str) -> str:
    """The text of the module with `join`."""
    lanes, size = target.lanes(precision), target.vector_bytes
    element = "float" if precision == "float32" else "double"
    vector, bytes_ = f"<{lanes} x {element}>", ELEMENT_BYTES[precision]
    text = Text(
        f"void @{name}(ptr %re, ptr %im, i64 %chunk_bytes, ptr %factors, i64 %stride, i64 %count, i64 %begin, i64 %end)"
    )
    with text.loop(text.binary("sub", "%end", "%begin")) as chunk:
        start = text.binary("mul", text.binary("add", "%begin", chunk["index"]), "%chunk_bytes")
        with text.loop("%count") as factor:
            number = text.binary("sub", text.binary("sub", "%count", factor["index"]), 1)
            scalars = [
                text.load(element, "%factors", text.binary("add", text.binary("mul", number, 2 * bytes_), part))
                for part in (0, bytes_)
            ]
            c, d = (text.splat(vector, element, each) for each in scalars)
            away = text.binary("mul", number, "%stride")
            with text.loop(text.binary("udiv", "%chunk_bytes", size)) as inner:
                offset = text.binary("add", start, text.binary("mul", inner["index"], size))
                a, b = (text.load(vector, plane, offset, align=size) for plane in ("%re", "%im"))
                _store_product(text, vector, (a, b), (c, d), text.binary("add", offset, away), size)
    return module(text)


def _store_product(
    text: Text, vector: str, left: tuple[str, str], right: tuple[str, str], place: str, size: int
) -> None:
    """Writes the product of complex numbers (re, im) to both planes."""
    (a, b), (c, d) = left, right
    ac, bd, ad, bc = (text.binary("fmul", x, y, vector) for x, y in ((a, c), (b, d), (a, d), (b, c)))
    text.store(vector, text.binary("fsub", ac, bd, vector), "%re", place, align=size)
    text.store(vector, text.binary("fadd", ad, bc, vector), "%im", place, align=size)


def overlap_module(target: Target, precision: Precision, name: str) -> str:
    """The text of the module with `overlap`."""
    lanes, size = target.lanes(precision), target.vector_bytes
    element = "float" if precision == "float32" else "double"
    vector, wide = f"<{lanes} x {element}>", f"<{lanes} x double>"
    text = Text(f"void @{name}(ptr %words, ptr %index, ptr %out, i64 %begin, i64 %end)")
    planes = [text.load("ptr", "%words", 8 * i) for i in range(OverlapWord.FLIP)]
    flip, mask, rows = (text.load("i64", "%words", 8 * i) for i in range(OverlapWord.FLIP, OverlapWord.EVEN))
    even, odd = (text.load("double", "%words", 8 * i) for i in (OverlapWord.EVEN, OverlapWord.ODD))
    order = text.load(index_type(target, precision), "%index", align=8)

    def widened(value: str) -> str:
        return value if element == "double" else text.value(f"fpext {vector} {value} to {wide}")

    with text.loop(text.binary("sub", "%end", "%begin")) as block:
        number = text.binary("add", "%begin", block["index"])
        first = text.binary("mul", number, rows)
        zero = (wide, "zeroinitializer")
        with text.loop(rows, real=zero, imaginary=zero) as row:
            x = text.binary("add", first, row["index"])
            here, there = (text.binary("mul", each, size) for each in (x, text.binary("xor", x, flip)))
            left = [text.load(vector, plane, there, align=size) for plane in planes[:2]]
            a, b = (widened(permuted(text, target, precision, each, order)) for each in left)
            c, d = (widened(text.load(vector, plane, here, align=size)) for plane in planes[2:])
            is_odd = text.value(f"trunc i64 {text.parity(text.binary('and', x, mask))} to i1")
            weight = text.splat(wide, "double", text.value(f"select i1 {is_odd}, double {odd}, double {even}"))
            ac, bd, ad, bc = (text.binary("fmul", p, q, wide) for p, q in ((a, c), (b, d), (a, d), (b, c)))
            terms = text.binary("fadd", ac, bd, wide), text.binary("fsub", ad, bc, wide)
            for name, term in zip(("real", "imaginary"), terms, strict=True):
                row.next[name] = text.binary("fadd", row[name], text.binary("fmul", term, weight, wide), wide)
        place = text.binary("mul", number, 16 * lanes)
        text.store(wide, row["real"], "%out", place, align=8)
        text.store(wide, row["imaginary"], "%out", text.binary("add", place, 8 * lanes), align=8)
    return module(text)
