"""QJ07: SLA and scheduling."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.names import use_instead
from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Span

_CIRCUIT = "circuit c() { qubit[2] q; h q; cx q[0], q[1]; }\n"


@dataclass(frozen=True)
class SlaNotMet(Diagnostic):
    """One diagnostic for one job; `bounds` are the SLA terms that no backend meets, "
    "the binding one first."""

    code = "QJ0701"
    title = "no backend meets the SLA of job `{job}`"
    explanation = (
        "Before anything runs, fidelity, standard errors, cost and latency are predicted "
        "for every candidate. "
        "None of them meets all bounds: relax the binding one, shorten the circuit, or "
        "allow more mitigation."
    )
    found_by = "plan"
    example_wrong = (
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j {\n"
        "  run c(); sample q; shots 100; backend sim like ibm.guadalupe;\n"
        "  sla { fidelity >= 0.9999; }\n"
        "}\n"
    )
    example_right = (
        "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\n"
        "job j {\n"
        "  run c(); sample q; shots 100; backend sim like ibm.guadalupe;\n"
        "  sla { fidelity >= 0.5; }\n"
        "}\n"
    )

    job: str
    best: str
    """What the best candidate reaches of the term at `span`: `0.79 ± 0.03 (ibm.boston, zne[1,3,5])`."""
    run: Span
    run_fact: str
    """What makes it hard: `70 two-qubit gates per point`."""
    others: tuple[Label, ...] = ()
    """Further SLA terms that are missed, each with what the best candidate reaches."""
    reasons: tuple[str, ...] = ()
    """Why candidates were rejected: `iqm.garnet: no credentials`."""
    nearest: tuple[str, ...] = ()
    """Jobs that would fit, in words: `` `steps = 6` would fit (0.87 ± 0.02)``."""
    repairs: tuple[Fix, ...] = ()

    def label(self) -> str:
        return f"best predicted: {self.best}"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.run, self.run_fact)
        yield from self.others

    def notes(self) -> Iterator[str]:
        yield from self.reasons

    def helps(self) -> Iterator[str]:
        if self.nearest:
            yield ", or ".join(self.nearest)

    def fixes(self) -> Iterator[Fix]:
        yield from self.repairs


@dataclass(frozen=True)
class NoReachableBackend(Diagnostic):
    code = "QJ0702"
    title = "no backend of job `{job}` can be reached"
    explanation = (
        "Candidates that are unknown, without credentials, offline or too small are "
        "passed over as long as one "
        "remains; here none does."
    )
    found_by = "plan"
    example_wrong = (
        "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 100; backend sim where qubits >= 1000000; }\n"
    )
    example_right = (
        "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 100; backend sim where qubits >= 1; }\n"
    )

    job: str
    reasons: tuple[tuple[str, str], ...]
    """Candidate and why it is out."""

    def label(self) -> str:
        return "none of these is available"

    def notes(self) -> Iterator[str]:
        yield from (f"{candidate}: {reason}" for candidate, reason in self.reasons)

    def helps(self) -> Iterator[str]:
        if all(candidate != "sim" for candidate, _ in self.reasons):
            yield "add `sim`, or `sim like DEVICE`, as a last candidate"


@dataclass(frozen=True)
class UnknownDevice(Diagnostic):
    code = "QJ0703"
    title = "unknown device `{name}`"
    explanation = "`qlangc devices` lists the devices of the catalogue; patterns with `*` match several."
    found_by = "plan"
    example_wrong = (
        "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 100; backend sim like ibm.guadalup; }\n"
    )
    example_right = (
        "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 100; backend sim like ibm.guadalupe; }\n"
    )

    name: str
    known: tuple[str, ...] = ()
    suggestion: str | None = None

    def label(self) -> str:
        return "not in the catalogue"

    def notes(self) -> Iterator[str]:
        if self.known and self.suggestion is None:
            yield f"known devices: {', '.join(self.known)}"

    def helps(self) -> Iterator[str]:
        if self.suggestion is not None:
            yield f"did you mean `{self.suggestion}`?"


@dataclass(frozen=True)
class MeaninglessBound(Diagnostic):
    code = "QJ0704"
    title = "`{metric}` is bounded by `{wanted}`, found `{relation}`"
    explanation = "Fidelity has a least value; errors, cost and latency have a largest one."
    example_wrong = _CIRCUIT + "job j { run c(); sample q; shots 100; sla { fidelity <= 0.9; } }\n"
    example_right = _CIRCUIT + "job j { run c(); sample q; shots 100; sla { fidelity >= 0.9; } }\n"

    metric: str
    relation: str
    wanted: str
    operator: Span

    def label(self) -> str:
        return f"use `{self.wanted}`"

    def fixes(self) -> Iterator[Fix]:
        yield Fix(f"write `{self.wanted}`", (Edit(self.operator, self.wanted),), "maybe")


@dataclass(frozen=True)
class UnknownMetric(Diagnostic):
    code = "QJ0705"
    title = "unknown SLA term `{name}`"
    explanation = "An SLA bounds `fidelity`, `stderr(name)`, `error(name)`, `cost` and `latency`."
    example_wrong = _CIRCUIT + "job j { run c(); sample q; shots 100; sla { fidelty >= 0.9; } }\n"
    example_right = _CIRCUIT + "job j { run c(); sample q; shots 100; sla { fidelity >= 0.9; } }\n"

    name: str
    known: tuple[str, ...]
    suggestion: str | None = None

    def notes(self) -> Iterator[str]:
        if self.suggestion is None:
            yield f"the terms are {', '.join(f'`{name}`' for name in self.known)}"

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class MetricArgument(Diagnostic):
    code = "QJ0706"
    title = "{problem}"
    explanation = (
        "`stderr` and `error` speak of one expectation value of the job, by its name; the other terms of the whole run."
    )
    example_wrong = _CIRCUIT + "job j { run c(); expect z = Z(q[0]); shots 100; sla { stderr(y) <= 0.1; } }\n"
    example_right = _CIRCUIT + "job j { run c(); expect z = Z(q[0]); shots 100; sla { stderr(z) <= 0.1; } }\n"

    problem: str
    known: tuple[str, ...]
    suggestion: str | None = None
    insert: str = ""
    """What to write behind the term."""
    remove: Span | None = None
    """Brackets that say too much."""

    def notes(self) -> Iterator[str]:
        if self.known:
            yield f"the expectation values are {', '.join(f'`{name}`' for name in self.known)}"

    def fixes(self) -> Iterator[Fix]:
        yield from use_instead(self.span, self.suggestion)
        if self.insert:
            end = Span(self.span.source, self.span.end, self.span.end)
            yield Fix(f"write `{self.span.text}{self.insert}`", (Edit(end, self.insert),))
        if self.remove is not None:
            yield Fix(f"remove `{self.remove.text}`", (Edit(self.remove, ""),))


@dataclass(frozen=True)
class RepeatedBound(Diagnostic):
    code = "QJ0707"
    title = "`{metric}` is bounded twice"
    explanation = "One bound for each term: the stricter one says all."
    example_wrong = _CIRCUIT + "job j { run c(); sample q; shots 9; sla { fidelity >= 0.9; fidelity >= 0.8; } }\n"
    example_right = _CIRCUIT + "job j { run c(); sample q; shots 9; sla { fidelity >= 0.9; } }\n"

    metric: str
    first: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.first, "first here")


@dataclass(frozen=True)
class ShotsNeedBound(Diagnostic):
    code = "QJ0708"
    title = "`shots auto` needs a bound to derive the number from"
    explanation = "The compiler takes as many shots as `stderr(name)`, `error(name)` or `cost` allow or demand."
    example_wrong = _CIRCUIT + "job j { run c(); expect z = Z(q[0]); shots auto; }\n"
    example_right = _CIRCUIT + "job j { run c(); expect z = Z(q[0]); shots auto; sla { stderr(z) <= 0.01; } }\n"

    def helps(self) -> Iterator[str]:
        yield "add `sla { stderr(name) <= 0.01; }`, or write the number of shots"
