"""`qlangc check`: all mistakes of files at once; no backend is asked and nothing runs."""

from __future__ import annotations

import sys
from argparse import Namespace

from qlang.compiler import exit_codes, frontend
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.render.formats import FOR_TOOLS, FORMATS, render
from qlang.compiler.render.limit import tally
from qlang.syntax.diagnostic import Diagnostic, errors_of

_DESCRIPTION = """Find the mistakes in files: syntax, names, types and units, qubits, jobs.

The formats json, sarif and github are results and go to standard output; full and concise are for
people and go to standard error. Exit status 1 if there is an error (or, with --deny warnings, a warning)."""


def main(argv: list[str]) -> int:
    parser = verb_parser("check", _DESCRIPTION)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .qjob or .qasm file; - reads standard input")
    parser.add_argument("--format", choices=list(FORMATS), default="full", help="how to show them (default: full)")
    parser.add_argument("--deny", choices=["warnings"], help="let warnings fail too")
    parser.add_argument("--stdin-filename", metavar="NAME", help="what to call standard input in diagnostics")
    options = parser.parse_args(argv)
    console = console_of(options)
    diagnostics = [d for path in options.files for d in _check(path, options.stdin_filename)]
    shown = errors_of(diagnostics) if options.quiet else diagnostics
    if options.format in FOR_TOOLS:
        console.result(render(options.format, shown, console.out))
    else:
        sys.stderr.write(render(options.format, shown, console.err))
        _close(console, options, diagnostics)
    failing = ("error", "warning") if options.deny else ("error",)
    return exit_codes.DIAGNOSTICS if any(d.severity in failing for d in diagnostics) else exit_codes.OK


def _check(path: str, stdin_name: str | None) -> tuple[Diagnostic, ...]:
    try:
        return tuple(frontend.analyse(frontend.load(path, stdin_name=stdin_name)).diagnostics)
    except frontend.InputProblem as problem:
        return tuple(problem.diagnostics)


def _close(console: Console, options: Namespace, diagnostics: list[Diagnostic]) -> None:
    files = len(options.files)
    blank = "\n" if diagnostics and options.format == "full" else ""
    console.note(f"{blank}checked {files} file{'s' if files > 1 else ''}: {tally(diagnostics) or 'no mistakes'}")
