"""`qlangc doctor`: what is wrong with this installation, the keys or the workspace."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from qlang.compiler import exit_codes
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.health import Finding, examine
from qlang.compiler.render.cells import safe_text
from qlang.compiler.workspace import find_workspace

SCHEMA = "qlang.doctor/1"
_STYLES = {"ok": "good", "warning": "warning", "fault": "bad"}


def main(argv: list[str]) -> int:
    parser = verb_parser("doctor", "Look at versions, keys, clock, catalogue and workspace; nothing is changed.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    console = console_of(options)
    findings = examine(find_workspace(Path.cwd()))
    healthy = all(finding.state != "fault" for finding in findings)
    if options.json:
        console.result_json({"schema": SCHEMA, "ok": healthy, "findings": [asdict(finding) for finding in findings]})
    else:
        console.result("".join(_line(finding, console) for finding in findings))
    return exit_codes.OK if healthy else exit_codes.DIAGNOSTICS


def _line(finding: Finding, console: Console) -> str:
    state = console.out.paint(f"{finding.state:<8}", _STYLES[finding.state])
    return f"{state} {finding.name:<14} {safe_text(finding.detail)}\n"
