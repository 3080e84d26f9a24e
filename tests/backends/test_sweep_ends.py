"""Jobs whose bits follow from the swept parameter: every point ends in its own way, whoever simulates."""

from pathlib import Path
from typing import Any

import pytest

import qlang as ql

QUBITS = 6
"""Native code runs the points of a sweep side by side from here on."""
POINTS = (0.9, 0.1, 1.3, 0.2)


def points(body: str, target: str, sampled: str, rest: str = "") -> list[dict[str, Any]]:
    """Of a circuit whose gates are the same for every `th`."""
    text = (
        f"circuit c(float th) {{ qubit[{QUBITS}] q; bit[2] m; h q; ry(th) q[0]; rzz(th) q[0], q[1]; {body} }}\n"
        f"job j {{ run c(th = th); sweep th in [{', '.join(map(str, POINTS))}];"
        f" expect z = Z(q[0]) + X(q[5]); sample {sampled}; {rest} }}"
    )
    return ql.compile(text).run("j", target=target).points


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("body", "sampled", "first", "second"),
    [
        ("output float f; f = 2 * th;", "f", {"1.8": 1.0}, {"0.2": 1.0}),
        ("output float f; f = sin(th) / th; rx(f) q[1];", "f", None, None),
        ("m[0] = th < 0.5;", "m", {"00": 1.0}, {"01": 1.0}),
        ("if (th < 0.5) { m[1] = 1; }", "m", {"00": 1.0}, {"10": 1.0}),
        ("output int k; k = int(10 * th);", "k", {"9": 1.0}, {"1": 1.0}),
        ("if (th < 0.5) { m[0] = measure q[3]; } else { m[1] = measure q[3]; }", "m", {"00": 0.5, "10": 0.5}, None),
        ("if (th < 0.5) { m[0] = measure q[3]; }", "m", {"00": 1.0}, {"00": 0.5, "01": 0.5}),
    ],
)
def test_bits_that_follow_from_the_parameter_are_those_of_each_point(
    body: str, sampled: str, first: dict[str, float] | None, second: dict[str, float] | None
) -> None:
    found, expected = (points(body, target, sampled) for target in ("cpu.llvm", "cpu.numpy"))
    for mine, theirs in zip(found, expected, strict=True):
        assert mine["parameters"] == theirs["parameters"]
        assert mine["probabilities"][sampled] == pytest.approx(theirs["probabilities"][sampled], abs=1e-12)
        assert mine["expect"]["z"]["value"] == pytest.approx(theirs["expect"]["z"]["value"], abs=1e-12)
    for point, wanted in zip(found, (first, second), strict=False):
        assert wanted is None or point["probabilities"][sampled] == pytest.approx(wanted, abs=1e-12)


def test_counts_of_them_are_those_of_the_reference() -> None:
    body = "if (th < 0.5) { m[0] = measure q[0]; } else { m[1] = measure q[0]; }"
    found, expected = (points(body, target, "m", "shots 500; seed 4;") for target in ("cpu.llvm", "cpu.numpy"))
    assert [point["counts"] for point in found] == [point["counts"] for point in expected]
    assert "01" not in found[0]["counts"]["m"] and "01" in found[1]["counts"]["m"]


@pytest.mark.parametrize("choice", ["m[0] = measure q[0]; x q[0];", "reset q[0];"])
def test_a_point_that_measures_on_its_way_runs_by_itself(choice: str) -> None:
    body = f"if (th < 0.5) {{ {choice} }}"
    found, expected = (points(body, target, "m") for target in ("cpu.llvm", "cpu.numpy"))
    for mine, theirs in zip(found, expected, strict=True):
        assert mine["probabilities"]["m"] == pytest.approx(theirs["probabilities"]["m"], abs=1e-12)
        assert mine["expect"]["z"]["value"] == pytest.approx(theirs["expect"]["z"]["value"], abs=1e-12)
