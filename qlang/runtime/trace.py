"""Where the time went, in the Chrome trace event format (load trace.json in chrome://tracing or ui.perfetto.dev)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds of `perf_counter`."""

    name: str
    begin: float
    end: float


@dataclass(slots=True)
class Trace:
    """Spans of a run; nested ones lie within others."""

    origin: float = field(default_factory=perf_counter)
    spans: list[Span] = field(default_factory=list)

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """Time what happens within."""
        begin = perf_counter()
        try:
            yield
        finally:
            self.spans.append(Span(name, begin, perf_counter()))

    def seconds(self, name: str) -> float:
        """Sum over all spans of a name."""
        return sum(span.end - span.begin for span in self.spans if span.name == name)

    def to_json(self, compile_stages: Sequence[tuple[str, float]]) -> dict[str, Any]:
        """Complete events in microseconds: the stages of the compilation one after another, then the run."""
        events, clock = [], 0.0
        for name, seconds in compile_stages:
            events.append(_event(name, "compile", clock, seconds))
            clock += seconds
        events += [
            _event(span.name, "run", clock + span.begin - self.origin, span.end - span.begin)
            for span in sorted(self.spans, key=lambda span: span.begin)
        ]
        return {"traceEvents": events, "displayTimeUnit": "ms"}


def _event(name: str, category: str, start: float, seconds: float) -> dict[str, Any]:
    micro = 1e6
    return {"name": name, "cat": category, "ph": "X", "ts": start * micro, "dur": seconds * micro, "pid": 1, "tid": 1}
