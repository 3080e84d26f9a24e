"""Arithmetic on the vectors of a group, and the numbers of rotations, in the text of a function."""

from __future__ import annotations

from collections.abc import Iterable

from qlang.kernels.cpu.arguments import Word
from qlang.kernels.cpu.host import ELEMENT_BYTES
from qlang.kernels.cpu.shapes import GroupShape
from qlang.kernels.cpu.text import Text
from qlang.kernels.layout import TWIST_NUMBERS

Vectors = list[str]
"""The real and the imaginary vector, or one of them."""


class GroupValues:
    """What does not change from group to group, loaded where this is made, and what is done with vectors.

    `twists` are the indices of the words of rotations by angles that the group's index chooses.
    """

    def __init__(self, shape: GroupShape, text: Text, twists: Iterable[int]) -> None:
        self._shape, self.text = shape, text
        self.lanes = shape.target.lanes(shape.precision)
        self.bytes = shape.target.vector_bytes
        self.element = "float" if shape.precision == "float32" else "double"
        self.vector = shape.vector
        self.combinations = range(1 << shape.registers)
        self.data = self.word(Word.DATA, "ptr")
        self._twists = {index: self._twist(index) for index in twists}

    def word(self, index: int, type_: str = "i64") -> str:
        """A word of the block."""
        return self.text.load(type_, "%block", 8 * index)

    def _twist(self, index: int) -> tuple[str, str, str]:
        """The offset of a TWIST's numbers, the bits of x that choose, and the lanes with the other angle."""
        text = self.text
        mask = ""
        if self._shape.blended:
            lanes = text.value(f"trunc i64 {self.word(Word.TWIST_LANES + index)} to i{self.lanes}")
            mask = text.value(f"bitcast i{self.lanes} {lanes} to <{self.lanes} x i1>")
        return self.word(Word.ROTATION + index), self.word(Word.TWIST_MASK + index), mask

    def chosen_numbers(self, index: int, places: tuple[int, ...]) -> list[Vectors]:
        """Some of a TWIST's numbers for the group at x, where the parity of its registers is even, and odd."""
        text, (begin, mask, lanes) = self.text, self._twists[index]
        half = TWIST_NUMBERS // 2 * ELEMENT_BYTES[self._shape.precision]
        # Offsets are multiples of all the numbers, so that one bit of them says which half it is.
        offset = text.binary("xor", begin, text.binary("mul", text.parity(text.binary("and", "%x", mask)), half))
        offsets = [offset, text.binary("xor", offset, half)] if lanes or self._shape.choosing else [offset]
        addresses = [text.at(self.data, each) for each in offsets]
        size = ELEMENT_BYTES[self._shape.precision]
        found = [[self.splat_at(address, place * size) for place in places] for address in addresses]
        if lanes:
            kind = f"<{self.lanes} x i1> {lanes}, {self.vector}"
            even, odd = found
            pairs = ((even, odd), (odd, even)) if self._shape.choosing else ((even, odd),)
            found = [
                [text.value(f"select {kind} {q}, {self.vector} {p}") for p, q in zip(*pair, strict=True)]
                for pair in pairs
            ]
        return found

    def choosing(self, number: int) -> int:
        """The registers, as bits, whose parity chooses which numbers a TWIST (of those of the shape) takes."""
        return self._shape.choosing[number] if self._shape.choosing else 0

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
        if not self._shape.target.fused:
            return self.text.binary("fadd", self.text.binary("fmul", left, right, self.vector), added, self.vector)
        name = f"llvm.fma.v{self.lanes}f{8 * ELEMENT_BYTES[self._shape.precision]}"
        return self.text.call(self.vector, name, *((self.vector, each) for each in (left, right, added)))
