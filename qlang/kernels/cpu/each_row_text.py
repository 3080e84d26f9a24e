"""LLVM text of what a pass does to each row of a group: load, exchange lanes, multiply by phases, rotate lanes.

A row is a vector with its number in the tile; both planes of it are held. Where nothing is done with lanes, the rows of
a group stand side by side in registers, or the second plane of them on the stack until the first has been rotated.
Else they are taken in a loop, two at a time or as many as exchange lanes with each other, and left on the stack, where
rotations of registers find them: that is a third less text, and what bounds such passes is arithmetic, not the first
cache.
"""

from __future__ import annotations

from dataclasses import dataclass

from qlang.kernels.cpu.arguments import MOST_REGISTERS, Word
from qlang.kernels.cpu.host import ELEMENT_BYTES
from qlang.kernels.cpu.lanes import index_format, index_type, permuted
from qlang.kernels.cpu.values_text import KernelValues, Vectors

_HELD = {"avx512": 16, "neon": 16}
"""Vectors of a group that stay in registers, by how lanes are permuted: half of the processor's; else 8."""


def in_registers(kernel: KernelValues) -> bool:
    """Whether both planes of a group stay in registers."""
    return 2 * len(kernel.combinations) <= _HELD.get(kernel.shape.target.permute, 8)


def room_bytes(kernel: KernelValues) -> int:
    """Bytes of the stack: both planes of a group, then the vectors of TWIST steps on lanes that a row chooses from."""
    return (2 * len(kernel.combinations) + 4 * len(kernel.shape.lane_twists)) * kernel.bytes


def write_rows(kernel: KernelValues, bases: Vectors, room: str) -> tuple[Vectors, Vectors]:
    """All rows of the group whose planes begin at `bases`, by plane.

    The second plane is in `room` instead, row by row, if there is one.
    """
    row = _first_row(kernel)
    first: Vectors = []
    second: Vectors = []
    for r in kernel.combinations:
        rows = _Rows(kernel, "0", [r], row, _LaneTurns({}, {}))
        real, imaginary = rows.within(rows.loaded(bases)[r], r)
        first.append(real)
        if room:
            kernel.text.store(kernel.vector, imaginary, room, r * kernel.bytes, align=kernel.bytes)
        else:
            second.append(imaginary)
    return first, second


def loop_rows(kernel: KernelValues, bases: Vectors, room: str) -> None:
    """The loop over the rows of the group whose planes begin at `bases`.

    Row r of a plane goes to `room` behind that of row r − 1, the second plane behind the first.
    """
    text, shape, count = kernel.text, kernel.shape, len(kernel.combinations)
    blended = {1 << int(each[-1]) for each in shape.lane_operations if each.startswith("blend")}
    held = sum(blended) or count - 1 & 1
    together = [r for r in kernel.combinations if not r & ~held]
    row = _first_row(kernel)
    turns = _LaneTurns.of(kernel, text.at(room, 2 * count * kernel.bytes))
    with text.loop(count // len(together), first=("i64", "0")) as loop:
        stage = _Rows(kernel, loop["first"], together, row, turns)
        state = stage.loaded(bases)
        for index, operation in enumerate(shape.lane_operations):
            state = stage.exchanged(state, operation, index)
        begin = text.at(room, text.binary("mul", loop["first"], kernel.bytes))
        for r, pair in state.items():
            for plane, vector in enumerate(stage.within(pair, r)):
                text.store(kernel.vector, vector, begin, (plane * count + r) * kernel.bytes, align=kernel.bytes)
        step = text.binary("add", text.binary("or", loop["first"], held), 1)
        loop.next["first"] = text.binary("and", step, ~held)


def _first_row(kernel: KernelValues) -> str:
    """The number of the group's first row in the tile."""
    return kernel.text.binary("lshr", "%x", kernel.lanes.bit_length() - 1)


@dataclass(frozen=True, slots=True)
class _LaneTurns:
    """The numbers of TWIST steps on lanes, by lane: of some that all rows take, of others where they are."""

    vectors: dict[int, Vectors]
    """The sine with its signs, and the cosine unless the rotation is without."""
    places: dict[int, str]
    """Where those for an even parity are; behind each is that for an odd one."""

    @classmethod
    def of(cls, kernel: KernelValues, room: str) -> _LaneTurns:
        """Those of the group at x; `room` is for those that rows choose from."""
        text, shape = kernel.text, kernel.shape
        vectors: dict[int, Vectors] = {}
        places: dict[int, str] = {}
        for number, lane in enumerate(shape.lane_twists):
            found = kernel.chosen_numbers(MOST_REGISTERS + lane, (0,) if shape.scaled_twists else (1, 2))
            for numbers in found:
                numbers[0] = text.value(f"fmul {kernel.vector} {numbers[0]}, {kernel.signs(lane)}")
            vectors[lane] = found[0]
            if kernel.choosing(shape.twists + number):
                places[lane] = place = text.at(room, 4 * number * kernel.bytes)
                for i, vector in enumerate([each for pair in zip(*found, strict=True) for each in pair]):
                    text.store(kernel.vector, vector, place, i * kernel.bytes, align=kernel.bytes)
        return cls(vectors, places)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some rows: those of the combinations `together` with the bits of `first`."""

    kernel: KernelValues
    first: str
    together: list[int]
    row: str
    """The number of the group's first row in the tile."""
    turns: _LaneTurns

    def loaded(self, bases: Vectors) -> dict[int, Vectors]:
        """Both planes of each row."""
        kernel = self.kernel
        words = Word.LOAD if kernel.shape.permutation else Word.STORE
        found = {}
        for r in self.together:
            source = self._word(words, r)
            if kernel.shape.permutation:
                source = kernel.text.binary("xor", source, "%sources")
            found[r] = [kernel.load(base, source) for base in bases]
        return found

    def exchanged(self, state: dict[int, Vectors], operation: str, index: int) -> dict[int, Vectors]:
        """One permutation of lanes, or exchange of lanes between rows."""
        kernel = self.kernel
        chosen, rows = kernel.operations[index]
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
        return {
            r: self._permuted(pair, chosen, rows if operation == "permute_rows" else "", r) for r, pair in state.items()
        }

    def within(self, pair: Vectors, r: int) -> Vectors:
        """The parts that stay within one row."""
        kernel = self.kernel
        if kernel.shape.phase:
            offset = self._entry(r)
            factor = [kernel.splat_at(kernel.cosines, offset), kernel.splat_at(kernel.sines, offset)]
            pair = kernel.multiplied(pair, factor)
        for table in kernel.lane_tables:
            pair = kernel.multiplied(pair, self._chosen(table, r))
        for vectors in kernel.lane_vectors:
            pair = kernel.multiplied(pair, vectors)
        for lane in kernel.shape.lane_rotations:
            pair = self._lane_turned(pair, lane, r)
        return pair

    def _word(self, words: int, r: int) -> str:
        """The word of a row's combination."""
        text = self.kernel.text
        place = text.binary("shl", self.first, 3) if self.first != "0" else "0"
        return text.load("i64", text.at("%block", place), 8 * (words + r))

    def _offset(self, r: int) -> str:
        """The offset of a row in a plane of the table of rows."""
        return self.kernel.text.binary("add", self.row, self._word(Word.ROW, r))

    def _index(self, r: int) -> str:
        """The number of a row in the tile."""
        return self.kernel.text.binary("lshr", self._offset(r), self._element_bits())

    def _element_bits(self) -> int:
        return ELEMENT_BYTES[self.kernel.shape.precision].bit_length() - 1

    def _entry(self, r: int) -> str:
        """The offset of a row's entry in the planes of the table of rows."""
        text, shape = self.kernel.text, self.kernel.shape
        if not shape.choice_bytes:
            return self._offset(r)
        kind, place = f"i{8 * shape.choice_bytes}", self._index(r)
        if shape.choice_bytes == 2:
            place = text.binary("shl", place, 1)
        entry = text.value(f"zext {kind} {text.load(kind, self.kernel.choice, place)} to i64")
        return text.binary("shl", entry, self._element_bits())

    def _chosen(self, table: tuple[str, str, str, str, str], r: int) -> Vectors:
        """The entry of a lane table for a row."""
        kernel, text = self.kernel, self.kernel.text
        real, imaginary, rows, kept, changed = table
        wide = text.value(f"zext i8 {text.load('i8', rows, self._index(r))} to i64")
        index = text.binary("xor", text.binary("and", wide, kept), changed)
        offset = text.binary("mul", index, kernel.bytes)
        return [text.load(kernel.vector, plane, offset, align=8) for plane in (real, imaginary)]

    def _permuted(self, pair: Vectors, index: str, rows: str, r: int) -> Vectors:
        text, shape = self.kernel.text, self.kernel.shape
        if rows:
            bits, vector = index_format(shape.target, shape.precision).bits, index_type(shape.target, shape.precision)
            place = self._offset(r)
            if bits // 8 != ELEMENT_BYTES[shape.precision]:
                place = text.binary("mul", self._index(r), bits // 8)
            change = text.splat(vector, f"i{bits}", text.load(f"i{bits}", rows, place))
            index = text.value(f"xor {vector} {index}, {change}")
        return [permuted(text, shape.target, shape.precision, each, index) for each in pair]

    def _lane_turned(self, pair: Vectors, lane: int, r: int) -> Vectors:
        """A row with one lane bit rotated."""
        kernel, text = self.kernel, self.kernel.text
        if lane in kernel.lane_tangents:
            sine, cosine = kernel.lane_tangents[lane], []
        else:
            sine, *cosine = self._lane_numbers(lane, r)
        order = ", ".join(f"i32 {index ^ 1 << lane}" for index in range(kernel.lanes))
        found = []
        for each in pair:
            swapped = text.value(
                f"shufflevector {kernel.vector} {each}, {kernel.vector} poison, <{kernel.lanes} x i32> <{order}>"
            )
            kept = text.binary("fmul", cosine[0], each, kernel.vector) if cosine else each
            found.append(kernel.fma(sine, swapped, kept))
        return found

    def _lane_numbers(self, lane: int, r: int) -> Vectors:
        """The numbers of a TWIST on a lane that a row takes."""
        kernel, text = self.kernel, self.kernel.text
        if lane not in self.turns.places:
            return self.turns.vectors[lane]
        mask = kernel.choosing(kernel.shape.twists + kernel.shape.lane_twists.index(lane))
        odd = text.parity(text.binary("and", self.first, mask))
        if (r & mask).bit_count() & 1:
            odd = text.binary("xor", odd, 1)
        place = text.at(self.turns.places[lane], text.binary("mul", odd, kernel.bytes))
        return [kernel.load(place, 2 * i * kernel.bytes) for i in range(len(self.turns.vectors[lane]))]
