"""Compile time: 1,000 and 10,000 gates, growth of every pass, and a loop that must not cost its trip count.

Imports and grammar tables are loaded before the clock starts; a compilation goes from text to a hashed plan.
"""

import json
import statistics
import sys
from time import process_time

from benchmarks.measure import Row, fresh_place, milliseconds, report, run
from benchmarks.programs import gates, loop

QISKIT = """\
import json, statistics, sys
from time import process_time
from benchmarks.programs import gates
from qiskit import qasm2, transpile
found = {}
for count in (1000, 10000):
    text = gates(count)
    times = []
    for _ in range(8):
        begin = process_time()
        transpile(qasm2.loads(text), basis_gates=["cx", "rz", "ry", "h"], optimization_level=0)
        times.append(process_time() - begin)
    found[count] = statistics.median(times[1:])
print(json.dumps(found))
"""


def compile_times(text: str, name: str, repeat: int = 7) -> tuple[float, dict[str, float]]:
    """Median CPU seconds of whole compilations, and the fastest of each pass, which the compiler times by the clock.

    The first compilation, which imports, is left out.
    """
    from qlang.compiler.driver import Options, compile_source
    from qlang.syntax.source import Source

    totals, passes = [], []
    for _ in range(repeat + 1):
        begin = process_time()
        compilation = compile_source(Source(name, text), Options(shots=1000, seed=1))
        totals.append(process_time() - begin)
        if compilation.plan_hash is None:
            raise RuntimeError(f"{name} does not compile: {compilation.diagnostics[:3]}")
        passes.append(dict(compilation.timings))
    fastest = {key: min(each[key] for each in passes[1:]) for key in passes[0]}
    return statistics.median(totals[1:]), fastest


def rows() -> list[Row]:
    compile_times(gates(50), "warm.qasm", 2)
    small, _ = compile_times(gates(1000), "thousand.qasm")
    large, _ = compile_times(gates(10_000), "ten_thousand.qasm")
    found = [
        Row("compile 1,000 gates", "≤ 50 ms", milliseconds(small), small <= 0.050),
        Row("compile 10,000 gates", "≤ 600 ms", milliseconds(large), large <= 0.600),
        *_growth(),
        _loops(),
    ]
    reference = _qiskit()
    for count, ours in ((1000, small), (10_000, large)):
        theirs = reference[str(count)]
        text = f"{milliseconds(theirs)} (ours ÷ theirs: {ours / theirs:.2g})"
        what = f"reference: Qiskit `qasm2.loads` + `transpile(optimization_level=0)`, {count:,} gates"
        found.append(Row(what, "–", text, None))
    return found


def _growth() -> list[Row]:
    """Linear is a factor of 4; 5 leaves room for memory that no longer fits the caches."""
    count, bar = 4000, 5.0
    _, small = compile_times(gates(count), "n.qasm")
    _, large = compile_times(gates(4 * count), "four_n.qasm")
    factors = {name: large[name] / small[name] for name in large if large[name] > 0.002}
    worst = max(factors, key=factors.__getitem__)
    listed = ", ".join(f"`{name}` {factor:.1f}" for name, factor in sorted(factors.items(), key=_by_factor))
    return [
        Row(
            f"growth of every pass from {count:,} to {4 * count:,} gates",
            f"≤ {bar:.0f}×",
            f"worst {factors[worst]:.1f}× ({listed})",
            factors[worst] <= bar,
        )
    ]


def _by_factor(item: tuple[str, float]) -> float:
    return -item[1]


def _loops() -> Row:
    short, _ = compile_times(loop(10), "short.qjob", 15)
    long, _ = compile_times(loop(1_000_000), "long.qjob", 15)
    ratio = long / short
    measured = f"{milliseconds(short)}, {milliseconds(long)}: {100 * (ratio - 1):+.0f} %"
    return Row("compile a loop of 10 and of 1,000,000 iterations", "within 20 %", measured, 0.8 <= ratio <= 1.2)


def _qiskit() -> dict[str, float]:
    """CPU seconds of the peer, in a process of its own."""
    from benchmarks.install_size import ROOT

    with fresh_place() as place:
        _, output = run([sys.executable, "-c", QISKIT], place, {"PYTHONPATH": str(ROOT)})
    times: dict[str, float] = json.loads(output)
    return times


if __name__ == "__main__":
    report(rows())
