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
from typing import Any

from qlang.version import __version__

_HOMES = {
    "compile": ("programs", "compile_text"),
    "check": ("programs", "check_text"),
    **{name: ("programs", name) for name in ("Program",)},
    **{name: ("results", name) for name in ("Estimate", "Plan", "Result")},
    **{name: ("circuits", name) for name in ("BoundCircuit", "Circuit", "Gate", "Subroutine", "circuit", "gate")},
    **{name: ("jobs", name) for name in ("Job", "Sla", "auto", "job", "sla")},
    **{name: ("observables", name) for name in ("I", "Observable", "ObservableFunction", "X", "Y", "Z")},
    **{name: ("observables", name) for name in ("mean", "observable", "total")},
    **{name: ("embedding.annotations", name) for name in ("Array", "Bit", "Bits", "Qubit", "Qubits")},
    **{name: ("jax_functions", name) for name in ("JaxFunction", "to_jax")},
    **{name: ("foreign", name) for name in ("from_cirq", "from_pennylane", "from_qiskit", "from_stim")},
    **{name: ("problems", name) for name in ("CompileError", "CompileWarning", "ExecutionError")},
    "load_ipython_extension": ("magic", "load_ipython_extension"),
}
"""Public name → module and name there. Gates and registers (`ql.h`, `ql.qubits`) are in `qlang.operations`."""

__all__ = ["__version__", "pi", "std", *_HOMES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        module, attribute = _HOMES[name]
        found = getattr(import_module(f"qlang.{module}"), attribute)
    elif name == "std":
        found = import_module("qlang.std")
    elif name.isidentifier() and not name.startswith("_"):
        found = import_module("qlang.operations").operation(name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    operations = import_module("qlang.operations")
    return [*__all__, *operations.GATES, *operations.MODIFIERS, *operations.REGISTERS]
