"""What a circuit computes is what Python would compute with the same text."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.embedding.python_programs import by_python, by_us, programs

pytestmark = pytest.mark.filterwarnings("ignore::qlang.problems.CompileWarning")


@settings(max_examples=70)
@given(programs(), st.integers(-9, 9), st.sampled_from([-2.5, 0.0, 0.3, 4.0]), st.booleans())
def test_circuits_compute_as_python_does(text: str, a: int, x: float, flag: bool) -> None:
    try:
        wanted = by_python(text, a, x, flag)
    except (ArithmeticError, ValueError, UnboundLocalError):
        assume(False)
        return
    assert by_us(text, a, x, flag) == wanted
