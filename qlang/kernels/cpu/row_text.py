"""LLVM text of what flips the registers of a kernel's groups: the offsets of a group's vectors are changed by it.

A register is flipped where the parity of x & mask is odd. That is linear in x, and from a group to the next x changes
as a counter does: in one of its free bits and all that are below. So what changes is looked up by the highest of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from qlang.kernels.cpu.text import Text

Row = tuple[str, str, str]
"""The name of its value in the loop, the value in the first group, and the table of changes."""


def first_row(text: Text, registers: int, words: tuple[int, int, int], begin: str) -> str:
    """That of the group at `begin`, from the words of the block: what the tile makes it, masks, and strides."""
    row, mask, stride = words
    result = text.load("i64", "%block", 8 * row)
    for i in range(registers):
        odd = text.parity(text.binary("and", begin, text.load("i64", "%block", 8 * (mask + i))))
        flipped = text.binary("and", text.binary("sub", "0", odd), text.load("i64", "%block", 8 * (stride + i)))
        result = text.binary("xor", result, flipped)
    return result


def step_rows(text: Text, rows: Sequence[Row]) -> None:
    """Those of the group at `%x.next`, from those at `%x`."""
    if not rows:
        return
    changed = text.call("i64", "llvm.ctlz.i64", ("i64", text.binary("xor", "%x", "%x.next")), ("i1", "true"))
    place = text.binary("shl", changed, 3)
    for name, _, steps in rows:
        text.put(f"%{name}.next = xor i64 %{name}, {text.load('i64', steps, place)}")
