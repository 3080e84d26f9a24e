"""Programs as text in Python: `ql.compile(text)`, `ql.check(text)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlang.exports import Chosen, Exports
from qlang.problems import refuse_errors
from qlang.results import Plan, Result, plan_of, run_of
from qlang.syntax.source import Source

if TYPE_CHECKING:
    from qlang.compiler.authority import Authority
    from qlang.compiler.driver import Compilation
    from qlang.compiler.frontend import Analysis
    from qlang.sema.symbols import CircuitSymbol
    from qlang.syntax.diagnostic import Diagnostic


@dataclass(frozen=True, eq=False)
class Program(Exports):
    """A checked text; its jobs can be planned and run, its circuits drawn and written in other languages."""

    analysis: Analysis

    @property
    def text(self) -> str:
        """The program as given."""
        return self.analysis.source.text

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Warnings: a program with errors is none."""
        return self.analysis.diagnostics

    @property
    def jobs(self) -> tuple[str, ...]:
        """Names of the jobs."""
        return tuple(job.name for job in self.analysis.module.jobs)

    @property
    def circuits(self) -> tuple[str, ...]:
        """Names of the circuits, `main` for top-level statements."""
        return tuple(self.analysis.module.circuits)

    def plan(self, job: str | None = None, **options: Any) -> Plan:
        """Plan a job; `options` are those of the command: `shots`, `seed`, `backend`, `crypto`, `tenant`.

        Raises CompileError, and what `authority_here` raises.
        """
        return plan_of(self._compiled(job, options))

    def run(self, job: str | None = None, **options: Any) -> Result:
        """Run a job; see `plan`. Raises CompileError before, ExecutionError while running."""
        return run_of(self._compiled(job, options))

    def draw(self, circuit: str | None = None, **options: Any) -> str:
        """A circuit as text, the only one unless it is named; `options` are those of `drawing.draw_text`.

        Raises ValueError for a name that is none, and where there are several circuits.
        """
        from qlang.compiler.drawing import draw_text

        return draw_text(self._circuit(circuit), **options)

    def _chosen(self, circuit: str | None, job: str | None) -> Chosen:
        from qlang.compiler.converting import chosen_circuit

        symbol, found = chosen_circuit(self.analysis, job, circuit)
        return symbol, {}, found

    def _circuit(self, name: str | None) -> CircuitSymbol:
        circuits = self.analysis.module.circuits
        known = ", ".join(circuits) or "none"
        if name is None:
            if len(circuits) != 1:
                raise ValueError(f"name a circuit: {known}")
            return next(iter(circuits.values()))
        if name not in circuits:
            raise ValueError(f"no circuit {name!r}; there are: {known}")
        return circuits[name]

    def _compiled(self, job: str | None, options: Mapping[str, Any]) -> Compilation:
        from qlang.compiler.driver import Options, compile_analysis

        chosen = dict(options)
        authority = authority_here(chosen.pop("tenant", None))
        return compile_analysis(self.analysis, Options(job=job, **chosen), authority=authority)

    def __repr__(self) -> str:
        parts = (("circuits", self.circuits), ("jobs", self.jobs))
        shown = "; ".join(f"{word} {', '.join(names)}" for word, names in parts if names)
        return f"<program {self.analysis.source.name}{': ' + shown if shown else ''}>"

    def _repr_html_(self) -> str:
        from qlang.compiler.drawing import circuit_html

        return "".join(circuit_html(circuit) for circuit in self.analysis.module.circuits.values())


def compile_text(text: str, name: str = "<text>") -> Program:
    """Check a program given as text; works everywhere, a plain Python prompt included.

    Raises CompileError with every mistake.
    """
    from qlang.compiler.frontend import analyse

    analysis = analyse(Source(name, text))
    refuse_errors(analysis.diagnostics)
    return Program(analysis)


def check_text(text: str, name: str = "<text>") -> tuple[Diagnostic, ...]:
    """Everything that is wrong or doubtful in a program given as text, in source order. Never raises for that."""
    from qlang.compiler.frontend import analyse

    return analyse(Source(name, text)).diagnostics


def authority_here(tenant: str | None = None) -> Authority:
    """The policy of the current folder's workspace, and the tenant as given or as its `qlang.toml` says.

    Raises the errors of `qlang.trust.errors` that say what is wrong: FileRefused, PolicyError, TenantRefused.
    """
    from qlang.compiler.authority import authority_of
    from qlang.compiler.workspace import find_workspace

    return authority_of(find_workspace(Path.cwd()), tenant)
