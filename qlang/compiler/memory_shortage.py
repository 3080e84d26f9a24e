"""Memory that the system did not give: what was being done, how much was asked for, and the way out.

States are measured before they are made (`qlang.backends.limits`). What is left are amounts that nobody foresaw, and
machines whose memory others use.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit
from types import TracebackType

from qlang.compiler.exit_codes import EXECUTION
from qlang.compiler.failure import Failure

_EXECUTING = (
    "executing the circuit",
    "fewer qubits or shots; or a `precision` in the job's SLA that is met in `f32`, which takes half the memory",
)
_COMPILING = ("compiling the program", "loops instead of gates written out, or more memory")
_DOING = {
    "backends": _EXECUTING,
    "kernels": _EXECUTING,
    "runtime": _EXECUTING,
    "mitigation": _EXECUTING,
    "tuning": ("measuring the circuit", "fewer qubits, or more memory"),
    "trust": ("signing or verifying", "more memory"),
    "syntax": ("reading the program", "a shorter program, or more memory"),
    "sema": ("checking the program", "a shorter program, or more memory"),
    "ir": _COMPILING,
    "passes": _COMPILING,
    "compiler": _COMPILING,
}
"""Room → what it was doing, and the way out. The innermost that is not the compiler's own tells."""


def shortage(error: MemoryError) -> Failure:
    """The failure that a `MemoryError` is. What the interrupted work holds is let go: saying it takes memory too."""
    room = _room(error.__traceback__)
    traceback.clear_frames(error.__traceback__)
    doing, way_out = _DOING[room]
    asked = str(error)
    limit = getrlimit(RLIMIT_AS)[0]
    bound = "" if limit == RLIM_INFINITY else f"; this process may take {limit} bytes (`ulimit -v`)"
    return Failure(f"not enough memory while {doing}{': ' if asked else ''}{asked}{bound}", way_out, EXECUTION)


def _room(trace: TracebackType | None) -> str:
    rooms = [room for room in _rooms(trace) if room in _DOING]
    return next((room for room in reversed(rooms) if room != "compiler"), "compiler")


def _rooms(trace: TracebackType | None) -> Iterator[str]:
    for frame, _ in traceback.walk_tb(trace):
        package, _, rest = str(frame.f_globals.get("__name__", "")).partition(".")
        if package == "qlang":
            yield rest.partition(".")[0]
