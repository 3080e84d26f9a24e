"""`qlangc check --fix`: files mended in place, standard input to standard output, and what was done said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qlang.compiler import exit_codes, frontend
from qlang.compiler.console import Console
from qlang.compiler.failure import Failure
from qlang.compiler.fixing import Applied, Fixing, fix_all
from qlang.compiler.render.cells import safe_text
from qlang.compiler.render.limit import PER_FILE
from qlang.compiler.rewriting import replace_text, unified_diff
from qlang.compiler.workspace import find_workspace
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source


def fix_files(
    paths: Sequence[str], stdin_name: str | None, console: Console, *, dry: bool
) -> tuple[list[Diagnostic], bool]:
    """Mend files, or only print the changes where `dry`.

    Returns what remains to be said about all of them (after `dry`: about the files as they are), and whether any text
    changes. Raises: Failure for a file that may not be written.
    """
    left: list[Diagnostic] = []
    changes = False
    for path in dict.fromkeys(paths):
        try:
            source = frontend.load(path, stdin_name=stdin_name)
        except frontend.InputProblem as problem:
            left.extend(problem.diagnostics)
            continue
        fixing = fix_all(source, lambda text: frontend.analyse(text).diagnostics)
        changes = changes or fixing.source.text != source.text
        if dry:
            console.diff(unified_diff(source.name, source.text, fixing.source.text, "fixed"))
            left.extend(fixing.initial)
            _report(console, fixing, "would fix")
        else:
            _deliver(path, source, fixing, console)
            left.extend(fixing.remaining)
    return left, changes


def _deliver(path: str, source: Source, fixing: Fixing, console: Console) -> None:
    if path == "-":
        console.result(fixing.source.text)
    elif fixing.source.text != source.text:
        _refuse_foreign(path)
        replace_text(Path(path), source.text, fixing.source.text)
    _report(console, fixing, "fixed")


def _report(console: Console, fixing: Fixing, done: str) -> None:
    for applied in fixing.applied[:PER_FILE]:
        console.note(f"{done} {_line(applied)}")
    if len(fixing.applied) > PER_FILE:
        console.note(f"{done} {len(fixing.applied) - PER_FILE} more")


def _line(applied: Applied) -> str:
    """`bell.qjob:4:1: QJ0203: use `cx``, on one line."""
    diagnostic = applied.diagnostic
    return safe_text(f"{diagnostic.span}: {diagnostic.code}: {applied.fix.title}")


def _refuse_foreign(path: str) -> None:
    """Raises: Failure for a file of the standard library, and for a link that leads out of its project."""
    from qlang import stdlib

    target, folder = Path(path).resolve(), Path(path).parent.resolve()
    if target.is_relative_to(Path(stdlib.__file__).resolve().parent):
        raise Failure(f"{path} belongs to the standard library; it is left as it is", status=exit_codes.USAGE)
    if not target.is_relative_to(find_workspace(folder)) and not target.is_relative_to(folder):
        raise Failure(f"{path} is a link out of its project; it is left as it is", status=exit_codes.USAGE)
