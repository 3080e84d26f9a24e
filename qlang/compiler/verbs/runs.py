"""`qlangc runs`: what has been run here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlang.compiler import exit_codes
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.failure import Failure
from qlang.compiler.tables import facts, short_digest, table

if TYPE_CHECKING:
    from qlang.compiler.run_folders import RunFolder

SCHEMA = "qlang.runs/1"
_DESCRIPTION = """List the recorded runs, the newest last, or show one. What is shown is what a run says of itself:
`qlangc verify RUN` checks it."""


def main(argv: list[str]) -> int:
    parser = verb_parser("runs", _DESCRIPTION)
    parser.add_argument("action", nargs="?", choices=["list", "show"], default="list", help="default: list")
    parser.add_argument("run", nargs="?", metavar="RUN", help="for show: id, its beginning, `last`, or a folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    console = console_of(options)
    if options.action == "show":
        if options.run is None:
            raise Failure("which run?", "`qlangc runs show last`")
        return _show(options.run, options.json, console)
    if options.run is not None:
        raise Failure(f"`list` takes no run; for one run: `qlangc runs show {options.run}`")
    return _list(options.json, console)


def _list(as_json: bool, console: Console) -> int:
    from qlang.compiler.run_folders import all_runs, stopped_runs
    from qlang.compiler.workspace import find_workspace
    from qlang.runtime.run_folder import RUNS

    workspace = find_workspace(Path.cwd())
    runs = [*stopped_runs(workspace), *all_runs(workspace)]
    if as_json:
        console.result_json({"schema": SCHEMA, "runs": [_entry(run) for run in runs]})
    elif not runs:
        console.note(f"no runs in {workspace / RUNS}")
    else:
        console.result(table(["run", "when", "job", "backend", "mitigation", "plan"], [_row(run) for run in runs]))
    return exit_codes.OK


def _show(text: str, as_json: bool, console: Console) -> int:
    from qlang.compiler.run_folders import find_run, read_run

    run = read_run(find_run(text, Path.cwd()))
    if run.statement is None:
        raise Failure(f"{run.path}: {run.problem}", "`qlangc verify` names what is broken", exit_codes.DIAGNOSTICS)
    entry = _entry(run)
    if as_json:
        console.result_json({"schema": SCHEMA, **entry, "results": _results(run.path)})
        return exit_codes.OK
    shown = [(name, _shown(value)) for name, value in entry.items() if value not in (None, {}, [])]
    console.result(facts(shown))
    return exit_codes.OK


def _shown(value: Any) -> str:
    """A value in words; a list is one line for each entry."""
    match value:
        case list():
            return "\n".join(map(_shown, value))
        case dict():
            return "; ".join(f"{name} {_shown(item).replace(chr(10), ', ')}" for name, item in value.items())
        case _:
            return str(value)


def _results(path: Path) -> Any:
    """What the run delivered, as recorded."""
    from qlang.trust.canonical import MAX_BYTES, load_json
    from qlang.trust.errors import FileRefused, JsonRefused
    from qlang.trust.files import read_file

    try:
        return load_json(read_file(path / "results.json", limit=MAX_BYTES))
    except (FileRefused, JsonRefused) as error:
        raise Failure(f"results.json: {error}", status=exit_codes.DIAGNOSTICS) from error


def _entry(run: RunFolder) -> dict[str, Any]:
    """A run as `--json` lists it; an unfinished one has a problem instead of facts."""
    if run.statement is None:
        return {"run_id": run.run_id, "run_dir": str(run.path), "complete": False, "problem": run.problem}
    predicate = run.statement.predicate
    told = predicate.facts
    return {
        "run_id": told.run_id,
        "run_dir": str(run.path),
        "complete": True,
        "created_at": told.created_at,
        "job": told.job_id,
        "backend": told.backend_id,
        "mitigation": told.em_method,
        "methods": [dict(method) for method in told.methods_applied],
        "seed": told.seed,
        "crypto": told.crypto_mode,
        "signed_by": [f"{key.algorithm} {key.key_id}" for key in predicate.public_keys],
        "custody": predicate.custody,
        "plan_hash": told.plan_hash,
        "source_digest": told.source_digest,
        "kernel_digest": told.kernel_digest,
        "calibration_snapshot": told.calibration_snapshot_id,
        "result_digest": told.result_digest,
        "ledger_index": predicate.ledger.index,
        "compiler_version": told.compiler_version,
        "labels": dict(told.labels),
    }


def _row(run: RunFolder) -> list[str]:
    if run.statement is None:
        return [run.run_id, "-", run.problem or "", "", "", ""]
    told = run.statement.predicate.facts
    when = told.created_at[:19].replace("T", " ")
    return [told.run_id, when, told.job_id, told.backend_id, told.em_method, short_digest(told.plan_hash)]
