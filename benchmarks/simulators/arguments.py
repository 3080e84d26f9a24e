"""The command line, and what is refused about it: one line on standard error and status 2."""

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from benchmarks.simulators.cases import CASE_NAMES
from benchmarks.simulators.circuits import DEFINITIONS
from benchmarks.simulators.environments import CPU_PEERS
from benchmarks.simulators.measure import Settings
from benchmarks.simulators.processes import usable_cores

PRECISIONS = ("float32", "float64")
MAX_QUBITS = 40


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    circuits: tuple[str, ...]
    qubits: tuple[int, ...]
    peers: tuple[str, ...]
    threads: tuple[int, ...]
    precisions: tuple[str, ...]
    max_layers: int | None
    settings: Settings
    json: bool
    bars: bool
    peers_named: bool
    """Whether the peers were chosen; otherwise nobody asks why one of them is not measured."""


_DEFAULTS = {"circuits": tuple(DEFINITIONS), "qubits": (16, 20), "threads": (1,)}
_BARS_DEFAULTS = {
    "circuits": CASE_NAMES,
    "qubits": (12, 16, 20, 24, 26),
    "threads": tuple({1, min(2, os.cpu_count() or 1)}),
}


class _Parser(argparse.ArgumentParser):
    """One line for a mistake, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def parse(argv: Sequence[str] | None = None) -> Options:
    """Options of a command line. Raises SystemExit(2) for a mistake and SystemExit(0) after --help."""
    parser = _Parser(
        "python -m benchmarks.simulators",
        description="Measure qlang's simulation and that of others on the same circuits, alternating.",
        epilog="Peers that are missing are installed first, each into its own environment in the user's cache folder.",
    )
    add = parser.add_argument
    add("--circuits", type=_names("circuit", CASE_NAMES), help=f"of {', '.join(CASE_NAMES)}")
    add("--qubits", type=_numbers("number of qubits", 4, MAX_QUBITS), help="even numbers (16,20)")
    add("--peers", type=_names("peer", CPU_PEERS), help=f"of {', '.join(CPU_PEERS)}")
    add("--threads", type=_numbers("number of threads", 1, 4096), help="cores to use (1)")
    add("--precision", type=_names("precision", PRECISIONS), default=PRECISIONS, help="float32, float64 or both")
    add("--max-layers", type=_number("--max-layers", int, 1), help="a bound on the layers of circuits that have them")
    add("--repeat", type=_number("--repeat", int, 1), default=9, help="pairs of runs for each row (9)")
    add(
        "--time-budget",
        type=_number("--time-budget", float, 0.1),
        default=20.0,
        help="seconds for each row's runs (20)",
    )
    add("--without-ours", action="store_true", help="measure the peers alone")
    add("--json", action="store_true", help="one JSON object a line on standard output; the table is not printed")
    add("--bars", action="store_true", help="measure what the project's bars speak of, and say which are met")
    given = parser.parse_args(argv)
    for name, value in (_BARS_DEFAULTS if given.bars else _DEFAULTS).items():
        if getattr(given, name) is None:
            setattr(given, name, value)
    _check(parser, given)
    settings = Settings(given.repeat, given.time_budget, given.without_ours)
    return Options(
        given.circuits,
        given.qubits,
        given.peers or CPU_PEERS,
        given.threads,
        given.precision,
        given.max_layers,
        settings,
        given.json,
        given.bars,
        given.peers is not None,
    )


def _check(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    if odd := [count for count in given.qubits if count % 2]:
        parser.error(f"{odd[0]} qubits: the circuits pair their qubits, an even number is needed")
    cores = len(usable_cores())
    if cores and max(given.threads) > cores:
        parser.error(f"{max(given.threads)} threads: this process may use {cores} cores")
    if given.bars and given.without_ours:
        parser.error("--bars compares with ours: leave out --without-ours")


def _names(what: str, known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
        if unknown := [name for name in found if name not in known]:
            raise argparse.ArgumentTypeError(f"no {what} `{unknown[0]}`; known are {', '.join(known)}")
        return found

    return read


def _numbers(what: str, least: int, most: int) -> Callable[[str], tuple[int, ...]]:
    def read(text: str) -> tuple[int, ...]:
        found = []
        for part in text.split(","):
            if not part.strip().isdecimal() or not least <= int(part) <= most:
                raise argparse.ArgumentTypeError(f"`{part}` is no {what} from {least} to {most}")
            found.append(int(part))
        return tuple(dict.fromkeys(found))

    return read


def _number(what: str, kind: type[int] | type[float], least: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            found = kind(text)
        except ValueError:
            found = kind(-1)
        if not least <= found < float("inf"):
            raise argparse.ArgumentTypeError(f"`{text}` is no number from {least:g} on")
        return found

    return read
