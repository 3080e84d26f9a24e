"""QJ06: error mitigation."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.names import use_instead
from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Span

_CIRCUIT = "circuit c() { qubit[2] q; h q; cx q[0], q[1]; }\n"
_JOB = _CIRCUIT + "job j {\n  run c(); expect z = Z(q[0]); shots 1000; backend sim like ibm.boston;\n  "


@dataclass(frozen=True)
class UnknownMethod(Diagnostic):
    code = "QJ0601"
    title = "unknown mitigation method `{name}`"
    explanation = (
        "The methods are `readout`, `twirl`, `zne`, `pec`, `cdr`, `ddd` and `ml_qem`; `auto` and `none` stand alone."
    )
    example_wrong = _JOB + "mitigate zne, readuot;\n}\n"
    example_right = _JOB + "mitigate readout, zne;\n}\n"

    name: str
    known: tuple[str, ...]
    suggestion: str | None = None

    def notes(self) -> Iterator[str]:
        if self.suggestion is None:
            yield f"the methods are {', '.join(f'`{name}`' for name in self.known)}"

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class StandsAlone(Diagnostic):
    code = "QJ0609"
    title = "`{name}` stands alone, not in a list of methods"
    explanation = (
        "`mitigate auto` lets the compiler choose, `mitigate none` applies nothing, and a list is applied as written: "
        "one of the three."
    )
    example_wrong = _JOB + "mitigate auto, readout;\n}\n"
    example_right = _JOB + "mitigate auto within 10x;\n}\n"

    name: str

    def label(self) -> str:
        return "chooses by itself" if self.name == "auto" else "applies nothing"

    def helps(self) -> Iterator[str]:
        yield f"write `mitigate {self.name};`, or the methods without it"


@dataclass(frozen=True)
class EvenScale(Diagnostic):
    code = "QJ0602"
    title = "a noise scale of `zne` is an odd number from 1, found {value}"
    explanation = (
        "Global folding replaces a circuit U by U(U†U)^k, which makes it 2k + 1 times as "
        "long: 1, 3, 5, … times. "
        "Scales grow, begin with 1, and there are at least two of them."
    )
    example_wrong = _JOB + "mitigate zne(scales = [1, 2, 3]);\n}\n"
    example_right = _JOB + "mitigate zne(scales = [1, 3, 5]);\n}\n"

    value: str
    whole: Span
    replacement: str

    def label(self) -> str:
        return "cannot be reached by folding"

    def fixes(self) -> Iterator[Fix]:
        yield Fix(f"use `{self.replacement}`", (Edit(self.whole, self.replacement),), "maybe")


@dataclass(frozen=True)
class RepeatedMethod(Diagnostic):
    code = "QJ0603"
    title = "`{name}` stands twice in the list"
    explanation = "Each method is applied once."
    example_wrong = _JOB + "mitigate readout, zne, readout;\n}\n"
    example_right = _JOB + "mitigate readout, zne;\n}\n"

    name: str
    first: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.first, "first here")

    def helps(self) -> Iterator[str]:
        yield "leave one of them out"


@dataclass(frozen=True)
class WrongOrder(Diagnostic):
    code = "QJ0604"
    title = "`{later}` comes before `{earlier}` in the list"
    explanation = (
        "Methods are listed from the detector inwards: `readout` corrects counts, `ddd` "
        "and `twirl` shape the noise, "
        "then an estimator (`zne`, `pec`, `cdr`) and last `ml_qem` work on expectation values."
    )
    example_wrong = _JOB + "mitigate zne, readout;\n}\n"
    example_right = _JOB + "mitigate readout, zne;\n}\n"

    later: str
    """The method that must come first, as written after the other."""
    earlier: str
    other: Span
    whole: Span
    reordered: str

    def message(self) -> str:
        return f"`{self.later}` belongs before `{self.earlier}`"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.other, f"`{self.earlier}` stands before it")

    def fixes(self) -> Iterator[Fix]:
        yield Fix(f"write `{self.reordered}`", (Edit(self.whole, self.reordered),))


@dataclass(frozen=True)
class MethodArgument(Diagnostic):
    code = "QJ0605"
    title = "`{method}`: {problem}"
    explanation = (
        "`twirl(count)`, `zne(scales = […], fit = linear | richardson)`, `ddd(xx | yy | xy4)`, `pec(samples)`, "
        "`cdr(circuits)`; `readout` and `ml_qem` take nothing."
    )
    example_wrong = _JOB + "mitigate zne(fit = cubic);\n}\n"
    example_right = _JOB + "mitigate zne(fit = richardson);\n}\n"

    method: str
    problem: str
    suggestion: str | None = None

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class NeedsExpectation(Diagnostic):
    code = "QJ0606"
    title = "`{method}` works on expectation values, and this job has none"
    explanation = (
        "Extrapolation, cancellation and regression correct numbers, not histograms; "
        "`readout`, `twirl` and `ddd` help samples."
    )
    example_wrong = _JOB.replace("expect z = Z(q[0])", "sample q") + "mitigate zne;\n}\n"
    example_right = _JOB + "mitigate zne;\n}\n"

    method: str

    def helps(self) -> Iterator[str]:
        yield "add `expect name = observable;`, or mitigate with `readout`"


@dataclass(frozen=True)
class IncompatibleMethods(Diagnostic):
    code = "QJ0607"
    title = "`{second}` cannot be combined with `{first_name}`"
    explanation = "`zne`, `pec` and `cdr` are different estimates of the same noise-free value; a job uses one of them."
    example_wrong = _JOB + "mitigate zne, pec;\n}\n"
    example_right = _JOB + "mitigate twirl(16), zne;\n}\n"

    second: str
    first_name: str
    first: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.first, f"`{self.first_name}` here")


@dataclass(frozen=True)
class StateNotMitigated(Diagnostic):
    code = "QJ0608"
    title = "amplitudes cannot be mitigated"
    explanation = "`state` reads the exact state of a simulator; mitigation estimates numbers of noisy machines."
    example_wrong = _CIRCUIT + "job j { run c(); state q; mitigate readout; }\n"
    example_right = _CIRCUIT + "job j { run c(); state q; }\n"

    state: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.state, "the job asks for amplitudes here")
