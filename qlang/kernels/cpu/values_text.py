"""Arithmetic on the vectors of a group, and the numbers of rotations, in the text of a function."""

from __future__ import annotations

from collections.abc import Iterable

from qlang.kernels.cpu.arguments import Word
from qlang.kernels.cpu.host import ELEMENT_BYTES
from qlang.kernels.cpu.shapes import VectorShape
from qlang.kernels.cpu.text import Text
from qlang.kernels.layout import TWIST_NUMBERS

Vectors = list[str]
"""The real and the imaginary vector, or one of them."""


def group_function(shape: VectorShape, name: str, arguments: str) -> Text:
    """A function, to be written, that kernels call for a group whose vectors are in `%room`.

    It takes and gives back a vector that nobody looks at: around calls without vectors LLVM clears what is above the
    lower quarter of all of them (vzeroupper), and a group with that takes up to a fifth longer.
    """
    header = f"{shape.vector} @{name}(ptr noalias %block, ptr noalias %room, {arguments}, {shape.vector} %any)"
    return Text(header, ends=f"ret {shape.vector} zeroinitializer")


def call_for_group(text: Text, function: str, vector: str, arguments: str) -> None:
    """Calls such a function; `arguments` are those behind the block."""
    text.value(f"call {vector} {function}(ptr %block, {arguments}, {vector} zeroinitializer)")


class GroupValues:
    """What does not change from group to group, loaded where this is made, and what is done with vectors.

    `twists` are the indices of the words of rotations by angles that the group's index chooses.
    """

    def __init__(self, shape: VectorShape, text: Text, twists: Iterable[int]) -> None:
        self._shape, self.text = shape, text
        self.lanes = shape.target.lanes(shape.precision)
        self.bytes = shape.target.vector_bytes
        self.element = "float" if shape.precision == "float32" else "double"
        self.vector = shape.vector
        self.data = self.word(Word.DATA, "ptr")
        self._twists = {index: self._twist(index) for index in twists}

    def word(self, index: int, type_: str = "i64") -> str:
        """A word of the block."""
        return self.text.load(type_, "%block", 8 * index)

    def _twist(self, index: int) -> tuple[str, str, str]:
        """The offset of a TWIST's numbers, the bits of x that choose, and the lanes with the other angle."""
        text = self.text
        lanes = text.value(f"trunc i64 {self.word(Word.TWIST_LANES + index)} to i{self.lanes}")
        mask = text.value(f"bitcast i{self.lanes} {lanes} to <{self.lanes} x i1>")
        return self.word(Word.ROTATION + index), self.word(Word.TWIST_MASK + index), mask

    def chosen_numbers(self, index: int, places: tuple[int, ...]) -> tuple[Vectors, Vectors]:
        """Some of a TWIST's numbers for the group at x, where the parity of its registers is even, and odd."""
        text, (begin, mask, lanes) = self.text, self._twists[index]
        size = ELEMENT_BYTES[self._shape.precision]
        half = TWIST_NUMBERS // 2 * size
        # Offsets are multiples of all the numbers, so that one bit of them says which half it is.
        offset = text.binary("xor", begin, text.binary("mul", text.parity(text.binary("and", "%x", mask)), half))
        addresses = [text.at(self.data, each) for each in (offset, text.binary("xor", offset, half))]
        first, second = ([self.splat_at(address, place * size) for place in places] for address in addresses)
        return self._blended(lanes, first, second), self._blended(lanes, second, first)

    def _blended(self, lanes: str, first: Vectors, second: Vectors) -> Vectors:
        """The first ones, in some lanes the second ones."""
        kind = f"<{self.lanes} x i1> {lanes}, {self.vector}"
        return [self.text.value(f"select {kind} {q}, {self.vector} {p}") for p, q in zip(first, second, strict=True)]

    def negated(self, vector: str) -> str:
        """−vector."""
        return self.text.value(f"fneg {self.vector} {vector}")

    def load(self, pointer: str, offset: str | int) -> str:
        """An aligned vector."""
        return self.text.load(self.vector, pointer, offset, align=self.bytes)

    def tangent(self, index: int) -> str:
        """The number of a rotation that nothing chooses."""
        return self.splat_at(self.data, self.word(Word.ROTATION + index))

    def splat_at(self, pointer: str, offset: str | int) -> str:
        """A vector of a number in memory."""
        return self.text.splat(self.vector, self.element, self.text.load(self.element, pointer, offset))

    def fma(self, left: str, right: str, added: str) -> str:
        """left·right + added."""
        return self.text.fma(self.vector, left, right, added, fused=self._shape.target.fused)
