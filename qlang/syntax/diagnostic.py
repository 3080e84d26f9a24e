"""What a diagnostic is: data about a mistake; the words are class data, the look is decided elsewhere.

Families of codes: QJ01 syntax, QJ02 names, QJ03 types and units, QJ04 qubits, QJ05 circuits and observables,
QJ06 mitigation, QJ07 SLA and scheduling, QJ08 crypto and policy, QJ09 backend capability, QJ10 warnings,
QJ99 internal.
A code is never reused.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeVar

from qlang.syntax.source import Span

Severity = Literal["error", "warning", "note"]
Applicability = Literal["machine", "maybe", "placeholder"]
"""Whether a fix may be applied unseen, needs a look, or has parts to fill in (after rustc)."""


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that matters, with a word on why."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the span by the text; an empty span inserts."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A way out that a tool can apply."""

    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability = "machine"


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was open where a mistake was met."""

    span: Span
    """The call, in the caller's file."""
    name: str
    """What is called: a subroutine, a gate or a circuit."""


@dataclass(frozen=True)
class Diagnostic:
    """Base of all diagnostics.

    A subclass sets `code`, `title` (a template filled from its fields) and, where there is something to say,
    `example_wrong` and `example_right`, which `qlangc explain` shows and tests compile.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity] = "error"
    explanation: ClassVar[str] = ""
    """What the rule is and why it exists, a few sentences for `qlangc explain`."""
    example_wrong: ClassVar[str] = ""
    example_right: ClassVar[str] = ""

    span: Span

    def message(self) -> str:
        """The title with the fields of this diagnostic filled in."""
        return self.title.format(**self.__dict__)

    def label(self) -> str:
        """The words under the primary span; may be empty."""
        return ""

    def secondary(self) -> Iterable[Label]:
        """Other places that matter."""
        return ()

    def notes(self) -> Iterable[str]:
        """Facts that explain."""
        return ()

    def helps(self) -> Iterable[str]:
        """Ways out, in words."""
        return ()

    def fixes(self) -> Iterable[Fix]:
        """Ways out, as edits."""
        return ()

    def calls(self) -> tuple[Call, ...]:
        """The calls open where the mistake was met, innermost first; empty for one that needs none to be seen.

        They are no field: a mistake is the same on whatever way it is reached, so that equality, sorting and
        the construction of subclasses know nothing of them. `with_calls` adds them.
        """
        return self._calls

    _calls: ClassVar[tuple[Call, ...]] = ()

    def labels(self) -> tuple[Label, ...]:
        """All places besides the primary one: those of the mistake, then where its file comes in, innermost first."""
        return (*self.secondary(), *self._origins)

    _origins: ClassVar[tuple[Label, ...]] = ()


Found = TypeVar("Found", bound=Diagnostic)


def with_calls(diagnostic: Found, calls: Iterable[Call]) -> Found:
    """A copy of a diagnostic that was met within these calls, innermost first, which are added outside its own."""
    found = copy(diagnostic)
    object.__setattr__(found, "_calls", (*diagnostic.calls(), *calls))
    return found


def with_origins(diagnostic: Found, origins: Iterable[Label]) -> Found:
    """A copy of a diagnostic of a file that others include or import, with the places where they do."""
    found = copy(diagnostic)
    object.__setattr__(found, "_origins", (*diagnostic._origins, *origins))
    return found


def errors_of(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Those that forbid compiling."""
    return tuple(diagnostic for diagnostic in diagnostics if diagnostic.severity == "error")
