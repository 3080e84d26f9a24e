"""The conversation of a worker: one JSON object a line on standard input, one answer a line on standard output.

    {"command": "hello"}                                 → {"versions": {…}}
    {"command": "variants", "case": path, "precision"}   → {"variants": [{…}, …]} settings worth trying
    {"command": "load", "case", "precision", "variant"}  → {…} after conversion into the simulator's own form
    {"command": "run"}                                   → {"seconds", …} the simulation alone, and what else is known
    {"command": "peaks", "count"}                        → {"indices"} of the largest amplitudes of the last run
    {"command": "amplitudes", "indices"}                 → {"amplitudes": [[re, im], …]} of the last run
    {"command": "answer"}                                → {"values": […], "errors": […]} of the other kinds
    {"command": "memory"}                                → {"resident_bytes", "peak_bytes"} of the process

Where a simulator cannot do what is asked, the answer is {"unsupported": reason}; where it fails, {"failed": reason}.
Whatever the simulator itself prints goes to standard error.
"""

import json
import os
import resource
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulators.cases import Case, read_case

Variant: TypeAlias = Mapping[str, Any]
Amplitudes: TypeAlias = NDArray[np.complexfloating[Any, Any]]


_STATUS = Path("/proc/self/status")


class Unsupported(Exception):
    """This simulator cannot do what is asked; says why."""


class Simulator(Protocol):
    """What a worker module gives to `serve`."""

    def versions(self) -> dict[str, str]:
        """Name → version of what decides the speed."""

    def variants(self, case: Case, precision: str) -> list[Variant]:
        """Settings worth trying. Raises `Unsupported`."""

    def load(self, case: Case, precision: str, variant: Variant) -> Mapping[str, float] | None:
        """Convert a case to the simulator's own form; may tell seconds of its parts. Raises `Unsupported`."""

    def run(self) -> dict[str, float]:
        """Answer the case once; `seconds` of it, and optionally `compile_seconds` and `bytes_moved`."""

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        """Of the last run's state."""

    def peaks(self, count: int) -> NDArray[np.int64]:
        """Indices of the largest amplitudes of the last run's state."""

    def answer(self) -> tuple[Sequence[float], Sequence[float]]:
        """Values of the last run, and their standard errors (none where exact)."""


def peaks_of(state: Amplitudes, count: int) -> NDArray[np.int64]:
    """Indices of the `count` largest amplitudes, found block by block to need little memory."""
    block = 1 << 20
    kept = np.empty(0, np.int64)
    for begin in range(0, len(state), block):
        weights = np.abs(state[begin : begin + block])
        some = np.argpartition(weights, -min(count, len(weights)))[-count:]
        kept = np.concatenate([kept, some + begin])
        kept = kept[np.argsort(-np.abs(state[kept]), kind="stable")][:count]
    return kept


def reversed_bits(indices: NDArray[np.int64], qubits: int) -> NDArray[np.int64]:
    """The same basis states where wire 0 is the most significant bit."""
    found = np.zeros_like(indices)
    for bit in range(qubits):
        found |= ((indices >> bit) & 1) << (qubits - 1 - bit)
    return found


def resident() -> dict[str, int]:
    """Resident size of this process and the largest so far, in bytes; the latter for both where Linux does not tell.

    The kernel's own count is preferred: `ru_maxrss` begins with the size of the process that forked this one.
    """
    if _STATUS.exists():
        facts = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
        now, peak = (int(facts[key].split()[0]) * 1024 for key in ("VmRSS", "VmHWM"))
        return {"resident_bytes": now, "peak_bytes": peak}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"resident_bytes": peak, "peak_bytes": peak}


def serve(simulator: Simulator) -> None:
    """Answer until standard input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    commands = _commands(simulator)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = commands[request.pop("command")](**request)
        except Unsupported as problem:
            reply = {"unsupported": str(problem)}
        except Exception as problem:  # noqa: BLE001 – a peer's failure is a row of the table, not the end of the run
            traceback.print_exc()
            reply = {"failed": f"{type(problem).__name__}: {problem}".splitlines()[0][:300]}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def _commands(simulator: Simulator) -> dict[str, Callable[..., dict[str, Any]]]:
    def variants(case: str, precision: str) -> dict[str, Any]:
        return {"variants": simulator.variants(read_case(Path(case)), precision)}

    def load(case: str, precision: str, variant: Variant) -> dict[str, Any]:
        return dict(simulator.load(read_case(Path(case)), precision, variant) or {})

    def peaks(count: int) -> dict[str, Any]:
        return {"indices": simulator.peaks(count).tolist()}

    def amplitudes(indices: list[int]) -> dict[str, Any]:
        found = simulator.amplitudes(np.asarray(indices, np.int64))
        return {"amplitudes": [[float(each.real), float(each.imag)] for each in found]}

    def answer() -> dict[str, Any]:
        values, errors = simulator.answer()
        return {"values": [float(each) for each in values], "errors": [float(each) for each in errors]}

    return {
        "hello": lambda: {"versions": simulator.versions()},
        "variants": variants,
        "load": load,
        "run": lambda: dict(simulator.run()),
        "peaks": peaks,
        "amplitudes": amplitudes,
        "answer": answer,
        "memory": resident,
    }
