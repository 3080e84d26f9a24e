"""QJ09: backends and what they can do."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.names import listed, use_instead
from qlang.syntax.diagnostic import Diagnostic, Fix, Label
from qlang.syntax.source import Span

_CIRCUIT = "circuit c() { qubit[2] q; h q; cx q[0], q[1]; }\n"


@dataclass(frozen=True)
class UnknownNoise(Diagnostic):
    code = "QJ0903"
    title = "unknown noise block `{name}`"
    explanation = "`sim with NAME` simulates with the noise that `noise NAME { … }` describes."
    example_wrong = (
        _CIRCUIT
        + "job j { run c(); sample q; shots 10; backend sim with lap; }\nnoise lab { readout(p01 = 0.1, p10 = 0.1); }\n"
    )
    example_right = (
        _CIRCUIT
        + "job j { run c(); sample q; shots 10; backend sim with lab; }\nnoise lab { readout(p01 = 0.1, p10 = 0.1); }\n"
    )

    name: str
    known: tuple[str, ...] = ()
    suggestion: str | None = None
    hint: str = ""

    def label(self) -> str:
        return "no noise block of this name"

    def helps(self) -> Iterator[str]:
        if self.hint:
            yield self.hint
        elif self.suggestion is None:
            blocks = f"the blocks are {listed(self.known)}" if self.known else "this file has none"
            yield f"{blocks}; `noise {self.name} {{ depolarizing(0.01) on cx; }}` would define it"

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class UnknownField(Diagnostic):
    code = "QJ0904"
    title = "backends have no property `{name}`"
    explanation = (
        "Conditions compare `qubits`, `calibrated` (with `within`), `vendor`, `region`, "
        "`cost_per_shot`, `crypto`, `simulator`."
    )
    example_wrong = _CIRCUIT + "job j { run c(); sample q; shots 10; backend sim where qbits >= 2; }\n"
    example_right = _CIRCUIT + "job j { run c(); sample q; shots 10; backend sim where qubits >= 2; }\n"

    name: str
    known: tuple[str, ...]
    suggestion: str | None = None

    def notes(self) -> Iterator[str]:
        if self.suggestion is None:
            yield f"the properties are {', '.join(f'`{name}`' for name in self.known)}"

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class InvalidCondition(Diagnostic):
    code = "QJ0905"
    title = "{problem}"
    explanation = "A condition is `property relation value`, several are joined by `&&`."
    example_wrong = _CIRCUIT + "job j { run c(); sample q; shots 10; backend sim where qubits + 2; }\n"
    example_right = _CIRCUIT + "job j { run c(); sample q; shots 10; backend sim where qubits >= 2; }\n"

    problem: str


@dataclass(frozen=True)
class StateOnDevice(Diagnostic):
    code = "QJ0906"
    title = "`state` needs an exact simulator, {backend} is none"
    explanation = "Amplitudes cannot be read from a quantum computer or a noisy simulation; only `sim` has them."
    example_wrong = _CIRCUIT + "job j { run c(); state q; backend ibm.boston; }\n"
    example_right = _CIRCUIT + "job j { run c(); state q; backend sim; }\n"

    backend: str
    state: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.state, "the amplitudes are asked for here")

    def helps(self) -> Iterator[str]:
        yield "use `backend sim`, or ask for `sample` or `expect` instead of `state`"
