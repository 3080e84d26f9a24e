"""How far a run is, on stderr and only for a person who looks at a terminal."""

import sys
import time
from dataclasses import dataclass, field
from typing import Protocol, TextIO

_SECONDS_BETWEEN = 0.1
_PATIENCE = 0.5
"""Seconds before the first line: short runs say nothing."""


class Progress(Protocol):
    """Told of every step of a run."""

    def step(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` steps of a stage are done."""

    def finish(self) -> None:
        """Nothing follows."""


class Silent:
    """Says nothing."""

    def step(self, stage: str, done: int, total: int) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""


@dataclass(slots=True)
class Line:
    """One line of a terminal, rewritten."""

    stream: TextIO
    started: float = field(default_factory=time.monotonic)
    last: float = 0.0
    width: int = 0

    def step(self, stage: str, done: int, total: int) -> None:
        """Rewrite the line, at most ten times a second."""
        now = time.monotonic()
        if now - self.started < _PATIENCE or now - self.last < _SECONDS_BETWEEN:
            return
        self.last = now
        text = f"{stage} {done}/{total}"
        self.stream.write("\r" + text.ljust(self.width))
        self.stream.flush()
        self.width = len(text)

    def finish(self) -> None:
        """Clear the line."""
        if self.width:
            self.stream.write("\r" + " " * self.width + "\r")
            self.stream.flush()
            self.width = 0


def progress_for(stream: TextIO | None = None) -> Progress:
    """A line on a terminal; silence anywhere else."""
    target = stream or sys.stderr
    return Line(target) if target.isatty() else Silent()
