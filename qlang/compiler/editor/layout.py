"""Formatting as the smallest edit, so that the cursor and the marks of the editor stay where they are."""

from dataclasses import dataclass

from qlang.compiler.editor.analysis import Analysis
from qlang.syntax.format import format_source
from qlang.syntax.source import Source


@dataclass(frozen=True, slots=True)
class Replacement:
    """New text for a stretch of the old one."""

    start: int
    end: int
    text: str


def formatted(analysis: Analysis) -> Replacement | None:
    """The edit that lays the file out as `qlangc fmt` does; `None` where nothing changes or the text is broken."""
    old = analysis.source.text
    crlf = "\r\n" in old
    new = format_source(Source(analysis.source.name, old.replace("\r\n", "\n"))).text
    if new is None:
        return None
    return replacement(old, new.replace("\n", "\r\n") if crlf else new)


def replacement(old: str, new: str) -> Replacement | None:
    """The stretch in which two texts differ; `None` for equal texts."""
    if old == new:
        return None
    start, limit = 0, min(len(old), len(new))
    while start < limit and old[start] == new[start]:
        start += 1
    tail, limit = 0, limit - start
    while tail < limit and old[len(old) - 1 - tail] == new[len(new) - 1 - tail]:
        tail += 1
    return Replacement(start, len(old) - tail, new[start : len(new) - tail])
