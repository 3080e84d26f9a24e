"""`%load_ext qlang` in notebooks: the cell magic `%%qjob` runs a cell written in the language.

%%qjob --name bell --run --shots 1000
circuit bell() { qubit[2] q; h q[0]; cx q[0], q[1]; }
job pair { run bell(); sample q; }
"""

from __future__ import annotations

import shlex
import sys
from argparse import ArgumentParser, Namespace
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from qlang.embedding.source import shown_name
from qlang.problems import rendered
from qlang.programs import Program, compile_text

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the cell magic `%%qjob`; IPython calls this for `%load_ext qlang`."""

    def qjob(line: str, cell: str) -> Any:
        return run_cell(shell, line, cell)

    qjob.__doc__ = _parser().format_help()
    shell.register_magic_function(qjob, "cell", "qjob")  # type: ignore[arg-type]  # IPython's decorator hides its types


class _Parser(ArgumentParser):
    """A parser that raises instead of ending Python."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"%%qjob: {message}\n{self.format_usage()}")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise ValueError(message or self.format_help())


def _parser() -> ArgumentParser:
    parser = _Parser("%%qjob", description="Check a cell written in the language; plan or run its job.", add_help=False)
    parser.add_argument("--name", help="store the program, plan or result under this name (default: `_qjob`)")
    parser.add_argument("--run", action="store_true", help="run the job and show its result")
    parser.add_argument("--plan", action="store_true", help="plan the job and show the plan")
    parser.add_argument("--job", help="which job, where there are several")
    parser.add_argument("--shots", type=int, help="shots, instead of the job's")
    parser.add_argument("--seed", type=int, help="seed, instead of the job's")
    parser.add_argument("--backend", help="backend, instead of the job's")
    return parser


def run_cell(shell: InteractiveShell, line: str, cell: str) -> Program | Any:
    """Check, plan or run a cell; the object is stored under its name and shown by the notebook.

    Raises CompileError with the mistakes at the cell's lines, and UsageError for wrong options.
    """
    options = _options(line)
    program = compile_text("\n" + cell, _place(shell))  # the magic's own line is the cell's first
    if program.diagnostics:
        print(rendered(program.diagnostics), end="")
    found = _found(program, options)
    shell.user_ns[options.name or "_qjob"] = found
    return found


def _place(shell: InteractiveShell) -> str:
    """The name of the cell that is being run."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = shown_name(frame.f_code.co_filename)
        if name.startswith("cell "):
            return name
        frame = frame.f_back
    return f"cell In[{shell.execution_count}]"


def _options(line: str) -> Namespace:
    from IPython.core.error import UsageError

    try:
        options = _parser().parse_args(shlex.split(line))
        if options.name is not None and not options.name.isidentifier():
            raise ValueError(f"%%qjob: {options.name!r} is no name of a variable")
    except ValueError as error:
        raise UsageError(str(error)) from None
    return options


def _found(program: Program, options: Namespace) -> Any:
    chosen = {name: getattr(options, name) for name in ("shots", "seed", "backend")}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    if options.run:
        return program.run(options.job, **chosen)
    if options.plan or chosen:
        return program.plan(options.job, **chosen)
    return program
