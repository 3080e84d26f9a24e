"""Two independent mistakes in two items are reported as exactly both, whatever they are and whichever comes first."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.sema.module import CheckResult
from tests.sema.conftest import checked_text

BODIES = {
    "QJ0101": "qubit[2] q; h q[0]; x q[1]",
    "QJ0201": "qubit[2] q; rx(missing) q;",
    "QJ0202": "qubit[2] q; bit q; h q;",
    "QJ0203": "qubit[2] q; hadamrd q;",
    "QJ0205": "qubit[2] q; h x;",
    "QJ0214": "qubit[2] q; rx(sinus_of(1)) q;",
    "QJ0222": "qbit q; h q;",
    "QJ0223": "qubit[2] q; h(q[0]);",
    "QJ0301": "qubit[2] q; int n = 2.5; rx(n) q;",
    "QJ0302": "qubit[2] q; delay[100] q;",
    "QJ0303": "qubit[2] q; int n = 2; bit[n] b; h q; b[0] = measure q[0];",
    "QJ0304": "qubit[2] q; rx(1 / 0) q;",
    "QJ0307": "qubit[2] q; duration d = 1ns + 2; delay[d] q;",
    "QJ0309": "qubit[0] q; h q;",
    "QJ0310": "qubit[2] q; q = 1;",
    "QJ0311": "qubit[2] q; bit[2] b; h q; b[2] = measure q[0];",
    "QJ0401": "qubit[2] q; for int i in [0:1] { cx q[i], q[i+1]; }",
    "QJ0402": "qubit[2] q; let a = q[0:1]; cx a[0], q[0];",
    "QJ0403": "qubit[2] q; qubit[3] r; cx q, r;",
    "QJ0404": "qubit[2] q; bit[3] b; b = measure q;",
    "QJ0406": "qubit[2] q; if (true) { qubit r; h r; } h q;",
    "QJ0407": "qubit q; h q[0];",
    "QJ0501": "qubit[2] q; cx q[0];",
    "QJ0502": "qubit[2] q; rx q;",
    "QJ0505": "qubit[2] q; ctrl(0) @ x q[0], q[1];",
    "QJ0506": "qubit[2] q; break; h q;",
}
"""Bodies of circuits with one mistake, by its code."""


@pytest.mark.parametrize("code", BODIES)
def test_each_is_one_mistake(code: str, found: Callable[..., list[str]]) -> None:
    assert found(f"circuit one() {{ {BODIES[code]} }}\n") == [f"{code}@1"]


def _codes(result: CheckResult) -> list[str]:
    ordered = sorted(result.diagnostics, key=lambda each: each.span.start)
    return [each.code for each in ordered if each.severity == "error"]


@given(first=st.sampled_from(sorted(BODIES)), second=st.sampled_from(sorted(BODIES)), jobs=st.booleans())
def test_two_are_two(first: str, second: str, jobs: bool) -> None:
    text = f"circuit one() {{ {BODIES[first]} }}\ncircuit two() {{ {BODIES[second]} }}\n"
    if jobs:  # what a circuit declares with a mistake is not complained about where it is asked for
        text += "job a { run one(); sample q; }\njob b { run two(); sample q; }\n"
    assert _codes(checked_text(text)) == [first, second]
