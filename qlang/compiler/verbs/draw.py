"""`qlangc draw`: a circuit as text or SVG."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING

from qlang.compiler import exit_codes, frontend
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.drawing import limits
from qlang.compiler.failure import Failure
from qlang.compiler.frontend import Analysis
from qlang.compiler.render.theme import ASCII
from qlang.compiler.rewriting import refuse_own_input, write_result
from qlang.compiler.sources import source_of
from qlang.sema.symbols import CircuitSymbol

if TYPE_CHECKING:
    from qlang.compiler.drawing.names import Arguments

_DESCRIPTION = """Draw a circuit as it is written: loops, branches and calls are boxes, parameters without a value keep
their names. Without --job or --circuit: the circuit of the file's first job, or its only circuit.

What is left out of a drawing is said below it."""


def main(argv: list[str]) -> int:
    parser = verb_parser("draw", _DESCRIPTION)
    _add_options(parser)
    options = parser.parse_args(argv)
    console = console_of(options)
    refuse_own_input(options.output, options.file)
    source = source_of(options.file, console, stdin_name=options.stdin_filename)
    if source is None:
        return exit_codes.DIAGNOSTICS
    analysis = frontend.analyse(source)
    if not analysis.ok:
        console.diagnostics(analysis.diagnostics)
        return exit_codes.DIAGNOSTICS
    _draw(analysis, options, console)
    return exit_codes.OK


def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .qjob or .qasm file; - reads standard input")
    parser.add_argument("--job", metavar="NAME", help="draw the circuit of this job, with its arguments")
    parser.add_argument("--circuit", metavar="NAME", help="draw this circuit, its parameters open")
    parser.add_argument("--svg", action="store_true", help="an SVG picture instead of text")
    parser.add_argument("-o", "--output", metavar="PATH", help="write to a file instead of standard output")
    parser.add_argument("--width", type=_count, metavar="N", help="columns of text, or pixels of SVG")
    parser.add_argument("--expand", action="store_true", help="look inside: loops written out, calls opened")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument(
        "--limit", type=_count, metavar="N", default=limits.OPERATIONS, help="operations (default: %(default)s)"
    )
    parser.add_argument(
        "--wires", type=_count, metavar="N", default=limits.WIRES, help="qubits drawn one by one (default: %(default)s)"
    )
    parser.add_argument("--stdin-filename", metavar="NAME", help="what to call standard input in diagnostics")


def _draw(analysis: Analysis, options: Namespace, console: Console) -> None:
    from qlang.compiler.drawing.build import build

    circuit, arguments = _chosen(analysis, options)
    picture = build(circuit, arguments, limit=options.limit, wires=options.wires, expand=options.expand)
    if options.svg:
        from qlang.compiler.drawing import svg

        text = svg.render(picture, width=options.width or limits.SVG_WIDTH) + "\n"
    else:
        from qlang.compiler.drawing import text as writer

        ascii_only = options.ascii or (options.output is None and console.out.glyphs is ASCII)
        width = options.width or (console.out.width if sys.stdout.isatty() else limits.TEXT_WIDTH)
        text = writer.render(picture, width=width, ascii=ascii_only)
    if options.output is None:
        console.result(text)
    else:
        write_result(options.output, text)
        console.note(f"wrote {options.output}")


def _chosen(analysis: Analysis, options: Namespace) -> tuple[CircuitSymbol, Arguments]:
    """The circuit that the options mean, with its arguments. Raises: Failure."""
    module = analysis.module
    jobs = {job.name: job for job in module.jobs}
    if options.job is not None:
        if options.job not in jobs:
            raise _missing("job", options.job, jobs)
        return jobs[options.job].circuit, jobs[options.job].arguments
    if options.circuit is not None:
        if options.circuit not in module.circuits:
            raise _missing("circuit", options.circuit, module.circuits)
        return module.circuits[options.circuit], {}
    if jobs:
        first = next(iter(jobs.values()))
        return first.circuit, first.arguments
    if module.main is not None:
        return module.main, {}
    if len(module.circuits) == 1:
        return next(iter(module.circuits.values())), {}
    if module.circuits:
        raise Failure("the file has several circuits", f"choose one: --circuit {' | '.join(module.circuits)}")
    raise Failure("there is no circuit in this file", "declare qubits, or a `circuit`")


def _missing(kind: str, name: str, known: Iterable[str]) -> Failure:
    from qlang.sema.suggestions import suggest

    near = suggest(name, known)
    hint = f"did you mean `{near}`?" if near else f"the file has {', '.join(known) or 'none'}"
    return Failure(f"there is no {kind} `{name}`", hint, status=exit_codes.USAGE)


def _count(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or not 1 <= int(text[:9]) <= 1_000_000:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1000000")
    return int(text)
