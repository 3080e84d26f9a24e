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


@pytest.mark.parametrize(
    "call",
    [
        "efficient_su2(4, {0.1})",
        "efficient_su2(2, {0.1, 0.2, 0.3, 0.4, 0.5})",
        "real_amplitudes(3, {0.1, 0.2, 0.3, 0.4})",
        "qaoa(3, {{0, 1}, {1, 2}}, {0.4, 0.1}, {0.3})",
    ],
)
def test_no_angle_is_left_over_or_missing(call: str) -> None:
    with pytest.raises(ql.CompileError) as caught:
        ql.compile(f"import std.families;\njob j {{ run {call}; sample q; shots 10; }}\n").plan()
    assert {each.code for each in caught.value.diagnostics} == {"QJ0401"}
