"""Histograms of bit strings as SVG for notebooks: bars with error bars, in the text colour of the page."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from qlang.compiler.drawing.svg_parts import escaped, line, width_of, words_at
from qlang.compiler.drawing.words import label as cut

BARS = 24
_ROW, _BAR, _ROOM = 22, 14, 300
_LONGEST = 40


def histogram_svg(entries: Mapping[str, float], title: str, *, counted: bool) -> str:
    """Horizontal bars, the largest first; counts get an error bar of one binomial standard error.

    Empty for nothing to plot. What is left out is said in the last row.
    """
    order = sorted(entries.items(), key=lambda item: (-item[1], item[0]))
    total = sum(entries.values())
    shown = order[:BARS]
    if not shown or total <= 0:
        return ""
    largest = max(max(value + _error(value, total, counted) for _, value in shown), 1e-300)
    left = max(width_of(cut(name, _LONGEST)) for name, _ in shown) + 12
    parts = []
    for row, (name, value) in enumerate(shown):
        y = 4 + row * _ROW
        length = _ROOM * value / largest
        error = _ROOM * _error(value, total, counted) / largest
        said = f"{value:g}" if counted else f"{value:.6g}"
        parts.append(f"<g><title>{escaped(name)}: {said} ({100 * value / total:.2f} %)</title>")
        parts.append(words_at(left - 6, y + 11.5, cut(name, _LONGEST), anchor="end"))
        parts.append(_bar(left, y, length))
        if error >= 0.5:
            begin, end, middle = max(left + length - error, left), left + length + error, y + _BAR / 2
            parts += [line(begin, middle, end, middle), line(begin, middle - 3, begin, middle + 3)]
            parts.append(line(end, middle - 3, end, middle + 3))
        parts.append(words_at(left + length + error + 8, y + 11.5, f"{said} · {100 * value / total:.1f} %", dim=True))
        parts.append("</g>")
    if len(order) > BARS:
        rest = sum(value for _, value in order[BARS:])
        more = f"and {len(order) - BARS} more outcomes, {100 * rest / total:.1f} % together"
        parts.append(words_at(left, 15 + len(shown) * _ROW, more, dim=True))
    height = 8 + _ROW * (len(shown) + (len(order) > BARS))
    width = left + _ROOM + 180
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
        f'height="{height}" role="img" fill="none" stroke="currentColor" stroke-width="1.2" '
        'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="12">'
    )
    return f"{head}<title>{escaped(title)}</title>{''.join(parts)}</svg>"


def _bar(x: float, y: float, length: float) -> str:
    place = f'x="{x:.1f}" y="{y}" width="{max(length, 0.5):.1f}" height="{_BAR}"'
    return f'<rect {place} rx="2" fill="#4c7fd0" fill-opacity="0.75" stroke="none"/>'


def _error(value: float, total: float, counted: bool) -> float:
    """One standard error of a count: sqrt(n p (1 - p))."""
    return sqrt(max(value * (1 - value / total), 0.0)) if counted else 0.0
