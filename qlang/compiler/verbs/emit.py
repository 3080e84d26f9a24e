"""`qlangc emit`: the program as the compiler sees it, after a stage or a pass."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from qlang.compiler import exit_codes
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.rewriting import refuse_own_input, write_result
from qlang.compiler.sources import source_of
from qlang.compiler.verbs.programs import add_program_options, check_pass, compiled

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp

STAGES = ("ast", "ir", "plan", "kernel")
_SHOWN = {"ir": ("circuit.", "job."), "plan": ("plan.",), "kernel": ("kernel.",)}
"""Stage → dialects whose top-level operations it shows."""
_DESCRIPTION = """Print a program after a stage: ast (the syntax tree), ir (circuits and jobs as lowered), plan (what
was decided), kernel (what a simulator runs, and the sweeps over memory it makes of that on a generic processor); or
the whole module after a pass. Everything but ast can be read back by qlang-opt and xdsl-opt."""


def main(argv: list[str]) -> int:
    parser = verb_parser("emit", _DESCRIPTION)
    add_program_options(parser)
    parser.add_argument("--stage", choices=STAGES, default="ir", help="what to print (default: ir)")
    parser.add_argument("--after", metavar="PASS", help="print the whole module after this pass instead")
    parser.add_argument("--spans", action="store_true", help="with the place in the source of everything")
    parser.add_argument("-o", "--output", metavar="PATH", help="write to a file instead of standard output")
    options = parser.parse_args(argv)
    console = console_of(options)
    refuse_own_input(options.output, options.file)
    if options.stage == "ast" and options.after is None:
        text, status = _tree(options, console)
    else:
        text, status = _module(options, console)
    if text is not None:
        _deliver(text, options.output, console)
    return status


def _tree(options: Namespace, console: Console) -> tuple[str | None, int]:
    """The tree as far as the parser recovers; its mistakes are shown too."""
    from qlang.compiler.tree_text import tree_text
    from qlang.syntax.diagnostic import errors_of
    from qlang.syntax.parser import parse

    source = source_of(options.file, console, stdin_name=options.stdin_filename)
    if source is None:
        return None, exit_codes.DIAGNOSTICS
    result = parse(source)
    console.diagnostics(result.diagnostics)
    broken = errors_of(result.diagnostics)
    text = tree_text(result.program, source, spans=options.spans)
    return text, exit_codes.DIAGNOSTICS if broken else exit_codes.OK


def _module(options: Namespace, console: Console) -> tuple[str | None, int]:
    from qlang.ir.text import print_ir

    stop = options.after or options.stage
    if options.after is not None:
        check_pass(options.after)
    compilation = compiled(options, console, stop_after=stop)
    if compilation is None:
        return None, exit_codes.DIAGNOSTICS
    module = compilation.module
    assert module is not None, "a program without errors is lowered"
    if options.after is None:
        if options.stage == "kernel":
            _with_sweeps(module)
        module = _only(module, _SHOWN[options.stage])
    return print_ir(module, spans=options.spans), exit_codes.OK


def _with_sweeps(module: ModuleOp) -> None:
    """Plan the kernels; what is executed is planned for the processor it is on."""
    from qlang.ir.dialects import context
    from qlang.passes.plan_sweeps import PlanSweeps

    PlanSweeps().apply(context(), module)


def _only(module: ModuleOp, prefixes: tuple[str, ...]) -> ModuleOp:
    """A module with the top-level operations of some dialects only."""
    from xdsl.dialects.builtin import ModuleOp

    return ModuleOp([op.clone() for op in module.ops if op.name.startswith(prefixes)])


def _deliver(text: str, output: str | None, console: Console) -> None:
    if output is None:
        console.result(text)
        return
    write_result(output, text)
    console.note(f"wrote {output}")
