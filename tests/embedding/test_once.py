"""A mistake is reported once: what depends on the variable that it leaves without a value stays silent."""

import pytest

import qlang as ql


def refused() -> None:
    q = ql.qubits(2)
    k = round(2.5)
    k = k % 4
    k += 1
    if k > 1:
        ql.x(q[0])


def changed() -> None:
    q = ql.qubits(2)
    k = 1
    k = float(k) + 1.5
    k = int(k)
    ql.rx(k, q[0])


def several() -> None:
    q = ql.qubits(2)
    a = b = 3
    b += 1
    ql.rx(a * b, q[0])


@pytest.mark.parametrize(
    ("function", "code"),
    [(refused, "QJ0580"), (changed, "QJ0584"), (several, "QJ0580")],
    ids=["refused", "changed", "several"],
)
def test_one_mistake_is_one_error(function, code: str) -> None:
    with pytest.raises(ql.CompileError) as caught:
        ql.circuit(function)
    assert [each.code for each in caught.value.diagnostics] == [code]


def test_a_second_mistake_is_a_second_error() -> None:
    def both() -> None:
        q = ql.qubits(2)
        k = round(2.5)
        k = k % 4
        ql.hh(q[0])

    with pytest.raises(ql.CompileError) as caught:
        ql.circuit(both)
    assert [each.code for each in caught.value.diagnostics] == ["QJ0580", "QJ0203"]
