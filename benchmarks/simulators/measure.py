"""Measurements: ours and a peer in turn, on the same cores, until the repetitions or the time are used up."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.simulators import agreement
from benchmarks.simulators.agreement import Agreement
from benchmarks.simulators.bandwidth import copy_bandwidth
from benchmarks.simulators.cases import Case, case, write_case
from benchmarks.simulators.environments import NotInstallable, Peer, interpreter
from benchmarks.simulators.processes import CannotAnswer, Worker, worker
from benchmarks.simulators.rows import Ours, Row, Spread

OURS, OURS_GPU = "benchmarks.simulators.ours", "benchmarks.simulators.ours_gpu"
START_SECONDS = 120.0
HOPELESS = 3.0
"""A peer that takes so many times as long as the fastest one is not run again; nor one beyond the time budget."""
PATIENCE = 10.0
"""A single answer may take so many time budgets; then the process is ended."""
SETTLING_SECONDS = 0.02
SHORT_SECONDS = 0.5
_AMPLITUDE_BYTES = {"float32": 8, "float64": 16}
_STATES_AT_ONCE = 5
"""Ours with a copy, the peer's with a copy, and one being compared."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is measured."""

    repeat: int = 9
    time_budget: float = 20.0
    """Seconds of alternating runs for one row, and as many for choosing the peer's settings."""
    without_ours: bool = False

    @property
    def patience(self) -> float:
        return max(PATIENCE * self.time_budget, 30.0)


@dataclass(frozen=True, slots=True)
class Question:
    """What is measured for every peer."""

    case: Case
    precision: str
    threads: int
    gpu_bandwidth: float = 0.0
    """Bytes a second that a GPU copies, where ours runs on one; 0 for the CPU."""

    def row(self, peer: str, status: str, reason: str = "", **known: Any) -> Row:
        about = self.case
        load = os.getloadavg()[0]
        return Row(
            about.name,
            about.qubits,
            about.circuit.layers,
            self.precision,
            self.threads,
            peer,
            status,
            reason,
            load=load,
            **known,
        )

    def load(self, running: Worker, path: Path, variant: dict[str, Any], seconds: float) -> dict[str, Any]:
        return running.ask("load", seconds, case=str(path), precision=self.precision, variant=variant)


def measure(question: Question, peers: Sequence[Peer], settings: Settings) -> Iterator[Row]:
    """A row for each peer. Nothing is raised for what a simulator cannot do: the row says it."""
    on_gpu = question.gpu_bandwidth > 0
    if not on_gpu and (refusal := _too_large(question)):
        yield from (question.row(peer.name, "too large", refusal) for peer in peers)
        return
    bandwidth = question.gpu_bandwidth or copy_bandwidth(question.threads)
    with TemporaryDirectory(prefix="qlang-benchmark-") as folder, ExitStack() as stack:
        path = Path(folder) / "case.json"
        write_case(question.case, path)
        ours: _Side | None = None
        problem = CannotAnswer("peer only", "")
        if not settings.without_ours:
            try:
                module = OURS_GPU if on_gpu else OURS
                running = stack.enter_context(worker(sys.executable, module, (), question.threads, whose="ours: "))
                ours = _our_side(running, question, path, settings)
            except CannotAnswer as found:
                problem = found
        comparison = _Comparison(question, path, settings, ours, problem)
        for peer in peers:
            yield replace(comparison.row(peer), copy_bandwidth=bandwidth)


def _too_large(question: Question) -> str:
    """Why the states do not fit, or nothing."""
    needed = (_AMPLITUDE_BYTES[question.precision] << question.case.qubits) * _STATES_AT_ONCE
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    facts = Path("/proc/meminfo")
    if facts.exists():
        kib = next(line.split()[1] for line in facts.read_text().splitlines() if line.startswith("MemAvailable"))
        available = int(kib) * 1024
    if needed <= available:
        return ""
    return f"{needed / 1e9:.1f} GB are needed to compare two simulators, {available / 1e9:.1f} GB are free"


@dataclass(frozen=True, slots=True)
class _Side:
    """A worker with a loaded case that ran once."""

    worker: Worker
    variant: dict[str, Any]
    versions: dict[str, str]
    seconds: float
    """Of the fastest run so far."""
    ours: Ours | None = None


def _our_side(running: Worker, question: Question, path: Path, settings: Settings) -> _Side:
    """Compile and run once. Raises `CannotAnswer`."""
    versions = running.ask("hello", START_SECONDS)["versions"]
    warm_up(running, question.precision, path.parent)
    before = running.ask("memory", START_SECONDS)["resident_bytes"]
    told = question.load(running, path, {}, settings.patience)
    first = running.ask("run", settings.patience)
    after = running.ask("memory", START_SECONDS)["peak_bytes"]
    ours = Ours(told["compile_seconds"], told["frontend_seconds"], after - before, first.get("bytes_moved"))
    return _Side(running, {}, versions, first["seconds"], ours)


def warm_up(running: Worker, precision: str, folder: Path) -> None:
    """Let our worker run a small circuit, so that libraries are loaded. Raises `CannotAnswer`."""
    path = folder / "small.json"
    write_case(case("ghz", 4), path)
    running.ask("load", START_SECONDS, case=str(path), precision=precision, variant={})
    running.ask("run", START_SECONDS)


@dataclass(slots=True)
class _Comparison:
    """Ours against one peer after the other."""

    question: Question
    path: Path
    settings: Settings
    ours: _Side | None
    problem: CannotAnswer
    """Why there is no side of ours."""
    best: float = float("inf")
    """Seconds of the fastest peer so far whose answer is ours."""

    def row(self, peer: Peer) -> Row:
        """What is found about a peer."""
        try:
            python = interpreter(peer)
        except NotInstallable as refusal:
            status = "no device" if str(refusal) == "no device" else "not installable"
            return self.question.row(peer.name, status, "" if status == "no device" else str(refusal))
        module = f"benchmarks.simulators.workers.{peer.module}"
        with worker(python, module, peer.arguments, self.question.threads) as running:
            try:
                theirs = _fastest_variant(running, self.question, self.path, self.settings)
                if self.ours is None:
                    return self._alone(peer, theirs)
                return self._against(peer, theirs, self.ours)
            except CannotAnswer as problem:
                return self.question.row(peer.name, problem.status, problem.reason)

    def _alone(self, peer: Peer, theirs: _Side) -> Row:
        (times,) = _alternate([theirs.worker], self.settings, self.question.threads)
        return self.question.row(
            peer.name,
            self.problem.status,
            self.problem.reason,
            peer_times=Spread.of(times),
            repetitions=len(times),
            variant=theirs.variant,
            versions=theirs.versions,
        )

    def _against(self, peer: Peer, theirs: _Side, ours: _Side) -> Row:
        """Raises `CannotAnswer`."""
        found = _agreement(ours.worker, theirs.worker, self.question, self.settings)
        if theirs.seconds > min(self.settings.time_budget, HOPELESS * self.best):
            times = [[theirs.seconds], [ours.worker.ask("run", self.settings.patience)["seconds"]]]
        else:
            times = _alternate([theirs.worker, ours.worker], self.settings, self.question.threads)
        known: dict[str, Any] = {
            "variant": theirs.variant,
            "versions": {**theirs.versions, **ours.versions},
            "ours": ours.ours,
            "difference": found.difference,
            "bound": found.bound,
            "repetitions": len(times[0]),
            "peer_times": Spread.of(times[0]),
            "ours_times": Spread.of(times[1]),
        }
        if not found.agrees:
            reason = f"the answers differ by {found.difference:.2g}, {found.bound:.2g} is allowed"
            return self.question.row(peer.name, "disagree", reason, **known)
        self.best = min(self.best, known["peer_times"].median)
        ratios = Spread.of([theirs_s / ours_s for theirs_s, ours_s in zip(*times, strict=True)])
        return self.question.row(peer.name, "measured", ratios=ratios, **known)


def _fastest_variant(running: Worker, question: Question, path: Path, settings: Settings) -> _Side:
    """The peer with its fastest settings, loaded and warm: each runs twice, until the time budget is used up."""
    versions = running.ask("hello", START_SECONDS)["versions"]
    asked = running.ask("variants", START_SECONDS, case=str(path), precision=question.precision)["variants"]
    taken: list[tuple[float, int]] = []
    begin = time.monotonic()
    for number, variant in enumerate(asked):
        if taken and time.monotonic() - begin > settings.time_budget:
            break
        question.load(running, path, variant, settings.patience)
        runs = [running.ask("run", settings.patience)["seconds"]]
        if runs[0] < settings.time_budget / 4:
            runs.append(running.ask("run", settings.patience)["seconds"])
        taken.append((min(runs), number))
    best = min(taken)[1]
    if best != len(taken) - 1:
        question.load(running, path, asked[best], settings.patience)
        running.ask("run", settings.patience)
    return _Side(running, asked[best], versions, min(taken)[0])


def _agreement(ours: Worker, theirs: Worker, question: Question, settings: Settings) -> Agreement:
    """Of the last runs of both. Raises `CannotAnswer`."""
    if question.case.kind != "state":
        first, second = (each.ask("answer", settings.patience) for each in (ours, theirs))
        return agreement.compare_values(first, second, question.precision)
    indices = agreement.chosen_indices(ours, question.case.qubits, settings.patience)
    first, second = (agreement.amplitudes(each, indices, settings.patience) for each in (ours, theirs))
    return agreement.compare_states(first, second, question.precision)


def _alternate(workers: Sequence[Worker], settings: Settings, threads: int) -> list[list[float]]:
    """Seconds of each worker's runs, in turn; at least one of each.

    With several threads there is a pause in front of each turn, and a short run is done twice and timed the second
    time: the other's idle threads may wait actively for a while (OpenMP's do; qsim's burn 8 to 10 ms after a run), and
    must not do so in a time that is being taken, nor should the waking of processors be in it that the pause let sleep.
    """
    times: list[list[float]] = [[] for _ in workers]
    begin = time.monotonic()
    for _ in range(settings.repeat):
        for running, taken in zip(workers, times, strict=True):
            if threads > 1:
                time.sleep(SETTLING_SECONDS)
                if not taken or taken[-1] < SHORT_SECONDS:
                    running.ask("run", settings.patience)
            taken.append(running.ask("run", settings.patience)["seconds"])
        if time.monotonic() - begin > settings.time_budget:
            break
    return times
