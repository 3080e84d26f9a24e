"""`qlangc convert`: a circuit in another language."""

from __future__ import annotations

from qlang.compiler import exit_codes, frontend
from qlang.compiler.console import console_of, verb_parser
from qlang.compiler.failure import Failure
from qlang.compiler.rewriting import refuse_own_input, write_result
from qlang.compiler.sources import source_of

_DESCRIPTION = """Write a circuit in another language: OpenQASM 3 (loops, branches and expressions kept), OpenQASM 2,
Stim (Clifford circuits), LLVM text in the QIR base profile. Reads .qjob, .qasm (2 and 3) and .stim. Without --job or
--circuit: the circuit of the file's first job, or its only circuit. What the target cannot say is refused by name."""
TARGETS = ("qasm3", "qasm2", "stim", "qir")


def main(argv: list[str]) -> int:
    parser = verb_parser("convert", _DESCRIPTION)
    parser.add_argument("file", metavar="FILE", help="a .qjob, .qasm or .stim file; - reads standard input")
    parser.add_argument("--to", choices=TARGETS, required=True, help="the language to write")
    parser.add_argument("--job", metavar="NAME", help="the circuit of this job, with its arguments")
    parser.add_argument("--circuit", metavar="NAME", help="this circuit, its parameters open")
    parser.add_argument("-o", "--output", metavar="PATH", help="write to a file instead of standard output")
    parser.add_argument("--stdin-filename", metavar="NAME", help="what to call standard input, with its ending")
    options = parser.parse_args(argv)
    console = console_of(options)
    refuse_own_input(options.output, options.file)
    source = source_of(options.file, console, stdin_name=options.stdin_filename)
    if source is None:
        return exit_codes.DIAGNOSTICS
    analysis = frontend.analyse(source)
    console.diagnostics(analysis.diagnostics)
    if not analysis.ok:
        return exit_codes.DIAGNOSTICS
    from qlang.compiler.converting import NotConverted, chosen_circuit, exported

    try:
        symbol, job = chosen_circuit(analysis, options.job, options.circuit)
    except ValueError as problem:
        raise Failure(str(problem), "choose with --circuit or --job", status=exit_codes.USAGE) from None
    try:
        text = exported(symbol, {}, options.to, job)
    except NotConverted as refusal:
        console.diagnostics(refusal.diagnostics)
        return exit_codes.DIAGNOSTICS
    if options.output is None:
        console.result(text)
        return exit_codes.OK
    write_result(options.output, text)
    console.note(f"wrote {options.output}")
    return exit_codes.OK
