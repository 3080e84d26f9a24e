"""LLVM text of the driver: for a range of tiles gather, set the passes' words, run the passes, scatter.

The function is `void driver(ptr sweep, ptr blocks, ptr re, ptr im, ptr mixed, i64 begin, i64 end)`: the sweep's words,
the passes' blocks (which it changes), the two planes of the buffer, room for tables of rows, and the range of
units. A unit is a tile of an item of the batch: `unit = item · tiles + tile`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from qlang.kernels.cpu.arguments import MOST_REGISTERS, Word
from qlang.kernels.cpu.host import ELEMENT_BYTES, Precision, Target
from qlang.kernels.cpu.product_text import write_product
from qlang.kernels.cpu.shapes import VectorShape
from qlang.kernels.cpu.text import Text, module

FIX_WORDS, FIX_INDEX = 6, 3
MOST_POSITIONS = 48


class SweepWord(IntEnum):
    """The words of a sweep."""

    STATE_RE = 0
    STATE_IM = 1
    STATE_STRIDE = 2
    """Bytes from an item to the next, in a plane."""
    TILE_BITS = 3
    """log2 of the tiles of an item."""
    ELEMENT_SHIFT = 4
    """log2 of the bytes of a number."""
    RUNS = 5
    """Runs of passes (`qlang.kernels.cpu.pieces`)."""
    CHUNK = 6
    """Bytes that lie together in the state and in the buffer. 0: the state itself is the buffer."""
    CHUNKS = 7
    WALK = 8
    """Zeros at the bits of a chunk's offset in its tile."""
    DATA = 11
    DATA_STRIDE = 12
    VALUES = 13
    VALUES_STRIDE = 14
    BITS = 15
    BITS_STRIDE = 16
    UNITS = 17
    OUTER = 18
    """The outer positions, ascending."""
    WORDS = OUTER + MOST_POSITIONS


_FLIPS = (
    (Word.SOURCES, Word.LOAD_XOR, Word.PARITY_MASK, Word.PARITY_VALUE),
    (Word.TARGETS, Word.EXCHANGE_XOR, Word.EXCHANGE_MASK, Word.EXCHANGE_VALUE),
)
"""What flips the registers of a group: the word, that of what the tile makes it, of the masks and of the strides."""
_POINTERS = (SweepWord.STATE_RE, SweepWord.STATE_IM, SweepWord.DATA, SweepWord.VALUES, SweepWord.BITS)


class Fix(IntEnum):
    """Instructions that set words of a block for a tile: (operation, word, mask, index, amount, dimensions)."""

    SET = 0
    """word = amount"""
    SET_DATA = 1
    """word = the item's data + amount"""
    FLIP_ODD = 2
    """word ^= amount, if an odd number of the tile's bits in the mask are set"""
    CLEAR_UNLIKE = 3
    """word &= ~amount, unless the tile's bits in the mask are the item's value with this index"""
    SET_BITS = 4
    """word = the item's bytes + amount"""
    MIX_PARITY = 5
    """The table of rows times the item's table at `amount`, its conjugate where the parity is odd."""
    MIX_MATCH = 6
    """The same where the tile's bits in the mask are the item's value with this index, else nothing."""
    PRODUCT = 7
    """word = where the room for tables has, from byte `index` on, the product of the item's factors at `amount`;
    dimensions: the table's high and low bits and the factors' rank, of 16 bits each."""


@dataclass(frozen=True, slots=True)
class _Context:
    """Addresses of the item's data, values and bytes, and of the pass's block."""

    data: str
    values: str
    bits: str
    block: str


@dataclass(frozen=True, slots=True)
class Tile:
    """Addresses of a tile's two planes in the state and in the buffer, of the next tile, and of the item's arrays."""

    base: str
    """The tile's bits of an index."""
    state: list[str]
    buffers: list[str]
    following: list[str]
    data: str
    values: str
    bits: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run of passes: the block of the first one, its number, how many there are, and what is constant in a piece."""

    block: str
    first: str
    passes: str
    fixed: str


def deposited(text: Text, number: str, mask: str) -> str:
    """The bits of a number at the ones of a mask, from the lowest up."""
    leading = text.call("i64", "llvm.ctlz.i64", ("i64", number), ("i1", "false"))
    with text.loop(
        text.binary("sub", "64", leading), rest=("i64", number), free=("i64", mask), placed=("i64", "0")
    ) as loop:
        lowest = text.binary("and", loop["free"], text.binary("sub", "0", loop["free"]))
        chosen = text.binary("sub", "0", text.binary("and", loop["rest"], 1))
        loop.next["placed"] = text.binary("or", loop["placed"], text.binary("and", lowest, chosen))
        loop.next["free"] = text.binary("xor", loop["free"], lowest)
        loop.next["rest"] = text.binary("lshr", loop["rest"], 1)
    return loop["placed"]


def driver_module(target: Target, precision: Precision, name: str) -> str:
    """The text of the module."""
    return module(Driver(target, precision, name, "i64 %begin, i64 %end").write())


class Driver:
    """Writes the function; `arguments` are those after the first five."""

    def __init__(self, target: Target, precision: Precision, name: str, arguments: str) -> None:
        self.target, self.precision = target, precision
        self.lanes = target.lanes(precision)
        self.bytes = target.vector_bytes
        self.element_bytes = ELEMENT_BYTES[precision]
        self.element = "float" if precision == "float32" else "double"
        self.vector = f"<{self.lanes} x {self.element}>"
        self.text = Text(f"void @{name}(ptr %sweep, ptr %blocks, ptr %re, ptr %im, ptr %mixed, {arguments})")

    def write(self) -> Text:
        """The function."""
        text = self.text
        self._begin()
        with text.loop(text.binary("sub", "%end", "%begin")) as loop:
            self._unit(text.binary("add", loop["index"], "%begin"))
        return text

    def _begin(self) -> None:
        """Loads the sweep's words."""
        self.words = {word: self._word(word) for word in SweepWord if word < SweepWord.OUTER}
        self.in_place = self.text.value(f"icmp eq i64 {self.words[SweepWord.CHUNK]}, 0")

    def _word(self, word: int) -> str:
        return self.text.load("ptr" if word in _POINTERS else "i64", "%sweep", 8 * word)

    def _place(self, unit: str) -> tuple[str, str, str]:
        """The item of a unit, the index at which its tile begins, and the tile's offset in a plane."""
        text, words = self.text, self.words
        item = text.binary("lshr", unit, words[SweepWord.TILE_BITS])
        tile = text.binary("sub", unit, text.binary("shl", item, words[SweepWord.TILE_BITS]))
        with text.loop(words[SweepWord.TILE_BITS], base=("i64", "0")) as loop:
            outer = text.at("%sweep", 8 * SweepWord.OUTER)
            position = text.load("i64", text.value(f"getelementptr i64, ptr {outer}, i64 {loop['index']}"))
            bit = text.binary("and", text.binary("lshr", tile, loop["index"]), 1)
            loop.next["base"] = text.binary("or", loop["base"], text.binary("shl", bit, position))
        base = loop["base"]
        offset = text.binary("mul", item, words[SweepWord.STATE_STRIDE])
        return item, base, text.binary("add", offset, text.binary("shl", base, words[SweepWord.ELEMENT_SHIFT]))

    def _unit(self, unit: str) -> None:
        """One tile of one item."""
        text, tile = self.text, self._tile(unit)
        self._copy(tile.state, ["%re", "%im"], ("0", self.words[SweepWord.CHUNKS]), gather=True)
        with text.loop(self.words[SweepWord.RUNS], line=("i64", "0")) as loop:
            run = self._ready_run(tile, loop["index"], loop["line"])
            with text.loop(text.binary("shl", "1", text.call("i64", "llvm.ctpop.i64", ("i64", run.fixed)))) as piece:
                self._call_piece(tile, run, deposited(text, piece["index"], run.fixed))
            loop.next["line"] = text.load("i64", run.block, 8 * Word.PREFETCH_X)
        self._copy(["%re", "%im"], tile.state, ("0", self.words[SweepWord.CHUNKS]), gather=False)

    def _tile(self, unit: str) -> Tile:
        """Where a unit's tile lies, and what belongs to its item."""
        text, words = self.text, self.words
        item, base, offset = self._place(unit)
        following = text.binary("add", unit, 1)
        inside = text.value(f"icmp ult i64 {following}, {words[SweepWord.UNITS]}")
        _, _, ahead = self._place(text.value(f"select i1 {inside}, i64 {following}, i64 {unit}"))
        planes = [(words[SweepWord.STATE_RE], "%re"), (words[SweepWord.STATE_IM], "%im")]
        here = [text.at(state, offset) for state, _ in planes]
        buffers = [
            text.value(f"select i1 {self.in_place}, ptr {state}, ptr {buffer}")
            for state, (_, buffer) in zip(here, planes, strict=True)
        ]
        data, values, bits = (
            text.at(words[first], text.binary("mul", item, words[stride]))
            for first, stride in (
                (SweepWord.DATA, SweepWord.DATA_STRIDE),
                (SweepWord.VALUES, SweepWord.VALUES_STRIDE),
                (SweepWord.BITS, SweepWord.BITS_STRIDE),
            )
        )
        following_state = [text.at(state, ahead) for state, _ in planes]
        return Tile(base, here, buffers, following_state, data, values, bits)

    def _ready_run(self, tile: Tile, number: str, line: str) -> Run:
        """A run, and its passes' blocks with the words that depend on the tile."""
        text = self.text
        first = text.load("i64", self._block(number), 8 * Word.RUN_FIRST)
        block = self._block(first)
        run = Run(block, first, *(text.load("i64", block, 8 * each) for each in (Word.RUN_PASSES, Word.RUN_FIXED)))
        with text.loop(run.passes) as loop:
            self._ready(tile, text.binary("add", first, loop["index"]), line)
        return run

    def _call_piece(self, tile: Tile, run: Run, base: str) -> None:
        """Executes all passes of a run on a piece."""
        text = self.text
        with text.loop(run.passes) as loop:
            block = self._block(text.binary("add", run.first, loop["index"]))
            text.store("i64", base, block, 8 * Word.BASE)
            self._call(tile, block, base)

    def _block(self, number: str) -> str:
        return self.text.at("%blocks", self.text.binary("mul", number, 8 * Word.WORDS))

    def _ready(self, tile: Tile, number: str, line: str) -> str:
        """The block of a pass with the words that depend on the tile; `line` is the next line to be fetched ahead."""
        text, block = self.text, self._block(number)
        text.store("ptr", tile.data, block, 8 * Word.DATA)
        text.store("ptr", tile.following[0], block, 8 * Word.PREFETCH_RE)
        text.store("ptr", tile.following[1], block, 8 * Word.PREFETCH_IM)
        text.store("i64", line, block, 8 * Word.PREFETCH_X)
        self._fix(tile.base, _Context(tile.data, tile.values, tile.bits, block))
        return block

    def _call(self, tile: Tile, block: str, begin: str) -> None:
        """Executes a pass from the group at `begin` on."""
        text = self.text
        text.store("i64", begin, block, 8 * Word.BEGIN)
        for word, first, mask, stride in _FLIPS:
            with text.loop(MOST_REGISTERS, flips=("i64", text.load("i64", block, 8 * first))) as loop:
                register = text.value(f"getelementptr i64, ptr {block}, i64 {loop['index']}")
                odd = text.parity(text.binary("and", begin, text.load("i64", register, 8 * mask)))
                flipped = text.binary("mul", odd, text.load("i64", register, 8 * stride))
                loop.next["flips"] = text.binary("xor", loop["flips"], flipped)
            text.store("i64", loop["flips"], block, 8 * word)
        function = text.load("ptr", block, 8 * Word.FUNCTION)
        text.put(f"call void {function}(ptr {tile.buffers[0]}, ptr {tile.buffers[1]}, ptr {block})")

    def _copy(self, sources: list[str], targets: list[str], span: tuple[str, str], *, gather: bool) -> None:
        """Copies some chunks (the first one, how many) of a tile between the state and the buffer."""
        text, words = self.text, self.words
        first, count = span
        chunks = text.value(f"select i1 {self.in_place}, i64 0, i64 {count}")
        vectors = text.binary("udiv", words[SweepWord.CHUNK], self.bytes)
        walk = words[SweepWord.WALK]
        keep = text.binary("xor", walk, -1)
        far, near = "0", "0"
        if first != "0":
            far, near = deposited(text, first, keep), text.binary("mul", first, words[SweepWord.CHUNK])
        with text.loop(chunks, far=("i64", far), near=("i64", near)) as loop:
            with text.loop(vectors, inner=("i64", "0")) as each:
                near = text.binary("add", loop["near"], each["inner"])
                far = text.binary("add", loop["far"], each["inner"])
                source, target = (far, near) if gather else (near, far)
                for from_, to in zip(sources, targets, strict=True):
                    moved = text.load(self.vector, from_, source, align=self.bytes)
                    text.store(self.vector, moved, to, target, align=self.bytes)
                each.next["inner"] = text.binary("add", each["inner"], self.bytes)
            loop.next["near"] = text.binary("add", loop["near"], words[SweepWord.CHUNK])
            step = text.binary("add", text.binary("or", loop["far"], walk), 1)
            loop.next["far"] = text.binary("and", step, keep)

    def _fix(self, base: str, context: _Context) -> None:
        """Carries out a block's instructions."""
        text, block = self.text, context.block
        count = text.load("i64", block, 8 * Word.FIX_COUNT)
        fixes = text.load("ptr", block, 8 * Word.FIXES)
        with text.loop(count) as loop:
            fix = text.at(fixes, text.binary("mul", loop["index"], 8 * FIX_WORDS))
            kind, word, mask, *operands = (text.load("i64", fix, 8 * i) for i in range(FIX_WORDS))
            place = text.value(f"getelementptr i64, ptr {block}, i64 {word}")
            inside = text.binary("and", base, mask)
            for each in Fix:
                with text.when(text.value(f"icmp eq i64 {kind}, {int(each)}")):
                    _FIXES[each](self, place, inside, operands, context)

    def _set(self, place: str, _: str, operands: list[str], __: _Context) -> None:
        self.text.store("i64", operands[1], place)

    def _set_data(self, place: str, _: str, operands: list[str], context: _Context) -> None:
        self.text.store("ptr", self.text.at(context.data, operands[1]), place)

    def _set_bits(self, place: str, _: str, operands: list[str], context: _Context) -> None:
        self.text.store("ptr", self.text.at(context.bits, operands[1]), place)

    def _flip_odd(self, place: str, inside: str, operands: list[str], _: _Context) -> None:
        text = self.text
        chosen = text.binary("and", text.binary("sub", "0", text.parity(inside)), operands[1])
        text.store("i64", text.binary("xor", text.load("i64", place), chosen), place)

    def _unlike(self, inside: str, index: str, values: str, relation: str = "ne") -> str:
        wanted = self.text.load("i64", self.text.value(f"getelementptr i64, ptr {values}, i64 {index}"))
        return self.text.value(f"icmp {relation} i64 {inside}, {wanted}")

    def _clear_unlike(self, place: str, inside: str, operands: list[str], context: _Context) -> None:
        text = self.text
        with text.when(self._unlike(inside, operands[0], context.values)):
            kept = text.binary("xor", operands[1], -1)
            text.store("i64", text.binary("and", text.load("i64", place), kept), place)

    def _sign(self, inside: str) -> str:
        """1.0 for an even parity, −1.0 for an odd one."""
        text = self.text
        sign = text.binary("sub", "1", text.binary("shl", text.parity(inside), 1))
        return text.value(f"sitofp i64 {sign} to {self.element}")

    def _mix_parity(self, _: str, inside: str, operands: list[str], context: _Context) -> None:
        self._mix(self._sign(inside), self.text.at(context.data, operands[1]), context.block)

    def _mix_match(self, _: str, inside: str, operands: list[str], context: _Context) -> None:
        with self.text.when(self._unlike(inside, operands[0], context.values, "eq")):
            self._mix("1.0", self.text.at(context.data, operands[1]), context.block)

    def _mix(self, sign: str, factor: str, block: str) -> None:
        """Multiplies the pass's table of rows by another one, or its conjugate for the sign −1.0."""
        text = self.text
        plane = text.load("i64", block, 8 * Word.TABLE_PLANE)
        current = text.load("ptr", block, 8 * Word.TABLE)
        whole = text.binary("udiv", plane, self.bytes)
        done = text.binary("mul", whole, self.lanes)
        rest = text.binary("sub", text.binary("udiv", plane, self.element_bytes), done)
        for vector, count, first, size in (
            (self.vector, whole, "0", self.bytes),
            (self.element, rest, text.binary("mul", done, self.element_bytes), self.element_bytes),
        ):
            signs = text.splat(vector, self.element, sign) if size == self.bytes else sign
            with text.loop(count) as loop:
                offset = text.binary("add", first, text.binary("mul", loop["index"], size))
                second = text.binary("add", offset, plane)
                here = self._at(vector, current, (offset, second))
                c, d = self._at(vector, factor, (offset, second))
                there = c, text.binary("fmul", d, signs, vector)
                for place, value in zip((offset, second), self._product(here, there, vector), strict=True):
                    text.store(vector, value, "%mixed", place, align=self.element_bytes)
        text.store("ptr", "%mixed", block, 8 * Word.TABLE)

    def _product_of_factors(self, place: str, _: str, operands: list[str], context: _Context) -> None:
        text, (index, amount, dimensions) = self.text, operands
        table = text.at("%mixed", index)
        text.store("ptr", table, place)
        shape = VectorShape(self.target, self.precision)
        write_product(text, shape, text.at(context.data, amount), table, dimensions)

    def _at(self, vector: str, table: str, places: tuple[str, str]) -> tuple[str, str]:
        first, second = (self.text.load(vector, table, place, align=self.element_bytes) for place in places)
        return first, second

    def _product(self, left: tuple[str, str], right: tuple[str, str], type_: str) -> tuple[str, str]:
        """The complex product."""
        text, (a, b), (c, d) = self.text, left, right
        ac, bd, ad, bc = (text.binary("fmul", p, q, type_) for p, q in ((a, c), (b, d), (a, d), (b, c)))
        return text.binary("fsub", ac, bd, type_), text.binary("fadd", ad, bc, type_)


_FIXES = {
    Fix.SET: Driver._set,
    Fix.SET_DATA: Driver._set_data,
    Fix.SET_BITS: Driver._set_bits,
    Fix.FLIP_ODD: Driver._flip_odd,
    Fix.CLEAR_UNLIKE: Driver._clear_unlike,
    Fix.MIX_PARITY: Driver._mix_parity,
    Fix.MIX_MATCH: Driver._mix_match,
    Fix.PRODUCT: Driver._product_of_factors,
}
