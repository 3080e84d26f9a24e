"""One line for each diagnostic, as compilers have always written them."""

from __future__ import annotations

from collections.abc import Sequence

from qlang.compiler.render.calls import call_text, shown_calls
from qlang.compiler.render.cells import safe_text
from qlang.compiler.render.limit import limited
from qlang.compiler.render.theme import Theme
from qlang.syntax.diagnostic import Diagnostic


def render(diagnostics: Sequence[Diagnostic], theme: Theme) -> str:
    """`file:line:column: error[QJ0203] message`, one per line; the calls that it was met in at its end."""
    shown, hidden = limited(diagnostics)
    lines = [_line(diagnostic, theme) for diagnostic in shown]
    return "".join(f"{line}\n" for line in (*lines, *map(safe_text, hidden)))


def _line(diagnostic: Diagnostic, theme: Theme) -> str:
    head = theme.paint(f"{diagnostic.severity}[{diagnostic.code}]", diagnostic.severity)
    calls = "".join(f", {call_text(call)}" for call in shown_calls(diagnostic))
    return f"{safe_text(str(diagnostic.span))}: {head} {safe_text(diagnostic.message() + calls)}"
