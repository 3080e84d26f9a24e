"""`std.arithmetic` against sums of integers and Qiskit's adders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Operator
from qiskit.synthesis import adder_qft_d00, adder_ripple_c04
from stdlib_harness import distribution, unitary

ARITHMETIC = "import std.arithmetic;\n"


def result(call: str) -> int:
    """The word that all qubits of a circuit hold with certainty."""
    found = distribution(f"{ARITHMETIC}job j {{ run {call}; sample b; }}\n")
    ((outcome, probability),) = found.items()
    assert probability == pytest.approx(1)
    return outcome


@pytest.mark.parametrize("n", [1, 2, 3])
def test_ripple_carry_adder(n: int) -> None:
    theirs = adder_ripple_c04(n, kind="full")
    call = f"cuccaro_on(q[0], q[1:{n}], q[{n + 1}:{2 * n}], q[{2 * n + 1}]);"
    ours = unitary(call, theirs.num_qubits, ARITHMETIC) if theirs.num_qubits <= 6 else None
    if ours is not None:
        np.testing.assert_allclose(ours, Operator(theirs).data, atol=1e-11)
    for x in range(0, 2**n, 3 if n == 3 else 1):
        for y in range(0, 2**n, 2 if n == 3 else 1):
            found = result(f"cuccaro_adder({n}, {x}, {y})")
            assert found == x << 1 | (x + y) << n + 1


@pytest.mark.parametrize("n", [1, 2, 3])
def test_fourier_adder(n: int) -> None:
    for kind, size in (("half", n + 1), ("fixed", n)):
        if n + size > 6:
            continue
        ours = unitary(f"draper_on(q[0:{n - 1}], q[{n}:{n + size - 1}]);", n + size, ARITHMETIC)
        np.testing.assert_allclose(ours, Operator(adder_qft_d00(n, kind=kind)).data, atol=1e-10)


@settings(max_examples=6)
@given(st.data(), st.integers(2, 5))
def test_sums(data: st.DataObject, n: int) -> None:
    x, y = data.draw(st.integers(0, 2**n - 1)), data.draw(st.integers(0, 2**n - 1))
    assert result(f"draper_adder({n}, {x}, {y})") == x | (x + y) << n
    assert result(f"cuccaro_adder({n}, {x}, {y})") == x << 1 | (x + y) << n + 1
    c = data.draw(st.integers(-(2**n), 2**n))
    assert result(f"constant_adder({n}, {x}, {c})") == (x + c) % 2**n


@pytest.mark.parametrize("n", [2, 3, 4])
def test_constant_adders(n: int) -> None:
    for c in (1, -1, 2**n // 2 + 1):
        shift = np.roll(np.eye(2**n), c, axis=0)
        np.testing.assert_allclose(unitary(f"add_constant_on(q, {c});", n, ARITHMETIC), shift, atol=1e-10)
        both = np.eye(2 ** (n + 1))
        both[1::2, 1::2] = shift
        ours = unitary(f"controlled_add_on(q[0], q[1:{n}], {c});", n + 1, ARITHMETIC)
        np.testing.assert_allclose(ours, both, atol=1e-10)


@pytest.mark.parametrize("c", [0, 1, 3, -2])
def test_multiplication(c: int) -> None:
    matrix = unitary(f"multiply_add_on(q[0:1], q[2:4], {c});", 5, ARITHMETIC)
    for a in range(4):
        for b in range(8):
            assert abs(matrix[a | (b + a * c) % 8 << 2, a | b << 2]) == pytest.approx(1)
