"""`python -m benchmarks.simulators`: measure what the options ask for, print rows and, with --bars, the verdicts."""

import json
import sys
from collections.abc import Iterator

from benchmarks.__main__ import machine
from benchmarks.simulators.arguments import Options, parse
from benchmarks.simulators.bars import BARS, Bar, compile_verdicts, verdicts
from benchmarks.simulators.cases import case
from benchmarks.simulators.circuits import DEFINITIONS
from benchmarks.simulators.compilation import compilations
from benchmarks.simulators.environments import PEERS
from benchmarks.simulators.measure import Question, measure
from benchmarks.simulators.rows import header, line


def main(argv: list[str] | None = None) -> int:
    """Status: 0, 1 where a bar is missed, 2 for a mistake in the options, 130 after Ctrl-C."""
    options = parse(argv)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return 130


def _run(options: Options) -> int:
    if not options.json:
        print(f"Machine: {machine()}.\n\n{header()}", flush=True)
    rows = []
    for question in _questions(options):
        for row in measure(question, [PEERS[name] for name in options.peers], options.settings):
            if row.status == "unsupported" and not options.peers_named:
                continue
            rows.append(row)
            print(json.dumps(row.json()) if options.json else line(row), flush=True)
    if not options.bars:
        return 0
    asked = [(name, max(options.qubits)) for name in options.circuits if name in DEFINITIONS]
    compiled = list(compilations(asked, options.precisions, options.threads))
    found = [*verdicts(rows, _bars(options)), *compile_verdicts(compiled)]
    for verdict in found:
        print(verdict.line(), file=sys.stderr if options.json else sys.stdout, flush=True)
    return 1 if any(verdict.met is False for verdict in found) else 0


def _bars(options: Options) -> list[Bar]:
    """Those on the chosen circuits. That of GPUs is measured by `benchmarks.gpu`."""
    return [bar for bar in BARS if set(bar.circuits) & set(options.circuits)]


def _questions(options: Options) -> Iterator[Question]:
    """Smallest circuits first."""
    asked = [(name, qubits) for qubits in options.qubits for name in options.circuits]
    if options.bars:
        chosen = [(name, qubits) for bar in _bars(options) for name in bar.circuits for qubits in bar.qubits]
        asked = [pair for pair in dict.fromkeys(chosen) if pair[0] in options.circuits and pair[1] in options.qubits]
    for name, qubits in sorted(asked, key=lambda pair: pair[1]):
        about = case(name, qubits, options.max_layers)
        for threads in options.threads:
            for precision in options.precisions:
                yield Question(about, precision, threads)


if __name__ == "__main__":
    sys.exit(main())
