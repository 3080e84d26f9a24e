"""QJ0211 to QJ0213: arguments and the parameters that they are for."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.names import use_instead
from qlang.syntax.diagnostic import Diagnostic, Fix, Label
from qlang.syntax.source import Span


@dataclass(frozen=True)
class UnknownParameter(Diagnostic):
    code = "QJ0211"
    title = "{callee} has no parameter `{name}`"
    explanation = "Arguments written as `name = value` name a parameter of what is called."
    example_wrong = "circuit c(int steps) { qubit q; rx(pi / steps) q; }\njob j { run c(step = 3); sample q; }\n"
    example_right = "circuit c(int steps) { qubit q; rx(pi / steps) q; }\njob j { run c(steps = 3); sample q; }\n"

    callee: str
    name: str
    known: tuple[str, ...]
    suggestion: str | None = None

    def label(self) -> str:
        return "no such parameter"

    def notes(self) -> Iterator[str]:
        if self.suggestion is None and self.known:
            yield f"its parameters are {', '.join(f'`{name}`' for name in self.known)}"

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class MissingArgument(Diagnostic):
    code = "QJ0212"
    title = "{callee} needs a value for `{name}`"
    explanation = "A parameter without a default gets its value from the call."
    example_wrong = "circuit c(int steps) { qubit q; rx(pi / steps) q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c(int steps) { qubit q; rx(pi / steps) q; }\njob j { run c(steps = 3); sample q; }\n"

    callee: str
    name: str
    definition: Span
    program: str | None = None
    """The file that runs without a job, where there is none that could give the value."""
    type: str = ""

    def label(self) -> str:
        return f"`{self.name}` is missing"

    def secondary(self) -> Iterator[Label]:
        if self.program is None:
            yield Label(self.definition, "declared without a default")

    def helps(self) -> Iterator[str]:
        if self.program is None:
            yield f"write `{self.name} = …` in the call, or give the parameter a default"
            return
        yield f"an `input` gets its value from a job; write one into a `.qjob` file beside `{self.program}`:"
        yield f'import "{self.program}" as program;'
        yield f"job j {{ run program({self.name} = …); }}  // a value of type {self.type}"


@dataclass(frozen=True)
class RepeatedArgument(Diagnostic):
    code = "QJ0213"
    title = "`{name}` gets two values"
    explanation = "Each parameter is given once, by its place or by its name."
    example_wrong = "circuit c(int steps) { qubit q; rx(pi / steps) q; }\njob j { run c(3, steps = 4); sample q; }\n"
    example_right = "circuit c(int steps) { qubit q; rx(pi / steps) q; }\njob j { run c(steps = 4); sample q; }\n"

    name: str
    first: Span

    def label(self) -> str:
        return "given again"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.first, "already given here")
