"""OpenQASM 3 text that readers fill line by line: registers, gate definitions, statements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite

from qlang.interchange.definitions import BEYOND_PRELUDE, READABLE, with_needed
from qlang.interchange.errors import CannotRead, NotANumber
from qlang.interchange.names import GATE_NAMES, OPENQASM3_NAMES, Names
from qlang.interchange.spelling import angle_text, modifiers
from qlang.syntax.words import TOP_WORDS

FORBIDDEN = OPENQASM3_NAMES | GATE_NAMES | frozenset(TOP_WORDS) | frozenset(("sum", "prod", "wires"))
"""Names that registers, gates and parameters of a text that was read do not get."""
DEEPEST = 60
"""Most levels of control flow or definitions inside of each other that are read: as deep as definitions expand."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader gives: the text, what to call it, and whether it is OpenQASM 3 or has jobs of qlang."""

    name: str
    text: str
    jobs: bool = False


@dataclass(slots=True)
class TextWriter:
    """Collects a program; gates that `stdgates.inc` lacks are defined when they are used."""

    framework: str
    names: Names = field(default_factory=lambda: Names(forbidden=FORBIDDEN))
    inputs: list[str] = field(default_factory=list)
    declarations: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    used: dict[str, None] = field(default_factory=dict)
    """Gates that need a definition of `READABLE`, in the order of first use."""
    defined: dict[str, str] = field(default_factory=dict)
    """Parameters, operands and body of a definition of the object's own → its name."""
    depth: int = 0

    def line(self, text: str) -> None:
        self.lines.append("  " * self.depth + text)

    @contextmanager
    def body(self, head: str) -> Iterator[None]:
        """A block in braces."""
        self.line(head + " {")
        self.depth += 1
        if self.depth > DEEPEST:
            raise CannotRead(self.framework, f"control flow nested deeper than {DEEPEST} levels", "flatten it")
        yield
        self.depth -= 1
        self.line("}")

    def otherwise(self) -> None:
        """Turn the end of the last block into the beginning of its `else`."""
        last = self.lines.pop()
        assert last.strip() == "}"

    def register(self, kind: str, wanted: str, size: int, fallback: str) -> str:
        """Declare a register; a name that had to be changed stands beside it."""
        name = self.names.give(wanted, fallback)
        note = "" if name == wanted else f"  // {quoted(wanted)}"
        self.declarations.append(f"{kind}[{size}] {name};{note}")
        return name

    def parameter(self, wanted: str) -> str:
        """Declare a parameter."""
        name = self.names.give(wanted, "a")
        note = "" if name == wanted else f"  // {quoted(wanted)}"
        self.inputs.append(f"input float[64] {name};{note}")
        return name

    def angle(self, value: float, what: str) -> str:
        """The text of a finite number. Raises NotANumber."""
        if not isfinite(value):
            raise NotANumber(self.framework, f"{what} is {value}")
        return angle_text(value)

    def spelling(self, name: str, angles: Sequence[str] = (), controls: str = "") -> str:
        """A gate call without its operands; its definition is written where it needs one."""
        if name in READABLE:
            self.used[name] = None
        call = f"{name}({', '.join(angles)})" if angles else name
        return modifiers(controls) + call

    def gate(self, name: str, angles: Sequence[float], operands: Iterable[str], controls: str = "") -> None:
        """A gate call with numbers."""
        texts = [self.angle(angle, f"an angle of `{name}`") for angle in angles]
        joined = ", ".join(operands)
        call = self.spelling(name, texts, controls)
        self.line(f"{call} {joined};" if joined else f"{call};")

    def definition(self, wanted: str, parameters: Sequence[str], count: int, body: Sequence[str]) -> str:
        """The name of a gate with this body; equal ones are one."""
        operands = ", ".join(f"q{k}" for k in range(count))
        head = f"({', '.join(parameters)})" if parameters else ""
        content = f"{head} {operands} {{ {' '.join(body)} }}"
        name = self.defined.get(content)
        if name is None:
            name = self.defined[content] = self.names.give(wanted, "g")
        return name

    def circuit_text(self, name: str) -> str:
        """The program as a circuit of qlang, for a job to run; the prelude has most gates."""
        own = [f"gate {each}{content}" for content, each in self.defined.items()]
        body = [f"  {line}" for line in (*self.declarations, *self.lines)]
        needed = with_needed(BEYOND_PRELUDE, self.used)
        return "\n".join([*needed, *own, f"circuit {name}() {{", *body, "}"]) + "\n"

    def text(self) -> str:
        """The whole program."""
        head = ["OPENQASM 3.0;", 'include "stdgates.inc";', *self.inputs, *with_needed(READABLE, self.used)]
        own = [f"gate {name}{content}" for content, name in self.defined.items()]
        return "\n".join([*head, *own, *self.declarations, *self.lines]) + "\n"


def quoted(name: str) -> str:
    """A foreign name on one line of ASCII, for comments and messages."""
    return json.dumps(name[:80])
