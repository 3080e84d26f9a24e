"""LLVM text of a walk over the groups of a tile: which is next, where its vectors come from and go to.

A register is flipped where the parity of x & mask is odd. That is linear in x, and from a group to the next x changes
as a counter does: in one of its free bits and all that are below. So what changes is looked up by the highest of them.
"""

from __future__ import annotations

from collections.abc import Callable

from qlang.kernels.cpu.arguments import Word
from qlang.kernels.cpu.text import Text

_FLIPS = {"sources": (Word.SOURCES, Word.LOAD_STEPS), "targets": (Word.TARGETS, Word.EXCHANGE_STEPS)}
"""By name what they are in the first group, and the table of what changes in them."""


def walk(text: Text, group: Callable[[], None], *, together: bool) -> None:
    """Writes the loop around `group`, which is about the group at `%x` of `%plane`, or of both planes `together`.

    `%sources` and `%targets` flip registers of where the group's vectors come from and go to.
    """
    begin, groups, ones, base = (
        text.load("i64", "%block", 8 * each) for each in (Word.BEGIN, Word.GROUPS, Word.WALK, Word.BASE)
    )
    zeros = text.binary("xor", ones, -1)
    flips = {name: text.load("i64", "%block", 8 * first) for name, (first, _) in _FLIPS.items()}
    steps = {name: text.load("ptr", "%block", 8 * table) for name, (_, table) in _FLIPS.items()}
    far = [text.load("ptr", "%block", 8 * each) for each in (Word.PREFETCH_RE, Word.PREFETCH_IM)]
    lines = text.load("i64", "%block", 8 * Word.PREFETCH_LINES)
    text.put("br label %planes")
    text.label("planes")
    text.put("%second = phi i1 [false, %entry], [true, %after]")
    text.put("%plane = phi ptr [%re, %entry], [%im, %after]")
    text.put(f"%far = phi ptr [{far[0]}, %entry], [{far[1]}, %after]")
    ahead = text.load("i64", "%block", 8 * Word.PREFETCH_X)
    text.put("br label %group")
    text.label("group")
    text.put("%turn = phi i64 [0, %planes], [%turn.next, %rest]")
    text.put(f"%x = phi i64 [{begin}, %planes], [%x.next, %rest]")
    text.put(f"%ahead = phi i64 [{ahead}, %planes], [%ahead.next, %rest]")
    for name, first in flips.items():
        text.put(f"%{name} = phi i64 [{first}, %planes], [%{name}.next, %rest]")
    group()
    text.put(f"%ahead.next = or i64 {_fetch_ahead(text, far if together else ['%far'], lines)}, 0")
    text.put("br label %rest")
    text.label("rest")
    text.put("%turn.next = add i64 %turn, 1")
    following = text.binary("and", text.binary("add", text.binary("or", "%x", ones), 1), zeros)
    text.put(f"%x.next = or i64 {following}, {base}")
    _step(text, steps)
    more = text.value(f"icmp ult i64 %turn.next, {groups}")
    text.put(f"br i1 {more}, label %group, label %after")
    text.label("after")
    text.put(f"br i1 {'true' if together else '%second'}, label %end, label %planes")
    text.label("end")
    text.store("i64", "%ahead.next", "%block", 8 * Word.PREFETCH_X)


def _step(text: Text, steps: dict[str, str]) -> None:
    """What flips registers in the group at `%x.next`, from what does at `%x`."""
    changed = text.call("i64", "llvm.ctlz.i64", ("i64", text.binary("xor", "%x", "%x.next")), ("i1", "true"))
    place = text.binary("shl", changed, 3)
    for name, table in steps.items():
        text.put(f"%{name}.next = xor i64 %{name}, {text.load('i64', table, place)}")


def _fetch_ahead(text: Text, planes: list[str], lines: str) -> str:
    """Fetches lines of the next tile; the offset of the line after them."""
    with text.loop(lines, offset=("i64", "%ahead")) as line:
        for plane in planes:
            place = ("ptr", text.at(plane, line["offset"]))
            text.call("void", "llvm.prefetch.p0", place, ("i32", "0"), ("i32", "2"), ("i32", "1"))
        ones = text.load("i64", "%block", 8 * Word.PREFETCH_WALK)
        step = text.binary("add", text.binary("or", line["offset"], ones), 1)
        line.next["offset"] = text.binary("and", step, text.binary("xor", ones, -1))
    return line["offset"]
