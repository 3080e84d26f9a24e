"""`qlangc replay`: execute a recorded plan again and compare the results, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlang.compiler import exit_codes
from qlang.compiler.console import console_of, verb_parser
from qlang.compiler.failure import Failure

if TYPE_CHECKING:
    from qlang.trust.checks import Check

SCHEMA = "qlang.replay/1"

_DESCRIPTION = """Compile the recorded source again, execute the recorded plan again with its seed, and compare both
with the record. A run whose files are not those that were signed is not executed. Nothing is recorded.

Exit status 1 if anything differs."""


def main(argv: list[str]) -> int:
    parser = verb_parser("replay", _DESCRIPTION)
    parser.add_argument("run", metavar="RUN", help="id, beginning of an id, `last`, or the folder of a run")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    console = console_of(options)
    from qlang.compiler.run_folders import find_run

    run = find_run(options.run, Path.cwd())
    report = _replayed(run)
    if options.json:
        console.result_json(report)
    else:
        console.result(_text(run.name, report))
    return exit_codes.OK if report["ok"] else exit_codes.DIAGNOSTICS


def _replayed(run: Path) -> dict[str, Any]:
    """The object that `--json` prints; without hashes where nothing was executed."""
    from qlang.runtime.differences import Difference

    broken = _broken(run)
    if broken:
        found = [Difference("signed", check.name, None, None, check.detail).to_json() for check in broken]
        return {
            "schema": SCHEMA,
            "ok": False,
            "plan_hash": None,
            "result_digest": None,
            "differences": found,
            "surroundings": [],
        }
    from qlang.compiler.authority import authority_of
    from qlang.compiler.replaying import replay
    from qlang.compiler.run_folders import read_run
    from qlang.compiler.verbs.faults import faults_reported
    from qlang.compiler.workspace import find_workspace

    statement = read_run(run).statement
    if statement is None:
        raise Failure(f"{run} changed while it was read", status=exit_codes.DIAGNOSTICS)
    with faults_reported():
        report = replay(run, statement.predicate, authority_of(find_workspace(Path.cwd())))
    return {
        "schema": SCHEMA,
        "ok": report.ok,
        "plan_hash": report.plan_hash or None,
        "result_digest": report.result_digest,
        "differences": [difference.to_json() for difference in report.differences],
        "surroundings": [difference.to_json() for difference in report.surroundings],
    }


def _broken(run: Path) -> list[Check]:
    """What the manifest says against the folder; policy, ledger and owner of the keys are the business of `verify`."""
    from qlang.compiler.run_folders import expected_id
    from qlang.trust.verification.chain import FILE, SIGNATURE, STATEMENT, SUBJECT, link_of
    from qlang.trust.verify import verify_run

    checks = verify_run(run, ledger=None, run_id=expected_id(run))
    return [check for check in checks if not check.ok and link_of(check) in (FILE, SUBJECT, STATEMENT, SIGNATURE)]


def _text(name: str, report: dict[str, Any]) -> str:
    from qlang.compiler.render.cells import safe_text

    shown = safe_text(name)
    lines = [f"run {shown} replayed: the same plan, the same bits, {report['result_digest']}"]
    if not report["ok"]:
        executed = report["result_digest"] is not None
        verdict = "replayed: DIFFERENT" if executed else "was not executed: it is not what was signed"
        lines = [f"run {shown} {verdict}", *_listed(report["differences"])]
    if report["surroundings"]:
        lines += ["since it was recorded, these have changed:", *_listed(report["surroundings"])]
    return "\n".join(lines) + "\n"


def _listed(differences: list[dict[str, str | None]]) -> list[str]:
    """One line for each difference, and the lines of a plan below it."""
    from qlang.compiler.render.cells import safe_text

    lines = []
    for each in differences:
        detail = str(each["detail"])
        parts = [str(each["place"])]
        if each["recorded"] is not None or each["now"] is not None:
            parts.append(f"recorded {each['recorded']}, now {each['now']}")
        if detail and "\n" not in detail:
            parts.append(detail)
        lines.append(f"  {safe_text(': '.join(parts))}")
        lines += [f"    {safe_text(line)}" for line in detail.splitlines() if "\n" in detail]
    return lines
