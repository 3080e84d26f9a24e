"""LLVM text of a pass: a loop over groups of 2**k vectors.

    for each group x:  load (permuted), exchange lanes, multiply by phases, rotate lanes, rotate registers, store

A rotation by θ without its cosine is a −= t·b, b += t·a_old with t = tan(θ/2): one fused multiply-add for each real
number. A TWIST takes one of two angles by a parity of x. Where a group takes its cosines
(`qlang.kernels.scaled_twists`) it is no other rotation; else it is three shears with tan(θ/4) and sin(θ/2) between
registers (`qlang.kernels.frames`), cos(θ/2) and sin(θ/2) between lanes. Phases and lanes need the vectors of both
planes at once (`qlang.kernels.cpu.each_row_text`); a pass without them walks over one plane after the other, which is
faster (fewer vectors in flight).

The function is `void kernel(ptr re, ptr im, ptr block)`, the block as `qlang.kernels.cpu.arguments` says.
"""

from __future__ import annotations

from qlang.kernels.cpu.arguments import Word
from qlang.kernels.cpu.each_row_text import in_registers, loop_rows, room_bytes, write_rows
from qlang.kernels.cpu.row_text import Row, first_row, step_rows
from qlang.kernels.cpu.shapes import KernelShape
from qlang.kernels.cpu.text import Text, module
from qlang.kernels.cpu.values_text import KernelValues, Vectors

_SHARED = 8
"""Combinations of three registers."""
_SOURCE_WORDS = Word.LOAD_XOR, Word.PARITY_MASK, Word.PARITY_VALUE
_TARGET_WORDS = Word.EXCHANGE_XOR, Word.EXCHANGE_MASK, Word.EXCHANGE_VALUE


def kernel_module(shape: KernelShape, name: str) -> str:
    """The text of a module with the kernel of this shape."""
    return module(_Kernel(shape, name).write())


class _Kernel:
    """One kernel being written; the attributes are values computed before the loop."""

    def __init__(self, shape: KernelShape, name: str) -> None:
        self.shape = shape
        self.text = Text(f"void @{name}(ptr noalias %re, ptr noalias %im, ptr noalias %block)")
        self.by_row = bool(shape.phase or shape.lane_tables or shape.lane_operations or shape.lane_rotations)
        """Whether both planes are walked over at once."""
        self.planes = ("%re", "%im") if self.by_row else ("%plane",)
        self.exchange = shape.exchange or self.by_row
        """Whether vectors may go to other addresses than those of their combinations."""
        self.looped = bool(shape.lane_operations or shape.lane_rotations)
        """Whether rows are taken in a loop."""

    def write(self) -> Text:
        """The function."""
        self._constants()
        text = self.text
        text.put("br label %planes")
        text.label("planes")
        text.put("%second = phi i1 [false, %entry], [true, %after]")
        text.put("%plane = phi ptr [%re, %entry], [%im, %after]")
        text.put(f"%far = phi ptr [{self.prefetch_planes[0]}, %entry], [{self.prefetch_planes[1]}, %after]")
        text.put("br label %group")
        text.label("group")
        text.put("%turn = phi i64 [0, %planes], [%turn.next, %rest]")
        text.put(f"%x = phi i64 [{self.begin}, %planes], [%x.next, %rest]")
        text.put(f"%ahead = phi i64 [{self.prefetch_x}, %planes], [%ahead.next, %rest]")
        for name, row, _ in self.rows:
            text.put(f"%{name} = phi i64 [{row}, %planes], [%{name}.next, %rest]")
        (self._group_by_row if self.by_row else self._group)()
        text.put(f"%ahead.next = or i64 {self._prefetch()}, 0")
        text.put("br label %rest")
        text.label("rest")
        text.put("%turn.next = add i64 %turn, 1")
        following = text.binary("and", text.binary("add", text.binary("or", "%x", self.walk), 1), self.walk_not)
        text.put(f"%x.next = or i64 {following}, {self.base}")
        step_rows(text, self.rows)
        more = text.value(f"icmp ult i64 %turn.next, {self.groups}")
        text.put(f"br i1 {more}, label %group, label %after")
        text.label("after")
        text.put(f"br i1 {'true' if self.by_row else '%second'}, label %end, label %planes")
        text.label("end")
        text.store("i64", "%ahead.next", "%block", 8 * Word.PREFETCH_X)
        return text

    def _constants(self) -> None:
        """Loads what does not change from group to group."""
        shape, text = self.shape, self.text
        self.values = values = KernelValues(shape, text)
        self.room = ""
        if self.looped or (self.by_row and not in_registers(values)):
            self.room = text.value(f"alloca [{room_bytes(values)} x i8], align {values.bytes}")
        self.walk = values.word(Word.WALK)
        self.walk_not = text.binary("xor", self.walk, -1)
        self.begin, self.groups, self.base = (values.word(each) for each in (Word.BEGIN, Word.GROUPS, Word.BASE))
        self.rows: list[Row] = []
        for name, there, words, steps in (
            ("sources", shape.permutation, _SOURCE_WORDS, Word.LOAD_STEPS),
            ("targets", self.exchange, _TARGET_WORDS, Word.EXCHANGE_STEPS),
        ):
            if there:
                self.rows.append((name, first_row(text, shape.registers, words, self.begin), values.word(steps, "ptr")))
        self.prefetch_planes = values.word(Word.PREFETCH_RE, "ptr"), values.word(Word.PREFETCH_IM, "ptr")
        self.prefetch_x, self.prefetch_lines = values.word(Word.PREFETCH_X), values.word(Word.PREFETCH_LINES)

    def _group(self) -> None:
        """Everything for the vectors of one plane at `%x`."""
        values, here = self.values, self._bases(self.text.at("%plane", "%x"))
        sources = self._offsets(Word.LOAD, "%sources") if self.shape.permutation else values.store_offsets
        state = [values.load(*self._place(here, sources, r)) for r in values.combinations]
        self._rotate_and_store(state, here, self._targets())

    def _group_by_row(self) -> None:
        """Everything for the vectors of both planes at `%x`."""
        bases = [self.text.at(plane, "%x") for plane in self.planes]
        (self._by_loop if self.looped else self._side_by_side)(bases)

    def _side_by_side(self, bases: list[str]) -> None:
        """All rows, then the rotations of registers on one plane and on the other."""
        values = self.values
        first, second = write_rows(values, bases, self.room)
        targets = self._targets()
        self._rotate_and_store(first, self._bases(bases[0]), targets)
        second = second or [values.load(self.room, r * values.bytes) for r in values.combinations]
        self._rotate_and_store(second, self._bases(bases[1]), targets)

    def _by_loop(self, bases: list[str]) -> None:
        """Rows in a loop, then the planes in one."""
        text, values = self.text, self.values
        loop_rows(values, bases, self.room)
        targets = self._targets()
        with text.loop(2, base=("ptr", bases[0]), room=("ptr", self.room)) as plane:
            here = self._bases(plane["base"])
            state = [values.load(plane["room"], r * values.bytes) for r in values.combinations]
            self._rotate_and_store(state, here, targets)
            plane.next["base"] = bases[1]
            plane.next["room"] = text.at(plane["room"], len(state) * values.bytes)

    def _bases(self, base: str) -> list[str]:
        """Where a plane's group is, and where its half is that differs in the fourth register."""
        return [base, self.text.at(base, self.values.store_offsets[_SHARED])] if self.shape.registers > 3 else [base]

    def _place(self, bases: list[str], offsets: list[str], r: int) -> tuple[str, str]:
        """Base and offset of a combination; both halves share offsets, for the processor has few registers for them."""
        if offsets is self.values.store_offsets and r >= _SHARED:
            return bases[1], offsets[r - _SHARED]
        return bases[0], offsets[r]

    def _targets(self) -> list[str]:
        """The offsets of where the group's vectors go to."""
        return self._offsets(Word.EXCHANGE, "%targets") if self.exchange else self.values.store_offsets

    def _offsets(self, first: int, row: str) -> list[str]:
        """The offsets of the words from the first on, with registers flipped by the row."""
        return [self.text.binary("xor", self.values.word(first + r), row) for r in self.values.combinations]

    def _rotate_and_store(self, state: Vectors, here: list[str], targets: list[str]) -> None:
        """The rotations of registers on the group's vectors of a plane."""
        shape, text, values = self.shape, self.text, self.values
        plain, scaled = len(values.tangents), shape.scaled_twists
        for i in range(shape.rotations):
            if i < plain:
                # The signs are changed here: before the loop, they would take registers instead of being fused.
                numbers = [[text.value(f"fneg {values.vector} {values.tangents[i]}"), values.tangents[i]]]
                self._turn(state, i, numbers, 0)
                continue
            found = values.chosen_numbers(i, (0,) if scaled else (0, 1))
            numbers = [[text.value(f"fneg {values.vector} {each[0]}"), each[-1]] for each in found]
            (self._turn if scaled else self._shear)(state, i, numbers, values.choosing(i - plain))
        for r, vector in enumerate(state):
            text.store(values.vector, vector, *self._place(here, targets, r), align=values.bytes)

    def _turn(self, state: Vectors, register: int, numbers: list[Vectors], choosing: int) -> None:
        """A rotation without its cosine; −t and t for the parities of the registers that choose."""
        for low, high in self._pairs(register):
            minus, tangent = numbers[(low & choosing).bit_count() & 1]
            a, b = state[low], state[high]
            state[low], state[high] = self.values.fma(minus, b, a), self.values.fma(tangent, a, b)

    def _shear(self, state: Vectors, register: int, numbers: list[Vectors], choosing: int) -> None:
        """A rotation with its cosine, by −tan(θ/4) and sin(θ/2)."""
        for low, high in self._pairs(register):
            minus, sine = numbers[(low & choosing).bit_count() & 1]
            sheared = self.values.fma(minus, state[high], state[low])
            state[high] = self.values.fma(sine, sheared, state[high])
            state[low] = self.values.fma(minus, state[high], sheared)

    def _pairs(self, register: int) -> list[tuple[int, int]]:
        """Combinations whose bit of this register is 0, with those that differ in it."""
        return [(r, r | 1 << register) for r in self.values.combinations if not r >> register & 1]

    def _prefetch(self) -> str:
        """Fetches lines of the next tile; the offset of the line after them."""
        text = self.text
        with text.loop(self.prefetch_lines, offset=("i64", "%ahead")) as line:
            for plane in self.prefetch_planes if self.by_row else ("%far",):
                place = ("ptr", text.at(plane, line["offset"]))
                text.call("void", "llvm.prefetch.p0", place, ("i32", "0"), ("i32", "2"), ("i32", "1"))
            walk = self.values.word(Word.PREFETCH_WALK)
            step = text.binary("add", text.binary("or", line["offset"], walk), 1)
            line.next["offset"] = text.binary("and", step, text.binary("xor", walk, -1))
        return line["offset"]
