"""Mistakes that planning finds besides those of SLA and backends: which job is meant, shots, methods."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic, Label
from qlang.syntax.source import Span


@dataclass(frozen=True)
class SeveralJobs(Diagnostic):
    code = "QJ0750"
    title = "this file has several jobs: which one?"
    explanation = "`--job NAME` chooses one of a file's jobs to plan or run."
    found_by = "plan"
    example_wrong = (
        "circuit c() { qubit q; h q; }\n"
        "job a { run c(); sample q; shots 100; }\n"
        "job b { run c(); sample q; shots 200; }\n"
    )
    example_right = "circuit c() { qubit q; h q; }\njob a { run c(); sample q; shots 100; }\n"

    jobs: tuple[str, ...]

    def helps(self) -> Iterator[str]:
        yield "add " + " or ".join(f"`--job {name}`" for name in self.jobs)


@dataclass(frozen=True)
class UnknownJob(Diagnostic):
    code = "QJ0751"
    title = "this file has no job `{name}`"
    explanation = "`--job NAME` chooses one of a file's jobs to plan or run."
    found_by = "plan"

    name: str
    jobs: tuple[str, ...]

    def notes(self) -> Iterator[str]:
        yield f"it has {', '.join(f'`{name}`' for name in self.jobs)}" if self.jobs else "it has no jobs at all"


@dataclass(frozen=True)
class NothingToRun(Diagnostic):
    code = "QJ0752"
    title = "this file has nothing to run"
    explanation = (
        "A file to plan or run has a job, or quantum statements at its top level, which then make a default job."
    )
    found_by = "plan"
    example_wrong = "gate twice a { x a; x a; }\n"
    example_right = (
        "gate twice a { x a; x a; }\ncircuit c() { qubit q; twice q; }\njob j { run c(); sample q; shots 100; }\n"
    )

    def helps(self) -> Iterator[str]:
        yield "add `job NAME { run CIRCUIT(); … }`"


@dataclass(frozen=True)
class UndecidedShots(Diagnostic):
    code = "QJ0753"
    title = "nothing decides the number of shots of job `{job}`"
    explanation = (
        "`shots auto` takes as many shots as `stderr(name)` or `error(name)` demand; a bound on cost alone decides "
        "nothing where running is free."
    )
    found_by = "plan"
    example_wrong = (
        "circuit c() { qubit q; h q; }\njob j { run c(); expect z = Z(q); shots auto; sla { cost <= 1 usd; } }\n"
    )
    example_right = (
        "circuit c() { qubit q; h q; }\njob j { run c(); expect z = Z(q); shots auto; sla { stderr(z) <= 0.05; } }\n"
    )

    job: str

    def helps(self) -> Iterator[str]:
        yield "bound `stderr(name)` in the SLA, or write the number of shots"


@dataclass(frozen=True)
class MethodNotApplied(Diagnostic):
    """A directive is applied or the job does not run: nothing is dropped silently."""

    code = "QJ0650"
    title = "mitigation `{method}` cannot be applied: {reason}"
    explanation = "A mitigation directive is applied as written, or the job is refused before it runs."
    found_by = "plan"
    example_wrong = (
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j {\n"
        "  run c(); expect z = Z(q[0]); shots 1000; backend sim like ibm.guadalupe;\n"
        "  mitigate pec;\n"
        "}\n"
    )
    example_right = (
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j {\n"
        "  run c(); expect z = Z(q[0]); shots 1000; backend sim like ibm.guadalupe;\n"
        "  mitigate readout;\n"
        "}\n"
    )

    method: str
    reason: str
    obstacle: Span | None = None
    """What in the circuit stands in its way."""

    def secondary(self) -> Iterator[Label]:
        if self.obstacle is not None:
            yield Label(self.obstacle, "here")

    def helps(self) -> Iterator[str]:
        yield "choose another method, or `mitigate auto`"


@dataclass(frozen=True)
class PrecisionNotGuaranteed(Diagnostic):
    code = "QJ0754"
    title = "the simulation cannot guarantee precision {wanted:g}"
    explanation = (
        "`precision` bounds what rounding may do to the simulated state, as an l2 error or as an infidelity. The "
        "compiler derives a bound from the number of gates in double precision; a job that demands less does not run."
    )
    found_by = "plan"
    example_wrong = "circuit c() { qubit q; h q; }\njob j { run c(); expect z = Z(q); precision 1e-16; }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); expect z = Z(q); precision 1e-12; }\n"

    measure: str
    wanted: float
    guaranteed: float | None

    def label(self) -> str:
        if self.guaranteed is None:
            return "a loop without a known end has no bound"
        return f"{self.measure} error up to {self.guaranteed:.2g} is possible"

    def helps(self) -> Iterator[str]:
        if self.guaranteed is not None:
            measure = "infidelity " if self.measure == "infidelity" else ""
            yield f"`precision {measure}{self.guaranteed * 1.05:.1e}` or more"
        else:
            yield "leave `precision` out, or give the loop a fixed number of iterations"
