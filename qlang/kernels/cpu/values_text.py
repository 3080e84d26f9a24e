"""What a kernel's text computes before its loop, and arithmetic on its vectors."""

from __future__ import annotations

from qlang.kernels.cpu.arguments import LANE_OPERATION_WORDS, LANE_TABLE_WORDS, MOST_REGISTERS, Word
from qlang.kernels.cpu.host import ELEMENT_BYTES
from qlang.kernels.cpu.lanes import index_format, index_type
from qlang.kernels.cpu.shapes import KernelShape
from qlang.kernels.cpu.text import Text
from qlang.kernels.layout import TWIST_NUMBERS

Vectors = list[str]
"""The real and the imaginary vector, or one of them."""


class KernelValues:
    """The values that do not change from group to group, by their names in the text, and what is done with vectors."""

    def __init__(self, shape: KernelShape, text: Text) -> None:
        self.shape, self.text = shape, text
        self.lanes = shape.target.lanes(shape.precision)
        self.bytes = shape.target.vector_bytes
        self.element = "float" if shape.precision == "float32" else "double"
        self.vector = f"<{self.lanes} x {self.element}>"
        self.combinations = range(1 << shape.registers)
        self.data = self.word(Word.DATA, "ptr")
        self.store_offsets = ["0", *(self.word(Word.STORE + r) for r in self.combinations[1:])]
        self.tangents = [self._tangent(i) for i in range(shape.rotations - shape.twists)]
        self.twists = {
            index: self._twist(index)
            for index in (
                *range(shape.rotations - shape.twists, shape.rotations),
                *(MOST_REGISTERS + lane for lane in shape.lane_twists),
            )
        }
        self._row_values()

    def word(self, index: int, type_: str = "i64") -> str:
        """A word of the block."""
        return self.text.load(type_, "%block", 8 * index)

    def _row_values(self) -> None:
        """What only vectors by row need."""
        shape, text = self.shape, self.text
        self.lane_tangents = {
            lane: text.binary("fmul", self._tangent(MOST_REGISTERS + lane), self.signs(lane), self.vector)
            for lane in shape.lane_rotations
            if lane not in shape.lane_twists
        }
        if shape.phase:
            self.cosines = self.word(Word.TABLE, "ptr")
            self.sines = text.at(self.cosines, self.word(Word.TABLE_PLANE))
            self.choice = self.word(Word.CHOICE, "ptr") if shape.choice_bytes else ""
        chosen = shape.lane_tables - shape.constant_tables
        self.lane_tables = [self._lane_table(i) for i in range(chosen)]
        self.lane_vectors = [self._lane_vector(i) for i in range(chosen, shape.lane_tables)]
        self.operations = [self._lane_operation(i) for i in range(len(shape.lane_operations))]

    def _tangent(self, index: int) -> str:
        return self.splat_at(self.data, self.word(Word.ROTATION + index))

    def _twist(self, index: int) -> tuple[str, str, str]:
        """The offset of a TWIST's numbers, the bits of x that choose, and the lanes with the other angle."""
        text = self.text
        mask = ""
        if self.shape.blended:
            lanes = text.value(f"trunc i64 {self.word(Word.TWIST_LANES + index)} to i{self.lanes}")
            mask = text.value(f"bitcast i{self.lanes} {lanes} to <{self.lanes} x i1>")
        return self.word(Word.ROTATION + index), self.word(Word.TWIST_MASK + index), mask

    def _lane_table(self, index: int) -> tuple[str, str, str, str, str]:
        first = Word.LANE_TABLES + LANE_TABLE_WORDS * index
        real = self.word(first, "ptr")
        imaginary = self.text.at(real, self.word(first + 1))
        return real, imaginary, self.word(first + 2, "ptr"), self.word(first + 3), self.word(first + 4)

    def _lane_vector(self, index: int) -> Vectors:
        """The entry of a lane table that all rows of the tile take."""
        real, imaginary, _, __, changed = self._lane_table(index)
        offset = self.text.binary("mul", changed, self.bytes)
        return [self.text.load(self.vector, plane, offset, align=8) for plane in (real, imaginary)]

    def _lane_operation(self, index: int) -> tuple[str, str]:
        """The index vector and the integers by row of a permutation, or the mask of a blend."""
        shape, text = self.shape, self.text
        first = Word.LANE_OPERATIONS + LANE_OPERATION_WORDS * index
        if shape.lane_operations[index].startswith("blend"):
            mask = text.value(f"trunc i64 {self.word(first)} to i{self.lanes}")
            return text.value(f"bitcast i{self.lanes} {mask} to <{self.lanes} x i1>"), ""
        vector = index_type(shape.target, shape.precision)
        bits = index_format(shape.target, shape.precision).bits
        change = self.word(first + 2)
        if bits < 64:
            change = text.value(f"trunc i64 {change} to i{bits}")
        pattern = text.load(vector, self.word(first, "ptr"), align=8)
        base = text.value(f"xor {vector} {pattern}, {text.splat(vector, f'i{bits}', change)}")
        return base, self.word(first + 1, "ptr")

    def signs(self, lane: int) -> str:
        """−1 in the lanes whose bit is 0: there a −= t·b."""
        signs = ", ".join(f"{self.element} {1.0 if index >> lane & 1 else -1.0}" for index in range(self.lanes))
        return f"<{signs}>"

    def chosen_numbers(self, index: int, places: tuple[int, ...]) -> list[Vectors]:
        """Some of a TWIST's numbers for the group at x, where the parity of its registers is even, and odd."""
        text, (begin, mask, lanes) = self.text, self.twists[index]
        half = TWIST_NUMBERS // 2 * ELEMENT_BYTES[self.shape.precision]
        # Offsets are multiples of all the numbers, so that one bit of them says which half it is.
        offset = text.binary("xor", begin, text.binary("mul", text.parity(text.binary("and", "%x", mask)), half))
        offsets = [offset, text.binary("xor", offset, half)] if lanes or self.shape.choosing else [offset]
        addresses = [text.at(self.data, each) for each in offsets]
        size = ELEMENT_BYTES[self.shape.precision]
        found = [[self.splat_at(address, place * size) for place in places] for address in addresses]
        if lanes:
            kind = f"<{self.lanes} x i1> {lanes}, {self.vector}"
            even, odd = found
            pairs = ((even, odd), (odd, even)) if self.shape.choosing else ((even, odd),)
            found = [
                [text.value(f"select {kind} {q}, {self.vector} {p}") for p, q in zip(*pair, strict=True)]
                for pair in pairs
            ]
        return found

    def choosing(self, number: int) -> int:
        """The registers, as bits, whose parity chooses which numbers a TWIST (of those of the shape) takes."""
        return self.shape.choosing[number] if self.shape.choosing else 0

    def load(self, pointer: str, offset: str | int) -> str:
        """An aligned vector."""
        return self.text.load(self.vector, pointer, offset, align=self.bytes)

    def splat_at(self, pointer: str, offset: str | int) -> str:
        """A vector of a number in memory."""
        return self.text.splat(self.vector, self.element, self.text.load(self.element, pointer, offset))

    def fma(self, left: str, right: str, added: str) -> str:
        """left·right + added."""
        if not self.shape.target.fused:
            return self.text.binary("fadd", self.text.binary("fmul", left, right, self.vector), added, self.vector)
        name = f"llvm.fma.v{self.lanes}f{8 * ELEMENT_BYTES[self.shape.precision]}"
        return self.text.call(self.vector, name, *((self.vector, each) for each in (left, right, added)))

    def multiplied(self, pair: Vectors, factor: Vectors) -> Vectors:
        """The product with a complex vector."""
        text, (real, imaginary), (cosine, sine) = self.text, pair, factor
        crossed = text.value(f"fneg {self.vector} {text.binary('fmul', imaginary, sine, self.vector)}")
        other = text.binary("fmul", real, sine, self.vector)
        return [self.fma(real, cosine, crossed), self.fma(imaginary, cosine, other)]
