"""Modules written in qlang and OpenQASM themselves: gates, families of circuits, observables, noise models."""

from pathlib import Path

_FOLDER = Path(__file__).parent

MODULES = (
    "gates",
    "states",
    "fourier",
    "dynamics",
    "ansatz",
    "randomness",
    "algorithms",
    "arithmetic",
    "families",
    "observables",
    "noise",
)
"""What `import std.NAME;` finds, in the order of the documentation."""

NAMES = ("stdgates.inc", "qelib1.inc", "prelude.qjob", *(f"std/{name}.qjob" for name in MODULES))
"""The files, as `include` and the module names of `import` spell them."""


def read(name: str) -> str | None:
    """The text of a file by its name; `None` where there is none of this name."""
    return (_FOLDER / name).read_text(encoding="utf-8") if name in NAMES else None
