"""Estimates over a sweep as SVG for notebooks: points with error bars, joined by lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from qlang.compiler.drawing.svg_parts import escaped, line, words_at
from qlang.compiler.drawing.words import label as cut
from qlang.runtime.plots import Sample, number, ticks

_WIDTH, _HEIGHT = 560, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 12, 40
_COLOURS = ("#4c7fd0", "#d07a3c", "#3f9f6a", "#9b62c4", "#b8922c", "#c9557a")
MOST = len(_COLOURS)
"""Series that one plot shows."""


def curve_svg(series: Mapping[str, Sequence[Sample]], x_label: str, y_label: str) -> str:
    """Each series in a colour; an error bar spans one standard error to each side. Empty for nothing to plot."""
    shown = {name: sorted(_finite(samples), key=lambda s: s.x) for name, samples in list(series.items())[:MOST]}
    points = [sample for samples in shown.values() for sample in samples]
    if not points:
        return ""
    plot = _Plot(
        *_padded([sample.x for sample in points]),
        *_padded([sample.y + sign * (sample.error or 0) for sample in points for sign in (-1, 1)]),
    )
    parts = plot.axes(x_label, y_label)
    for colour, (name, samples) in zip(_COLOURS, shown.items(), strict=False):
        parts += plot.series(name, samples, colour)
    if len(shown) > 1:
        for row, (colour, name) in enumerate(zip(_COLOURS, shown, strict=False)):
            legend = words_at(_WIDTH - _RIGHT - 4, _TOP + 12 + 14 * row, cut(name, 40), anchor="end")
            parts.append(f'<g color="{colour}">{legend}</g>')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" fill="none" stroke="currentColor" '
        'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="11">'
    )
    return f"{head}<title>{escaped(f'{y_label} over {x_label}')}</title>{''.join(parts)}</svg>"


def _finite(samples: Sequence[Sample]) -> list[Sample]:
    return [sample for sample in samples if isfinite(sample.x) and isfinite(sample.y)]


def _padded(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low) * 0.06 or max(abs(low) * 0.1, 0.5)
    return low - room, high + room


class _Plot:
    """From data to places in the picture."""

    def __init__(self, x0: float, x1: float, y0: float, y1: float) -> None:
        self.x0, self.x1, self.y0, self.y1 = x0, x1, y0, y1

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x0) / (self.x1 - self.x0) * (_WIDTH - _LEFT - _RIGHT)
        up = (y - self.y0) / (self.y1 - self.y0) * (_HEIGHT - _TOP - _BOTTOM)
        return _LEFT + across, _HEIGHT - _BOTTOM - up

    def axes(self, x_label: str, y_label: str) -> list[str]:
        right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
        parts = ['<g stroke-opacity="0.25" stroke-width="1">']
        for value in ticks(self.y0, self.y1):
            y = self.at(self.x0, value)[1]
            parts += [line(_LEFT, y, right, y), words_at(_LEFT - 6, y + 4, number(value), anchor="end")]
        for value in ticks(self.x0, self.x1):
            x = self.at(value, self.y0)[0]
            parts += [line(x, _TOP, x, bottom), words_at(x, bottom + 15, number(value), anchor="middle")]
        parts.append("</g>")
        parts.append(words_at((_LEFT + right) / 2, _HEIGHT - 6, cut(x_label, 40), anchor="middle"))
        return [*parts, words_at(4, _TOP, cut(y_label, 8))]

    def series(self, name: str, samples: Sequence[Sample], colour: str) -> list[str]:
        places = [self.at(sample.x, sample.y) for sample in samples]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts = [f'<g stroke="{colour}" stroke-width="1.6"><title>{escaped(name)}</title><polyline points="{path}"/>']
        for sample, (x, y) in zip(samples, places, strict=True):
            if sample.error:
                top, end = (self.at(sample.x, sample.y + sign * sample.error)[1] for sign in (1, -1))
                parts += [line(x, top, x, end), line(x - 3, top, x + 3, top), line(x - 3, end, x + 3, end)]
            said = f"{number(sample.x)}: {number(sample.y)}" + (f" ± {number(sample.error)}" if sample.error else "")
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.8" fill="{colour}"><title>{said}</title></circle>')
        return [*parts, "</g>"]
