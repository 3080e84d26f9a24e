"""The project's bars for simulation, and whether measurements meet them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.simulators.rows import Row

MEGABYTE = 1_000_000
_AMPLITUDE_BYTES = {"float32": 8, "float64": 16}


@dataclass(frozen=True, slots=True)
class Bar:
    """The best peer's time ÷ ours is at least `least` (precision → number) for all of these circuits and sizes."""

    what: str
    circuits: tuple[str, ...]
    qubits: tuple[int, ...]
    least: tuple[tuple[str, float], ...]
    peers: tuple[str, ...] = ()
    """Those that the bar speaks of; all where none is named."""


def _least(single: float, double: float) -> tuple[tuple[str, float], ...]:
    return (("float32", single), ("float64", double))


_LAYERED = ("brickwork", "qaoa", "trotter", "hea")

BARS = (
    Bar("brickwork, QAOA, Trotter, HEA at 24–26 qubits", _LAYERED, (24, 26), _least(4, 8)),
    Bar("the same at 16–20 qubits", _LAYERED, (16, 20), _least(2.5, 4)),
    Bar("quantum volume, Clifford+T at 20–26 qubits", ("quantum_volume", "clifford_t"), (20, 24, 26), _least(1.5, 4)),
    Bar("QFT at 20–26 qubits", ("qft",), (20, 24, 26), _least(5, 8)),
    Bar("gradient of 20 qubits × 400 parameters", ("gradient",), (20,), _least(3, 3)),
    Bar("1,000 trajectories of 12 qubits, Aer", ("trajectories",), (12,), _least(10, 10), ("aer",)),
    Bar("the same, all peers", ("trajectories",), (12,), _least(10, 10)),
    Bar(
        "100 parameter sets, Aer and Lightning's device",
        ("parameter_sets",),
        (12,),
        _least(10, 10),
        ("aer", "pennylane"),
    ),
    Bar("the same, Lightning's kernels called by hand", ("parameter_sets",), (12,), _least(10, 10), ("lightning",)),
)
"""On CPUs, with 1 and with 2 threads."""

GPU_BAR = Bar("GPU, 28–30 qubits, against cuStateVec with fusion", ("brickwork",), (28, 30), _least(3, 2))
COMPILE_SECONDS = {"warm": 0.05, "cold": 1.0}
STATES, EXTRA_BYTES = 1.1, 64 * MEGABYTE
"""Memory at most: so many times the state, and so much more."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line about a bar. `met` is None where there is none, or not everything was measured that it speaks of."""

    what: str
    bar: str
    measured: str
    met: bool | None

    def line(self) -> str:
        word = {True: "met", False: "MISSED", None: "–"}[self.met]
        return f"{word:12}  {self.what}  [{self.bar}]  {self.measured}"


def best_rows(rows: Iterable[Row]) -> dict[tuple[str, int, str, int], Row]:
    """(circuit, qubits, precision, threads) → the row of the fastest peer whose answer agrees."""
    found: dict[tuple[str, int, str, int], Row] = {}
    for row in rows:
        if row.status != "measured" or row.peer_times is None:
            continue
        key = row.circuit, row.qubits, row.precision, row.threads
        held = found.get(key)
        if held is None or held.peer_times is None or row.peer_times.median < held.peer_times.median:
            found[key] = row
    return found


def verdicts(rows: Sequence[Row], bars: Sequence[Bar] = BARS) -> list[Verdict]:
    """One for each bar, precision and number of threads, then for memory."""
    return [*ratio_verdicts(rows, bars), _memory_verdict(rows)]


def ratio_verdicts(rows: Sequence[Row], bars: Sequence[Bar]) -> list[Verdict]:
    """One for each bar, precision and number of threads."""
    return [
        _ratio_verdict(bar, precision, least, threads, best_rows(_spoken_of(bar, rows)))
        for bar in bars
        for precision, least in bar.least
        for threads in sorted({row.threads for row in rows})
    ]


def _spoken_of(bar: Bar, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if not bar.peers or row.peer in bar.peers]


def _ratio_verdict(
    bar: Bar, precision: str, least: float, threads: int, best: dict[tuple[str, int, str, int], Row]
) -> Verdict:
    what = f"{bar.what}, {precision}, {threads} thread{'s' if threads > 1 else ''}"
    wanted = [(circuit, qubits, precision, threads) for circuit in bar.circuits for qubits in bar.qubits]
    held = [best[key] for key in wanted if key in best]
    ratios = [(row.ratios.median, row) for row in held if row.ratios is not None]
    if not ratios:
        return Verdict(what, f"≥ {least:g}", "", None)
    worst, row = min(ratios, key=lambda pair: pair[0])
    parts = ", ".join(f"{each.circuit} {each.qubits}: {ratio:.2f} ({each.peer})" for ratio, each in ratios)
    missing = len(wanted) - len(ratios)
    note = f"; {missing} of {len(wanted)} cases without a ratio" if missing else ""
    met = False if worst < least else (True if not missing else None)
    return Verdict(what, f"≥ {least:g}", f"worst {worst:.2f} ({row.circuit} {row.qubits}): {parts}{note}", met)


def _memory_verdict(rows: Sequence[Row]) -> Verdict:
    bar = f"≤ {STATES:g} × one state + {EXTRA_BYTES // MEGABYTE} MB"
    over = []
    for row in rows:
        if row.ours is not None:
            state = _AMPLITUDE_BYTES[row.precision] << row.qubits
            over.append((row.ours.peak_bytes - STATES * state - EXTRA_BYTES, row.ours.peak_bytes / state, row))
    if not over:
        return Verdict("memory", bar, "", None)
    excess, states, row = max(over, key=lambda entry: entry[0])
    text = f"worst {row.circuit} {row.qubits} {row.precision}: {states:.2f} × the state"
    return Verdict("memory", bar, text, excess <= 0)


def compile_verdicts(taken: Sequence[tuple[str, str, float]]) -> list[Verdict]:
    """Of (what was compiled, a kind of `compilations`, seconds). The bars speak of `cold` and `warm`."""
    found = []
    for kind, most in COMPILE_SECONDS.items():
        held = [(seconds, what) for what, each, seconds in taken if each == kind]
        measured = f"worst {max(held)[0] * 1e3:.0f} ms ({max(held)[1]})" if held else ""
        met = max(held)[0] <= most if held else None
        found.append(Verdict(f"compile and codegen, {kind} cache", f"≤ {most * 1e3:.0f} ms", measured, met))
    first = [(seconds, what) for what, each, seconds in taken if each == "first"]
    if first:
        measured = f"worst {max(first)[0] * 1e3:.0f} ms ({max(first)[1]})"
        found.append(Verdict("the same, warm cache, first circuit of a process", "no bar", measured, None))
    return found
