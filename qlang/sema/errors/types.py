"""QJ03: types, units and constants."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.names import defined_here
from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Span


@dataclass(frozen=True)
class TypeMismatch(Diagnostic):
    code = "QJ0301"
    title = "expected {expected}, found {found}"
    explanation = (
        "Numbers widen by themselves (`bit` → `int` → `float` → `complex`); a `float` is never cut to an "
        "integer, and qubits, durations, bits and numbers do not stand for one another."
    )
    example_wrong = "circuit c() { qubit q; int n = 2.5; rx(n) q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; int n = int(2.5); rx(n) q; }\njob j { run c(); sample q; }\n"

    expected: str
    found: str
    reason: Span | None = None
    reason_text: str = ""
    cast: str | None = None
    """A type whose written cast would do."""

    def label(self) -> str:
        return f"this is {self.found}"

    def secondary(self) -> Iterator[Label]:
        if self.reason is not None:
            yield Label(self.reason, self.reason_text)

    def helps(self) -> Iterator[str]:
        if self.found.startswith("`qubit") and "qubit" not in self.expected:
            yield "a qubit has no value: measure it first, `bit b = measure q;`"
        elif self.found == "`duration`" and "bool" in self.expected:
            yield "compare it with another time: `t > 100ns`"

    def fixes(self) -> Iterator[Fix]:
        if self.cast is not None:
            before = Span(self.span.source, self.span.start, self.span.start)
            after = Span(self.span.source, self.span.end, self.span.end)
            edits = (Edit(before, f"{self.cast}("), Edit(after, ")"))
            yield Fix(f"convert with `{self.cast}(…)`", edits, "maybe")


@dataclass(frozen=True)
class WrongUnit(Diagnostic):
    code = "QJ0302"
    title = "{what} is {wanted}, found {found}"
    explanation = (
        "Units are part of the type: times in `ns us ms s min h days`, money in `usd "
        "eur`, multiples of the raw "
        "shots in `x`, shares in `%`. A plain number is not a time."
    )
    example_wrong = (
        "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 100; sla { latency <= 30 usd; } }\n"
    )
    example_right = (
        "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 100; sla { latency <= 30 min; } }\n"
    )

    what: str
    wanted: str
    found: str
    units: tuple[str, ...]
    append: str | None = None
    """A unit that can be written after a plain number."""

    def label(self) -> str:
        return f"write it in {', '.join(f'`{unit}`' for unit in self.units)}" if self.units else ""

    def fixes(self) -> Iterator[Fix]:
        if self.append is not None:
            end = Span(self.span.source, self.span.end, self.span.end)
            yield Fix(f"add the unit `{self.append.strip()}`", (Edit(end, self.append),), "maybe")


@dataclass(frozen=True)
class NotConstant(Diagnostic):
    code = "QJ0303"
    title = "{what} is not known before the program runs"
    explanation = (
        "Sizes, constants, powers of gates and everything in a job are fixed at compile "
        "time: literals, `const` "
        "names, circuit parameters where a circuit is bound, and arithmetic on them."
    )
    example_wrong = "circuit c() { qubit q; bit b = measure q; const int n = int(b); }\njob j { run c(); }\n"
    example_right = "const int n = 3;\ncircuit c() { qubit[n] q; h q; }\njob j { run c(); sample q; }\n"

    what: str
    name: str = ""
    declaration: Span | None = None
    """The variable that is to blame, and where it is declared."""
    why: str = ""
    help: str = ""

    def label(self) -> str:
        return "a constant is needed here"

    def secondary(self) -> Iterator[Label]:
        if self.declaration is not None:
            yield Label(self.declaration, f"`{self.name}` {self.why}")

    def helps(self) -> Iterator[str]:
        if self.help:
            yield self.help
        elif self.why.startswith("is a variable"):
            yield f"declare it as `const`, or make `{self.name}` a parameter of the circuit"


@dataclass(frozen=True)
class DivisionByZero(Diagnostic):
    code = "QJ0304"
    title = "division by zero"
    explanation = "The divisor is zero whatever happens at run time."
    example_wrong = "circuit c() { qubit q; rx(pi / 0) q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; rx(pi / 2) q; }\njob j { run c(); sample q; }\n"

    def label(self) -> str:
        return "divides by zero"


@dataclass(frozen=True)
class OutsideDomain(Diagnostic):
    code = "QJ0305"
    title = "`{function}` has no value at {argument}"
    explanation = "The function is not defined there; `arccos(2)`, `sqrt(-1)` and `log(0)` are no real numbers."
    example_wrong = "circuit c() { qubit q; rx(arccos(2)) q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; rx(arccos(0.2)) q; }\njob j { run c(); sample q; }\n"

    function: str
    argument: str
    domain: str

    def notes(self) -> Iterator[str]:
        if self.domain:
            yield f"it is defined for {self.domain}"


@dataclass(frozen=True)
class NumberTooLarge(Diagnostic):
    code = "QJ0306"
    title = "this {what} does not fit {limit}"
    explanation = (
        "A plain `int` or `float` has 64 bits, and its overflow is an error. Types with a written width "
        "(`uint[8]`) wrap around, as OpenQASM says."
    )
    example_wrong = "const int n = 2 ** 10 ** 10;\ncircuit c() { qubit q; h q; }\njob j { run c(); sample q; }\n"
    example_right = "const int n = 2 ** 10;\ncircuit c() { qubit q; h q; }\njob j { run c(); sample q; }\n"

    what: str
    limit: str

    def label(self) -> str:
        return "too large"


@dataclass(frozen=True)
class NoSuchOperation(Diagnostic):
    code = "QJ0307"
    title = "`{operator}` does not exist for {shown}"
    explanation = "Operators and functions work on certain types only; OpenQASM's tables say which."
    example_wrong = "circuit c() { qubit[2] q; rx(q + 1) q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit[2] q; rx(0.5 + 1) q; }\njob j { run c(); sample q; }\n"

    operator: str
    operands: tuple[str, ...]

    def message(self) -> str:
        shown = " and ".join(f"`{operand}`" for operand in self.operands) or "this"
        return self.title.format(operator=self.operator, shown=shown)

    def helps(self) -> Iterator[str]:
        kinds = {operand.split("[")[0] for operand in self.operands}
        if kinds == {"bit"} and len(set(self.operands)) > 1:
            yield "both sides need the same number of bits: take a part of one, `b[0:1]`"
        elif "duration" in kinds and kinds & {"int", "uint", "float"} and self.operator in ("+", "-"):
            yield "a plain number is no time: give it a unit, as in `2ns`"
        elif "bool" in kinds and self.operator in ("+", "-", "*", "/", "%", "**"):
            yield "truth values are no numbers: convert with `int(…)`"
        elif self.operator in ("<<", ">>", "&", "|", "^", "~", "%") and "float" in kinds:
            yield "bits belong to integers: convert with `int(…)` or `uint(…)`"
        elif kinds & {"qubit"}:
            yield "a qubit has no value: measure it first, `bit b = measure q;`"


@dataclass(frozen=True)
class WrongArgumentCount(Diagnostic):
    code = "QJ0308"
    title = "{callee} takes {wanted}, found {found}"
    explanation = "A call gives one value for each parameter."
    example_wrong = "circuit c() { qubit q; rx(sin(1, 2)) q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; rx(sin(1)) q; }\njob j { run c(); sample q; }\n"

    name: str
    """The bare name, or words with the name in them: ``circuit `c` ``."""
    wanted: str
    found: int
    definition: Span | None = None
    usage: str = ""
    """The head of what is called: `f(int a, float b)`."""

    def message(self) -> str:
        callee = self.name if "`" in self.name else f"`{self.name}`"
        return self.title.format(callee=callee, wanted=self.wanted, found=self.found)

    def label(self) -> str:
        return f"{self.found or 'none'} given"

    def helps(self) -> Iterator[str]:
        if self.usage:
            yield f"it is declared as `{self.usage}`"
        elif self.name in ("X", "Y", "Z") and self.found > 1:
            yield f"a product is written with `*`: `{self.name}(a) * {self.name}(b)`"

    def secondary(self) -> Iterator[Label]:
        return defined_here(self.name, self.definition)


@dataclass(frozen=True)
class InvalidSize(Diagnostic):
    code = "QJ0309"
    title = "a size is a whole number from 1 to {limit}, found {value}"
    explanation = "Registers, arrays and numbers have at least one element or bit."
    example_wrong = "circuit c() { qubit[0] q; h q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit[1] q; h q; }\njob j { run c(); sample q; }\n"

    value: str
    limit: int


@dataclass(frozen=True)
class NotAssignable(Diagnostic):
    code = "QJ0310"
    title = "`{name}` is {what} and cannot be assigned to"
    explanation = "Constants, parameters of gates and circuits, `readonly` arrays and qubits keep their value."
    example_wrong = "const int n = 3;\ncircuit c() { qubit q; n = 4; h q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; int n = 3; n = 4; rx(n) q; }\njob j { run c(); sample q; }\n"

    name: str
    what: str
    definition: Span | None

    def secondary(self) -> Iterator[Label]:
        if self.definition is not None:
            yield Label(self.definition, "declared here")


@dataclass(frozen=True)
class ElementOutOfRange(Diagnostic):
    code = "QJ0311"
    title = "index {index} is out of range for `{type}`"
    explanation = "Elements are counted from 0; negative indices count from the end, -1 being the last."
    example_wrong = "circuit c() { qubit[3] q; bit[3] b; b[3] = measure q[0]; }\njob j { run c(); }\n"
    example_right = "circuit c() { qubit[3] q; bit[3] b; b[2] = measure q[0]; }\njob j { run c(); }\n"

    index: int
    size: int
    type: str
    declaration: Span | None = None
    witness: str = ""
    """The values of loop variables for which it happens: `i = 2`."""
    loops: tuple[Span, ...] = ()
    """The ranges whose values lead here."""

    def label(self) -> str:
        back = f", or -{self.size} to -1 from the end" if self.index < 0 else ""
        where = f"{self.index} for {self.witness}; " if self.witness else ""
        return f"{where}the indices are 0 to {self.size - 1}{back}"

    def secondary(self) -> Iterator[Label]:
        if self.declaration is not None:
            yield Label(self.declaration, f"has {self.size} element{'' if self.size == 1 else 's'}")
        for loop in self.loops:
            yield Label(loop, "gives this value")

    def helps(self) -> Iterator[str]:
        if self.loops and self.index == self.size:
            yield "ranges include their last value: `[0:n-1]` has n of them"


@dataclass(frozen=True)
class TooManyIndices(Diagnostic):
    code = "QJ0340"
    title = "`{name}` has {wanted}, found {found}"
    explanation = (
        "An array is given one index for each of its dimensions, or fewer for a part of it; a register has one "
        "dimension, and a single bit or number in it none."
    )
    example_wrong = (
        "circuit c() { qubit q; array[int, 2, 2] a = {{1, 2}, {3, 4}}; rx(a[0, 1, 0]) q; }\n"
        "job j { run c(); sample q; }\n"
    )
    example_right = (
        "circuit c() { qubit q; array[int, 2, 2] a = {{1, 2}, {3, 4}}; rx(a[0, 1]) q; }\njob j { run c(); sample q; }\n"
    )

    name: str
    dimensions: int
    found: int
    declaration: Span | None

    def message(self) -> str:
        wanted = (
            f"{self.dimensions} dimension{'' if self.dimensions == 1 else 's'}" if self.dimensions else "no elements"
        )
        found = f"{self.found} ind{'ex' if self.found == 1 else 'ices'}"
        return self.title.format(name=self.name, wanted=wanted, found=found)

    def label(self) -> str:
        return "an index too many"

    def secondary(self) -> Iterator[Label]:
        if self.declaration is not None:
            yield Label(self.declaration, "declared here")


@dataclass(frozen=True)
class NoSuchCast(Diagnostic):
    code = "QJ0312"
    title = "`{source}` cannot be converted to `{target}`"
    explanation = "OpenQASM has no cast between these types, or only between equal sizes."
    example_wrong = "const bit[3] b = bit[3](1.5);\ncircuit c() { qubit q; h q; }\njob j { run c(); sample q; }\n"
    example_right = "const bit[3] b = bit[3](1);\ncircuit c() { qubit q; h q; }\njob j { run c(); sample q; }\n"

    source: str
    target: str

    def helps(self) -> Iterator[str]:
        kind = self.source.split("[")[0]
        if kind in ("duration", "stretch"):
            yield "the number of nanoseconds of a time t is `t / 1ns`"
        elif kind in ("float", "complex") and self.target.startswith("bit"):
            yield "convert to an integer first: `int(…)` cuts the fraction off"
        elif kind == "qubit":
            yield "a qubit has no value: measure it first, `bit b = measure q;`"


@dataclass(frozen=True)
class OutOfBounds(Diagnostic):
    code = "QJ0315"
    title = "{what} is {wanted}, found {found}"
    explanation = "The number has the right type, but not a value that makes sense here."
    example_wrong = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 0; }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; shots 100; }\n"

    what: str
    wanted: str
    found: str
