"""`qlangc check`: all mistakes of files at once; no backend is asked and nothing runs."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from qlang.compiler import exit_codes, frontend
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.fixing import machine_fix
from qlang.compiler.render.formats import FOR_TOOLS, FORMATS, render
from qlang.compiler.render.limit import tally
from qlang.syntax.diagnostic import Diagnostic, errors_of

_DESCRIPTION = """Find the mistakes in files: syntax, names, types and units, qubits, jobs.

The formats json, sarif and github are results and go to standard output; full and concise are for
people and go to standard error. Exit status 1 if there is an error (or, with --deny warnings, a warning).

--fix applies the fixes that need no second look and reports what is left; with - as the file, it prints
the fixed text. --fix --diff only prints what it would change, with exit status 1 if there is anything.
No file is left with more errors than before."""


def main(argv: list[str]) -> int:
    parser = verb_parser("check", _DESCRIPTION)
    _add_options(parser)
    options = parser.parse_args(argv)
    if options.diff and not options.fix:
        parser.error("--diff says what --fix would change: give both")
    if options.fix and "-" in options.files and options.format in FOR_TOOLS:
        parser.error(f"--fix prints the fixed text of -, which leaves no room for --format {options.format}")
    console = console_of(options)
    would_change = False
    if options.fix:
        from qlang.compiler.fix_files import fix_files

        diagnostics, changes = fix_files(options.files, options.stdin_filename, console, dry=options.diff)
        would_change = options.diff and changes
    else:
        diagnostics = [d for path in options.files for d in _check(path, options.stdin_filename)]
    shown = errors_of(diagnostics) if options.quiet else diagnostics
    if options.format in FOR_TOOLS:
        console.result(render(options.format, shown, console.out))
    else:
        sys.stderr.write(render(options.format, shown, console.err))
        _close(console, options, diagnostics)
    failing = ("error", "warning") if options.deny else ("error",)
    failed = would_change or any(d.severity in failing for d in diagnostics)
    return exit_codes.DIAGNOSTICS if failed else exit_codes.OK


def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a .qjob or .qasm file; - reads standard input")
    parser.add_argument("--format", choices=list(FORMATS), default="full", help="how to show them (default: full)")
    parser.add_argument("--fix", action="store_true", help="apply the fixes that need no second look")
    parser.add_argument("--diff", action="store_true", help="with --fix: print what it would change, change nothing")
    parser.add_argument("--deny", choices=["warnings"], help="let warnings fail too")
    parser.add_argument("--stdin-filename", metavar="NAME", help="what to call standard input in diagnostics")


def _check(path: str, stdin_name: str | None) -> tuple[Diagnostic, ...]:
    try:
        return tuple(frontend.analyse(frontend.load(path, stdin_name=stdin_name)).diagnostics)
    except frontend.InputProblem as problem:
        return tuple(problem.diagnostics)


def _close(console: Console, options: Namespace, diagnostics: list[Diagnostic]) -> None:
    """The last line: how many files and mistakes, and how many of them `--fix` mends."""
    files = len(options.files)
    blank = "\n" if diagnostics and options.format == "full" else ""
    mended = 0 if options.fix else sum(machine_fix(each, each.span.source) is not None for each in diagnostics)
    which = f"{mended} of them" if mended < len(diagnostics) else "all of them" if mended > 1 else "it"
    hint = f"; `qlangc check --fix` mends {which}" if mended else ""
    console.note(f"{blank}checked {files} file{'s' if files > 1 else ''}: {tally(diagnostics) or 'no mistakes'}{hint}")
