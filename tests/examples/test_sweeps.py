"""Sweep variables reach the parameters that they are given to, whatever both are called."""

from collections.abc import Callable
from math import cos
from pathlib import Path
from typing import Any

import pytest
from pytest import approx

CIRCUIT = "circuit c(float b, float a = 0.5) { qubit[2] q; rx(a) q[0]; ry(b) q[1]; }\n"
CLOSE = "expect za = Z(q[0]), zb = Z(q[1]); backend sim; }\n"


@pytest.mark.parametrize(
    ("run", "sweeps", "a", "b"),
    [
        ("a = x, b = y", "sweep y in 0:2; sweep x in [0.5, 1.5];", "x", "y"),
        ("y, x", "sweep x in [0.5, 1.5], y in 0:2;", "x", "y"),
        ("a, b", "sweep zip(a, b) in zip([0.1, 0.2], [0.3, 0.4]);", "b", "a"),
        ("x, x", "sweep x in linspace(0, 1, 3);", "x", "x"),
    ],
)
def test_values_of_sweeps(
    run: str, sweeps: str, a: str, b: str, qlangc: Callable[..., Any], in_workspace: Path
) -> None:
    path = in_workspace / "sweeps.qjob"
    path.write_text(f"{CIRCUIT}job j {{ run c({run}); {sweeps} {CLOSE}", encoding="utf-8")
    points = qlangc("run", path, "--json").data["points"]
    assert len(points) >= 2
    for point in points:
        assert point["expect"]["za"]["value"] == approx(cos(point["parameters"][a]), abs=1e-12)
        assert point["expect"]["zb"]["value"] == approx(cos(point["parameters"][b]), abs=1e-12)


def test_the_last_sweep_varies_fastest(qlangc: Callable[..., Any], in_workspace: Path) -> None:
    path = in_workspace / "sweeps.qjob"
    path.write_text(f"{CIRCUIT}job j {{ run c(y, x); sweep x in 0:1; sweep y in 0:2; {CLOSE}", encoding="utf-8")
    points = qlangc("run", path, "--json").data["points"]
    parameters = [(point["parameters"]["x"], point["parameters"]["y"]) for point in points]
    assert parameters == [(x, y) for x in range(2) for y in range(3)]
