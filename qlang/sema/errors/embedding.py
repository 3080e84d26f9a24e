"""QJ058x: Python functions as circuits."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic


@dataclass(frozen=True)
class NotInCircuits(Diagnostic):
    code = "QJ0580"
    title = "{construct} cannot be part of a circuit"
    explanation = (
        "A function under `@ql.circuit` is read, not run: it may hold qubit and bit registers, gates, measurements, "
        "arithmetic, `for`, `while` and `if`."
    )
    found_by = "python"

    construct: str
    instead: str = ""

    def helps(self) -> Iterator[str]:
        if self.instead:
            yield self.instead


@dataclass(frozen=True)
class NoSource(Diagnostic):
    code = "QJ0581"
    title = "the source of `{name}` cannot be found"
    explanation = "`@ql.circuit` reads the function's text, which a plain Python prompt does not keep."
    found_by = "python"

    name: str

    def helps(self) -> Iterator[str]:
        yield "write the circuit as text for `ql.compile(text)`, or put the function into a file or notebook"


@dataclass(frozen=True)
class UnknownOutside(Diagnostic):
    code = "QJ0582"
    title = "`{name}` is {kind}, not a number that a circuit can use"
    explanation = "Names from outside of a circuit are read once, when the function is decorated, and must be numbers."
    found_by = "python"

    name: str
    kind: str

    def helps(self) -> Iterator[str]:
        yield "pass it as a parameter of the circuit"
