"""The pieces that SVG drawings are made of, as text; all words are escaped here."""

from __future__ import annotations

from html import escape

from qlang.compiler.drawing.model import Mark
from qlang.compiler.render.cells import safe_text, text_width

HALF = 13
"""Half the height of a box."""
_CELL = 7.85
"""Width of a character of the monospaced font at 13 px."""


def width_of(text: str) -> float:
    """Pixels that words cover."""
    return text_width(safe_text(text)) * _CELL


def escaped(text: str) -> str:
    """Words as they may stand in an XML document."""
    return escape(safe_text(text), quote=True)


def words_at(x: float, y: float, text: str, *, anchor: str = "", dim: bool = False, small: bool = False) -> str:
    """Words with their base line at a point."""
    style = f' text-anchor="{anchor}"' if anchor else ""
    style += ' fill-opacity="0.65"' if dim else ""
    style += ' font-size="11"' if small else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" fill="currentColor" stroke="none"{style}>{escaped(text)}</text>'


def centered(x: float, y: float, text: str) -> str:
    """Words in the middle of a box."""
    return words_at(x, y, text, anchor="middle")


def line(
    x1: float, y1: float, x2: float, y2: float, *, heavy: bool = False, dashed: bool = False, dotted: bool = False
) -> str:
    """A straight line."""
    style = ' stroke-width="3"' if heavy else ""
    if dashed or dotted:
        style = f' stroke-dasharray="{"5 3" if dashed else "2 4"}" stroke-opacity="0.7"'
    return f'<path d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}"{style}/>'


def rectangle(x: float, y: float, width: float, height: float) -> str:
    """A box, lightly tinted."""
    place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
    return f'<rect {place} rx="3" fill="currentColor" fill-opacity="0.06"/>'


def symbol(mark: Mark, x: float, y: float, width: float) -> str:
    """What stands on one line, its middle at a point."""
    match mark.shape:
        case "box":
            return rectangle(x - width / 2, y - HALF, width, 2 * HALF) + centered(x, y + 4.5, mark.text)
        case "meter":
            arc = f"M{_n(x - 8)} {_n(y + 5)}a8 8 0 0 1 16 0M{_n(x)} {_n(y + 5)}l6 -10"
            return rectangle(x - HALF, y - HALF, 2 * HALF, 2 * HALF) + f'<path d="{arc}"/>'
        case "land":
            arrow = f'<path d="M{_n(x - 5)} {_n(y - 7)}h10l-5 7z" fill="currentColor"/>'
            return arrow + (words_at(x + 7, y - 4, mark.text, small=True) if mark.text else "")
        case "dot":
            return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="4.5" fill="currentColor"/>'
        case "ring":
            return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="5"/>'
        case "plus":
            cross = f"M{_n(x - 9)} {_n(y)}h18M{_n(x)} {_n(y - 9)}v18"
            return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="9"/><path d="{cross}"/>'
        case "cross":
            return f'<path d="M{_n(x - 6)} {_n(y - 6)}l12 12M{_n(x - 6)} {_n(y + 6)}l12 -12" stroke-width="1.8"/>'
        case "fence":
            return f'<path d="M{_n(x)} {_n(y - HALF)}v{2 * HALF}" stroke-dasharray="2 4" stroke-opacity="0.7"/>'


def _n(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
