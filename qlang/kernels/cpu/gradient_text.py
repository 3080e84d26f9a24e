"""LLVM text of the kernels that turn a state, and that undo turns on a state and its dual while summing their overlaps.

All have the signature `void (ptr planes, ptr block, i64 base, ptr sums)`. `planes` are four addresses: real and
imaginary part of the state and of the dual. A walk visits the vectors at base ⊕ every combination of a basis, in Gray
code; `block` has its words (`Word`). Offsets and masks are in bytes of a plane: vector v lies at v · vector_bytes.
"""

from dataclasses import dataclass
from enum import IntEnum

from qlang.kernels.cpu.host import ELEMENT_BYTES, Precision, Target
from qlang.kernels.cpu.lanes import index_type, permuted
from qlang.kernels.cpu.text import Text, module

MOST_REGISTERS = 3
MOST_LANES = 4


class Word(IntEnum):
    """The words of a block."""

    FUNCTION = 0
    COUNT = 1
    """Turns of the walk: 2^(length of the basis)."""
    BASIS = 2
    """Address of the basis, and a zero behind it."""
    SUMS = 3
    """Where the block's sums lie among those of a tile."""
    OFFSETS = 4
    """Eight: the combinations of what is held at once."""
    MASKS = 12
    """Of each register rotation, then of each lane rotation: what of the vector's place decides the sign."""
    TABLES = 19
    """Address of vectors, two for each rotation: cosine; sine with the sign of the lane. One for each phase."""
    INDEX = 20
    """Address of permutations of lanes: eight for the combinations, then one for each lane rotation."""
    BINS = 21
    """Nine: where the phases of each bin begin and the last ends."""
    PHASE_MASKS = 30
    """Address of the phases' masks."""
    WORDS = 32


class SweepWord(IntEnum):
    """The words of a sweep: blocks, then the basis between tiles."""

    BLOCKS = 0
    COUNT = 1
    OUTER = 2
    OUTER_BITS = 3
    SUMS = 4
    SUMS_STRIDE = 5
    WORDS = 6


@dataclass(frozen=True, slots=True)
class RotationShape:
    """Which kernel: how many rotations between vectors and within them; whether lanes change places between vectors;
    whether a dual is turned too, and overlaps are summed."""

    registers: int
    lanes: int
    permuted: bool
    dual: bool


class KernelWriter:
    """What the kernels have in common: vectors of the precision, signs by parity, walks."""

    def __init__(self, target: Target, precision: Precision, name: str) -> None:
        self.target, self.precision = target, precision
        self.size, lanes = target.vector_bytes, target.lanes(precision)
        self.bits = 8 * ELEMENT_BYTES[precision]
        self.element = "float" if self.bits == 32 else "double"
        self.vector, self.integers = f"<{lanes} x {self.element}>", f"<{lanes} x i{self.bits}>"
        self.text = Text(f"void @{name}(ptr noalias %planes, ptr noalias %block, i64 %base, ptr noalias %sums)")

    def word(self, word: int, type_: str = "i64") -> str:
        return self.text.load(type_, "%block", 8 * word)

    def load(self, pointer: str, offset: str | int) -> str:
        return self.text.load(self.vector, pointer, offset, align=self.size)

    def store(self, value: str, pointer: str, offset: str | int) -> None:
        self.text.store(self.vector, value, pointer, offset, align=self.size)

    def arithmetic(self, operation: str, left: str, right: str) -> str:
        return self.text.binary(operation, left, right, self.vector)

    def fused(self, a: str, b: str, c: str) -> str:
        """a · b + c."""
        return self.text.fma(self.vector, a, b, c, fused=self.target.fused)

    def negated(self, value: str) -> str:
        return self.text.value(f"fneg {self.vector} {value}")

    def number(self, value: float) -> str:
        """A vector of equal constants."""
        from struct import pack, unpack

        rounded = unpack("<f", pack("<f", value))[0] if self.bits == 32 else value
        (bits,) = unpack("<Q", pack("<d", rounded))
        scalar = f"0x{bits:016X}"
        return "<" + ", ".join([f"{self.element} {scalar}"] * (self.size // (self.bits // 8))) + ">"

    def integer(self, value: int) -> str:
        return "<" + ", ".join([f"i{self.bits} {value}"] * (self.size // (self.bits // 8))) + ">"

    def sign_of(self, place: str, mask: str) -> str:
        """An integer vector with the sign bit where an odd number of the place's bits is in the mask."""
        text = self.text
        shifted = text.binary("shl", text.parity(text.binary("and", place, mask)), self.bits - 1)
        if self.bits == 32:
            shifted = text.value(f"trunc i64 {shifted} to i32")
        return text.splat(self.integers, f"i{self.bits}", shifted)

    def signed(self, value: str, sign: str) -> str:
        as_integer = self.text.value(f"bitcast {self.vector} {value} to {self.integers}")
        flipped = self.text.binary("xor", as_integer, sign, self.integers)
        return self.text.value(f"bitcast {self.integers} {flipped} to {self.vector}")

    def next_place(self, index: str, place: str, basis: str) -> str:
        """The place after a turn of the walk, by Gray code."""
        text = self.text
        zeros = text.call("i64", "llvm.cttz.i64", ("i64", text.binary("add", index, 1)), ("i1", "true"))
        return text.binary("xor", place, text.load("i64", basis, text.binary("shl", zeros, 3)))

    def fetch_ahead(self, planes: list[str], index: str, following: str, basis: str, offsets: list[str]) -> None:
        """Asks for the lines of the place after the next one. The last turns ask for lines that are at hand."""
        text = self.text
        zeros = text.call("i64", "llvm.cttz.i64", ("i64", text.binary("add", index, 2)), ("i1", "true"))
        ahead = text.binary("xor", following, text.load("i64", basis, text.binary("shl", zeros, 3)))
        for offset in offsets:
            place = text.binary("xor", ahead, offset)
            for plane in planes:
                hints = [("i32", "1"), ("i32", "3"), ("i32", "1")]  # for writing, to stay, data
                text.call("void", "llvm.prefetch.p0", ("ptr", text.at(plane, place)), *hints)

    def planes(self, count: int) -> list[str]:
        return [self.text.load("ptr", "%planes", 8 * i) for i in range(count)]


def rotation_module(target: Target, precision: Precision, shape: RotationShape, name: str) -> str:
    """The module of a rotation kernel."""
    return module(_Rotations(target, precision, shape, name).write())


class _Rotations(KernelWriter):
    def __init__(self, target: Target, precision: Precision, shape: RotationShape, name: str) -> None:
        super().__init__(target, precision, name)
        self.shape = shape

    def write(self) -> Text:
        text, shape = self.text, self.shape
        total, combinations = shape.registers + shape.lanes, 1 << shape.registers
        places = [i if i < shape.registers else MOST_REGISTERS + i - shape.registers for i in range(total)]
        tables, index = self.word(Word.TABLES, "ptr"), self.word(Word.INDEX, "ptr")
        kind = index_type(target=self.target, precision=self.precision)
        self.orders = [text.load(kind, index, self.size * c, align=8) for c in range(8 + shape.lanes)]
        self.cosines = [self.load(tables, 2 * self.size * i) for i in range(total)]
        sines = [self.load(tables, 2 * self.size * i + self.size) for i in range(total)]
        masks = [self.word(Word.MASKS + place) for place in places]
        offsets = [self.word(Word.OFFSETS + c) for c in range(combinations)]
        planes = self.planes(4 if shape.dual else 2)
        basis = self.word(Word.BASIS, "ptr")
        zero = (self.vector, "zeroinitializer")
        carried = {f"sum{i}": zero for i in range(total)} if shape.dual else {}
        with text.loop(self.word(Word.COUNT), place=("i64", "%base"), **carried) as loop:
            loop.next["place"] = self.next_place(loop["index"], loop["place"], basis)
            self.fetch_ahead(planes, loop["index"], loop.next["place"], basis, offsets)
            at = [text.binary("xor", loop["place"], each) for each in offsets]
            signs = [self.sign_of(loop["place"], mask) for mask in masks]
            turned = [self.signed(sine, sign) for sine, sign in zip(sines, signs, strict=True)]
            held = [[self._ordered(self.load(plane, each), c) for c, each in enumerate(at)] for plane in planes]
            for i in range(total):
                turn, overlap = (self._turn, self._overlap) if i < shape.registers else (self._mix, self._mixed)
                if shape.dual:
                    loop.next[f"sum{i}"] = self.arithmetic(
                        "fadd", loop[f"sum{i}"], self.signed(overlap(held, i), signs[i])
                    )
                for vectors in held:
                    turn(vectors, i, turned[i])
            for plane, vectors in zip(planes, held, strict=True):
                for c, vector in enumerate(vectors):
                    self.store(self._ordered(vector, c), plane, at[c])
        for i in range(total if shape.dual else 0):
            self.store(loop[f"sum{i}"], "%sums", self.size * i)
        return text

    def _ordered(self, vector: str, combination: int) -> str:
        if not self.shape.permuted or combination == 0:
            return vector
        return permuted(self.text, self.target, self.precision, vector, self.orders[combination])

    def _pairs(self, i: int) -> list[tuple[int, int]]:
        return [(c, c | 1 << i) for c in range(1 << self.shape.registers) if not c >> i & 1]

    def _turn(self, vectors: list[str], i: int, sine: str) -> None:
        """a, b → cos a − sin b, sin a + cos b."""
        cosine, minus = self.cosines[i], self.negated(sine)
        for low, high in self._pairs(i):
            a, b = vectors[low], vectors[high]
            vectors[low] = self.fused(cosine, a, self.arithmetic("fmul", minus, b))
            vectors[high] = self.fused(cosine, b, self.arithmetic("fmul", sine, a))

    def _overlap(self, held: list[list[str]], i: int) -> str:
        """Σ Re(conj λ₁ ψ₀ − conj λ₀ ψ₁) over the pairs."""
        total = "zeroinitializer"
        for state, dual in zip(held[:2], held[2:], strict=True):
            for low, high in self._pairs(i):
                total = self.fused(dual[high], state[low], total)
                total = self.fused(self.negated(dual[low]), state[high], total)
        return total

    def _exchanged(self, vector: str, i: int) -> str:
        order = self.orders[8 + i - self.shape.registers]
        return permuted(self.text, self.target, self.precision, vector, order)

    def _mix(self, vectors: list[str], i: int, sine: str) -> None:
        """A rotation within a vector; the sine has the sign of the lane that it comes to."""
        for c, vector in enumerate(vectors):
            moved = self.arithmetic("fmul", sine, self._exchanged(vector, i))
            vectors[c] = self.fused(self.cosines[i], vector, moved)

    def _mixed(self, held: list[list[str]], i: int) -> str:
        total = "zeroinitializer"
        for state, dual in zip(held[:2], held[2:], strict=True):
            for vector, other in zip(state, dual, strict=True):
                total = self.fused(other, self._exchanged(vector, i), total)
        return total


def turns_driver_module(name: str) -> str:
    """The module of `void (ptr planes, ptr sweep, i64 begin, i64 end)`: all blocks on each of the tiles."""
    text = Text(f"void @{name}(ptr %planes, ptr %sweep, i64 %begin, i64 %end)")
    blocks, outer, sums = (
        text.load("ptr", "%sweep", 8 * word) for word in (SweepWord.BLOCKS, SweepWord.OUTER, SweepWord.SUMS)
    )
    count, bits, stride = (
        text.load("i64", "%sweep", 8 * word) for word in (SweepWord.COUNT, SweepWord.OUTER_BITS, SweepWord.SUMS_STRIDE)
    )
    with text.loop(text.binary("sub", "%end", "%begin")) as loop:
        tile = text.binary("add", "%begin", loop["index"])
        with text.loop(bits, base=("i64", "0")) as each:
            vector = text.load("i64", outer, text.binary("shl", each["index"], 3))
            bit = text.binary("and", text.binary("lshr", tile, each["index"]), 1)
            each.next["base"] = text.binary("xor", each["base"], text.binary("mul", bit, vector))
        room = text.at(sums, text.binary("mul", tile, stride))
        with text.loop(count) as number:
            block = text.at(blocks, text.binary("mul", number["index"], 8 * Word.WORDS))
            function = text.load("ptr", block, 8 * Word.FUNCTION)
            place = text.at(room, text.load("i64", block, 8 * Word.SUMS))
            text.put(f"call void {function}(ptr %planes, ptr {block}, i64 {each['base']}, ptr {place})")
    return module(text)
