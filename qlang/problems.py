"""The exceptions and the warning of the Python API."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from qlang.syntax.diagnostic import Diagnostic


Result = TypeVar("Result")


class DiagnosedError(Exception):
    """Base: `diagnostics` holds every mistake, `str()` shows them as the command does."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return "\n" + rendered(self.diagnostics)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the mistakes, and no frames of ours."""
        return rendered(self.diagnostics, coloured=True).splitlines()

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(rendered(self.diagnostics))}</pre>"


class CompileError(DiagnosedError):
    """A program that cannot be compiled, with every mistake."""


class ExecutionError(DiagnosedError):
    """A circuit that stopped while it ran: an index without a qubit, a division by zero, a loop without an end."""


class CompileWarning(UserWarning):
    """Something doubtful in a function; `diagnostic` says what."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic)
        self.diagnostic = diagnostic

    def __str__(self) -> str:
        return "\n" + rendered((self.diagnostic,))


def rendered(diagnostics: Iterable[Diagnostic], *, coloured: bool = False) -> str:
    """Diagnostics as the command shows them."""
    import sys

    from qlang.compiler.render.full import render
    from qlang.compiler.render.theme import theme_of

    return render(tuple(diagnostics), theme_of(sys.stderr, "always" if coloured else "never"))


def shortly(function: Callable[[], Result]) -> Result:
    """The function's answer; a CompileError leaves without the frames between, which are ours and say nothing."""
    try:
        return function()
    except CompileError as error:
        raise error.with_traceback(None) from None


def refuse_errors(diagnostics: Iterable[Diagnostic]) -> None:
    """Raises CompileError with the errors, if there are any."""
    from qlang.syntax.diagnostic import errors_of

    errors = errors_of(diagnostics)
    if errors:
        raise CompileError(errors)


def warn_of(diagnostics: Iterable[Diagnostic]) -> None:
    """Warn of what is doubtful, at its place, once."""
    import warnings

    for diagnostic in diagnostics:
        if diagnostic.severity == "warning":
            source = diagnostic.span.source
            line, _ = source.line_column(diagnostic.span.start)
            warnings.warn_explicit(CompileWarning(diagnostic), CompileWarning, source.name, line)
