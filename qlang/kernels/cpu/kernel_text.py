"""LLVM text of the kernels of passes, `void kernel(ptr re, ptr im, ptr block)`: walks over the groups of a tile.

The block is as `qlang.kernels.cpu.arguments` says. Where nothing is done with rows a kernel walks over one plane after
the other, which is faster, as fewer vectors are in flight. Phases and lanes need the vectors of both planes at once. If
lanes stay what they are, rows are taken side by side, and stay in registers until these are rotated. Else rows are
taken in a loop and left on the stack, and functions are called for the rotations of lanes and of registers
(`qlang.kernels.cpu.lane_turns_text`, `.turns_text`): so there are few functions, of which a new circuit finds most
compiled, and what bounds such passes is arithmetic, not the first cache.
"""

from __future__ import annotations

from qlang.kernels.cpu.arguments import MOST_REGISTERS, Word
from qlang.kernels.cpu.lane_turns_text import ROOM_VECTORS
from qlang.kernels.cpu.rows_text import Rows, RowValues
from qlang.kernels.cpu.shapes import RowShape, SideBySideShape, TurnShape
from qlang.kernels.cpu.text import Text, module
from qlang.kernels.cpu.turns_text import TurnValues
from qlang.kernels.cpu.values_text import Vectors, call_for_group
from qlang.kernels.cpu.walk_text import walk

_HELD = {"avx512": 16, "neon": 16}
"""Vectors of a group that stay in registers, by how lanes are permuted: half of the processor's; else 8."""


def plain_module(shape: TurnShape, name: str) -> str:
    """The text of a module with a kernel that only rotates registers."""
    text = _kernel(name)
    values = TurnValues(shape, text)

    def group() -> None:
        here = text.at("%plane", "%x")
        values.rotate_and_store(values.loaded(here), here)

    walk(text, group, together=False)
    return module(text)


def side_by_side_module(shape: SideBySideShape, name: str) -> str:
    """The text of a module with a kernel that multiplies rows and rotates registers."""
    text = _kernel(name)
    rows, turns = RowValues(shape.rows, text), TurnValues(shape.turns, text)
    count = len(rows.combinations)
    room = rows.room(count) if 2 * count > _HELD.get(shape.rows.target.permute, 8) else ""
    walk(text, lambda: _side_by_side(rows, turns, room), together=True)
    return module(text)


def _side_by_side(rows: RowValues, turns: TurnValues, room: str) -> None:
    """All rows of the group at `%x`, then the rotations on one plane and on the other (it waits in `room` if any)."""
    text = rows.text
    planes = [text.at(plane, "%x") for plane in ("%re", "%im")]
    first: Vectors = []
    second: Vectors = []
    for r in rows.combinations:
        row = Rows(rows, [r])
        real, imaginary = row.within(row.loaded(planes)[r], r)
        first.append(real)
        if room:
            text.store(rows.vector, imaginary, room, r * rows.bytes, align=rows.bytes)
        else:
            second.append(imaginary)
    turns.rotate_and_store(first, planes[0])
    second = second or [rows.load(room, r * rows.bytes) for r in rows.combinations]
    turns.rotate_and_store(second, planes[1])


def looped_module(shape: RowShape, name: str) -> str:
    """The text of a module with a kernel that does everything with rows."""
    text = _kernel(name)
    rows = RowValues(shape, text)
    room = rows.room((2 << MOST_REGISTERS) + ROOM_VECTORS)
    lanes, turns = (rows.word(each, "ptr") for each in (Word.LANES, Word.TURNS))
    rotated = text.value(f"icmp ne ptr {lanes}, null")

    def group() -> None:
        planes = [text.at(plane, "%x") for plane in ("%re", "%im")]
        _loop(rows, planes, room)
        with text.when(rotated):
            call_for_group(text, lanes, shape.vector, f"ptr {room}, i64 %x")
        places = ", ".join(f"ptr {each}" for each in (room, *planes))
        call_for_group(text, turns, shape.vector, f"{places}, i64 %targets, i64 %x")

    walk(text, group, together=True)
    return module(text)


def _loop(rows: RowValues, planes: Vectors, room: str) -> None:
    """The loop over the rows of the group whose planes begin at `planes`.

    Row r of a plane goes to `room` behind that of row r − 1, those of the second plane behind all that the first may
    have. Two rows are taken at a time, or as many as exchange lanes with each other.
    """
    text, shape, count = rows.text, rows.shape, len(rows.combinations)
    plane = rows.bytes << MOST_REGISTERS
    blended = {1 << int(each[-1]) for each in shape.lane_operations if each.startswith("blend")}
    held = sum(blended) or count - 1 & 1
    together = [r for r in rows.combinations if not r & ~held]
    with text.loop(count // len(together), first=("i64", "0")) as loop:
        stage = Rows(rows, together, loop["first"])
        state = stage.loaded(planes)
        for index, operation in enumerate(shape.lane_operations):
            state = stage.exchanged(state, operation, index)
        begin = text.at(room, text.binary("mul", loop["first"], rows.bytes))
        for r, pair in state.items():
            for number, vector in enumerate(stage.within(pair, r)):
                text.store(rows.vector, vector, begin, number * plane + r * rows.bytes, align=rows.bytes)
        step = text.binary("add", text.binary("or", loop["first"], held), 1)
        loop.next["first"] = text.binary("and", step, ~held)


def _kernel(name: str) -> Text:
    return Text(f"void @{name}(ptr noalias %re, ptr noalias %im, ptr noalias %block)")
