"""Words on drawings."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.compiler.drawing.words import angle, expression, label
from qlang.sema.constants import evaluate
from qlang.syntax import tree
from qlang.syntax.parser import parse
from qlang.syntax.source import Source


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.pi, "π"),
        (-math.pi / 2, "-π/2"),
        (3 * math.pi / 4, "3π/4"),
        (2 * math.pi, "2π"),
        (0.0, "0"),
        (math.pi / 64, "π/64"),
        (0.123, "0.123"),
        (1e-9, "1e-09"),
        (math.pi / 3 + 1e-6, "1.047"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (1e300, "1e+300"),
    ],
)
def test_angles(value: float, text: str) -> None:
    assert angle(value) == text


@given(st.integers(-64, 64), st.integers(1, 64))
def test_fractions_of_pi_read_back(top: int, bottom: int) -> None:
    text = angle(top * math.pi / bottom)
    found = re.fullmatch(r"(-?)(\d*)(π?)(?:/(\d+))?", text)
    assert found
    sign, count, pi, below = found.groups()
    value = (-1 if sign else 1) * int(count or 1) * (math.pi if pi else 1) / int(below or 1)
    assert math.isclose(value, top * math.pi / bottom, abs_tol=1e-12)


def parsed(text: str) -> tree.Expression:
    statement = parse(Source("a.qasm", f"int x = {text};")).program.statements[0]
    assert isinstance(statement, tree.ClassicalDeclaration) and statement.value is not None
    return statement.value


operands = st.sampled_from(["1", "2", "3", "7", "true"])
operators = st.sampled_from(["+", "-", "*", "**", "%", "<<", "&", "|", "^", "==", "<", "&&", "||"])
written = st.recursive(
    operands,
    lambda inner: st.one_of(
        st.tuples(inner, operators, inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-({text})"),
    ),
    max_leaves=8,
)


@given(written)
def test_expressions_mean_what_they_meant(text: str) -> None:
    """Written again, an expression parses to the same tree: brackets are where they are needed."""
    node = parsed(text)
    again = expression(node)
    assert expression(parsed(again)) == again
    assert shape(parsed(again)) == shape(node)


def shape(node: tree.Expression) -> object:
    match node:
        case tree.BinaryOp():
            return node.operator, shape(node.left), shape(node.right)
        case tree.UnaryOp():
            return node.operator, shape(node.operand)
        case _:
            return repr(evaluate(node).value)


@pytest.mark.parametrize(
    "text",
    [
        "c[0] == 1",
        "q[i + 1]",
        "2*π/n",
        "-(a + b)",
        "a - (b - c)",
        "f(x, 2)",
        "int[8](x)",
        "{1, 2}",
        '"01" == c',
        "100ns",
    ],
)
def test_expressions_look_as_in_the_language(text: str) -> None:
    assert expression(parsed(text)) == text


def test_a_long_chain_is_written_without_recursion() -> None:
    text = " + ".join(["1"] * 20_000)
    assert expression(parsed(text)) == text


def test_labels_are_one_safe_line() -> None:
    assert label("a\nb\x1b[2J\u202e") == "a b␛[2J\ufffd"
    assert label("x" * 40) == "x" * 31 + "…"
