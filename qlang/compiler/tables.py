"""Tables as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from qlang.compiler.render.cells import safe_text, text_width


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Rows under a head, columns as wide as they need; the columns numbered in `right` are set flush right."""
    lines = [[safe_text(cell) for cell in row] for row in (head, *rows)]
    widths = [max(text_width(line[column]) for line in lines) for column in range(len(head))]
    text = []
    for line in lines:
        cells = []
        for column, cell in enumerate(line):
            blank = " " * (widths[column] - text_width(cell))
            cells.append(blank + cell if column in right else cell + blank)
        text.append("  ".join(cells).rstrip())
    return "\n".join(text) + "\n"


def facts(rows: Sequence[tuple[str, str]], indent: str = "") -> str:
    """Names and values in two columns; a value of several lines hangs under itself."""
    width = max((len(name) for name, _ in rows), default=0)
    lines = []
    for name, value in rows:
        first, *rest = value.split("\n")
        lines.append(f"{indent}{name:<{width}}  {safe_text(first)}".rstrip())
        lines.extend(f"{indent}{'':<{width}}  {safe_text(line)}".rstrip() for line in rest)
    return "".join(f"{line}\n" for line in lines)


def quantity(value: float | None, unit: str = "", digits: int = 3) -> str:
    """A number to a few significant digits, with its unit; `-` for an unknown one."""
    return "-" if value is None else f"{value:.{digits}g}{f' {unit}' if unit else ''}"


def short_digest(digest: str) -> str:
    """`sha256:` and the first twelve digits."""
    return digest[: len("sha256:") + 12]


def duration(seconds: float | None) -> str:
    """A time in the unit that suits it."""
    if seconds is None:
        return "-"
    for limit, factor, unit in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "us"), (1.0, 1e3, "ms"), (120.0, 1.0, "s")):
        if abs(seconds) < limit:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"
