"""`qlangc replay`: execute a recorded plan again and compare the results, bit for bit."""

from __future__ import annotations

from pathlib import Path

from qlang.compiler import exit_codes
from qlang.compiler.console import console_of, verb_parser

_DESCRIPTION = """Execute the plan of a recorded run again, with its seed, and compare the results. Nothing is recorded.

Exit status 1 if anything differs."""


def main(argv: list[str]) -> int:
    parser = verb_parser("replay", _DESCRIPTION)
    parser.add_argument("run", metavar="RUN", help="id, beginning of an id, `last`, or the folder of a run")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    console = console_of(options)
    from qlang.compiler.render.cells import safe_text
    from qlang.compiler.run_folders import find_run

    run = find_run(options.run, Path.cwd())
    from qlang.compiler import session

    report = session.replay(run)
    if options.json:
        console.result_json(
            {
                "ok": report.ok,
                "plan_hash": report.plan_hash,
                "result_digest": report.result_digest,
                "differences": list(report.differences),
            }
        )
    elif report.ok:
        console.result(f"run {safe_text(run.name)} replayed: the same bits, {report.result_digest}\n")
    else:
        lines = [f"run {safe_text(run.name)} replayed: DIFFERENT", *(f"  {safe_text(d)}" for d in report.differences)]
        console.result("\n".join(lines) + "\n")
    return exit_codes.OK if report.ok else exit_codes.DIAGNOSTICS
