"""`ql.to_jax` where JAX is not installed."""

import sys

import pytest

import qlang as ql


@ql.circuit
def turned(a: float):
    q = ql.qubits(1)
    ql.ry(a, q[0])


def test_a_function_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    function = ql.to_jax(ql.job(turned(0.3), expect={"z": ql.Z(0)}))
    assert [each.name for each in function.parameters] == ["a"]
    for call in (function, function.values, function.state):
        with pytest.raises(ModuleNotFoundError, match=r"needs JAX: python -m pip install 'qlang\[jax\]'"):
            call(a=0.1)
