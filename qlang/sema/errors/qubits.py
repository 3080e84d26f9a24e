"""QJ04: qubits."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Span


@dataclass(frozen=True)
class IndexOutOfRange(Diagnostic):
    code = "QJ0401"
    title = "index {index} is out of range for register `{register}` of {size} {noun}"
    explanation = (
        "Qubits are counted from 0; negative indices count from the end, -1 being the last. In a loop the "
        "checker tries the ends of the loop's range."
    )
    example_wrong = (
        "circuit c() {\n  qubit[3] q;\n  for int i in [0:2] { cx q[i], q[i+1]; }\n}\njob j { run c(); sample q; }\n"
    )
    example_right = (
        "circuit c() {\n  qubit[3] q;\n  for int i in [0:1] { cx q[i], q[i+1]; }\n}\njob j { run c(); sample q; }\n"
    )

    register: str
    index: int
    size: int
    declaration: Span | None
    witness: str = ""
    """The values of loop variables for which it happens: `i = 2`."""
    fix_index: int | None = None
    """The index to write where a literal is one too far."""
    loops: tuple[Span, ...] = ()
    """The ranges whose values lead here."""
    whole_range: bool = False
    """Whether the index is a range itself."""
    alias: bool = False
    """Whether the register is another name for some qubits."""
    arrives: bool = False
    """Whether the register has this size in a call only: the parameter is `qubit[]`."""

    def message(self) -> str:
        noun = "qubit" if self.size == 1 else "qubits"
        return self.title.format(noun=noun, index=self.index, register=self.register, size=self.size)

    def label(self) -> str:
        where = f"{self.index} for {self.witness}; " if self.witness else ""
        if self.size == 1:
            return f"{where}the only index is 0"
        back = f", or -{self.size} to -1 from the end" if self.index < 0 else ""
        return f"{where}the indices are 0 to {self.size - 1}{back}"

    def secondary(self) -> Iterator[Label]:
        if self.declaration is not None:
            how = "has" if self.arrives else "stands for" if self.alias else "declared with"
            when = " in this call" if self.arrives else ""
            yield Label(self.declaration, f"{how} {self.size} qubit{'' if self.size == 1 else 's'}{when}")
        for loop in self.loops:
            yield Label(loop, "gives this value")

    def helps(self) -> Iterator[str]:
        if self.whole_range and self.index == self.size:
            yield f"ranges include their last value: the whole register is `{self.register}[0:{self.size - 1}]`"
        elif self.loops and self.index == self.size:
            yield "ranges include their last value: `[0:n-1]` has n of them"

    def fixes(self) -> Iterator[Fix]:
        if self.fix_index is not None:
            yield Fix(f"use the last index, {self.fix_index}", (Edit(self.span, str(self.fix_index)),), "maybe")


@dataclass(frozen=True)
class NotARegister(Diagnostic):
    code = "QJ0407"
    title = "`{name}` is {what}, and `[{index}]` picks nothing from it"
    explanation = (
        "`qubit q;` declares one qubit, which is named without an index; `qubit[n] q;` declares a register of n. "
        "Qubits have one index: a register of registers does not exist."
    )
    example_wrong = "circuit c() { qubit q; h q[0]; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; }\n"

    name: str
    what: str
    index: str
    brackets: Span
    single: bool
    declaration: Span | None

    def label(self) -> str:
        return "an index too many"

    def secondary(self) -> Iterator[Label]:
        if self.declaration is not None:
            yield Label(self.declaration, "declared here")

    def fixes(self) -> Iterator[Fix]:
        if self.single and self.index in ("0", "-1"):
            yield Fix(f"remove `[{self.index}]`", (Edit(self.brackets, ""),))


@dataclass(frozen=True)
class SameQubitTwice(Diagnostic):
    code = "QJ0402"
    title = "`{gate}` is applied to the same qubit twice"
    explanation = (
        "A gate acts on different qubits: no qubit can be its own control (no-cloning "
        "forbids the copy that this "
        "would need)."
    )
    example_wrong = "circuit c() { qubit[2] q; cx q[0], q[0]; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit[2] q; cx q[0], q[1]; }\njob j { run c(); sample q; }\n"

    gate: str
    qubit: str
    first: Span
    witness: str = ""
    aliases: tuple[Label, ...] = ()
    """Where the names that hide the qubit are declared."""

    def label(self) -> str:
        if self.first == self.span:
            return f"`{self.qubit}` stands in it twice"
        return f"`{self.qubit}` again" + (f" for {self.witness}" if self.witness else "")

    def secondary(self) -> Iterator[Label]:
        if self.first != self.span:
            yield Label(self.first, f"`{self.qubit}` here")
        yield from self.aliases


@dataclass(frozen=True)
class BroadcastMismatch(Diagnostic):
    code = "QJ0403"
    title = "`{gate}` cannot pair a register of {left} with one of {right}"
    explanation = (
        "A gate on registers is applied element by element, so they have equal sizes; "
        "single qubits are used "
        "with every element."
    )
    example_wrong = "circuit c() { qubit[2] a; qubit[3] b; cx a, b; }\njob j { run c(); sample a; }\n"
    example_right = "circuit c() { qubit[3] a; qubit[3] b; cx a, b; }\njob j { run c(); sample a; }\n"

    gate: str
    left: int
    right: int
    first: Span

    def label(self) -> str:
        return f"{self.right} qubits"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.first, f"{self.left} qubits")


@dataclass(frozen=True)
class MeasureSizeMismatch(Diagnostic):
    code = "QJ0404"
    title = "measuring {qubits} gives {qubits_count}, the target holds {bits}"
    explanation = "A measurement gives one bit for each qubit."
    example_wrong = "circuit c() { qubit[3] q; bit[2] b; b = measure q; }\njob j { run c(); }\n"
    example_right = "circuit c() { qubit[3] q; bit[3] b; b = measure q; }\njob j { run c(); }\n"

    qubits: int
    bits: int
    target: Span | None

    def message(self) -> str:
        qubits = f"{self.qubits} qubit{'' if self.qubits == 1 else 's'}"
        given = f"{self.qubits} bit{'' if self.qubits == 1 else 's'}"
        return self.title.format(qubits=qubits, qubits_count=given, bits=self.bits)

    def label(self) -> str:
        return f"{self.qubits} qubit{'' if self.qubits == 1 else 's'}"

    def secondary(self) -> Iterator[Label]:
        if self.target is not None:
            yield Label(self.target, f"{self.bits} bit{'' if self.bits == 1 else 's'}")


@dataclass(frozen=True)
class SwappedMeasurement(Diagnostic):
    code = "QJ0408"
    title = "qubits are measured into bits, not bits into qubits"
    explanation = "`bits = measure qubits;`, or in the older way `measure qubits -> bits;`."
    example_wrong = "circuit c() { qubit[2] q; bit[2] b; h q; measure b -> q; }\njob j { run c(); }\n"
    example_right = "circuit c() { qubit[2] q; bit[2] b; h q; measure q -> b; }\njob j { run c(); }\n"

    qubits: Span
    bits: Span

    def label(self) -> str:
        return "the wrong way round"

    def fixes(self) -> Iterator[Fix]:
        edits = (Edit(self.bits, self.qubits.text), Edit(self.qubits, self.bits.text))
        yield Fix(f"exchange `{self.bits.text}` and `{self.qubits.text}`", edits)


@dataclass(frozen=True)
class UseAfterMeasure(Diagnostic):
    code = "QJ0405"
    title = "`{qubit}` is used after its measurement without a reset"
    explanation = (
        "The target of this job cannot go on with a qubit that it has measured. A `reset` makes the qubit fresh."
    )
    found_by = "target"
    example_wrong = "circuit c() { qubit q; bit b; h q; b = measure q; h q; }\n"
    example_right = "circuit c() { qubit q; bit b; h q; b = measure q; reset q; h q; }\n"

    qubit: str
    measured: Span

    def label(self) -> str:
        return "used again here"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.measured, "measured here: its state is gone")

    def helps(self) -> Iterator[str]:
        yield f"`reset {self.qubit};` makes it fresh"


@dataclass(frozen=True)
class QubitsInBlock(Diagnostic):
    code = "QJ0406"
    title = "qubits are declared at the top of a circuit, not in {place}"
    explanation = (
        "The qubits of a circuit exist from its beginning to its end, so that its size is known before it runs."
    )
    example_wrong = "circuit c() { if (true) { qubit q; h q; } }\njob j { run c(); }\n"
    example_right = "circuit c() { qubit q; if (true) { h q; } }\njob j { run c(); sample q; }\n"

    place: str

    def helps(self) -> Iterator[str]:
        yield "move the declaration up and `reset` the qubit where a fresh one is needed"
