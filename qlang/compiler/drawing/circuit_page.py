"""A circuit as a notebook shows it."""

from __future__ import annotations

from qlang.compiler.drawing.build import build
from qlang.compiler.drawing.limits import SVG_WIDTH
from qlang.compiler.drawing.names import Arguments
from qlang.compiler.drawing.svg import render
from qlang.sema.symbols import CircuitSymbol


def circuit_html(circuit: CircuitSymbol, arguments: Arguments, *, limit: int) -> str:
    """The SVG in an element that scrolls."""
    picture = build(circuit, arguments, limit=limit)
    return f'<div class="qlang" style="overflow-x:auto">{render(picture, width=SVG_WIDTH)}</div>'
