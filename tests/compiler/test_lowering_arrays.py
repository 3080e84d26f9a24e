"""Arrays, slices and aliases: bound by a job, changed while the program runs, passed by reference."""

import math

import pytest

from qlang.backends.errors import BadArrayIndex, BadBitIndex
from qlang.compiler.driver import compile_source
from qlang.ir.values import plain
from qlang.syntax.source import Source
from tests.compiler.programs import HEADER, certain, circuit_of, codes, compiled, distribution, execute

ONE = "bit one; x q[0]; one = measure q[0]; reset q[0];\n"
"""A bit that is 1, which only the run knows."""


def bits(body: str, definitions: str = "") -> int:
    """Run statements over four qubits and the run-time bit `one`; what the qubits read at the end."""
    return certain(f"{HEADER}{definitions}qubit[4] q;\nbit[4] c;\n{ONE}{body}\nc = measure q;\n", "c")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("array[int[32], 3] a = {1, 2, 3}; a[1] = 2 + one; if (a[1] == 3) x q[0];", 1),
        ("array[int[32], 3] a = {1, 2, 3}; a[one] = 0; x q[a[1]]; x q[a[2]];", 0b1001),
        ("array[int[32], 3] a = {1, 2, 3}; a[-one] = 0; x q[a[2]]; x q[a[-2]];", 0b0101),
        ("array[int[32], 4] a; for uint i in [0:3] { a[i] = i * one; } x q[a[3]]; x q[a[1]];", 0b1010),
        ("array[float, 2, 2] m = {{0.5, 1.5}, {2.5, 3.5}}; m[one, 0] += one; if (m[1, 0] == 3.5) x q[1];", 2),
        ("array[float, 2, 2] m = {{0.5, 1.5}, {2.5, 3.5}}; m[0] = m[one]; if (m[0][1] == 3.5) x q[1];", 2),
        ("array[uint[8], 2, 3] m = {{1, 2, 3}, {4, 5, 6}}; m[0][one] = 9; if (m[0, 1] == 9 && m[1, 1] == 5) x q;", 15),
        ("array[uint[8], 4] a = {1, 2, 3, 4}; a[3] = one; a[0:1] = a[2:3]; if (a[0] == 3 && a[1] == 1) x q[2];", 4),
        ("array[uint[8], 4] a = {1, 2, 3, 4}; a[{0, 3}] = a[{2, 1}]; if (a[0] == 3 && a[3] == 2) x q[2];", 4),
        ("array[int, 3, 2] m = {{1, 2}, {3, 4}, {5, 6}}; m[2, 1] = one; if (m[0:2, 1][2] == 1) x q[0];", 1),
        ("array[bit[2], 2] a; a[one][1] = one; if (a[1] == 2) x q[3];", 8),
        ("array[bool, 2] a; a[one] = true; if (a[1] && !a[0]) x q[3];", 8),
        ("array[angle[8], 2] a = {pi, pi / 2}; a[one] += pi; if (a[1] == 3 * pi / 2) x q[3];", 8),
        ("array[int[8], 2] a = {one, 2}; array[int[8], 2] b = a; a[0] = 5; if (b[0] == 1 && a[0] == 5) x q[1];", 2),
        ("array[int[8], 3] a = {1, 2, 0}; a[2] = 2 + one; for int[8] k in a { x q[k]; }", 0b1110),
        ("array[int[8], 2, 3] a; x q[sizeof(a)]; x q[sizeof(a, 1)]; a[0, 0] = one;", 0b1100),
        ("array[int[8], 3] a = {1, 2, 3}; if (one) { a[0] = 3; } else { a[1] = 0; } x q[a[0]]; x q[a[1]];", 0b1100),
        ("array[int[8], 3] a = {0, 0, 0}; int k = 0; while (k < 3) { a[k] = k * one; k += 1; } x q[a[2]];", 4),
        ("array[int[8], 1] a = {3}; array[int[8], 2] b = {one, 2}; array[int[8], 3] s = a ++ b; x q[s[1]];", 2),
        ("array[int[8], 2] a = {0, 1}; array[float[32], 2] f = a; f[one] += 0.5; if (f[1] == 1.5) x q[0];", 1),
    ],
)
def test_arrays_change_while_the_program_runs(body: str, expected: int) -> None:
    assert bits(body) == expected


@pytest.mark.parametrize(
    ("definitions", "body", "expected"),
    [
        ("def f(mutable array[int[8], 3] a) { a[0] = 2; }", "array[int[8], 3] b; f(b); x q[b[0]];", 4),
        ("def f(mutable array[int[8], #dim = 1] a) { a[0] = 2; }", "array[int[8], 3] b; f(b[1:2]); x q[b[1]];", 4),
        ("def f(mutable array[int[8], #dim = 1] a) { a[0] += 1; }",
         "array[int[8], 2] b; for int i in [1:3] { f(b); } if (one) f(b); if (b[0] == 4) x q;", 15),
        ("def f(mutable array[int[8], #dim = 1] a) { a[1] = 3; }",
         "array[int[8], 2, 2] b; f(b[one]); x q[b[1, 1]];", 8),
        ("def f(readonly array[int[8], #dim = 2] a, int k) -> int { return a[k, 0] + sizeof(a, 1); }",
         "array[int[8], 2, 1] b = {{0}, {2}}; x q[f(b, one)];", 8),
        ("def f(readonly array[int[8], 3] a) -> int { int s = 0; for int[8] k in a { s += k; } return s; }",
         "array[int[8], 3] b = {0, one, 1}; x q[f(b)];", 4),
    ],
)  # fmt: skip
def test_subroutines_take_arrays(definitions: str, body: str, expected: int) -> None:
    assert bits(body, definitions + "\n") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("bit[4] m; m[0:2:2] = \"11\"; if (m == 5) x q[0];", 1),
        ("bit[4] m; m[one] = one; m[{3, 0}] = m[{1, 2}]; if (m == 10) x q[0];", 1),
        ("bit[4] m = \"0011\"; m[0] = one; bit[2] n = m[{1, 3}]; if (n == 1) x q[0];", 1),
        ("bit[4] m = \"0110\"; m[0] = one; bit[4] n = m[3:-1:0]; if (n == 14) x q[0];", 1),
        ("bit[2] m = \"01\"; m[1] = one; bit[3] n = m ++ \"0\"; if (n == 3) x q[0];", 1),
        ("bit[4] m; let n = m[1:2]; n[one] = 1; if (m == 4) x q[0];", 1),
        ("bit[2] m; bit[2] k; let n = k ++ m; n[2] = one; n[0] = 1; if (m == 1 && k == 1) x q[0];", 1),
        ("bit[4] m; let n = m[0:2:3]; let o = n[{1}]; o = \"1\"; if (one) { n[0] = 1; } if (m == 5) x q[0];", 1),
        ("bit[4] m; m[2] = one; let n = m; x q[0]; n[0] = measure q[0]; x q[0]; if (m == 5) x q[1];", 2),
        ("array[int, 3] a = {1, 2, 3}; let n = a[1:2]; n[one] = 7; if (a[2] == 7) x q[1];", 2),
        ("uint[8] k = 5; k[1] = one; k[{7}] = \"1\"; if (k == 135) x q[1];", 2),
        ("int[4] k = 0; k[3] = one; if (k == -8) x q[1];", 2),
        ("uint[8] k = 160 + one; bit[3] m = k[5:7]; if (m == 5 && k[0] == 1 && k[-1] == 1) x q[1];", 2),
        ("angle[4] a = 0; a[3] = one; if (a == angle[4](pi)) x q[1];", 2),
        ("bit[70] m; m[69] = one; m[0] = one; if (m[69] == 1 && m[1] == 0) x q[1];", 2),
        ("bit[70] m; m[69] = one; if (m == 0) x q[0]; bit[70] n = ~m; n[69] = 1; if (n == ~(m ^ m)) x q[1];", 2),
    ],
)  # fmt: skip
def test_bits_are_sliced_and_named(body: str, expected: int) -> None:
    assert bits(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for int i in [0:2] { cx q[i:i], q[i + 1:i + 1]; if (i == 0) { x q[i:i + 1]; } }", 0b1111),
        ("int k = 1 + one; x q[k:k + 1];", 0b1100),
        ("int k = one; x q[k:2:k + 2];", 0b1010),
        ("int k = 3 * one; x q[k:-1:k - 2];", 0b1110),
        ('bit[4] m; for int i in [0:1] { m[2 * i:2 * i + 1] = "10"; } if (m == 10) x q;', 15),
        ('bit[4] m = "0110"; int k = one; bit[2] n = m[k:k + 1]; if (n == 3) x q[1];', 2),
        ('bit[4] m = "0110"; int k = one; m[{k, 3}] = "10"; if (m == 12) x q[1];', 2),
        ("array[int, 4] a = {5, 6, 7, 8}; int k = one; array[int, 2] b = a[k:k + 1]; x q[b[0] - 5];", 2),
        ("array[int, 4] a = {5, 6, 7, 8}; int k = one; a[k:k + 1] = a[k + 1:k + 2]; x q[a[2] - 5];", 8),
    ],
)
def test_slices_of_known_length_move(body: str, expected: int) -> None:
    assert bits(body) == expected


def test_a_slice_of_unknown_length_is_refused() -> None:
    assert codes(f"{HEADER}qubit[4] q;\n{ONE}int k = one; x q[0:k];\n", "test.qasm") == ["QJ0303"]


JOB = (
    "circuit c({parameter}) {{ qubit[3] q; bit[3] b; {body} b = measure q; }}\njob j {{ run c({given}); sample b; }}\n"
)


@pytest.mark.parametrize(
    ("parameter", "given", "body"),
    [
        ("array[float, 3] t", "t = {0.1, 0.2, 0.3}", "for int i in [0:2] { ry(t[i]) q[i]; }"),
        ("array[float[64], 3] t", "{0.1, 0.2, 0.3}", "for int i in [0:sizeof(t) - 1] { ry(t[i]) q[i]; }"),
        ("readonly array[float, #dim = 1] t", "t = {0.1, 0.2, 0.3}", "for int i in [0:2] { ry(t[i]) q[i]; }"),
        (
            "array[float, 2, 2] t",
            "t = {{0.0, 0.1}, {0.2, 0.3}}",
            "ry(t[0, 1]) q[0]; ry(t[1, 0]) q[1]; ry(t[1][1]) q[2];",
        ),
        (
            "array[float, 3] t = {0.1, 0.2, 0.3}",
            "",
            "for float v in t[0:0] { ry(v) q[0]; } ry(t[1]) q[1]; ry(t[2]) q[2];",
        ),
        ("array[uint[4], 3] t", "t = {1, 2, 3}", "for uint i in [0:2] { ry(t[i] / 10.0) q[i]; }"),
    ],
)
def test_jobs_bind_arrays(parameter: str, given: str, body: str) -> None:
    found = distribution(JOB.format(parameter=parameter, given=given, body=body), "test.qjob")["b"]
    ones = [math.sin(0.05 * k) ** 2 for k in (1, 2, 3)]
    for outcome, probability in found.items():
        expected = math.prod(p if outcome >> k & 1 else 1 - p for k, p in enumerate(ones))
        assert probability == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("parameter", "given", "code"),
    [
        ("array[float, 3] t", "t = {0.1, 0.2}", "QJ0301"),
        ("array[float, 3] t", "t = 0.1", "QJ0301"),
        ("array[int, 2] t", "t = {0.5, 1.5}", "QJ0301"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(parameter: str, given: str, code: str) -> None:
    assert code in codes(JOB.format(parameter=parameter, given=given, body="x q;"))


def test_sweeps_over_elements_are_refused_by_name() -> None:
    text = JOB.format(parameter="array[float, 2] t", given="t = {v, 0.1}", body="ry(t[0]) q;")
    text = text.replace("sample b;", "sample b; sweep v in linspace(0, 1, 3);")
    assert codes(text) == ["QJ0303"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("array[int, 3] a; a[one + 2] = 1; if (a[0] == 1) x q;", BadArrayIndex),
        ("array[int, 3, 2] a; a[one, one + 1] = 1; if (a[0, 0] == 1) x q;", BadArrayIndex),
        ("bit[2] m; m[one + 1] = 1; if (m) x q;", BadBitIndex),
    ],
)
def test_computed_indices_are_checked(body: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        execute(f"{HEADER}qubit[4] q;\n{ONE}{body}\n")


def test_resources_follow_constant_arrays() -> None:
    text = (
        "circuit c(array[uint[8], 3, 2] edges) {\n  qubit[4] q;\n"
        "  for int e in [0:sizeof(edges) - 1] { cx q[edges[e, 0]], q[edges[e, 1]]; }\n}\n"
        "job j { run c({{0, 1}, {1, 3}, {0, 1}}); sample q; }\n"
    )
    resources = plain(circuit_of(compiled(text, "test.qjob")).attributes["resources"])
    assert isinstance(resources, dict)
    assert resources["pairs"] == [0, 1, 1, 3]
    assert resources["pair_counts"] == [2, 1]
    assert resources["scattered"] == 0


def test_brackets_of_python_are_mended() -> None:
    text = JOB.format(parameter="array[int, 2, 2] t", given="t = [[0, 1], [2, 3]]", body="x q[t[1, 0]];")
    assert codes(text) == ["QJ0313"]
    (found,) = [d for d in compile_source(Source("test.qjob", text)).diagnostics if d.severity == "error"]
    (fix,) = found.fixes()
    for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert distribution(text, "test.qjob")["b"] == pytest.approx({4: 1.0})


def test_writing_by_reference_is_use() -> None:
    text = (
        f"{HEADER}def f(mutable array[int, 2] a) {{ a[0] = 1; }}\n"
        "output int k; array[int, 2] b; bit[2] low; bit[2] high; qubit[4] q; f(b); k = b[0];\n"
        "let all = low ++ high; all = measure q;\n"
    )
    assert [d.code for d in compiled(text).diagnostics] == []
