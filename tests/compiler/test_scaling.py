"""Every stage of a compilation is linear in the number of gates: N against 4N."""

import pytest

from qlang.compiler.driver import Options, compile_source, pass_names
from qlang.syntax.source import Source

GATES = 3000
REPEATS = 7
LIMIT = 8.0
"""Halfway, in factors, between linear (4) and quadratic; the fastest of several runs decides."""
MEASURABLE = 2e-3
"""Seconds at 4N below which a stage does not depend on the gates in earnest."""


def program(gates: int) -> Source:
    body = "".join(
        (f"cx q[{k % 9}], q[{k % 9 + 1}];\n", f"rz({0.1 + k % 7}) q[{k % 10}];\n", f"h q[{k * 3 % 10}];\n")[k % 3]
        for k in range(gates)
    )
    terms = " + ".join(f"0.5 * Z(q[{k}]) * Z(q[{k + 1}]) + X(q[{k}])" for k in range(9))
    text = f"circuit c() {{\nqubit[10] q;\n{body}}}\njob j {{ run c(); expect e = {terms}; shots 100; backend sim; }}\n"
    return Source("scaling.qjob", text)


@pytest.fixture(scope="module")
def times() -> tuple[dict[str, float], dict[str, float]]:
    """Fastest of several runs of each size, taken in turn so that a busy machine is busy for both."""
    sources = program(GATES), program(4 * GATES)
    runs = [[dict(compile_source(source, Options(seed=1)).timings) for source in sources] for _ in range(REPEATS)]
    small, large = ({stage: min(run[k][stage] for run in runs) for stage in runs[0][k]} for k in range(2))
    return small, large


@pytest.mark.parametrize("stage", ["check", "lower", *pass_names(), "hash"])
def test_four_times_the_gates_take_four_times_as_long(
    stage: str, times: tuple[dict[str, float], dict[str, float]]
) -> None:
    small, large = times
    assert large[stage] <= max(LIMIT * small[stage], MEASURABLE)
