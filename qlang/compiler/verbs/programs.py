"""What `plan`, `run` and `emit` have in common: their options, and a compiled program or its diagnostics."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.compiler.console import Console
from qlang.compiler.failure import Failure
from qlang.compiler.sources import source_of
from qlang.compiler.workspace import CACHE, find_workspace
from qlang.syntax.diagnostic import errors_of

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp

    from qlang.compiler import driver
    from qlang.compiler.authority import Authority
    from qlang.compiler.driver import Compilation
    from qlang.syntax.source import Source

_SEEDS = 1 << 64
_SHOTS = 1 << 40


def add_program_options(parser: ArgumentParser) -> None:
    """The file, and what may be decided outside of it."""
    parser.add_argument("file", metavar="FILE", help="a .qjob or .qasm file; - reads standard input")
    parser.add_argument("--job", metavar="NAME", help="which job, where the file has several")
    parser.add_argument("--shots", type=_shots, metavar="N", help="instead of the job's own")
    parser.add_argument("--seed", type=_seed, metavar="N", help="instead of the job's own; 0 to 2^64 - 1")
    parser.add_argument("--backend", metavar="B", help="instead of the job's own: sim, 'sim like DEVICE', DEVICE")
    parser.add_argument("--crypto", metavar="MODE", help="instead of the job's own")
    parser.add_argument(
        "--target",
        metavar="T",
        help="what simulates: cpu.llvm (machine code; the default), gpu.cuda (NVIDIA GPUs; the default where there are"
        " any), cpu.numpy (the reference)",
    )
    parser.add_argument("--tenant", metavar="T", help="whose run it is, for the policy (default: as qlang.toml says)")
    parser.add_argument("--no-cache", action="store_true", help="compile anew, whatever the cache has")
    parser.add_argument("--time-passes", action="store_true", help="say how long each pass took")
    parser.add_argument("--print-after", metavar="PASS", action="append", default=[], help="show the IR after a pass")
    parser.add_argument("--verify-each", action="store_true", help="verify the IR after every pass")
    parser.add_argument("--stdin-filename", metavar="NAME", help="what to call standard input in diagnostics")


def compiled(options: Namespace, console: Console, *, stop_after: str | None = None) -> Compilation | None:
    """The program as far as asked for; `None` after showing the errors that it has."""
    source = source_of(options.file, console, stdin_name=options.stdin_filename)
    if source is None:
        return None
    from qlang.compiler import driver

    for name in options.print_after:
        check_pass(name)
    choices = driver.Options(
        job=options.job,
        shots=options.shots,
        seed=options.seed,
        backend=options.backend,
        crypto=options.crypto,
        target=checked_target(options.target),
        verify_each=options.verify_each,
    )
    authority = authority_for(options.tenant)
    looking = options.print_after or options.time_passes or options.verify_each or stop_after
    if options.no_cache or looking:
        compilation = driver.compile_source(
            source, choices, authority=authority, stop_after=stop_after, on_pass=_printer(options)
        )
    else:
        compilation = _cached(source, choices, authority)
    console.diagnostics(compilation.diagnostics)
    if options.time_passes:
        sys.stderr.write(timing_table(compilation.timings))
    return None if errors_of(compilation.diagnostics) else compilation


def authority_for(tenant: str | None) -> Authority:
    """The policy of this workspace and the tenant. Raises: Failure for a file that says neither."""
    from qlang.compiler.authority import authority_of
    from qlang.trust.errors import FileRefused, PolicyError, TenantRefused

    try:
        return authority_of(find_workspace(Path.cwd()), tenant)
    except (FileRefused, PolicyError) as error:
        raise Failure(str(error), "`qlangc policy check` tells more; nothing is planned without its policy") from error
    except TenantRefused as error:
        raise Failure(str(error)) from error


def checked_target(name: str | None) -> str | None:
    """The name itself. Raises: Failure where no target of this installation has it."""
    if name is None:
        return None
    from qlang.backends.errors import TargetUnavailable
    from qlang.backends.targets import chosen_targets, usable

    try:
        for each in chosen_targets(name):
            usable(each)
    except TargetUnavailable as error:
        raise Failure(str(error), "`--target cpu.numpy` runs everywhere") from error
    return name


def check_pass(name: str) -> None:
    """Raises: Failure where no pass has this name."""
    from qlang.compiler.driver import pass_names
    from qlang.sema.suggestions import suggest

    known = pass_names()
    if name not in known:
        near = suggest(name, known)
        hint = f"did you mean `{near}`?" if near else f"the passes are {', '.join(known)}"
        raise Failure(f"there is no pass `{name}`", hint)


def _cached(source: Source, choices: driver.Options, authority: Authority) -> Compilation:
    from qlang.compiler.compile_cache import compile_cached
    from qlang.compiler.verbs.faults import faults_reported
    from qlang.runtime.cache import CompileCache
    from qlang.runtime.cache_secret import cache_secret
    from qlang.trust.keys.paths import default_key_paths

    with faults_reported():
        cache = CompileCache(find_workspace(Path.cwd()) / CACHE, secret=cache_secret(default_key_paths().state))
        return compile_cached(source, choices, cache, authority)


def timing_table(timings: tuple[tuple[str, float], ...]) -> str:
    """Milliseconds of each pass and their sum."""
    from qlang.compiler.tables import table

    total = sum(seconds for _, seconds in timings)
    rows = [[name, f"{seconds * 1e3:.2f}"] for name, seconds in (*timings, ("total", total))]
    return table(["pass", "ms"], rows, right=(1,))


def _printer(options: Namespace) -> Callable[[str, ModuleOp], None] | None:
    wanted = set(options.print_after)
    if not wanted:
        return None

    def show(name: str, module: ModuleOp) -> None:
        if name in wanted:
            from qlang.ir.text import print_ir

            sys.stderr.write(f"// after {name}\n{print_ir(module)}\n")

    return show


def _shots(text: str) -> int:
    return whole_number(text, 1, _SHOTS)


def _seed(text: str) -> int:
    return whole_number(text, 0, _SEEDS - 1)


def whole_number(text: str, low: int, high: int) -> int:
    """An argument of the command line. Raises: ArgumentTypeError."""
    digits = text.replace("_", "")
    if not digits.isdecimal() or not digits.isascii() or len(digits) > 20 or not low <= int(digits) <= high:
        raise ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
    return int(digits)
