"""The file that a verb works on."""

from qlang.compiler import frontend
from qlang.compiler.console import Console
from qlang.syntax.source import Source


def source_of(path: str, console: Console, *, stdin_name: str | None = None) -> Source | None:
    """A program's text; `None` after showing why the file cannot be read."""
    try:
        return frontend.load(path, stdin_name=stdin_name)
    except frontend.InputProblem as problem:
        console.diagnostics(problem.diagnostics)
        return None
