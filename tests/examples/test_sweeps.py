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


def test_parameters_of_every_type_are_swept(qlangc: Callable[..., Any], in_workspace: Path) -> None:
    """Values are cast as any argument is: 19 as `uint[4]` is 3, an angle has a full turn less."""
    path = in_workspace / "sweeps.qjob"
    path.write_text(
        'include "stdgates.inc";\n'
        "circuit c(int k, uint[4] m, angle a, bool f, bit b) {\n"
        "  qubit[4] q; for int i in [1:k] { x q[0]; } if (m == 3) { x q[1]; } rx(a) q[2]; if (f) { x q[3]; }\n"
        "  if (b == 1) { x q[3]; }\n}\n"
        "job j { run c(k, m, a, f, b); sweep k in [1, 2, 7]; sweep m in [3, 4, 19]; sweep a in [-1.0, 8.0];\n"
        "  sweep f in 0:1; sweep b in 0:1;\n"
        "  expect k = Z(q[0]), m = Z(q[1]), a = Z(q[2]), f = Z(q[3]); backend sim; }\n",
        encoding="utf-8",
    )
    points = qlangc("run", path, "--json").data["points"]
    assert len(points) == 3 * 3 * 2 * 2 * 2
    for point in points:
        given, found = point["parameters"], {name: entry["value"] for name, entry in point["expect"].items()}
        assert found == {
            "k": approx((-1) ** given["k"], abs=1e-12),
            "m": approx(1 if given["m"] == 4 else -1, abs=1e-12),
            "a": approx(cos(given["a"]), abs=1e-12),
            "f": approx((-1) ** (given["f"] + given["b"]), abs=1e-12),
        }


def test_a_type_without_an_order_is_not_swept(qlangc: Callable[..., Any], in_workspace: Path) -> None:
    path = in_workspace / "sweeps.qjob"
    path.write_text(
        "circuit c(complex z) { qubit q; }\njob j { run c(x); sweep x in 0:1; state q; }\n", encoding="utf-8"
    )
    answer = qlangc("check", path, "--format", "concise")
    assert answer.status == 1
    assert "a sweep of `int`" in answer.out + answer.err
