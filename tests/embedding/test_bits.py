"""Registers of bits are lists to Python: two names of one are refused where they would not agree."""

import pytest

import qlang as ql


def test_a_second_name_of_bits_that_change_is_refused() -> None:
    def first() -> None:
        c = ql.bits(2)
        d = c
        d[1] = True

    def second() -> None:
        c = ql.bits(2)
        d = c
        c[0] = True
        c = d

    for function in (first, second):
        with pytest.raises(ql.CompileError, match="a second name for `c`") as caught:
            ql.circuit(function)
        assert caught.value.diagnostics[0].code == "QJ0580"


def test_a_second_name_of_bits_that_stay_is_the_same() -> None:
    @ql.circuit
    def kept() -> None:
        q = ql.qubits(2)
        ql.x(q[0])
        c = ql.measure(q)
        old = c
        ql.reset(q)
        ql.x(q[1])
        c = ql.measure(q)
        if old == 1 and c == 2:
            ql.x(q[0])
        last = ql.measure(q)  # noqa: F841

    counts = ql.job(kept(), shots=5, seed=1).run().counts
    assert counts == {"c": {"10": 5}, "old": {"01": 5}, "last": {"11": 5}}
