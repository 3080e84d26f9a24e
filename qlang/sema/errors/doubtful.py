"""QJ10, third part: what means something, but hardly what was meant."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.names import without
from qlang.sema.errors.warnings import Warning
from qlang.syntax.diagnostic import Edit, Fix, Label
from qlang.syntax.source import Span


@dataclass(frozen=True)
class AlwaysSame(Warning):
    code = "QJ1014"
    title = "`{comparison}` is always {truth}: `{type}` holds {lowest} to {highest}"
    explanation = "A comparison with a number at or beyond the end of a type's range has the same answer always."
    example_wrong = (
        "circuit c() { qubit[2] q; bit[2] b = measure q; if (uint[2](b) < 4) { x q; } }\njob j { run c(); sample b; }\n"
    )
    example_right = (
        "circuit c() { qubit[2] q; bit[2] b = measure q; if (uint[2](b) < 3) { x q; } }\njob j { run c(); sample b; }\n"
    )

    comparison: str
    truth: str
    type: str
    lowest: int
    highest: int

    def label(self) -> str:
        return f"always {self.truth}"


@dataclass(frozen=True)
class GateOnMeasured(Warning):
    code = "QJ1015"
    title = "`{qubit}` was measured: this gate acts on the collapsed state"
    explanation = (
        "A measurement leaves the qubit in the state that was read, |0⟩ or |1⟩, and the superposition is gone. `reset` "
        "makes the qubit fresh; a correction by what was measured stands in an `if`. Some devices cannot use a "
        "measured qubit again at all (QJ0405)."
    )
    example_wrong = (
        "circuit c() { qubit[2] q; bit[2] b; h q[0]; b[0] = measure q[0]; cx q[0], q[1]; b[1] = measure q[1]; }\n"
        "job j { run c(); sample b; }\n"
    )
    example_right = (
        "circuit c() { qubit[2] q; bit[2] b; h q[0]; cx q[0], q[1]; b[0] = measure q[0]; b[1] = measure q[1]; }\n"
        "job j { run c(); sample b; }\n"
    )

    qubit: str
    measured: Span

    def label(self) -> str:
        return "used again here"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.measured, "measured here: its superposition is gone")

    def helps(self) -> Iterator[str]:
        yield "measure at the end, or in an `if` correct by what was measured"

    def fixes(self) -> Iterator[Fix]:
        before = Span(self.span.source, self.span.start, self.span.start)
        yield Fix(f"start from |0⟩: `reset {self.qubit};`", (Edit(before, f"reset {self.qubit}; "),), "maybe")


@dataclass(frozen=True)
class MeasuredObservable(Warning):
    code = "QJ1016"
    title = "{what} is 0 whatever the circuit does: `{qubit}` is measured before"
    explanation = (
        "`expect` takes the value at the end of the circuit. A measured qubit is in |0⟩ or |1⟩ then, and the mean of X "
        "or Y in both is 0. Observables need no measurement in the circuit: the job adds what each of them takes."
    )
    example_wrong = "circuit c() { qubit q; bit b; h q; b = measure q; }\njob j { run c(); expect x = X(q); }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); expect x = X(q); }\n"

    name: str
    qubit: str
    pauli: str
    measured: Span
    whole: bool = True
    """Whether the observable has one term only."""

    def message(self) -> str:
        what = f"`{self.name}`" if self.whole else f"a term of `{self.name}`"
        return self.title.format(what=what, qubit=self.qubit)

    def label(self) -> str:
        return f"{self.pauli} of a measured qubit has the mean 0"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.measured, f"`{self.qubit}` is measured here")

    def helps(self) -> Iterator[str]:
        yield "take the measurement out of the circuit, or ask for it in another job"


@dataclass(frozen=True)
class ExactValues(Warning):
    code = "QJ1017"
    title = "`{what}` has nothing to do: {why}"
    explanation = (
        "Without `shots` an ideal simulator gives exact values: there is no shot noise to bound and no error to "
        "mitigate. Say how many shots to take, or name a device, a noise block or `sim like DEVICE`."
    )
    example_wrong = "circuit c() { qubit q; h q; }\njob j { run c(); expect z = Z(q); sla { stderr(z) <= 0.01; } }\n"
    example_right = (
        "circuit c() { qubit q; h q; }\njob j { run c(); expect z = Z(q); shots auto; sla { stderr(z) <= 0.01; } }\n"
    )

    what: str
    why: str
    help: str

    def helps(self) -> Iterator[str]:
        yield self.help


@dataclass(frozen=True)
class EmptySla(Warning):
    code = "QJ1018"
    title = "this `sla` promises nothing"
    explanation = "An SLA is a list of bounds: `fidelity`, `stderr(name)`, `error(name)`, `cost`, `latency`."
    example_wrong = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 100; sla { } }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 100; sla { latency <= 1 h; } }\n"

    def fixes(self) -> Iterator[Fix]:
        yield without(self.span, "remove it")


@dataclass(frozen=True)
class RepeatedPoint(Warning):
    code = "QJ1019"
    title = "the sweep over `{name}` has {count} equal points"
    explanation = "Every point is run and paid for by itself; equal ones give the same answer again."
    example_wrong = (
        "circuit c(float a) { qubit q; rx(a) q; }\njob j { run c(a = x); sweep x in [0, 1, 1]; sample q; }\n"
    )
    example_right = (
        "circuit c(float a) { qubit q; rx(a) q; }\njob j { run c(a = x); sweep x in [0, 1, 2]; sample q; }\n"
    )

    name: str
    count: int


@dataclass(frozen=True)
class LoosestBound(Warning):
    code = "QJ1020"
    title = "`{metric}` is bounded, and this says less"
    explanation = (
        "`error(x)` is the sum of what noise may shift and of shot noise, `stderr(x)`: where `error(x)` is bounded, a "
        "larger bound on `stderr(x)` adds nothing."
    )
    example_wrong = (
        "circuit c() { qubit q; h q; }\n"
        "job j { run c(); expect z = Z(q); shots auto; sla { error(z) <= 0.01; stderr(z) <= 0.05; } }\n"
    )
    example_right = (
        "circuit c() { qubit q; h q; }\n"
        "job j { run c(); expect z = Z(q); shots auto; sla { error(z) <= 0.05; stderr(z) <= 0.01; } }\n"
    )

    metric: str
    other: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.other, "bounds it already")
