"""qlang: a declarative job language for quantum work, and its compiler.

    import qlang as ql

    @ql.circuit
    def bell():
        q = ql.qubits(2)
        ql.h(q[0])
        ql.cx(q[0], q[1])

    result = ql.job(bell(), expect={"zz": ql.Z(0) * ql.Z(1)}).run()

Names load what they need at first use; importing this module costs nothing.
"""

from importlib import import_module
from math import pi
from typing import TYPE_CHECKING, Any

from qlang.version import __version__

if TYPE_CHECKING:
    from qlang.circuits import BoundCircuit, Circuit, circuit
    from qlang.jobs import Job, Sla, auto, job, sla
    from qlang.observables import Observable, X, Y, Z, mean, total
    from qlang.problems import CompileError
    from qlang.programs import Estimate, Plan, Program, Result
    from qlang.programs import compile_text as compile

_HOMES = {
    "compile": ("programs", "compile_text"),
    **{name: ("programs", name) for name in ("Estimate", "Plan", "Program", "Result")},
    **{name: ("circuits", name) for name in ("BoundCircuit", "Circuit", "circuit")},
    **{name: ("jobs", name) for name in ("Job", "Sla", "auto", "job", "sla")},
    **{name: ("observables", name) for name in ("Observable", "X", "Y", "Z", "mean", "total")},
    "CompileError": ("problems", "CompileError"),
}
"""Public name → module and name there."""

__all__ = [
    "BoundCircuit",
    "Circuit",
    "CompileError",
    "Estimate",
    "Job",
    "Observable",
    "Plan",
    "Program",
    "Result",
    "Sla",
    "X",
    "Y",
    "Z",
    "__version__",
    "auto",
    "circuit",
    "compile",
    "job",
    "mean",
    "pi",
    "sla",
    "total",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        module, attribute = _HOMES[name]
        found = getattr(import_module(f"qlang.{module}"), attribute)
    elif name.isidentifier() and not name.startswith("_"):
        found = import_module("qlang.operations").operation(name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found
