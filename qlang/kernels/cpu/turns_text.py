"""LLVM text of the rotations of registers, on the vectors of a group in one plane, and of storing them.

A rotation by θ without its cosine is a −= t·b, b += t·a_old with t = tan(θ/2): one fused multiply-add for each real
number. A TWIST takes one of two angles by a parity of x. Where a group takes its cosines
(`qlang.kernels.scaled_twists`) it is no other rotation; else it is three shears with tan(θ/4) and sin(θ/2)
(`qlang.kernels.frames`).

Kernels that take rows in a loop call a function for it, `vector turns(ptr block, ptr room, ptr re, ptr im, i64 targets,
i64 x, vector)`: with the vectors in `room`, those of the second plane behind all that the first may have, the planes at
x, and what flips the registers of where vectors go to.
"""

from __future__ import annotations

from qlang.kernels.cpu.arguments import MOST_REGISTERS, Word
from qlang.kernels.cpu.shapes import TurnShape
from qlang.kernels.cpu.text import Text, module
from qlang.kernels.cpu.values_text import GroupValues, Vectors

_SHARED = 8
"""Combinations of three registers."""


def turns_module(shape: TurnShape, name: str) -> str:
    """The text of a module with the function for the registers of a shape.

    It takes and gives back a vector that nobody looks at: around calls without vectors LLVM clears what is above the
    lower quarter of all of them (vzeroupper), and a group with that takes up to a fifth longer.
    """
    pointers = "ptr noalias %block, ptr noalias %room, ptr noalias %re, ptr noalias %im"
    header = f"{shape.vector} @{name}({pointers}, i64 %targets, i64 %x, {shape.vector} %any)"
    text = Text(header, ends=f"ret {shape.vector} zeroinitializer")
    values = TurnValues(shape, text)
    with text.loop(2, plane=("ptr", "%re"), room=("ptr", "%room")) as loop:
        state = [values.load(loop["room"], r * values.bytes) for r in values.combinations]
        values.rotate_and_store(state, loop["plane"], "%targets")
        loop.next["plane"] = "%im"
        loop.next["room"] = text.at(loop["room"], values.bytes << MOST_REGISTERS)
    return module(text)


def call_turns(text: Text, function: str, vector: str, room: str, planes: Vectors) -> None:
    """Calls such a function for the group at `%x`."""
    places = ", ".join(f"ptr {each}" for each in ("%block", room, *planes))
    text.value(f"call {vector} {function}({places}, i64 %targets, i64 %x, {vector} zeroinitializer)")


class TurnValues(GroupValues):
    """What does not change from group to group, and what is done with registers."""

    def __init__(self, shape: TurnShape, text: Text) -> None:
        self.shape, plain = shape, shape.rotations - shape.twists
        super().__init__(shape, text, range(plain, shape.rotations))
        self._offsets = ["0", *(self.word(Word.STORE + r) for r in self.combinations[1:])]
        self._tangents = [self.tangent(i) for i in range(plain)]

    def loaded(self, plane: str, sources: str) -> Vectors:
        """The vectors of the group that begins at `plane`, permuted if `sources` is the flips of that."""
        return [self.load(*place) for place in self._places(plane, Word.LOAD, sources)]

    def rotate_and_store(self, state: Vectors, plane: str, targets: str) -> None:
        """The rotations on vectors, which then go to the group at `plane`; `targets` as `sources`, for EXCHANGE."""
        for i in range(self.shape.rotations):
            if i < len(self._tangents):
                # The signs are changed here: before the loop, they would take registers instead of being fused.
                self._turn(state, i, [[self._negated(self._tangents[i]), self._tangents[i]]], 0)
                continue
            found = self.chosen_numbers(i, (0,) if self.shape.scaled_twists else (0, 1))
            numbers = [[self._negated(each[0]), each[-1]] for each in found]
            choosing = self.choosing(i - len(self._tangents))
            (self._turn if self.shape.scaled_twists else self._shear)(state, i, numbers, choosing)
        for vector, place in zip(state, self._places(plane, Word.EXCHANGE, targets), strict=True):
            self.text.store(self.vector, vector, *place, align=self.bytes)

    def _places(self, plane: str, words: int, flips: str) -> list[tuple[str, str]]:
        """Base and offset of each combination: by the words from the first on, or where it stands if nothing flips.

        Halves that differ in the fourth register share offsets, for the processor has few registers for them.
        """
        text = self.text
        if flips:
            return [(plane, text.binary("xor", self.word(words + r), flips)) for r in self.combinations]
        bases = [plane, text.at(plane, self._offsets[_SHARED])] if self.shape.registers > 3 else [plane]
        return [(bases[r // _SHARED], self._offsets[r % _SHARED]) for r in self.combinations]

    def _negated(self, vector: str) -> str:
        return self.text.value(f"fneg {self.vector} {vector}")

    def _turn(self, state: Vectors, register: int, numbers: list[Vectors], choosing: int) -> None:
        """A rotation without its cosine; −t and t for the parities of the registers that choose."""
        for low, high in self._pairs(register):
            minus, tangent = numbers[(low & choosing).bit_count() & 1]
            a, b = state[low], state[high]
            state[low], state[high] = self.fma(minus, b, a), self.fma(tangent, a, b)

    def _shear(self, state: Vectors, register: int, numbers: list[Vectors], choosing: int) -> None:
        """A rotation with its cosine, by −tan(θ/4) and sin(θ/2)."""
        for low, high in self._pairs(register):
            minus, sine = numbers[(low & choosing).bit_count() & 1]
            sheared = self.fma(minus, state[high], state[low])
            state[high] = self.fma(sine, sheared, state[high])
            state[low] = self.fma(minus, state[high], sheared)

    def _pairs(self, register: int) -> list[tuple[int, int]]:
        """Combinations whose bit of this register is 0, with those that differ in it."""
        return [(r, r | 1 << register) for r in self.combinations if not r >> register & 1]
