"""Constants follow OpenQASM's arithmetic: numpy's fixed widths and Python's mathematics are the oracles."""

import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.sema.casts import cast
from qlang.sema.constants import evaluate
from qlang.sema.functions import call_builtin
from qlang.sema.operators import apply_binary, apply_unary
from qlang.sema.types import ANGLE, BIT, BOOL, COMPLEX, FLOAT, INT, UINT, Angle, Bit, Duration, Float, Int, Type, UInt
from qlang.sema.values import Constant, ConstantError, as_float
from qlang.syntax import tree
from qlang.syntax.parser import parse
from qlang.syntax.source import Source, Span

WIDTHS = st.sampled_from([8, 16, 32, 64])
NUMPY = {
    (True, 8): np.int8,
    (True, 16): np.int16,
    (True, 32): np.int32,
    (True, 64): np.int64,
    (False, 8): np.uint8,
    (False, 16): np.uint16,
    (False, 32): np.uint32,
    (False, 64): np.uint64,
}


def value_of(text: str, version: int = 3) -> Constant:
    """The value of an expression as written."""
    header = "OPENQASM 2.0;\n" if version == 2 else ""
    line = f"rx({text}) q;" if version == 2 else f"const float value = {text};"
    result = parse(Source("x.qasm", f"{header}{line}\n"))
    assert result.diagnostics == ()
    statement = result.program.statements[-1]
    if isinstance(statement, tree.GateCall):
        return evaluate(statement.parameters[0], version=version)
    assert isinstance(statement, tree.ClassicalDeclaration)
    assert statement.value is not None
    return evaluate(statement.value)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(ConstantError) as caught:
        call()
    return caught.value.diagnostic(Span(Source("x", ""), 0, 0)).code


def fixed(signed: bool, width: int, value: int) -> Constant:
    kind: Type = Int(width) if signed else UInt(width)
    return cast(kind, Constant(INT, value))


@given(
    st.booleans(), WIDTHS, st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1), st.sampled_from("+-*&|^")
)
def test_fixed_widths_wrap_as_in_c(signed: bool, width: int, left: int, right: int, symbol: str) -> None:
    kind = NUMPY[signed, width]
    a, b = fixed(signed, width, left), fixed(signed, width, right)
    first, second = np.array([a.value], kind), np.array([b.value], kind)
    expected = {
        "+": np.add,
        "-": np.subtract,
        "*": np.multiply,
        "&": np.bitwise_and,
        "|": np.bitwise_or,
        "^": np.bitwise_xor,
    }[symbol](first, second)
    assert apply_binary(symbol, a, b).value == int(expected[0])


@given(st.booleans(), WIDTHS, st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_division_truncates_towards_zero(signed: bool, width: int, left: int, right: int) -> None:
    a, b = fixed(signed, width, left), fixed(signed, width, right)
    assert isinstance(a.value, int) and isinstance(b.value, int)
    if b.value == 0:
        assert code_of(lambda: apply_binary("/", a, b)) == "QJ0304"
        return
    quotient, remainder = apply_binary("/", a, b).value, apply_binary("%", a, b).value
    assert isinstance(remainder, int)
    exact = abs(a.value) // abs(b.value) * (1 if (a.value < 0) == (b.value < 0) else -1)
    assert quotient == (exact if -(2 ** (width - 1)) <= exact < 2 ** (width - 1) or not signed else -(2 ** (width - 1)))
    assert abs(remainder) < abs(b.value)
    assert remainder == math.fmod(a.value, b.value) or width == 64


@given(st.booleans(), WIDTHS, st.integers(-(2**63), 2**63 - 1), st.integers(0, 80))
def test_shifts(signed: bool, width: int, left: int, amount: int) -> None:
    a = fixed(signed, width, left)
    assert isinstance(a.value, int)
    distance = Constant(INT, amount)
    assert apply_binary("<<", a, distance) == fixed(signed, width, a.value << amount)
    assert apply_binary(">>", a, distance).value == a.value >> amount


@given(st.integers(-(2**40), 2**40), st.integers(-(2**40), 2**40))
def test_plain_integers_are_pythons(left: int, right: int) -> None:
    a, b = Constant(INT, left), Constant(INT, right)
    assert apply_binary("+", a, b) == Constant(INT, left + right)
    assert apply_binary("-", a, b) == Constant(INT, left - right)
    assert apply_binary("<", a, b).value == (left < right)
    product = left * right
    if -(2**63) <= product < 2**63:
        assert apply_binary("*", a, b).value == product
    else:
        assert code_of(lambda: apply_binary("*", a, b)) == "QJ0306"


@given(st.integers(-6, 6), st.integers(0, 100))
def test_integer_powers(base: int, exponent: int) -> None:
    a, b = Constant(INT, base), Constant(INT, exponent)
    if -(2**63) <= base**exponent < 2**63:
        assert apply_binary("**", a, b).value == base**exponent
    else:
        assert code_of(lambda: apply_binary("**", a, b)) == "QJ0306"
    assert apply_binary("**", cast(UInt(8), a), cast(UInt(8), b)).value == (base % 256) ** exponent % 256


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 / 5", 0),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("1.0 / 2", 0.5),
        ("2 ** 3 ** 2", 512),
        ("-2 ** 2", -4),
        ("7 & 3 | 8", 11),
        ("1 << 3 + 1", 16),
        ("~5", -6),
        ("0x1F + 0b11 + 0o17 + 1_000", 1049),
        ("true + true", 2),
        ("!true || 3 > 2", True),
        ('"0110"', 6),
        ('"0110"[1]', 1),
        ('"0110"[-1]', 0),
        ('"0110"[1:2]', 3),
        ('popcount("01101")', 3),
        ('rotl("0011", 1)', 0b0110),
        ('rotr("0011", 1)', 0b1001),
        ('int[4]("1111")', -1),
        ('uint[4]("1111")', 15),
        ("uint[4](17)", 1),
        ("int(2.9)", 2),
        ("int(-2.9)", -2),
        ("bool(0)", False),
        ("mod(7, 3)", 1),
        ("mod(-7.5, 2)", -1.5),
        ("ceiling(1.2) + floor(1.8)", 3),
        ("sqrt(2) * arcsin(1)", math.sqrt(2) * math.pi / 2),
        ("log(euler) + ℇ", 1 + math.e),
        ("2 * π - τ", 0),
        ("real(3 + 4im) + imag(3 + 4im)", 7),
        ("pow(2, 0.5)", math.sqrt(2)),
    ],
)
def test_expressions(text: str, expected: float) -> None:
    assert value_of(text).value == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/2*pi", math.pi / 2),
        ("3*pi/4", 0.75 * math.pi),
        ("2^3", 8.0),
        ("-2^2", -4.0),
        ("2*3^2", 18.0),
        ("ln(2)+sin(pi/2)", math.log(2) + 1),
    ],
)
def test_openqasm_2_has_real_numbers_only(text: str, expected: float) -> None:
    assert value_of(text, 2).value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2 ** 10 ** 10", "QJ0306"),
        ("1 << 10 ** 9", "QJ0306"),
        ("10.0 ** 400", "QJ0306"),
        ("1e308 * 10", "QJ0306"),
        ("exp(1000)", "QJ0306"),
        ("99999999999999999999", "QJ0306"),
        ("1 / 0", "QJ0304"),
        ("1.0 % 2", "QJ0307"),
        ("1 % 0", "QJ0304"),
        ("mod(1.0, 0)", "QJ0304"),
        ("arcsin(1.1)", "QJ0305"),
        ("sqrt(-1)", "QJ0305"),
        ("(-8) ** 0.5", "QJ0305"),
        ("1 << -1", "QJ0305"),
        ('"01" + 1ns', "QJ0307"),
        ("-true[0]", "QJ0307"),
        ('"01"[2]', "QJ0311"),
        ('bit[3]("01")', "QJ0312"),
        ("unknown + 1", "QJ0303"),
    ],
)
def test_expressions_without_a_value(text: str, code: str) -> None:
    assert code_of(lambda: value_of(text)) == code


def test_an_error_blames_the_innermost_expression() -> None:
    text = "const float value = 1 + 2 * (3 / 0) + 4;\n"
    statement = parse(Source("x.qasm", text)).program.statements[0]
    assert isinstance(statement, tree.ClassicalDeclaration) and statement.value is not None
    with pytest.raises(ConstantError) as caught:
        evaluate(statement.value)
    node = caught.value.node
    assert node is not None
    assert text[node.start : node.end].strip("()") == "3 / 0"


@given(st.floats(-20, 20), st.integers(4, 30))
def test_angles_are_fixed_point(radians: float, width: int) -> None:
    angle = cast(Angle(width), Constant(FLOAT, radians))
    assert isinstance(angle.value, int)
    assert 0 <= angle.value < 2**width
    distance = math.remainder(as_float(angle) - radians, math.tau)
    assert abs(distance) <= math.tau / 2**width / 2 + 1e-12


@given(st.integers(0, 255), st.integers(0, 255))
def test_angle_arithmetic_is_modulo_a_turn(left: int, right: int) -> None:
    kind = Angle(8)
    a, b = Constant(kind, left), Constant(kind, right)
    assert apply_binary("+", a, b).value == (left + right) % 256
    assert apply_binary("-", a, b).value == (left - right) % 256
    assert apply_binary("*", a, Constant(INT, 3)).value == 3 * left % 256
    assert apply_binary("/", a, Constant(INT, 3)).value == left // 3
    assert apply_unary("-", a).value == -left % 256
    assert cast(Bit(8), a).value == left
    assert cast(Angle(10), a).value == 4 * left


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_short_floats_round_as_numpy(value: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = float(np.float32(value))
    if math.isinf(expected):
        assert code_of(lambda: cast(Float(32), Constant(FLOAT, value))) == "QJ0306"
    else:
        assert cast(Float(32), Constant(FLOAT, value)).value == expected


@given(st.integers(0, 2**12 - 1), st.integers(-30, 30))
def test_rotations_of_bits(value: int, distance: int) -> None:
    bits = Constant(Bit(12), value)
    text = f"{value:012b}"
    place = distance % 12
    assert call_builtin("rotl", [bits, Constant(INT, distance)]).value == int(text[place:] + text[:place], 2)
    assert call_builtin("popcount", [bits]).value == text.count("1")


def test_durations_and_complex_numbers() -> None:
    microsecond = Constant(Duration(), 1e-6)
    assert apply_binary("*", Constant(INT, 3), microsecond) == Constant(Duration(), 3e-6)
    assert apply_binary("/", microsecond, microsecond) == Constant(FLOAT, 1.0)
    assert code_of(lambda: apply_binary("+", microsecond, Constant(Duration("dt"), 3.0))) == "QJ0307"
    imaginary = Constant(COMPLEX, 1j)
    assert apply_binary("*", imaginary, imaginary) == Constant(COMPLEX, -1 + 0j)
    assert apply_binary("==", imaginary, Constant(INT, 1)).value is False


def test_types_of_mixed_operands() -> None:
    three = Constant(UInt(4), 3)
    assert apply_binary("-", three, Constant(INT, 5)) == Constant(INT, -2)
    assert apply_unary("-", three) == Constant(Int(4), -3)
    assert apply_binary("-", three, Constant(UInt(4), 5)) == Constant(UInt(4), 14)
    assert apply_binary("&", Constant(BIT, 1), Constant(BOOL, True)).type == BIT
    assert apply_unary("~", Constant(BOOL, True)) == Constant(BOOL, False)
    assert apply_binary("+", Constant(Float(32), 0.5), Constant(INT, 1)).type == Float(32)
    assert apply_binary("++", Constant(Bit(2), 0b01), Constant(Bit(3), 0b110)) == Constant(Bit(5), 0b11001)
    assert cast(ANGLE, Constant(FLOAT, math.tau)).value == 0
    assert call_builtin("sizeof", [Constant(Bit(5), 0)]) == Constant(UINT, 5)
