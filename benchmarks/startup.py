"""User + system time of cold processes: the command against its bars, and Qiskit's as a reference."""

import sys

from benchmarks.measure import Place, Row, cold, fresh_place, milliseconds, qlangc, report
from benchmarks.programs import BELL, hundred_lines

QISKIT_BELL = """\
from qiskit import QuantumCircuit, transpile
from qiskit.primitives import StatevectorSampler
circuit = QuantumCircuit(2, 2)
circuit.h(0)
circuit.cx(0, 1)
circuit.measure([0, 1], [0, 1])
job = StatevectorSampler(seed=1).run([transpile(circuit, optimization_level=0)], shots=1000)
print(job.result()[0].data.c.get_counts())
"""


def rows() -> list[Row]:
    with fresh_place() as place:
        (place.workspace / "bell.qasm").write_text(BELL, encoding="utf-8")
        (place.workspace / "long.qjob").write_text(hundred_lines(), encoding="utf-8")
        run = ["run", "bell.qasm", "--shots", "1000", "--seed", "1", "--json", "--no-cache"]
        found = [
            _row("`qlangc --version`, cold, user+sys", qlangc("--version"), place, 0.080),
            _row("`qlangc check` of 100 lines", qlangc("check", "long.qjob"), place, 0.350),
            _row("`qlangc run --no-cache` of a Bell job", qlangc(*run), place, 1.2),
        ]
        reference = cold([sys.executable, "-c", QISKIT_BELL], place)
    found.append(Row("reference: the same Bell circuit by Qiskit's sampler", "–", milliseconds(reference), None))
    return found


def _row(what: str, command: list[str], place: Place, bar: float) -> Row:
    seconds = cold(command, place)
    return Row(what, f"≤ {milliseconds(bar)}", milliseconds(seconds), seconds <= bar)


if __name__ == "__main__":
    report(rows())
