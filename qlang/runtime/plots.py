"""Plots as SVG text: curves with error bars, and histograms. Colours come from the page's style sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10

WIDTH, HEIGHT = 640, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 14, 44
_SERIES = 8
"""Colours of the style sheet: series s0 … s7."""
_BARS = 32
_ROW = 22


@dataclass(frozen=True, slots=True)
class Sample:
    """A point of a curve; the error bar spans two standard errors, and is left out where that is None."""

    x: float
    y: float
    error: float | None


Curves = Mapping[str, Sequence[Sample]]


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers that cover an interval, about `wanted` of them."""
    span = high - low
    raw = span / wanted
    power = 10.0 ** floor(log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def number(value: float) -> str:
    """Short decimal text."""
    return f"{value:.6g}"


@dataclass(frozen=True, slots=True)
class _Frame:
    """From data to places in the picture."""

    x0: float
    x1: float
    y0: float
    y1: float

    def x(self, value: float) -> float:
        return _LEFT + (value - self.x0) / (self.x1 - self.x0) * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - (value - self.y0) / (self.y1 - self.y0) * (HEIGHT - _TOP - _BOTTOM)


def _padded(low: float, high: float, share: float) -> tuple[float, float]:
    room = (high - low) * share or max(abs(low) * 0.1, 0.5)
    return low - room, high + room


def curves(series: Curves, x_label: str, y_label: str) -> str:
    """Lines through the points of each series, with error bars; empty for nothing to plot."""
    points = [sample for samples in series.values() for sample in samples if isfinite(sample.y)]
    if not points:
        return ""
    reach = [(sample.y - (sample.error or 0), sample.y + (sample.error or 0)) for sample in points]
    low, high = min(low for low, _ in reach), max(high for _, high in reach)
    xs = [sample.x for sample in points]
    frame = _Frame(*_padded(min(xs), max(xs), 0.03), *_padded(low, high, 0.08))
    parts = [*_axes(frame, x_label, y_label)]
    for index, (name, samples) in enumerate(series.items()):
        parts += _curve(frame, name, [s for s in samples if isfinite(s.y)], f"s{index % _SERIES}")
    return _svg(WIDTH, HEIGHT, f"{y_label} over {x_label}", parts)


def _axes(frame: _Frame, x_label: str, y_label: str) -> list[str]:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    parts = []
    for value in ticks(frame.y0, frame.y1):
        y = frame.y(value)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number(value)}</text>')
    for value in ticks(frame.x0, frame.x1):
        x = frame.x(value)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{number(value)}</text>')
    parts.append(f'<text class="label" x="{(_LEFT + right) / 2:.0f}" y="{HEIGHT - 6}" text-anchor="middle">')
    parts.append(f"{escape(x_label)}</text>")
    middle = (_TOP + bottom) / 2
    parts.append(f'<text class="label" transform="rotate(-90)" x="{-middle:.0f}" y="14" text-anchor="middle">')
    parts.append(f"{escape(y_label)}</text>")
    return parts


def _curve(frame: _Frame, name: str, samples: Sequence[Sample], colour: str) -> list[str]:
    ordered = sorted(samples, key=lambda sample: sample.x)
    places = " ".join(f"{frame.x(s.x):.1f},{frame.y(s.y):.1f}" for s in ordered)
    parts = [f'<g class="{colour}"><title>{escape(name)}</title><polyline points="{places}"/>']
    for s in ordered:
        x, y = frame.x(s.x), frame.y(s.y)
        if s.error:
            top, end = frame.y(s.y + s.error), frame.y(s.y - s.error)
            caps = f"M{x - 4:.1f} {top:.1f}h8M{x - 4:.1f} {end:.1f}h8"
            parts.append(f'<path class="bar" d="M{x:.1f} {top:.1f}V{end:.1f}{caps}"/>')
        said = f"{number(s.y)} ± {number(s.error)}" if s.error is not None else number(s.y)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"><title>{number(s.x)}: {said}</title></circle>')
    return [*parts, "</g>"]


def histogram(entries: Mapping[str, float], unit: str) -> str:
    """Horizontal bars, the largest first; empty for nothing to plot."""
    order = sorted(entries.items(), key=lambda item: (-item[1], item[0]))
    shown = order[:_BARS]
    if not shown or shown[0][1] <= 0:
        return ""
    total, largest = sum(entries.values()), shown[0][1]
    letters = max(len(name) for name, _ in shown)
    left = min(24 + 8.5 * letters, WIDTH / 2)
    room = WIDTH - left - 130
    parts = []
    for row, (name, value) in enumerate(shown):
        y = 6 + row * _ROW
        width = max(room * value / largest, 1)
        parts.append(f'<text class="bits" x="{left - 8:.0f}" y="{y + 12}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<rect class="s0" x="{left:.0f}" y="{y}" width="{width:.1f}" height="{_ROW - 8}" rx="2"/>')
        said = f"{number(value)} {unit}".strip()
        parts.append(f'<text x="{left + width + 8:.0f}" y="{y + 12}">{said} · {100 * value / total:.1f} %</text>')
    if len(order) > _BARS:
        y = 18 + len(shown) * _ROW
        parts.append(f'<text x="{left:.0f}" y="{y}">and {len(order) - _BARS} more outcomes</text>')
    return _svg(WIDTH, 12 + _ROW * (len(shown) + (len(order) > _BARS)), "histogram", parts)


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    return f"{head}<title>{escape(title)}</title>{''.join(parts)}</svg>"
