"""`qlangc run`: plan, execute, sign, record."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.compiler import exit_codes
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.passphrases import add_passphrase
from qlang.compiler.verbs.programs import add_program_options, compiled
from qlang.compiler.workspace import find_workspace

if TYPE_CHECKING:
    from qlang.compiler.driver import Compilation
    from qlang.runtime.record import RunRecord

SCHEMA = "qlang.run/1"

_DESCRIPTION = """Plan a job as `qlangc plan` does, execute exactly that plan, sign the manifest and record the run in
.qlang/runs/ of the project (the nearest folder with a qlang.toml, else this one). A process of its own signs: the
one behind --signer or `[signer] socket` of qlang.toml, else a child of this command.

Exit status 1 if the program has mistakes or no backend can meet its SLA, 3 if the execution failed."""


def main(argv: list[str]) -> int:
    parser = verb_parser("run", _DESCRIPTION)
    add_program_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--signer", metavar="SOCKET", help="where `qlangc signer serve` listens")
    add_passphrase(parser)
    options = parser.parse_args(argv)
    console = console_of(options)
    compilation = compiled(options, console)
    if compilation is None:
        return exit_codes.DIAGNOSTICS
    record = _execute(compilation, console, options)
    if record is None:
        return exit_codes.EXECUTION
    report = record.to_json()
    if options.json:
        console.result_json({"schema": SCHEMA, **report})
    else:
        from qlang.compiler.run_table import run_table

        console.result(run_table(report, console.out))
    missed = [term["metric"] for term in report["sla"] if term["verdict"] == "missed"]
    if missed:
        console.note(f"warning: the run missed its SLA: {', '.join(missed)}")
    return exit_codes.OK


def _execute(compilation: Compilation, console: Console, options: Namespace) -> RunRecord | None:
    """The run; `None` after showing what stopped the circuit."""
    from qlang.backends.errors import BackendError
    from qlang.compiler.execution_problems import execution_diagnostic
    from qlang.compiler.signers import signer_for
    from qlang.compiler.verbs.faults import faults_reported
    from qlang.trust.custody import DEVELOPMENT
    from qlang.trust.keys.paths import default_key_paths, private_files

    store, workspace = default_key_paths().store, find_workspace(Path.cwd())
    first = not private_files(store)
    socket = Path(options.signer) if options.signer else None
    with faults_reported(), signer_for(workspace, socket, options.passphrase, may_fork=True) as signer:
        # The signer gets ready while these are imported.
        from qlang.compiler import session
        from qlang.runtime.progress import Silent, progress_for

        progress = Silent() if console.quiet else progress_for()
        try:
            record = session.run_compilation(compilation, workspace, progress=progress, signer=signer)
        except BackendError as fault:
            stopped = execution_diagnostic(fault, compilation)
            if stopped is None:
                raise
            console.diagnostics([stopped])
            return None
    if first and private_files(store):
        console.note(f"made your signing keys in {store} (custody: {DEVELOPMENT}; whoever reads your files can sign)")
    return record
