"""QJ05, third half: the statements of a job."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.names import without
from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Span


@dataclass(frozen=True)
class MissingRun(Diagnostic):
    code = "QJ0540"
    title = "job `{name}` runs nothing"
    explanation = "A job names the circuit that it is about: `run circuit(arguments);`."
    example_wrong = "circuit c() { qubit q; h q; }\njob j { sample q; }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; }\n"

    name: str
    known: tuple[str, ...]

    def helps(self) -> Iterator[str]:
        yield f"add `run {self.known[0] if self.known else 'circuit'}();`"


@dataclass(frozen=True)
class RepeatedStatement(Diagnostic):
    code = "QJ0541"
    title = "`{keyword}` stands twice in this job"
    explanation = (
        "A job has one circuit, one number of shots, one seed, one SLA. `expect`, "
        "`sample`, `sweep` and `label` may be repeated."
    )
    example_wrong = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 10; shots 20; }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 20; }\n"

    keyword: str
    first: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.first, "first here")

    def fixes(self) -> Iterator[Fix]:
        yield without(self.span, f"remove this `{self.keyword}`")


@dataclass(frozen=True)
class SweepMismatch(Diagnostic):
    code = "QJ0542"
    title = "zipped sweeps have equal lengths: `{first}` has {first_length} points, `{second}` {second_length}"
    explanation = "`zip(x, y) in zip(…, …)` steps through both lists together."
    example_wrong = (
        "circuit c(float a, float b) { qubit q; rx(a) q; rz(b) q; }\n"
        "job j { run c(a = x, b = y); sweep zip(x, y) in zip([1, 2, 3], [1, 2]); sample q; }\n"
    )
    example_right = (
        "circuit c(float a, float b) { qubit q; rx(a) q; rz(b) q; }\n"
        "job j { run c(a = x, b = y); sweep zip(x, y) in zip([1, 2, 3], [4, 5, 6]); sample q; }\n"
    )

    first: str
    first_length: int
    second: str
    second_length: int


@dataclass(frozen=True)
class TooManyPoints(Diagnostic):
    code = "QJ0543"
    title = "the sweeps of this job have {points} points, at most {limit} are allowed"
    explanation = "Several sweeps multiply; every point is a circuit of its own to the machine."
    example_wrong = (
        "circuit c(float a) { qubit q; rx(a) q; }\n"
        "job j { run c(a = x); sweep x in linspace(0, 1, 2000000); sample q; }\n"
    )
    example_right = (
        "circuit c(float a) { qubit q; rx(a) q; }\njob j { run c(a = x); sweep x in linspace(0, 1, 20); sample q; }\n"
    )

    points: int
    limit: int

    def label(self) -> str:
        return f"{self.points} points with this"

    def helps(self) -> Iterator[str]:
        yield "take fewer points: `linspace(first, last, 100)`, or `first:step:last`"


@dataclass(frozen=True)
class InvalidSweep(Diagnostic):
    code = "QJ0544"
    title = "{problem}"
    explanation = (
        "A sweep is `x in linspace(a, b, k)`, `x in [1, 2, 4]`, `x in a:b` or `x in a:step:b` (both ends included)."
    )
    example_wrong = "circuit c(float a) { qubit q; rx(a) q; }\njob j { run c(a = x); sweep x in 3; sample q; }\n"
    example_right = "circuit c(float a) { qubit q; rx(a) q; }\njob j { run c(a = x); sweep x in 0:3; sample q; }\n"

    problem: str
    reversed: str | None = None
    """The range that counts the other way."""

    def fixes(self) -> Iterator[Fix]:
        if self.reversed is not None:
            yield Fix(f"count the other way: `{self.reversed}`", (Edit(self.span, self.reversed),), "maybe")


@dataclass(frozen=True)
class SizeDependsOnSweep(Diagnostic):
    code = "QJ0545"
    title = "the size of `{register}` depends on the sweep over `{sweep}`"
    explanation = "All points of a sweep run on the same registers: one plan serves the whole family."
    example_wrong = "circuit c(int n) { qubit[n] q; h q; }\njob j { run c(n = k); sweep k in 2:4; sample q; }\n"
    example_right = "circuit c(int n) { qubit[n] q; h q; }\njob j { run c(n = 4); sample q; }\n"

    register: str
    sweep: str
    declaration: Span

    def label(self) -> str:
        return f"`{self.sweep}` takes other values from point to point"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.declaration, f"the size of `{self.register}`")

    def helps(self) -> Iterator[str]:
        yield "write one job for each size"


@dataclass(frozen=True)
class StateNeedsQubits(Diagnostic):
    code = "QJ0546"
    title = "`{name}` holds bits, `{keyword}` speaks of qubits"
    explanation = "Amplitudes and expectation values belong to qubits; bits are read with `sample`."
    example_wrong = "circuit c() { qubit q; bit b; b = measure q; }\njob j { run c(); state b; }\n"
    example_right = "circuit c() { qubit q; bit b; b = measure q; }\njob j { run c(); sample b; }\n"

    name: str
    keyword: str
    declaration: Span | None = None

    def label(self) -> str:
        return "bits"

    def secondary(self) -> Iterator[Label]:
        if self.declaration is not None:
            yield Label(self.declaration, "declared here")

    def helps(self) -> Iterator[str]:
        yield f"bits are read by `sample {self.name}`"
