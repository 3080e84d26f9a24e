"""Classical values, loops, branches and subroutines, by what they do."""

import time

import numpy as np
import pytest

from qlang.backends.errors import BadAngle
from tests.compiler.programs import HEADER, certain, circuit_of, codes, compiled, distribution, execute, state


def bits(declarations: str, body: str, size: int = 4) -> int:
    """Run statements that flip qubits of `q`, and read them all."""
    text = f"{HEADER}{declarations}qubit[{size}] q;\nbit[{size}] c;\n{body}\nc = measure q;\n"
    return certain(text, "c")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for int i in [0:3] { x q[i]; }", 0b1111),
        ("for int i in [3:-2:0] { x q[i]; }", 0b1010),
        ("for int i in [1:2:3] { x q[i]; }", 0b1010),
        ("for int i in [2:1] { x q[i]; }", 0b0000),
        ("for int i in {0, 3} { x q[i]; }", 0b1001),
        ("for int i in [0:1] { for int j in [2:3] { cx q[i], q[j]; } x q[i]; }", 0b0011),
        ("int k = 0; for int i in [0:2] { k += i; } x q[k];", 0b1000),
        ("int k = 1; while (k < 3) { x q[k]; k += 1; }", 0b0110),
        ("uint[4] a = 9; for int i in [0:3] { if (bool(a[i])) x q[i]; }", 0b1001),
        ("const int n = 2; x q[n - 1]; x q[-1];", 0b1010),
        ("let pair = q[{1, 3}]; x pair[1];", 0b1000),
        ("let all = q[0:0] ++ q[2:3]; x all;", 0b1101),
        ("int k = 7; if (k > 3 && k != 8) { x q[0]; } else { x q[1]; }", 0b0001),
        ("int k = 2; switch (k) { case 1 { x q[1]; } case 2, 3 { x q[2]; } default { x q[0]; } }", 0b0100),
        ("bool b = false; b = !b; if (b) x q[3];", 0b1000),
        ("angle[4] a = pi / 2; a += pi; if (a == 3 * pi / 2) x q[0];", 0b0001),
        ("uint[3] k = 7; k += 2; x q[k];", 0b0010),
        ("int k = -7; k = k / 2; if (k == -3) x q[1];", 0b0010),
        ("array[int[8], 3] a = {1, 0, 2}; x q[a[2]]; x q[a[0]];", 0b0110),
        ("for int _0 in [0:3] { x q[_0]; }", 0b1111),
    ],
)
def test_classical_code_steers_the_circuit(body: str, expected: int) -> None:
    assert bits("", body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("bit m; x q[0]; m = measure q[0]; if (m == 1) x q[1];", 0b0011),
        ("bit m = measure q[0]; if (m) { x q[1]; } else { x q[2]; }", 0b0100),
        ("bit[2] m; x q[1]; m = measure q[0:1]; if (int[2](m) == -2) x q[3];", 0b1010),
        ("bit[2] m; x q[1]; m = measure q[0:1]; if (uint[2](m) == 2) x q[3];", 0b1010),
        ("bit[2] m; x q[1]; m = measure q[0:1]; if (int[8](m) == 2) x q[3];", 0b1010),
        ("bit m; x q[0]; m = measure q[0]; int k = m; x q[k + 1];", 0b0101),
        ("bit m = measure q[0]; for int i in [int(m):-2:1] { x q[3]; } x q[2];", 0b0100),
        ("bit m = measure q[0]; for int i in [int(m) + 3:-2:0] { x q[i]; }", 0b1010),
        ("bit[3] m; x q[0:1]; m[0] = measure q[0]; m[2] = measure q[1]; if (m == 5) x q[3];", 0b1011),
        ("bit[2] m; x q[0]; m = measure q[0:1]; m <<= 1; if (m[1]) x q[2];", 0b0101),
        ("bit m; x q[0]; m = measure q[0]; reset q[0]; if (m) x q[3];", 0b1000),
        ("int k = 0; x q[0]; while (k < 2) { bit m = measure q[k]; k += 1; if (m) x q[k]; }", 0b0111),
        ("uint[3] k = 1; x q[3]; bit m = measure q[3]; if (m) { k = k << 1; } x q[k];", 0b1100),
        ("bit[4] m; x q[1]; for int i in [0:3] { m[i] = measure q[i]; } if (m[1] && !m[0]) x q[0];", 0b0011),
    ],
)
def test_measured_values_steer_the_circuit(body: str, expected: int) -> None:
    assert bits("", body) == expected


@pytest.mark.parametrize(
    ("type_", "initial", "result", "expression", "expected"),
    [
        ("int[8]", "6", "bit", "v", 1),
        ("uint[4]", "8", "bit", "bool(v)", 1),
        ("bool", "false", "uint[8]", "~v", 1),
        ("bool", "true", "uint[8]", "v ^ (v & !v)", 1),
        ("int[8]", "5", "int[8]", "~(v > 3)", 0),
        ("uint[8]", "130", "bit", "v[-1]", 1),
        ("int[8]", "-128", "bit", "v[7]", 1),
        ("angle[4]", "pi", "bit", "v[3]", 1),
        ("uint[8]", "3", "uint[8]", "v ** 2", 9),
        ("int[8]", "-3", "uint[8]", "v ** 3 + 30", 3),
        ("int[8]", "-7", "uint[8]", "v / 2 + 4", 1),
        ("int", "-5", "bit", "(v >> 1) == -3", 1),
        ("uint", "-5", "bit", "(v >> 63) == 1", 1),
    ],
)
def test_a_value_is_the_same_known_early_or_late(
    type_: str, initial: str, result: str, expression: str, expected: int
) -> None:
    early = f"{type_} v = {initial};"
    late = f"x q[0]; bit m = measure q[0]; {type_} v; if (m) {{ v = {initial}; }}"
    for given in (early, late):
        text = f"{HEADER}qubit[1] q;\n{given}\n{result} r = {expression};\nbit[8] c;\nuint[8] s = r;\nc = s;\n"
        assert certain(text, "c") == expected


@pytest.mark.parametrize("expression", ["bit[2](m)", "int[4](bit[3](m))"])
def test_registers_of_bits_keep_their_size_in_casts(expression: str) -> None:
    text = f"{HEADER}qubit[1] q;\nbit m = measure q[0];\nbit[2] r;\nr = {expression};\n"
    assert codes(text, "test.qasm") == ["QJ0312"]


@pytest.mark.parametrize("angle", ["1.0 / f", "f / f", "-2.0 / f"])
def test_an_angle_that_is_no_finite_number_is_no_rotation(angle: str) -> None:
    with pytest.raises(BadAngle, match="must be finite"):
        execute(f"{HEADER}qubit q;\nbit c = measure q;\nfloat f = float(c);\nrx({angle}) q;\nc = measure q;\n")


SUBROUTINES = """
def flip(qubit[2] d, int which) -> bit { x d[which]; return measure d[which]; }
def twice(float a) -> float { return 2 * a; }
def entangle(qubit a, qubit b) { h a; cx a, b; }
"""


def test_subroutines_are_lowered_in_place() -> None:
    assert bits(SUBROUTINES, "bit m = flip(q[2:3], 1); if (m) x q[0];") == 0b1001


def test_subroutines_compute() -> None:
    text = f"{HEADER}{SUBROUTINES}qubit[1] q;\nrx(twice(pi / 2)) q[0];\n"
    assert np.allclose(np.abs(state(text)), [0, 1])


def test_subroutines_without_a_result() -> None:
    text = f"{HEADER}{SUBROUTINES}qubit[2] q;\nentangle(q[0], q[1]);\n"
    assert np.allclose(np.abs(state(text)) ** 2, [0.5, 0, 0, 0.5])


def test_teleportation_moves_any_state() -> None:
    body = """qubit[3] q; bit a; bit b; bit c;
    U(0.3, 0.2, 0.1) q[0]; h q[1]; cx q[1], q[2]; cx q[0], q[1]; h q[0];
    a = measure q[0]; b = measure q[1]; if (b) x q[2]; if (a) z q[2];
    inv @ U(0.3, 0.2, 0.1) q[2]; c = measure q[2];"""
    found = distribution(HEADER + body)
    assert found["c"] == pytest.approx({0: 1.0})
    assert found["a"] == pytest.approx({0: 0.5, 1: 0.5})


def test_a_branch_leaves_correlations_as_they_are() -> None:
    body = "qubit[2] q; bit[2] c; h q[0]; c[0] = measure q[0]; if (c[0]) x q[1]; c[1] = measure q[1];"
    assert distribution(HEADER + body)["c"] == pytest.approx({0b00: 0.5, 0b11: 0.5})


def test_a_loop_stays_a_loop_and_compiles_as_fast_for_a_million() -> None:
    def text(count: int) -> str:
        return f"{HEADER}qubit[3] q;\nfor int s in [1:{count}] {{ h q[0]; cx q[0], q[1]; rz(0.1) q[2]; }}\n"

    def seconds(count: int) -> float:
        """The fastest of several, which no load of the machine makes slow."""
        times = []
        for _ in range(5):
            start = time.process_time()
            compiled(text(count))
            times.append(time.process_time() - start)
        return min(times)

    small, large = (circuit_of(compiled(text(n))) for n in (10, 1_000_000))
    assert len(list(small.walk())) == len(list(large.walk()))
    assert seconds(1_000_000) < 3 * seconds(10)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("value", [-9, -1, 0, 7, 8, 30, 31, 99])
def test_a_switch_with_many_cases_finds_the_one(value: int, late: bool) -> None:
    """Labels -1 to 30 in an order of their own, several to a case, one twice."""
    labels = [k * 13 % 32 - 1 for k in range(32)]
    cases = " ".join(
        f"case {a}, {b} {{ c = {min(a, b) + 2}; }}" for a, b in zip(labels[::2], labels[1::2], strict=True)
    )
    given = f"x q[0]; bit m = measure q[0]; int k = {value} * int(m);" if late else f"int k = {value};"
    text = f"{HEADER}qubit[1] q;\nbit[6] c;\n{given}\nswitch (k) {{ {cases} default {{ c = 63; }} }}\n"
    pair = next((min(a, b) for a, b in zip(labels[::2], labels[1::2], strict=True) if value in (a, b)), None)
    assert certain(text, "c") == (63 if pair is None else pair + 2)


def test_a_switch_with_many_cases_is_not_deep() -> None:
    cases = " ".join(f"case {k} {{ x q[{k % 4}]; }}" for k in range(150))
    assert bits("", f"x q[0]; bit m = measure q[0]; int k = m; switch (k + 1) {{ {cases} }}") == 0b0101


def test_what_is_nested_too_deep_to_be_lowered_is_named() -> None:
    definitions, body = "def f0(qubit a, bit m) { x a; }\n", "f0(a, m);"
    for level in range(1, 40):
        for _ in range(40):
            body = f"if (m) {{ {body} }}"
        definitions += f"def f{level}(qubit a, bit m) {{ {body} }}\n"
        body = f"f{level}(a, m);"
    assert codes(f"{HEADER}{definitions}qubit q;\nbit m = measure q;\nf39(q, m);\n", "test.qasm") == ["QJ0504"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for float f in [0:3] { rx(f * pi) q[0]; }", 0b0000),
        ("for float f in [1:3] { rx(f * pi / 6) q[0]; }", 0b0001),
        ("for int i in [3:s:0] { x q[i]; }", 0b1111),
        ("for int i in [0:2 * int(m):3] { x q[i]; i = 3; }", 0b0101),
        ("for uint[1] i in [0:2] { x q[i]; }", 0b0010),
        ("for int i in [3 * int(m):1] { x q[0]; }", 0b0000),
        ("for int i in [int(m):int(m)] { x q[-i]; }", 0b1000),
        ("for int i in [int(m):2] { x q[i - 3]; }", 0b1100),
        ("for bit b in [0:1] { if (b) x q[1]; }", 0b0010),
        ("for int i in [0:s:-2] { x q[-i]; }", 0b0111),
    ],
)
def test_loops_over_ranges_of_every_kind(body: str, expected: int) -> None:
    """`m` is 1 and `s` is -1, both known only at run time."""
    measured = "bit m; x q[0]; m = measure q[0]; x q[0]; int s = -int(m);"
    assert bits("", f"{measured} {body}") == expected


@pytest.mark.parametrize(
    "body",
    [
        "for int i in {1, 2, 3} { rx(pi / 3) a; }",
        "for int i in [1:3] { rx(pi / 3) a; }",
        "for float f in [1:2] { rx(f * pi / 3) a; }",
        "for uint[1] i in [1:4] { rx(i * pi / 2) a; }",
        "box { rx(pi) a; }",
        "{ rx(pi / 2) a; { rx(pi / 2) a; } }",
        "rx(pi / 2) a; barrier a; nop a; rx(pi / 2) a;",
    ],
)
def test_bodies_of_gates_hold_loops_and_blocks(body: str) -> None:
    found = state(f"{HEADER}gate g a {{ {body} }}\nqubit q;\ng q;\n")
    assert np.allclose(np.abs(found), [0, 1])


@pytest.mark.parametrize("body", ["delay[10ns] a; x a;", "box[10ns] { x a; }"])
def test_a_time_inside_a_gate_is_refused_where_it_is_defined(body: str) -> None:
    assert codes(f"{HEADER}gate g a {{ {body} }}\nqubit q;\nx q;\n", "test.qasm") == ["QJ0504"]


def test_a_gate_of_endless_loops_is_refused_at_once() -> None:
    text = f"{HEADER}gate g a {{ for int i in [1:1000000000] {{ x a; }} }}\nqubit q;\ng q;\n"
    assert codes(text, "test.qasm") == ["QJ0504"]
