"""`qlangc plan`: everything that is decided before anything runs."""

from __future__ import annotations

from qlang.compiler import exit_codes
from qlang.compiler.console import console_of, verb_parser
from qlang.compiler.verbs.programs import add_program_options, compiled

_DESCRIPTION = """Decide and show how a job would run: backend, layout, mitigation and why, shots, what is predicted,
what it costs, the verdict on every term of its SLA, and what was rejected. Nothing is executed.

Exit status 1 if the program has mistakes or no backend can meet the SLA."""


def main(argv: list[str]) -> int:
    parser = verb_parser("plan", _DESCRIPTION)
    add_program_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    console = console_of(options)
    compilation = compiled(options, console)
    if compilation is None:
        return exit_codes.DIAGNOSTICS
    from qlang.compiler.plan_report import plan_report
    from qlang.compiler.plan_table import plan_table

    assert compilation.plan is not None and compilation.plan_hash is not None, "a whole compilation has a plan"
    report = plan_report(compilation.plan, compilation.plan_hash)
    if options.json:
        report["timings"] = {"compile_s": sum(seconds for _, seconds in compilation.timings)}
        console.result_json(report)
    else:
        console.result(plan_table(report, console.out))
    return exit_codes.OK
