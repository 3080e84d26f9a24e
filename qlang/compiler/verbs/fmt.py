"""`qlangc fmt`: files in the one layout; comments stay, meaning stays, a file with syntax errors is left alone."""

from __future__ import annotations

from pathlib import Path

from qlang.compiler import exit_codes
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.failure import Failure
from qlang.compiler.rewriting import replace_text, unified_diff
from qlang.compiler.sources import source_of
from qlang.syntax.format import format_source
from qlang.syntax.source import Source

_DESCRIPTION = """Lay out files in place; with - read standard input and write standard output.

--check and --diff change nothing; their exit status is 1 if something would change."""


def main(argv: list[str]) -> int:
    parser = verb_parser("fmt", _DESCRIPTION)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .qjob or .qasm file; - reads standard input")
    parser.add_argument("--check", action="store_true", help="only say which files would change")
    parser.add_argument("--diff", action="store_true", help="only print what would change")
    parser.add_argument("--stdin-filename", metavar="NAME", help="what to call standard input in diagnostics")
    options = parser.parse_args(argv)
    console = console_of(options)
    dry = options.check or options.diff
    status = exit_codes.OK
    for path in options.files:
        texts = _laid_out(path, options.stdin_filename, console)
        if texts is None:
            status = exit_codes.DIAGNOSTICS
            continue
        name, before, after = texts
        if options.diff and before != after:
            console.diff(unified_diff(name, before, after, "laid out"))
        if dry and before != after:
            status = exit_codes.DIAGNOSTICS
            console.note(f"{name} would change")
        elif not dry:
            _deliver(path, before, after, console)
    return status


def _laid_out(path: str, stdin_name: str | None, console: Console) -> tuple[str, str, str] | None:
    """The name of a file, its text as it is and as it should be; `None` after showing why there is none."""
    if (stdin_name or path).endswith(".stim"):
        raise Failure(
            f"{path} is a Stim circuit, which has no layout of ours", "`qlangc convert --to qasm3` writes another"
        )
    source = source_of(path, console, stdin_name=stdin_name)
    if source is None:
        return None
    crlf = "\r\n" in source.text
    result = format_source(Source(source.name, source.text.replace("\r\n", "\n")))
    if result.text is None:
        console.diagnostics(result.diagnostics)
        return None
    return source.name, source.text, result.text.replace("\n", "\r\n") if crlf else result.text


def _deliver(path: str, before: str, after: str, console: Console) -> None:
    if path == "-":
        console.result(after)
    elif before != after:
        replace_text(Path(path), before, after)
        console.note(f"laid out {path}")
