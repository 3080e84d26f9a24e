"""Parts of registers as histograms: bit 0 of what was asked for is rightmost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CIRCUIT = """
circuit c() {
  qubit[2] q;
  bit[4] c;
  x q[1];
  c[2] = measure q[1];
  c[0] = measure q[0];
  reset q[1];
  x q[0];
}
"""


@pytest.mark.parametrize("backend", ["sim", "sim with quiet"])
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("c", "0100"),
        ("c[1:3] as low", "010"),
        ("c[2] as low", "1"),
        ("q", "01"),
        ("q[1] as low", "0"),
        ("q[0:1] as low", "01"),
    ],
)
def test_parts_of_registers(
    asked: str, expected: str, backend: str, qlangc: Callable[..., Any], in_workspace: Path
) -> None:
    path = in_workspace / "samples.qjob"
    noise = "noise quiet { depolarizing(0.0) on 1q; }\n"
    path.write_text(f"{CIRCUIT}{noise}job j {{ run c(); sample {asked}; shots 10; backend {backend}; }}\n")
    name = asked.split(" as ")[-1]
    assert qlangc("run", path, "--json").data["counts"] == {name: {expected: 10}}
