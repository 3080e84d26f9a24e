"""QJ03, the part about arrays."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic, Edit, Fix
from qlang.syntax.source import Span


@dataclass(frozen=True)
class ArrayInBrackets(Diagnostic):
    code = "QJ0313"
    title = "the elements of an array stand in braces"
    explanation = (
        "OpenQASM writes an array as `{0.1, 0.2}`, one of several dimensions as `{{1, 2}, {3, 4}}`. Brackets hold the "
        "values of a sweep, and indices."
    )
    example_wrong = (
        "circuit c(array[float, 2] t) { qubit q; rx(t[0]) q; ry(t[1]) q; }\n"
        "job j { run c(t = [0.1, 0.2]); sample q; }\n"
    )
    example_right = (
        "circuit c(array[float, 2] t) { qubit q; rx(t[0]) q; ry(t[1]) q; }\n"
        "job j { run c(t = {0.1, 0.2}); sample q; }\n"
    )

    opening: tuple[Span, ...]
    """Every `[`, those of inner rows too."""
    closing: tuple[Span, ...]

    def label(self) -> str:
        return "these brackets"

    def fixes(self) -> Iterator[Fix]:
        edits = [Edit(span, "{") for span in self.opening] + [Edit(span, "}") for span in self.closing]
        yield Fix("write braces", tuple(sorted(edits, key=lambda edit: edit.span.start)))
