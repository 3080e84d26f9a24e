"""Permutations of the lanes of a vector by an index that is known at run time only."""

from __future__ import annotations

from dataclasses import dataclass

from qlang.kernels.cpu.host import ELEMENT_BYTES, Precision, Target
from qlang.kernels.cpu.text import Text


@dataclass(frozen=True, slots=True)
class IndexFormat:
    """How a permutation's index is laid out: `pieces` integers of `bits` bits for each lane.

    Lane l takes lane s where the integers are s·pieces, s·pieces + 1, …
    """

    bits: int
    pieces: int


_FORMATS: dict[tuple[str, Precision], IndexFormat] = {
    ("avx512", "float32"): IndexFormat(32, 1),
    ("avx512", "float64"): IndexFormat(64, 1),
    ("avx2", "float32"): IndexFormat(32, 1),
    ("avx2", "float64"): IndexFormat(32, 2),
    ("neon", "float32"): IndexFormat(8, 4),
    ("neon", "float64"): IndexFormat(8, 8),
    ("extract", "float32"): IndexFormat(32, 1),
    ("extract", "float64"): IndexFormat(32, 1),
}


def index_format(target: Target, precision: Precision) -> IndexFormat:
    """The layout for a target's vectors."""
    return _FORMATS[target.permute, precision]


def index_type(target: Target, precision: Precision) -> str:
    """The LLVM type of an index vector."""
    layout = index_format(target, precision)
    return f"<{target.lanes(precision) * layout.pieces} x i{layout.bits}>"


def index_bytes(target: Target, precision: Precision) -> int:
    """Of an index vector."""
    layout = index_format(target, precision)
    return target.lanes(precision) * layout.pieces * layout.bits // 8


def permuted(text: Text, target: Target, precision: Precision, vector: str, index: str) -> str:
    """The vector whose lane l is lane index[l] of the given one."""
    lanes, bits = target.lanes(precision), 8 * ELEMENT_BYTES[precision]
    element = "float" if bits == 32 else "double"
    kind, indices = f"<{lanes} x {element}>", index_type(target, precision)
    if target.permute == "avx512":
        name = f"llvm.x86.avx512.permvar.{'sf' if bits == 32 else 'df'}.512"
        return text.call(kind, name, (kind, vector), (indices, index))
    if target.permute == "avx2":
        return _through(text, kind, "<8 x float>", "llvm.x86.avx2.permps", vector, (indices, index))
    if target.permute == "neon":
        return _through(text, kind, "<16 x i8>", "llvm.aarch64.neon.tbl1.v16i8", vector, (indices, index))
    result = "poison"
    for lane in range(lanes):
        source = text.value(f"extractelement {indices} {index}, i64 {lane}")
        taken = text.value(f"extractelement {kind} {vector}, i32 {source}")
        result = text.value(f"insertelement {kind} {result}, {element} {taken}, i64 {lane}")
    return result


def _through(text: Text, kind: str, other: str, name: str, vector: str, index: tuple[str, str]) -> str:
    """The intrinsic for another type of vector of the same size."""
    if kind == other:
        return text.call(kind, name, (kind, vector), index)
    cast = text.value(f"bitcast {kind} {vector} to {other}")
    return text.value(f"bitcast {other} {text.call(other, name, (other, cast), index)} to {kind}")
