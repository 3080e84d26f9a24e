"""LLVM text of the kernels for phases and for Pauli products; signature and words are those of `gradient_text`."""

from math import pi

from qlang.kernels.cpu.gradient_text import KernelWriter, Word
from qlang.kernels.cpu.host import Precision, Target
from qlang.kernels.cpu.lanes import index_type, permuted
from qlang.kernels.cpu.text import Text, module


def phase_module(target: Target, precision: Precision, dual: bool, name: str) -> str:
    """The module of the kernel that applies phases."""
    return module(_Phases(target, precision, name).write(dual))


class _Phases(KernelWriter):
    """exp(i Φ) with Φ = Σ ± angle over the phases: of eight vectors at once, by a Walsh–Hadamard transform over bins.

    A phase's bin says how its sign changes among the eight. Overlaps are Σ ± Im(conj λ ψ), by the same transform.
    """

    def write(self, dual: bool) -> Text:
        text = self.text
        tables, phase_masks = self.word(Word.TABLES, "ptr"), self.word(Word.PHASE_MASKS, "ptr")
        offsets = [self.word(Word.OFFSETS + c) for c in range(8)]
        bins = [self.word(Word.BINS + b) for b in range(9)]
        planes, basis = self.planes(4 if dual else 2), self.word(Word.BASIS, "ptr")
        if dual:
            with text.loop(bins[8]) as loop:
                self.store("zeroinitializer", "%sums", text.binary("mul", loop["index"], self.size))
        with text.loop(self.word(Word.COUNT), place=("i64", "%base")) as loop:
            at = [text.binary("xor", loop["place"], each) for each in offsets]
            weights = self._transformed([self._weight(planes, each) for each in at]) if dual else [""] * 8
            angles = []
            for b in range(8):
                count = text.binary("sub", bins[b + 1], bins[b])
                with text.loop(count, sum=(self.vector, "zeroinitializer")) as each:
                    term = text.binary("add", bins[b], each["index"])
                    mask = text.load("i64", phase_masks, text.binary("shl", term, 3))
                    sign, offset = self.sign_of(loop["place"], mask), text.binary("mul", term, self.size)
                    each.next["sum"] = self.arithmetic(
                        "fadd", each["sum"], self.signed(self.load(tables, offset), sign)
                    )
                    if dual:
                        known = self.load("%sums", offset)
                        self.store(self.arithmetic("fadd", known, self.signed(weights[b], sign)), "%sums", offset)
                angles.append(each["sum"])
            for place, angle in zip(at, self._transformed(angles), strict=True):
                self._multiply(planes, place, *self._sine_cosine(angle))
            loop.next["place"] = self.next_place(loop["index"], loop["place"], basis)
        return text

    def _weight(self, planes: list[str], place: str) -> str:
        """Im(conj λ ψ)."""
        re, im, dual_re, dual_im = (self.load(plane, place) for plane in planes)
        return self.fused(dual_re, im, self.arithmetic("fmul", self.negated(dual_im), re))

    def _transformed(self, values: list[str]) -> list[str]:
        """Σ over c of (−1)^|b & c| · value c, for each b."""
        for bit in (1, 2, 4):
            previous = list(values)
            for c in range(8):
                pair = previous[c & ~bit], previous[c | bit]
                values[c] = self.arithmetic("fsub" if c & bit else "fadd", *pair)
        return values

    def _multiply(self, planes: list[str], place: str, sine: str, cosine: str) -> None:
        minus = self.negated(sine)
        for re_plane, im_plane in zip(planes[::2], planes[1::2], strict=True):
            re, im = self.load(re_plane, place), self.load(im_plane, place)
            self.store(self.fused(cosine, re, self.arithmetic("fmul", minus, im)), re_plane, place)
            self.store(self.fused(cosine, im, self.arithmetic("fmul", sine, re)), im_plane, place)

    def _sine_cosine(self, angle: str) -> tuple[str, str]:
        """By reduction to [−π/4, π/4] and the polynomials of the Cephes library (S. Moshier)."""
        text, single = self.text, self.bits == 32
        magic = self.number(1.5 * 2.0 ** (23 if single else 52))
        shifted = self.fused(angle, self.number(2 / pi), magic)
        turns = self.arithmetic("fsub", shifted, magic)
        rest = angle
        for part in _HALF_PI[single]:
            rest = self.fused(turns, self.number(-part), rest)
        square = self.arithmetic("fmul", rest, rest)
        sine = self._polynomial(_SINE[single], square)
        sine = self.fused(self.arithmetic("fmul", square, rest), sine, rest)
        cosine = self._polynomial((*_COSINE[single], -0.5, 1.0), square)
        quadrant = text.value(f"bitcast {self.vector} {shifted} to {self.integers}")
        odd = text.binary("and", quadrant, self.integer(1), self.integers)
        even = text.value(f"icmp eq {self.integers} {odd}, zeroinitializer")
        chosen = [
            text.value(f"select <{self.vector[1:].split()[0]} x i1> {even}, {self.vector} {a}, {self.vector} {b}")
            for a, b in ((sine, cosine), (cosine, sine))
        ]
        following = text.binary("add", quadrant, self.integer(1), self.integers)
        signs = []
        for each in (quadrant, following):
            second = text.binary("and", each, self.integer(2), self.integers)
            signs.append(text.binary("shl", second, self.integer(self.bits - 2), self.integers))
        return self.signed(chosen[0], signs[0]), self.signed(chosen[1], signs[1])

    def _polynomial(self, coefficients: tuple[float, ...], x: str) -> str:
        value = self.number(coefficients[0])
        for coefficient in coefficients[1:]:
            value = self.fused(value, x, self.number(coefficient))
        return value


_HALF_PI = {
    True: (1.5703125, 4.837512969970703e-4, 7.549789948768648e-8),
    False: (1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21),
}
"""π/2 in parts whose multiples are exact; by whether the precision is single."""
_SINE = {
    True: (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1),
    False: (
        1.58962301576546568060e-10,
        -2.50507477628578072866e-8,
        2.75573136213857245213e-6,
        -1.98412698295895385996e-4,
        8.33333333332211858878e-3,
        -1.66666666666666307295e-1,
    ),
}
_COSINE = {
    True: (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2),
    False: (
        -1.13585365213876817300e-11,
        2.08757008419747316778e-9,
        -2.75573141792967388112e-7,
        2.48015872888717045348e-5,
        -1.38888888888730564116e-3,
        4.16666666666665929218e-2,
    ),
}


def products_module(target: Target, precision: Precision, write: bool, name: str) -> str:
    """The module of the kernel that applies Pauli products with one flip: their sum times the state is added to the
    dual (`write`), and ⟨ψ| of it summed."""
    return module(_Products(target, precision, name).write(write))


class _Products(KernelWriter):
    def write(self, write: bool) -> Text:
        text = self.text
        tables, masks = self.word(Word.TABLES, "ptr"), self.word(Word.PHASE_MASKS, "ptr")
        flip, order = self.word(Word.OFFSETS), self.word(Word.INDEX, "ptr")
        order = text.load(index_type(self.target, self.precision), order, align=8)
        bins, basis = [self.word(Word.BINS + b) for b in range(3)], self.word(Word.BASIS, "ptr")
        planes = self.planes(4)
        zero = (self.vector, "zeroinitializer")
        with text.loop(self.word(Word.COUNT), place=("i64", "%base"), sum=zero) as loop:
            factors = []
            for b in range(2):
                with text.loop(text.binary("sub", bins[b + 1], bins[b]), sum=zero) as each:
                    term = text.binary("add", bins[b], each["index"])
                    sign = self.sign_of(loop["place"], text.load("i64", masks, text.binary("shl", term, 3)))
                    table = self.load(tables, text.binary("mul", term, self.size))
                    each.next["sum"] = self.arithmetic("fadd", each["sum"], self.signed(table, sign))
                factors.append(each["sum"])
            real, imaginary = factors
            there = text.binary("xor", loop["place"], flip)
            re, im = (
                permuted(text, self.target, self.precision, self.load(plane, there), order) for plane in planes[:2]
            )
            sum_re = self.fused(real, re, self.arithmetic("fmul", self.negated(imaginary), im))
            sum_im = self.fused(real, im, self.arithmetic("fmul", imaginary, re))
            here = [self.load(plane, loop["place"]) for plane in planes[:2]]
            loop.next["sum"] = self.fused(here[0], sum_re, self.fused(here[1], sum_im, loop["sum"]))
            for plane, value in zip(planes[2:], (sum_re, sum_im), strict=True) if write else ():
                self.store(self.arithmetic("fadd", self.load(plane, loop["place"]), value), plane, loop["place"])
            loop.next["place"] = self.next_place(loop["index"], loop["place"], basis)
        self.store(loop["sum"], "%sums", 0)
        return text
