"""LLVM text of rotations of lanes, on rows that are on the stack.

Kernels that take rows in a loop call a function for it, `vector lanes(ptr block, ptr room, i64 x, vector)`, with the
rows of the group at x in `room` (`qlang.kernels.cpu.kernel_text`). A TWIST on a lane that keeps its cosine is turned by
cos(θ/2) and sin(θ/2), all other rotations by tan(θ/2) alone.
"""

from __future__ import annotations

from qlang.kernels.cpu.arguments import MOST_LANES, MOST_REGISTERS, Word
from qlang.kernels.cpu.shapes import LaneShape
from qlang.kernels.cpu.text import Text, module
from qlang.kernels.cpu.values_text import GroupValues, Vectors, group_function

ROOM_VECTORS = 4 * MOST_LANES
"""Behind the rows, for the numbers of TWIST steps."""


def lanes_module(shape: LaneShape, name: str) -> str:
    """The text of a module with the function for the lanes of a shape."""
    text = group_function(shape, name, "i64 %x")
    lanes = _LaneValues(shape, text)
    with text.loop(lanes.word(Word.ROWS)) as loop:
        first = text.at("%room", text.binary("mul", loop["index"], lanes.bytes))
        planes = first, text.at(first, lanes.bytes << MOST_REGISTERS)
        pair = [lanes.load(plane, 0) for plane in planes]
        for lane in shape.rotations:
            pair = lanes.turned(pair, lane, loop["index"])
        for plane, vector in zip(planes, pair, strict=True):
            text.store(lanes.vector, vector, plane, align=lanes.bytes)
    return module(text)


class _LaneValues(GroupValues):
    """What does not change from row to row, and what is done with one."""

    def __init__(self, shape: LaneShape, text: Text) -> None:
        self.shape = shape
        super().__init__(shape, text, [MOST_REGISTERS + lane for lane in shape.twists])
        self._tangents = {
            lane: text.binary("fmul", self.tangent(MOST_REGISTERS + lane), self._signs(lane), self.vector)
            for lane in shape.rotations
            if lane not in shape.twists
        }
        self._masks = {lane: self.word(Word.TWIST_ROWS + lane) for lane in shape.twists}
        self._places = {lane: self._chosen(lane, number) for number, lane in enumerate(shape.twists)}

    def _signs(self, lane: int) -> str:
        """−1 in the lanes whose bit is 0: there a −= t·b."""
        signs = ", ".join(f"{self.element} {1.0 if index >> lane & 1 else -1.0}" for index in range(self.lanes))
        return f"<{signs}>"

    def _chosen(self, lane: int, number: int) -> str:
        """Where a TWIST's numbers are, the sine with its signs and the cosine unless the rotation is without.

        Behind each for an even parity is that for an odd one.
        """
        text = self.text
        place = text.at("%room", ((2 << MOST_REGISTERS) + 4 * number) * self.bytes)
        found = self.chosen_numbers(MOST_REGISTERS + lane, (0,) if self.shape.scaled_twists else (1, 2))
        for odd, (sine, *cosine) in enumerate(found):
            signed = text.binary("fmul", sine, self._signs(lane), self.vector)
            for i, vector in enumerate([signed, *cosine]):
                text.store(self.vector, vector, place, (2 * i + odd) * self.bytes, align=self.bytes)
        return place

    def turned(self, pair: Vectors, lane: int, row: str) -> Vectors:
        """A row of the group with one lane bit rotated."""
        text = self.text
        sine, *cosine = [self._tangents[lane]] if lane in self._tangents else self._numbers(lane, row)
        order = ", ".join(f"i32 {index ^ 1 << lane}" for index in range(self.lanes))
        found = []
        for each in pair:
            swapped = text.value(
                f"shufflevector {self.vector} {each}, {self.vector} poison, <{self.lanes} x i32> <{order}>"
            )
            kept = text.binary("fmul", cosine[0], each, self.vector) if cosine else each
            found.append(self.fma(sine, swapped, kept))
        return found

    def _numbers(self, lane: int, row: str) -> Vectors:
        """The numbers of a TWIST that a row takes."""
        text = self.text
        odd = text.parity(text.binary("and", row, self._masks[lane]))
        place = text.at(self._places[lane], text.binary("mul", odd, self.bytes))
        return [self.load(place, 2 * i * self.bytes) for i in range(1 if self.shape.scaled_twists else 2)]
