"""The same job and seed in 50 processes: one result digest, whatever the hash seed, the threads and the cache."""

import json
from collections import Counter

from benchmarks.measure import Row, fresh_place, qlangc, report, run
from benchmarks.programs import gates

RUNS = 50
JOB = """\
import "circuit.qasm" as circuit_under_test;
noise lab { depolarizing(0.001) on 1q; depolarizing(0.01) on cx; readout(p01 = 0.01, p10 = 0.02); }
job repeat {
  run     circuit_under_test();
  sample  c;
  expect  z = Z(q[0]) * Z(q[1]);
  shots   2000;
  seed    18446744073709551615;
  backend sim with lab;
}
"""


def rows() -> list[Row]:
    digests: Counter[str] = Counter()
    with fresh_place() as place:
        (place.workspace / "circuit.qasm").write_text(gates(40, qubits=4), encoding="utf-8")
        (place.workspace / "repeat.qjob").write_text(JOB, encoding="utf-8")
        for number in range(RUNS):
            extra = {"PYTHONHASHSEED": str(number), "OMP_NUM_THREADS": str(1 + number % 2)}
            _, output = run(qlangc("run", "repeat.qjob", "--json"), place, extra)
            digests[json.loads(output)["result_digest"]] += 1
    same = max(digests.values())
    return [Row(f"same plan and seed, {RUNS} processes", f"{RUNS} of {RUNS}", f"{same} of {RUNS}", same == RUNS)]


if __name__ == "__main__":
    report(rows())
