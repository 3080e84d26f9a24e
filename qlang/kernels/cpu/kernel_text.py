"""LLVM text of a pass: a loop over groups of 2**k vectors, all parts of the pass in registers.

    for each group x:  load (permuted), exchange lanes, multiply by phases, rotate lanes, rotate registers, store

A rotation by θ without its cosine is a −= t·b, b += t·a_old with t = tan(θ/2): one fused multiply-add for each real
number. A TWIST takes one of two angles by a parity of x. Where a group takes its cosines
(`qlang.kernels.scaled_twists`) it is no other rotation; else it is three shears with tan(θ/4) and sin(θ/2) between
registers (`qlang.kernels.frames`), cos(θ/2) and sin(θ/2) between lanes. Phases need the vectors of both planes
at once; a pass without them walks over one plane after the other, which is faster (fewer vectors in flight).

The function is `void kernel(ptr re, ptr im, ptr block)`, the block as `qlang.kernels.cpu.arguments` says.
"""

from __future__ import annotations

from qlang.kernels.cpu.arguments import (
    LANE_OPERATION_WORDS,
    LANE_TABLE_WORDS,
    MOST_REGISTERS,
    Word,
)
from qlang.kernels.cpu.host import ELEMENT_BYTES
from qlang.kernels.cpu.lanes import index_format, index_type, permuted
from qlang.kernels.cpu.row_text import Row, first_row, step_rows
from qlang.kernels.cpu.shapes import KernelShape
from qlang.kernels.cpu.text import Text, module
from qlang.kernels.layout import TWIST_NUMBERS

_SHARED = 8
"""Combinations of three registers."""
Vectors = list[str]
"""The real and the imaginary vector, or one of them."""


def kernel_module(shape: KernelShape, name: str) -> str:
    """The text of a module with the kernel of this shape."""
    return module(_Kernel(shape, name).write())


class _Kernel:
    """One kernel being written; the attributes are the values computed before the loop."""

    def __init__(self, shape: KernelShape, name: str) -> None:
        self.shape = shape
        self.lanes = shape.target.lanes(shape.precision)
        self.bytes = shape.target.vector_bytes
        self.element = "float" if shape.precision == "float32" else "double"
        self.vector = f"<{self.lanes} x {self.element}>"
        self.text = Text(f"void @{name}(ptr noalias %re, ptr noalias %im, ptr noalias %block)")
        self.combinations = range(1 << shape.registers)
        self.complex = shape.phase or shape.lane_tables > 0
        """Whether both planes are walked over at once."""
        self.planes = ("%re", "%im") if self.complex else ("%plane",)

    def write(self) -> Text:
        """The function."""
        self._constants()
        text = self.text
        text.put("br label %planes")
        text.label("planes")
        text.put("%second = phi i1 [false, %entry], [true, %after]")
        text.put("%plane = phi ptr [%re, %entry], [%im, %after]")
        if self.shape.prefetch:
            text.put(f"%far = phi ptr [{self.prefetch_planes[0]}, %entry], [{self.prefetch_planes[1]}, %after]")
        text.put("br label %group")
        text.label("group")
        text.put("%turn = phi i64 [0, %planes], [%turn.next, %group]")
        text.put(f"%x = phi i64 [{self.begin}, %planes], [%x.next, %group]")
        if self.shape.prefetch:
            text.put(f"%ahead = phi i64 [{self.prefetch_x}, %planes], [%ahead.next, %group]")
        for name, row, _ in self.rows:
            text.put(f"%{name} = phi i64 [{row}, %planes], [%{name}.next, %group]")
        self._group()
        if self.shape.prefetch:
            text.put(f"%ahead.next = or i64 {self._prefetch('%ahead')}, 0")
        text.put("%turn.next = add i64 %turn, 1")
        following = text.binary("and", text.binary("add", text.binary("or", "%x", self.walk), 1), self.walk_not)
        text.put(f"%x.next = or i64 {following}, {self.base}")
        step_rows(text, self.rows)
        more = text.value(f"icmp ult i64 %turn.next, {self.groups}")
        text.put(f"br i1 {more}, label %group, label %after")
        text.label("after")
        text.put(f"br i1 {'true' if self.complex else '%second'}, label %end, label %planes")
        text.label("end")
        if self.shape.prefetch:
            text.store("i64", "%ahead.next", "%block", 8 * Word.PREFETCH_X)
        return text

    def _word(self, index: int, type_: str = "i64") -> str:
        return self.text.load(type_, "%block", 8 * index)

    def _constants(self) -> None:
        """Loads what does not change from group to group."""
        shape, text = self.shape, self.text
        self.walk = self._word(Word.WALK)
        self.walk_not = text.binary("xor", self.walk, -1)
        self.begin, self.groups, self.base = (self._word(each) for each in (Word.BEGIN, Word.GROUPS, Word.BASE))
        self.store_offsets = ["0", *(self._word(Word.STORE + r) for r in self.combinations[1:])]
        if shape.phase or shape.lane_tables or "permute_rows" in shape.lane_operations:
            self.row_offsets = [self._word(Word.ROW + r) for r in self.combinations]
        self.rows: list[Row] = []
        if shape.permutation:
            if shape.parities:
                row = first_row(text, shape.registers, (Word.LOAD_XOR, Word.PARITY_MASK, Word.PARITY_VALUE), self.begin)
                self.rows.append(("sources", row, self._word(Word.LOAD_STEPS, "ptr")))
            else:
                self.fixed_sources = self._chosen_sources(Word.LOAD, self._word(Word.LOAD_XOR))
        if shape.exchange:
            row = first_row(
                text, shape.registers, (Word.EXCHANGE_XOR, Word.EXCHANGE_MASK, Word.EXCHANGE_VALUE), self.begin
            )
            self.rows.append(("targets", row, self._word(Word.EXCHANGE_STEPS, "ptr")))
        self.data = data = self._word(Word.DATA, "ptr")
        self.tangents = [self._tangent(data, i) for i in range(shape.rotations - shape.twists)]
        self.lane_tangents = {
            lane: text.value(f"fmul {self.vector} {self._tangent(data, MOST_REGISTERS + lane)}, {self._signs(lane)}")
            for lane in shape.lane_rotations
            if lane not in shape.lane_twists
        }
        self.twists = {
            index: self._twist(index)
            for index in (
                *range(shape.rotations - shape.twists, shape.rotations),
                *(MOST_REGISTERS + lane for lane in shape.lane_twists),
            )
        }
        if shape.phase:
            self.cosines = self._word(Word.TABLE, "ptr")
            self.sines = text.at(self.cosines, self._word(Word.TABLE_PLANE))
            self.choice = self._word(Word.CHOICE, "ptr") if shape.choice_bytes else ""
        chosen = shape.lane_tables - shape.constant_tables
        self.lane_tables = [self._lane_table(i) for i in range(chosen)]
        self.lane_vectors = [self._lane_vector(i) for i in range(chosen, shape.lane_tables)]
        self.operations = [self._lane_operation(i) for i in range(len(shape.lane_operations))]
        if shape.prefetch:
            self.prefetch_planes = self._word(Word.PREFETCH_RE, "ptr"), self._word(Word.PREFETCH_IM, "ptr")
            self.prefetch_x, self.prefetch_walk = self._word(Word.PREFETCH_X), self._word(Word.PREFETCH_WALK)
            self.prefetch_keep = text.binary("xor", self.prefetch_walk, -1)

    def _tangent(self, data: str, index: int) -> str:
        scalar = self.text.load(self.element, data, self._word(Word.ROTATION + index))
        return self.text.splat(self.vector, self.element, scalar)

    def _twist(self, index: int) -> tuple[str, str, str]:
        """The offset of a TWIST's numbers, the bits of x that choose, and the lanes with the other angle."""
        text = self.text
        mask = ""
        if self.shape.blended:
            lanes = text.value(f"trunc i64 {self._word(Word.TWIST_LANES + index)} to i{self.lanes}")
            mask = text.value(f"bitcast i{self.lanes} {lanes} to <{self.lanes} x i1>")
        return self._word(Word.ROTATION + index), self._word(Word.TWIST_MASK + index), mask

    def _chosen_numbers(self, index: int, places: tuple[int, ...]) -> list[Vectors]:
        """Some of a TWIST's numbers for the group at x, where the parity of its registers is even, and odd."""
        text, (begin, mask, lanes) = self.text, self.twists[index]
        half = TWIST_NUMBERS // 2 * ELEMENT_BYTES[self.shape.precision]
        # Offsets are multiples of all the numbers, so that one bit of them says which half it is.
        offset = text.binary("xor", begin, text.binary("mul", text.parity(text.binary("and", "%x", mask)), half))
        offsets = [offset, text.binary("xor", offset, half)] if lanes or self.shape.choosing else [offset]
        addresses = [text.at(self.data, each) for each in offsets]
        size = ELEMENT_BYTES[self.shape.precision]
        found = [[self._splat_at(address, place * size) for place in places] for address in addresses]
        if lanes:
            kind = f"<{self.lanes} x i1> {lanes}, {self.vector}"
            even, odd = found
            pairs = ((even, odd), (odd, even)) if self.shape.choosing else ((even, odd),)
            found = [
                [text.value(f"select {kind} {q}, {self.vector} {p}") for p, q in zip(*pair, strict=True)]
                for pair in pairs
            ]
        return found

    def _register_parity(self, index: int, r: int) -> int:
        """Which of the numbers of a TWIST (of those of the shape) a combination of the registers takes."""
        return (self.shape.choosing[index] & r).bit_count() & 1 if self.shape.choosing else 0

    def _signs(self, lane: int) -> str:
        """−1 in the lanes whose bit is 0: there a −= t·b."""
        signs = ", ".join(f"{self.element} {1.0 if index >> lane & 1 else -1.0}" for index in range(self.lanes))
        return f"<{signs}>"

    def _lane_table(self, index: int) -> tuple[str, str, str, str, str]:
        first = Word.LANE_TABLES + LANE_TABLE_WORDS * index
        real = self._word(first, "ptr")
        imaginary = self.text.at(real, self._word(first + 1))
        return real, imaginary, self._word(first + 2, "ptr"), self._word(first + 3), self._word(first + 4)

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
            mask = text.value(f"trunc i64 {self._word(first)} to i{self.lanes}")
            return text.value(f"bitcast i{self.lanes} {mask} to <{self.lanes} x i1>"), ""
        vector = index_type(shape.target, shape.precision)
        bits = index_format(shape.target, shape.precision).bits
        change = self._word(first + 2)
        if bits < 64:
            change = text.value(f"trunc i64 {change} to i{bits}")
        pattern = text.load(vector, self._word(first, "ptr"), align=8)
        base = text.value(f"xor {vector} {pattern}, {text.splat(vector, f'i{bits}', change)}")
        return base, self._word(first + 1, "ptr")

    def _group(self) -> None:
        """Everything for the vectors at `%x`."""
        shape, text = self.shape, self.text
        here = {plane: self._bases(plane) for plane in self.planes}
        sources = self._sources() if shape.permutation else self.store_offsets
        if shape.phase or shape.lane_tables or "permute_rows" in shape.lane_operations:
            self.row = text.binary("lshr", "%x", self.lanes.bit_length() - 1)
        # The signs are changed in the loop: hoisted, they would take registers instead of fusing into the operation.
        self.negated = [text.value(f"fneg {self.vector} {each}") for each in self.tangents]
        places = (0,) if shape.scaled_twists else (1, 2)
        self.lane_turns = {lane: self._chosen_numbers(MOST_REGISTERS + lane, places) for lane in shape.lane_twists}
        for lane, found in self.lane_turns.items():
            for numbers in found:
                numbers[0] = text.value(f"fmul {self.vector} {numbers[0]}, {self._signs(lane)}")
        state: list[Vectors] = []
        for r in self.combinations:
            state.append([self._load(*self._place(here[plane], sources, r)) for plane in self.planes])
            if not shape.lane_operations:
                self._within(state[r], r)
        for index, operation in enumerate(shape.lane_operations):
            state = self._exchange(state, operation, index)
        for r in self.combinations:
            if shape.lane_operations:
                self._within(state[r], r)
        self._rotate(state)
        targets = self.store_offsets
        if shape.exchange:
            targets = self._chosen_sources(Word.EXCHANGE, "%targets")
        for r in self.combinations:
            for plane, vector in zip(self.planes, state[r], strict=True):
                text.store(self.vector, vector, *self._place(here[plane], targets, r), align=self.bytes)

    def _bases(self, plane: str) -> list[str]:
        """Where the group is, and where its half is that differs in the fourth register."""
        base = self.text.at(plane, "%x")
        return [base, self.text.at(base, self.store_offsets[_SHARED])] if self.shape.registers > 3 else [base]

    def _place(self, bases: list[str], offsets: list[str], r: int) -> tuple[str, str]:
        """Base and offset of a combination; both halves share offsets, for the processor has few registers for them."""
        if offsets is self.store_offsets and r >= _SHARED:
            return bases[1], offsets[r - _SHARED]
        return bases[0], offsets[r]

    def _sources(self) -> list[str]:
        """The offsets of where the group's vectors come from, by parities of x."""
        return self._chosen_sources(Word.LOAD, "%sources") if self.shape.parities else self.fixed_sources

    def _chosen_sources(self, first: int, row: str) -> list[str]:
        """The offsets of the words from the first on, with registers flipped by the row."""
        return [self.text.binary("xor", self._word(first + r), row) for r in self.combinations]

    def _load(self, plane: str, offset: str) -> str:
        return self.text.load(self.vector, plane, offset, align=self.bytes)

    def _within(self, pair: Vectors, r: int) -> None:
        """The parts that stay within one vector."""
        if self.shape.phase:
            offset = self._entry(r)
            factor = [self._splat_at(self.cosines, offset), self._splat_at(self.sines, offset)]
            self._multiply(pair, factor)
        for table in self.lane_tables:
            self._multiply(pair, self._chosen(table, r))
        for vectors in self.lane_vectors:
            self._multiply(pair, vectors)
        for lane in self.shape.lane_rotations:
            order = ", ".join(f"i32 {index ^ 1 << lane}" for index in range(self.lanes))
            for plane in range(len(self.planes)):
                swapped = (
                    f"shufflevector {self.vector} {pair[plane]}, {self.vector} poison, <{self.lanes} x i32> <{order}>"
                )
                if lane in self.lane_tangents:
                    pair[plane] = self._fma(self.lane_tangents[lane], self.text.value(swapped), pair[plane])
                else:
                    number = self.shape.twists + self.shape.lane_twists.index(lane)
                    sine, *cosine = self.lane_turns[lane][self._register_parity(number, r)]
                    kept = self.text.binary("fmul", cosine[0], pair[plane], self.vector) if cosine else pair[plane]
                    pair[plane] = self._fma(sine, self.text.value(swapped), kept)

    def _splat_at(self, plane: str, offset: str | int) -> str:
        return self.text.splat(self.vector, self.element, self.text.load(self.element, plane, offset))

    def _entry(self, r: int) -> str:
        """The offset of a row's entry in the planes of the table of rows."""
        text = self.text
        if not self.shape.choice_bytes:
            return text.binary("add", self.row, self.row_offsets[r])
        kind, place = f"i{8 * self.shape.choice_bytes}", self._row_index(r)
        if self.shape.choice_bytes == 2:
            place = text.binary("shl", place, 1)
        entry = text.value(f"zext {kind} {text.load(kind, self.choice, place)} to i64")
        return text.binary("shl", entry, ELEMENT_BYTES[self.shape.precision].bit_length() - 1)

    def _row_index(self, r: int) -> str:
        offset = self.text.binary("add", self.row, self.row_offsets[r])
        return self.text.binary("lshr", offset, ELEMENT_BYTES[self.shape.precision].bit_length() - 1)

    def _chosen(self, table: tuple[str, str, str, str, str], r: int) -> Vectors:
        """The entry of a lane table for a row."""
        text = self.text
        real, imaginary, rows, kept, changed = table
        wide = text.value(f"zext i8 {text.load('i8', rows, self._row_index(r))} to i64")
        index = text.binary("xor", text.binary("and", wide, kept), changed)
        offset = text.binary("mul", index, self.bytes)
        return [text.load(self.vector, plane, offset, align=8) for plane in (real, imaginary)]

    def _multiply(self, pair: Vectors, factor: Vectors) -> None:
        """Multiplies by a complex vector."""
        text, (real, imaginary), (cosine, sine) = self.text, pair, factor
        crossed = text.value(f"fneg {self.vector} {text.binary('fmul', imaginary, sine, self.vector)}")
        other = text.binary("fmul", real, sine, self.vector)
        pair[:] = self._fma(real, cosine, crossed), self._fma(imaginary, cosine, other)

    def _fma(self, left: str, right: str, added: str) -> str:
        """left·right + added."""
        if not self.shape.target.fused:
            return self.text.binary("fadd", self.text.binary("fmul", left, right, self.vector), added, self.vector)
        name = f"llvm.fma.v{self.lanes}f{8 * ELEMENT_BYTES[self.shape.precision]}"
        return self.text.call(self.vector, name, *((self.vector, each) for each in (left, right, added)))

    def _exchange(self, state: list[Vectors], operation: str, index: int) -> list[Vectors]:
        """One permutation of lanes, or exchange of lanes between vectors."""
        chosen, rows = self.operations[index]
        if operation.startswith("blend"):
            other = 1 << int(operation[-1])
            kind = f"<{self.lanes} x i1> {chosen}, {self.vector}"
            return [
                [
                    self.text.value(f"select {kind} {state[r ^ other][plane]}, {self.vector} {state[r][plane]}")
                    for plane in range(len(self.planes))
                ]
                for r in self.combinations
            ]
        return [
            self._permuted(state[r], chosen, rows if operation == "permute_rows" else "", r) for r in self.combinations
        ]

    def _permuted(self, pair: Vectors, index: str, rows: str, r: int) -> Vectors:
        shape, text = self.shape, self.text
        if rows:
            bits, vector = index_format(shape.target, shape.precision).bits, index_type(shape.target, shape.precision)
            place = text.binary("add", self.row, self.row_offsets[r])
            if bits // 8 != ELEMENT_BYTES[shape.precision]:
                place = text.binary("mul", self._row_index(r), bits // 8)
            change = text.splat(vector, f"i{bits}", text.load(f"i{bits}", rows, place))
            index = text.value(f"xor {vector} {index}, {change}")
        return [permuted(text, shape.target, shape.precision, each, index) for each in pair]

    def _rotate(self, state: list[Vectors]) -> None:
        """The rotations of registers."""
        plain, scaled = len(self.tangents), self.shape.scaled_twists
        for i in range(self.shape.rotations):
            if i < plain:
                self._turn(state, i, [[self.negated[i], self.tangents[i]]], -1)
                continue
            found = self._chosen_numbers(i, (0,) if scaled else (0, 1))
            numbers = [[self.text.value(f"fneg {self.vector} {each[0]}"), each[-1]] for each in found]
            (self._turn if scaled else self._shear)(state, i, numbers, i - plain)

    def _turn(self, state: list[Vectors], register: int, numbers: list[Vectors], twist: int) -> None:
        """A rotation without its cosine; −t and t for the parities of a TWIST (−1: none)."""
        for r, plane in self._pairs(register):
            minus, tangent = numbers[self._register_parity(twist, r) if twist >= 0 else 0]
            low, high = state[r][plane], state[r | 1 << register][plane]
            state[r][plane] = self._fma(minus, high, low)
            state[r | 1 << register][plane] = self._fma(tangent, low, high)

    def _shear(self, state: list[Vectors], register: int, numbers: list[Vectors], twist: int) -> None:
        """A rotation with its cosine, by −tan(θ/4) and sin(θ/2)."""
        for r, plane in self._pairs(register):
            minus, sine = numbers[self._register_parity(twist, r)]
            low = self._fma(minus, state[r | 1 << register][plane], state[r][plane])
            high = self._fma(sine, low, state[r | 1 << register][plane])
            state[r][plane] = self._fma(minus, high, low)
            state[r | 1 << register][plane] = high

    def _pairs(self, register: int) -> list[tuple[int, int]]:
        """Combinations whose bit of this register is 0, with each plane."""
        return [(r, plane) for r in self.combinations if not r >> register & 1 for plane in range(len(self.planes))]

    def _prefetch(self, offset: str) -> str:
        """Fetches lines of the next tile; the offset of the line after them."""
        text = self.text
        flags = ("i32", "0"), ("i32", "2"), ("i32", "1")
        for _ in range(self.shape.prefetch):
            for plane in self.prefetch_planes if self.complex else ("%far",):
                text.call("void", "llvm.prefetch.p0", ("ptr", text.at(plane, offset)), *flags)
            step = text.binary("add", text.binary("or", offset, self.prefetch_walk), 1)
            offset = text.binary("and", step, self.prefetch_keep)
        return offset
