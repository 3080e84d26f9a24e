"""What checking a file gives."""

from collections.abc import Mapping
from dataclasses import dataclass

from qlang.sema.jobs import CheckedJob
from qlang.sema.symbols import CircuitSymbol, FileScope, Reference
from qlang.syntax.diagnostic import Diagnostic, errors_of


@dataclass(frozen=True, eq=False)
class Module:
    """A checked file."""

    scope: FileScope
    """Its names: gates, subroutines, circuits, observables, noise blocks, constants, jobs."""
    circuits: Mapping[str, CircuitSymbol]
    """The circuits that a job of this file can run: its own, imported ones, and `main`."""
    main: CircuitSymbol | None
    """The file's top-level quantum statements, if it has any."""
    jobs: tuple[CheckedJob, ...]
    """In source order; a job with mistakes is missing here."""
    broken: bool = False
    """Whether the file has mistakes, so that names may be missing here."""
    references: tuple[Reference, ...] = ()
    """Uses of names in source order; empty unless asked for."""


@dataclass(frozen=True, eq=False)
class CheckResult:
    module: Module
    diagnostics: tuple[Diagnostic, ...]
    """Errors and warnings in source order; those of an imported file stand at its import."""

    @property
    def ok(self) -> bool:
        """Whether the program may be lowered: no error, warnings allowed."""
        return not errors_of(self.diagnostics)
