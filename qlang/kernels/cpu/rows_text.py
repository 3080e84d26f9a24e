"""LLVM text of what a pass does to rows: load, exchange lanes, multiply by phases.

A row is a vector with its number in the tile; both planes of it are held.
"""

from __future__ import annotations

from qlang.kernels.cpu.arguments import LANE_OPERATION_WORDS, LANE_TABLE_WORDS, Word
from qlang.kernels.cpu.host import ELEMENT_BYTES
from qlang.kernels.cpu.lanes import index_bytes, index_type, permuted
from qlang.kernels.cpu.shapes import LaneOperation, RowShape
from qlang.kernels.cpu.text import Text
from qlang.kernels.cpu.values_text import GroupValues, Vectors


class RowValues(GroupValues):
    """What does not change from group to group, and products of rows."""

    def __init__(self, shape: RowShape, text: Text) -> None:
        self.shape = shape
        super().__init__(shape, text, ())
        self.combinations = range(1 << shape.registers)
        if shape.phase:
            self.cosines = self.word(Word.TABLE, "ptr")
            self.sines = text.at(self.cosines, self.word(Word.TABLE_PLANE))
            self.choice = self.word(Word.CHOICE, "ptr") if shape.choice_bytes else ""
        chosen = shape.lane_tables - shape.constant_tables
        self.lane_tables = [self._lane_table(i) for i in range(chosen)]
        self.lane_vectors = [self._lane_vector(i) for i in range(chosen, shape.lane_tables)]
        self.operations = [self._lane_operation(i) for i in range(len(shape.lane_operations))]

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

    def _lane_operation(self, index: int) -> tuple[str, str, str]:
        """The mask of a blend; the index vector of a permutation, or where those are that rows choose by their bytes,
        where these are, and what is exclusive with them."""
        shape, text = self.shape, self.text
        first = Word.LANE_OPERATIONS + LANE_OPERATION_WORDS * index
        if shape.lane_operations[index].startswith("blend"):
            mask = text.value(f"trunc i64 {self.word(first)} to i{self.lanes}")
            return text.value(f"bitcast i{self.lanes} {mask} to <{self.lanes} x i1>"), "", ""
        vectors, change = self.word(first, "ptr"), self.word(first + 2)
        if shape.lane_operations[index] == "permute_rows":
            return vectors, self.word(first + 1, "ptr"), change
        return self.index(vectors, change), "", ""

    def index(self, vectors: str, number: str) -> str:
        """The index vector with a number."""
        target, precision = self.shape.target, self.shape.precision
        place = self.text.binary("mul", number, index_bytes(target, precision))
        return self.text.load(index_type(target, precision), vectors, place, align=16)

    def room(self, vectors: int) -> str:
        """Room on the stack for so many vectors."""
        return self.text.value(f"alloca [{vectors * self.bytes} x i8], align {self.bytes}")

    def multiplied(self, pair: Vectors, factor: Vectors) -> Vectors:
        """The product with a complex vector."""
        text, (real, imaginary), (cosine, sine) = self.text, pair, factor
        crossed = text.value(f"fneg {self.vector} {text.binary('fmul', imaginary, sine, self.vector)}")
        other = text.binary("fmul", real, sine, self.vector)
        return [self.fma(real, cosine, crossed), self.fma(imaginary, cosine, other)]


class Rows:
    """Some rows of the group at `%x`: those of the combinations `together` with the bits of `first`."""

    def __init__(self, kernel: RowValues, together: list[int], first: str = "") -> None:
        text = kernel.text
        self._kernel, self._together = kernel, together
        self._block = text.at("%block", text.binary("shl", first, 3)) if first else "%block"
        row = text.binary("lshr", "%x", kernel.lanes.bit_length() - 1)
        self._offsets = {r: text.binary("add", row, self._word(Word.ROW, r)) for r in together}
        """By combination the offset of its row in a plane of the table of rows."""
        self._numbers = {r: text.binary("lshr", offset, _element_bits(kernel)) for r, offset in self._offsets.items()}
        """… and its number in the tile."""

    def loaded(self, planes: Vectors) -> dict[int, Vectors]:
        """Both planes of each row."""
        kernel = self._kernel
        found = {}
        for r in self._together:
            source = kernel.text.binary("xor", self._word(Word.LOAD, r), "%sources")
            found[r] = [kernel.load(plane, source) for plane in planes]
        return found

    def exchanged(self, state: dict[int, Vectors], operation: LaneOperation, index: int) -> dict[int, Vectors]:
        """One permutation of lanes, or exchange of lanes between rows."""
        kernel = self._kernel
        chosen, rows, change = kernel.operations[index]
        if operation.startswith("blend"):
            other = 1 << int(operation[-1])
            kind = f"<{kernel.lanes} x i1> {chosen}, {kernel.vector}"
            return {
                r: [
                    kernel.text.value(f"select {kind} {state[r ^ other][plane]}, {kernel.vector} {vector}")
                    for plane, vector in enumerate(pair)
                ]
                for r, pair in state.items()
            }
        return {r: self._permuted(pair, (chosen, rows, change), r) for r, pair in state.items()}

    def within(self, pair: Vectors, r: int) -> Vectors:
        """The parts that stay within one row."""
        kernel = self._kernel
        if kernel.shape.phase:
            offset = self._entry(r)
            factor = [kernel.splat_at(kernel.cosines, offset), kernel.splat_at(kernel.sines, offset)]
            pair = kernel.multiplied(pair, factor)
        for table in kernel.lane_tables:
            pair = kernel.multiplied(pair, self._chosen(table, r))
        for vectors in kernel.lane_vectors:
            pair = kernel.multiplied(pair, vectors)
        return pair

    def _word(self, words: int, r: int) -> str:
        """The word of a row's combination."""
        return self._kernel.text.load("i64", self._block, 8 * (words + r))

    def _entry(self, r: int) -> str:
        """The offset of a row's entry in the planes of the table of rows."""
        text, shape = self._kernel.text, self._kernel.shape
        if not shape.choice_bytes:
            return self._offsets[r]
        kind, place = f"i{8 * shape.choice_bytes}", self._numbers[r]
        if shape.choice_bytes == 2:
            place = text.binary("shl", place, 1)
        entry = text.value(f"zext {kind} {text.load(kind, self._kernel.choice, place)} to i64")
        return text.binary("shl", entry, _element_bits(self._kernel))

    def _chosen(self, table: tuple[str, str, str, str, str], r: int) -> Vectors:
        """The entry of a lane table for a row."""
        kernel, text = self._kernel, self._kernel.text
        real, imaginary, rows, kept, changed = table
        index = text.binary("xor", text.binary("and", self._byte(rows, r), kept), changed)
        offset = text.binary("mul", index, kernel.bytes)
        return [text.load(kernel.vector, plane, offset, align=8) for plane in (real, imaginary)]

    def _byte(self, rows: str, r: int) -> str:
        """A row's byte."""
        text = self._kernel.text
        return text.value(f"zext i8 {text.load('i8', rows, self._numbers[r])} to i64")

    def _permuted(self, pair: Vectors, operation: tuple[str, str, str], r: int) -> Vectors:
        kernel, (index, rows, change) = self._kernel, operation
        if rows:
            index = kernel.index(index, kernel.text.binary("xor", self._byte(rows, r), change))
        target, precision = kernel.shape.target, kernel.shape.precision
        return [permuted(kernel.text, target, precision, each, index) for each in pair]


def _element_bits(kernel: RowValues) -> int:
    return ELEMENT_BYTES[kernel.shape.precision].bit_length() - 1
