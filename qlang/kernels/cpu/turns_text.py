"""LLVM text of the rotations of registers, on the vectors of a group in one plane, and of storing them.

A rotation by θ without its cosine is a −= t·b, b += t·a_old with t = tan(θ/2): one fused multiply-add for each real
number. A TWIST takes one of two angles by a parity of x. Where a group takes its cosines
(`qlang.kernels.scaled_twists`) it is no other rotation; else it is three shears with tan(θ/4) and sin(θ/2)
(`qlang.kernels.frames`).

Kernels that take rows in a loop call a function for it, `vector turns(ptr block, ptr room, ptr re, ptr im, i64 targets,
i64 x, vector)`: with the vectors in `room` (`qlang.kernels.cpu.kernel_text`), the planes at x, and what flips the
registers of where vectors go to.
"""

from __future__ import annotations

from qlang.kernels.cpu.arguments import MOST_REGISTERS, Word
from qlang.kernels.cpu.shapes import TurnShape
from qlang.kernels.cpu.text import Text, module
from qlang.kernels.cpu.values_text import GroupValues, Vectors, group_function


def turns_module(shape: TurnShape, name: str) -> str:
    """The text of a module with the function for the registers of a shape."""
    text = group_function(shape, name, "ptr noalias %re, ptr noalias %im, i64 %targets, i64 %x")
    values = TurnValues(shape, text)
    with text.loop(2, plane=("ptr", "%re"), room=("ptr", "%room")) as loop:
        state = [values.load(loop["room"], r * values.bytes) for r in values.combinations]
        values.rotate_and_store(state, loop["plane"])
        loop.next["plane"] = "%im"
        loop.next["room"] = text.at(loop["room"], values.bytes << MOST_REGISTERS)
    return module(text)


class TurnValues(GroupValues):
    """What does not change from group to group, and what is done with registers."""

    def __init__(self, shape: TurnShape, text: Text) -> None:
        self.shape, plain = shape, shape.rotations - shape.twists
        super().__init__(shape, text, range(plain, shape.rotations))
        self.combinations = range(1 << shape.registers)
        self._tangents = [self.tangent(i) for i in range(plain)]

    def loaded(self, plane: str) -> Vectors:
        """The vectors of the group whose plane this is, from where they come."""
        return [self.load(plane, offset) for offset in self._offsets(Word.LOAD, "%sources")]

    def rotate_and_store(self, state: Vectors, plane: str) -> None:
        """Rotates a group's vectors, and stores them in its plane where they go to."""
        for i in range(self.shape.rotations):
            if i < len(self._tangents):
                # The signs are changed here: before the loop, they would take registers instead of being fused.
                self._turn(state, i, [[self.negated(self._tangents[i]), self._tangents[i]]], 0)
                continue
            choosing = self.shape.choosing[i - len(self._tangents)] if self.shape.choosing else 0
            found = self.chosen_numbers(i, (0,) if self.shape.scaled_twists else (0, 1))
            numbers = [[self.negated(each[0]), each[-1]] for each in (found if choosing else found[:1])]
            (self._turn if self.shape.scaled_twists else self._shear)(state, i, numbers, choosing)
        for vector, offset in zip(state, self._offsets(Word.EXCHANGE, "%targets"), strict=True):
            self.text.store(self.vector, vector, plane, offset, align=self.bytes)

    def _offsets(self, words: int, flips: str) -> Vectors:
        """Those of the combinations, by the words from the first on."""
        return [self.text.binary("xor", self.word(words + r), flips) for r in self.combinations]

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
