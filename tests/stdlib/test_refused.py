"""Arguments for which a family means nothing are an error before anything runs."""

import pytest

import qlang as ql


@pytest.mark.parametrize(
    "call",
    [
        "dicke(n = 2, k = 3)",
        "hidden_shift(n = 3, shift = 1)",
        "ising(n = 3, t = 1.0, steps = 2, order = 3)",
        "heisenberg(n = 3, t = 1.0, steps = 2, order = 0)",
        "xxz(n = 3, t = 1.0, steps = 2, order = 4)",
    ],
)
def test_no_state_without_a_meaning(call: str) -> None:
    found = ql.check(f"import std.families;\njob j {{ run {call}; sample q; shots 10; }}\n")
    assert {each.code for each in found} == {"QJ0401"}
