"""The exception of the Python API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qlang.syntax.diagnostic import Diagnostic


class CompileError(Exception):
    """A program that cannot be compiled; `diagnostics` holds every mistake, `str()` shows them as the command does."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        import sys

        from qlang.compiler.render.full import render
        from qlang.compiler.render.theme import theme_of

        return "\n" + render(self.diagnostics, theme_of(sys.stderr, "never"))


def refuse_errors(diagnostics: Iterable[Diagnostic]) -> None:
    """Raises CompileError with the errors, if there are any."""
    from qlang.syntax.diagnostic import errors_of

    errors = errors_of(diagnostics)
    if errors:
        raise CompileError(errors)
