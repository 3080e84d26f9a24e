"""The catalogue of mistakes, one module per family of codes.

Families load when first used: a correct program pays for none of them.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import qlang.sema.errors.arguments as arguments
    import qlang.sema.errors.arrays as arrays
    import qlang.sema.errors.backend as backend
    import qlang.sema.errors.circuits as circuits
    import qlang.sema.errors.crypto as crypto
    import qlang.sema.errors.dead_code as dead_code
    import qlang.sema.errors.derivatives as derivatives
    import qlang.sema.errors.doubtful as doubtful
    import qlang.sema.errors.embedding as embedding
    import qlang.sema.errors.files as files
    import qlang.sema.errors.interchange as interchange
    import qlang.sema.errors.jobs as jobs
    import qlang.sema.errors.mitigation as mitigation
    import qlang.sema.errors.names as names
    import qlang.sema.errors.observable_files as observable_files
    import qlang.sema.errors.observables as observables
    import qlang.sema.errors.planning as planning
    import qlang.sema.errors.pulses as pulses
    import qlang.sema.errors.qubits as qubits
    import qlang.sema.errors.sla as sla
    import qlang.sema.errors.subroutines as subroutines
    import qlang.sema.errors.types as types
    import qlang.sema.errors.warnings as warnings

__all__ = [
    "arguments",
    "arrays",
    "backend",
    "circuits",
    "crypto",
    "dead_code",
    "derivatives",
    "doubtful",
    "embedding",
    "files",
    "interchange",
    "jobs",
    "mitigation",
    "names",
    "observable_files",
    "observables",
    "planning",
    "pulses",
    "qubits",
    "sla",
    "subroutines",
    "types",
    "warnings",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"qlang.sema.errors.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
