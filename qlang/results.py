"""Plans and results in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlang.problems import ExecutionError, refuse_errors

if TYPE_CHECKING:
    from qlang.compiler.driver import Compilation
    from qlang.syntax.source import Source


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that was decided before a run; `print(plan)` shows the table of `qlangc plan`."""

    compilation: Compilation
    sources: tuple[Source, ...] = ()
    """The files of the Python functions that it was made of."""

    @property
    def hash(self) -> str:
        """What the manifest of a run of this plan names."""
        return str(self.compilation.plan_hash)

    @property
    def report(self) -> dict[str, Any]:
        """The plan as data, as `qlangc plan --json` prints it."""
        from qlang.compiler.plan_report import plan_report

        assert self.compilation.plan is not None
        return plan_report(self.compilation.plan, self.hash)

    def run(self) -> Result:
        """Run exactly this plan."""
        return run_of(self.compilation, self.sources)

    def __str__(self) -> str:
        from qlang.compiler.plan_table import plan_table
        from qlang.compiler.render.theme import PLAIN

        return plan_table(self.report, PLAIN)

    def __repr__(self) -> str:
        return f"<plan {self.hash}>"

    def _repr_html_(self) -> str:
        from qlang.compiler.drawing import plan_html

        return plan_html(self.report)


@dataclass(frozen=True, slots=True)
class Estimate:
    """An expectation value with its error bar, and how it came about."""

    value: float
    stderr: float
    """One standard deviation of shot noise."""
    bias_bound: float
    """What the plan predicts that noise may still shift the value, after mitigation."""
    method: str
    provenance: Path
    """The run folder, which `qlangc verify` checks."""


@dataclass(frozen=True, eq=False)
class Result:
    """What a run gave, signed and recorded; `print(result)` shows the table of `qlangc run`."""

    record: Mapping[str, Any]
    """As `qlangc run --json` prints it."""

    @property
    def run_id(self) -> str:
        """The id that names the run in the ledger and in `qlangc runs`."""
        return str(self.record["run_id"])

    @property
    def run_dir(self) -> Path:
        """The folder of the run."""
        return Path(self.record["run_dir"])

    @property
    def expect(self) -> dict[str, Estimate]:
        """Expectation values; of the first point, where there is a sweep."""
        return self._estimates(self.record["expect"])

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Histograms: register → bit string → number; bit 0 is the rightmost."""
        return dict(self.record["counts"])

    @property
    def points(self) -> list[dict[str, Any]]:
        """Every point of the sweep: `parameters`, `expect`, `counts`."""
        return list(self.record["points"])

    def _estimates(self, found: Mapping[str, Any]) -> dict[str, Estimate]:
        run, bounds = self.run_dir, self.record["bias_bounds"]
        return {
            name: Estimate(entry["value"], entry["stderr"], bounds.get(name, 0.0), entry["method"], run)
            for name, entry in found.items()
        }

    def __str__(self) -> str:
        from qlang.compiler.render.theme import PLAIN
        from qlang.compiler.run_table import run_table

        return run_table(self.record, PLAIN)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} = {e.value:.6g} ± {e.stderr:.2g}" for name, e in self.expect.items())
        return f"Result({self.run_id}{': ' + shown if shown else ''})"

    def _repr_html_(self) -> str:
        from qlang.compiler.drawing import result_html

        return result_html(self.record)


def plan_of(compilation: Compilation, sources: tuple[Source, ...] = ()) -> Plan:
    """The plan of a compilation; raises CompileError where it has none."""
    refuse_errors(compilation.diagnostics)
    return Plan(compilation, sources)


def run_of(compilation: Compilation, sources: tuple[Source, ...] = ()) -> Result:
    """Run a compilation in the workspace of the current folder.

    Raises CompileError where it has no plan, ExecutionError where the circuit stopped, and what the run raises else.
    """
    from qlang.backends.errors import BackendError
    from qlang.compiler.execution_problems import execution_diagnostic
    from qlang.compiler.session import run_compilation
    from qlang.compiler.workspace import find_workspace

    plan_of(compilation)
    try:
        return Result(run_compilation(compilation, find_workspace(Path.cwd())).to_json())
    except BackendError as error:
        stopped = execution_diagnostic(error, compilation, sources)
        if stopped is None:
            raise
        raise ExecutionError((stopped,)) from None
