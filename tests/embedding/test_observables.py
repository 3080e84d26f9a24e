"""Functions under `@ql.observable`: sums over ranges and lists, calls, parameters."""

import math
from pathlib import Path

import pytest

import qlang as ql

EDGES = [(0, 1, 0.5), (1, 2, -1.0), (0, 2, 2.0)]


@ql.circuit
def turned(n: int, angle: float = 0.6):
    q = ql.qubits(n)
    for i in range(n):
        ql.rx(angle * (i + 1), q[i])


@ql.observable
def ising(q, J: float = 1.0, h: float = 0.5):
    """The energy of a chain."""
    n = len(q)
    return -J * sum(ql.Z(q[i]) * ql.Z(q[i + 1]) for i in range(n - 1)) - h * ql.total(ql.Y, q)


@ql.observable
def cut(q):
    return sum(w * (1 - ql.Z(q[i]) * ql.Z(q[j])) / 2 for i, j, w in EDGES)


@ql.observable
def both(q, a: ql.Qubit):
    return 2 * ising(q, h=0.0) + cut(q) - ql.mean(ql.Z, q) + ql.Z(a)


def z(i: int, angle: float = 0.6) -> float:
    return math.cos(angle * (i + 1))


def test_sums_products_calls_and_parameters(in_workspace: Path) -> None:
    expect = {
        "ising": ising,
        "weak": ising("q", J=0.25) + 1,
        "cut": cut,
        "both": both(a="q[1]"),
        "last": ql.mean(ql.Z) * 3,
        "text": "cut(q)",
    }
    found = {name: each.value for name, each in ql.job(turned(3), expect=expect).run().expect.items()}
    zz = [z(0) * z(1), z(1) * z(2)]
    y = -0.5 * sum(-math.sin(0.6 * (i + 1)) for i in range(3))
    cuts = sum(w * (1 - z(i) * z(j)) / 2 for i, j, w in EDGES)
    mean = sum(map(z, range(3))) / 3
    assert found["ising"] == pytest.approx(-sum(zz) + y)
    assert found["weak"] == pytest.approx(-0.25 * sum(zz) + y + 1)
    assert found["cut"] == found["text"] == pytest.approx(cuts)
    assert found["both"] == pytest.approx(-2 * sum(zz) + cuts - mean + z(1))
    assert found["last"] == pytest.approx(3 * mean)


def test_lists_are_taken_as_they_are_when_the_function_is_decorated(in_workspace: Path) -> None:
    weights = [1.0, 2.0]

    @ql.observable
    def weighted(q):
        return sum(w * ql.Z(q[i]) for i, w in [(0, weights[0]), (1, weights[1])])

    weights[0] = 100.0
    found = ql.job(turned(2), expect={"w": weighted}).run().expect["w"].value
    assert found == pytest.approx(z(0) + 2 * z(1))


def test_mistakes_are_found_in_the_function_and_in_the_job() -> None:
    with pytest.raises(ql.CompileError, match="`if` in a sum"):

        @ql.observable
        def filtered(q):
            return sum(ql.Z(q[i]) for i in range(4) if i != 2)

    with pytest.raises(ql.CompileError) as caught:
        ql.job(turned(2), expect={"cut": cut})
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.span.text) == ("QJ0401", "j")
    with pytest.raises(TypeError, match="cannot take the argument 'K'"):
        ising("q", K=2)
