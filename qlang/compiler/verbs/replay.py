"""`qlangc replay`: execute a recorded plan again and compare the results, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qlang.compiler import exit_codes
from qlang.compiler.console import console_of, verb_parser

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
    broken = _broken(run)
    if broken:
        return {"ok": False, "plan_hash": None, "result_digest": None, "differences": broken}
    from qlang.compiler import session
    from qlang.compiler.verbs.faults import faults_reported

    with faults_reported():
        report = session.replay(run)
    return {
        "ok": report.ok,
        "plan_hash": report.plan_hash or None,
        "result_digest": report.result_digest,
        "differences": list(report.differences),
    }


def _broken(run: Path) -> list[str]:
    """What the manifest says against the folder; ledger and owner of the keys are the business of `verify`."""
    from qlang.compiler.run_folders import ledger_of
    from qlang.trust.verify import verify_run

    checks = verify_run(run, ledger_of(run), trusted=None)
    return [f"{c.name}: {c.detail}" for c in checks if not c.ok and not c.name.startswith("ledger")]


def _text(name: str, report: dict[str, Any]) -> str:
    from qlang.compiler.render.cells import safe_text

    if report["ok"]:
        return f"run {safe_text(name)} replayed: the same plan, the same bits, {report['result_digest']}\n"
    executed = report["result_digest"] is not None
    verdict = "replayed: DIFFERENT" if executed else "was not executed: it is not what was signed"
    return "".join([f"run {safe_text(name)} {verdict}\n", *(f"  {safe_text(d)}\n" for d in report["differences"])])
