"""What a measurement says: one row of JSON, one line of the table."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """Smallest, median and largest of some numbers."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Spread":
        return cls(min(numbers), statistics.median(numbers), max(numbers))


@dataclass(frozen=True, slots=True)
class Ours:
    """What is known of our side apart from its runs; seconds and bytes."""

    compile_seconds: float
    frontend_seconds: float
    peak_bytes: int
    """Largest resident size after the first run, less that before the circuit was loaded, a small one having run."""
    bytes_moved: int | None
    """By one run over the memory, where the engine tells."""


@dataclass(frozen=True, slots=True)
class Row:
    """One circuit, one peer. Times in seconds; None where they do not exist, and then `status` says why.

    `status`: `measured`, or `disagree`, `unsupported`, `failed`, `too slow`, `not installable`, `no device`,
    `too large`, `ours: …` and `peer only`.
    """

    circuit: str
    qubits: int
    layers: int
    precision: str
    threads: int
    peer: str
    status: str
    reason: str = ""
    peer_times: Spread | None = None
    ours_times: Spread | None = None
    ratios: Spread | None = None
    """Of the pairs of one peer's run and one of ours after it."""
    repetitions: int = 0
    variant: dict[str, Any] = field(default_factory=dict)
    """The peer's settings, the fastest of those tried."""
    ours: Ours | None = None
    difference: float | None = None
    bound: float | None = None
    copy_bandwidth: float = 0.0
    """Bytes a second, read and written."""
    load: float = 0.0
    """The machine's load average over one minute."""
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def copy_seconds(self) -> float | None:
        """Bytes that a run of ours moves ÷ the copy bandwidth: what moving them takes at least."""
        if self.ours is None or self.ours.bytes_moved is None or not self.copy_bandwidth:
            return None
        return self.ours.bytes_moved / self.copy_bandwidth

    def json(self) -> dict[str, Any]:
        """The row as plain data; `…_s` are seconds, medians where a minimum and a maximum stand beside."""
        ours = self.ours
        return {
            "circuit": self.circuit,
            "qubits": self.qubits,
            "layers": self.layers,
            "precision": self.precision,
            "threads": self.threads,
            "peer": self.peer,
            "status": self.status,
            "reason": self.reason or None,
            **_spread("peer", self.peer_times, "_s"),
            **_spread("ours", self.ours_times, "_s"),
            **_spread("ratio", self.ratios, ""),
            "ours_compile_s": ours.compile_seconds if ours else None,
            "ours_frontend_s": ours.frontend_seconds if ours else None,
            "ours_peak_bytes": ours.peak_bytes if ours else None,
            "ours_bytes_moved": ours.bytes_moved if ours else None,
            "copy_bytes_per_s": self.copy_bandwidth,
            "ours_copy_s": self.copy_seconds,
            "repetitions": self.repetitions,
            "variant": self.variant,
            "agreement": {"difference": self.difference, "bound": self.bound},
            "load": self.load,
            "versions": self.versions,
        }


def _spread(name: str, spread: Spread | None, unit: str) -> dict[str, float | None]:
    least, median, most = (spread.least, spread.median, spread.most) if spread else (None, None, None)
    return {f"{name}{unit}": median, f"{name}_min{unit}": least, f"{name}_max{unit}": most}


_COLUMNS = (
    ("circuit", 15),
    ("qubits", 6),
    ("precision", 9),
    ("threads", 7),
    ("peer", 13),
    ("peer s", 26),
    ("ours s", 26),
    ("compile s", 9),
    ("ratio", 22),
    ("copy s", 9),
    ("remark", 0),
)


def header() -> str:
    return "  ".join(name.ljust(width) for name, width in _COLUMNS).rstrip()


def line(row: Row) -> str:
    """A line of the table: median, then minimum to maximum."""
    remark = " ".join(f"{name}={value}" for name, value in row.variant.items())
    if row.status != "measured":
        remark = f"{row.status}: {row.reason}" if row.reason else row.status
    cells = (
        row.circuit,
        str(row.qubits),
        row.precision,
        str(row.threads),
        row.peer,
        _cell(row.peer_times),
        _cell(row.ours_times),
        _number(row.ours.compile_seconds) if row.ours else "–",
        _cell(row.ratios),
        _number(row.copy_seconds) if row.copy_seconds is not None else "–",
        remark,
    )
    return "  ".join(cell.ljust(width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True)).rstrip()


def _cell(spread: Spread | None) -> str:
    return f"{_number(spread.median)} ({_number(spread.least)}–{_number(spread.most)})" if spread else "–"


def _number(value: float) -> str:
    return f"{value:.3g}"
