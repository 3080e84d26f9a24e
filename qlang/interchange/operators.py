"""Classical operations of the IR as operators: one row each, with its meaning and its OpenQASM spelling.

Integers are 64 bits in two's complement; operators that end in `u` read them as unsigned.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from struct import pack, unpack
from typing import Any

from xdsl.dialects import arith
from xdsl.dialects import math as math_dialect
from xdsl.ir import Operation

from qlang.interchange.program import Kind
from qlang.ir import numbers


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator: what it computes, and how OpenQASM writes it (`{0}`, `{1}` are the operands)."""

    compute: Callable[..., int | float | bool]
    text: str
    kind: Kind


def signed(value: int) -> int:
    """The same 64 bits as a signed number."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def _u(value: int) -> int:
    return value % (1 << 64)


def _truncated(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return signed(quotient if (a < 0) == (b < 0) else -quotient)


TABLE: dict[str, Operator] = {
    "+": Operator(lambda a, b: signed(a + b), "{0} + {1}", "int"),
    "-": Operator(lambda a, b: signed(a - b), "{0} - {1}", "int"),
    "*": Operator(lambda a, b: signed(a * b), "{0} * {1}", "int"),
    "/": Operator(_truncated, "{0} / {1}", "int"),
    "%": Operator(lambda a, b: a - b * _truncated(a, b), "{0} % {1}", "int"),
    "/u": Operator(lambda a, b: signed(_u(a) // _u(b)), "int[64](uint[64]({0}) / uint[64]({1}))", "int"),
    "%u": Operator(lambda a, b: signed(_u(a) % _u(b)), "int[64](uint[64]({0}) % uint[64]({1}))", "int"),
    "**": Operator(lambda a, b: signed(a**b), "{0} ** {1}", "int"),
    "&": Operator(lambda a, b: a & b, "{0} & {1}", "int"),
    "|": Operator(lambda a, b: a | b, "{0} | {1}", "int"),
    "^": Operator(lambda a, b: a ^ b, "{0} ^ {1}", "int"),
    "<<": Operator(lambda a, b: signed(a << b), "{0} << {1}", "int"),
    ">>": Operator(lambda a, b: a >> b, "{0} >> {1}", "int"),
    ">>u": Operator(lambda a, b: signed(_u(a) >> b), "int[64](uint[64]({0}) >> uint[64]({1}))", "int"),
    "+.": Operator(lambda a, b: a + b, "{0} + {1}", "float"),
    "-.": Operator(lambda a, b: a - b, "{0} - {1}", "float"),
    "*.": Operator(lambda a, b: a * b, "{0} * {1}", "float"),
    "/.": Operator(lambda a, b: a / b, "{0} / {1}", "float"),
    "**.": Operator(lambda a, b: a**b, "{0} ** {1}", "float"),
    "neg": Operator(lambda a: -a, "-{0}", "float"),
    "&&": Operator(lambda a, b: a and b, "{0} && {1}", "bool"),
    "||": Operator(lambda a, b: a or b, "{0} || {1}", "bool"),
    "xor": Operator(lambda a, b: a != b, "{0} != {1}", "bool"),
    "!": Operator(lambda a: not a, "!{0}", "bool"),
    **{
        symbol: Operator(compute, f"{{0}} {symbol} {{1}}", "bool")
        for symbol, compute in {
            "==": lambda a, b: a == b,
            "!=": lambda a, b: a != b,
            "<": lambda a, b: a < b,
            "<=": lambda a, b: a <= b,
            ">": lambda a, b: a > b,
            ">=": lambda a, b: a >= b,
        }.items()
    },
    "<u": Operator(lambda a, b: _u(a) < _u(b), "uint[64]({0}) < uint[64]({1})", "bool"),
    "<=u": Operator(lambda a, b: _u(a) <= _u(b), "uint[64]({0}) <= uint[64]({1})", "bool"),
    ">u": Operator(lambda a, b: _u(a) > _u(b), "uint[64]({0}) > uint[64]({1})", "bool"),
    ">=u": Operator(lambda a, b: _u(a) >= _u(b), "uint[64]({0}) >= uint[64]({1})", "bool"),
    "float": Operator(float, "float[64]({0})", "float"),
    "floatu": Operator(lambda a: float(_u(a)), "float[64](uint[64]({0}))", "float"),
    "int": Operator(lambda a: signed(int(a)), "int[64]({0})", "int"),
    "f32": Operator(lambda a: unpack("f", pack("f", a))[0], "float[32]({0})", "float"),
    "f16": Operator(lambda a: unpack("e", pack("e", a))[0], "float[16]({0})", "float"),
    "popcount": Operator(lambda a: _u(a).bit_count(), "int[64](popcount(bit[64]({0})))", "int"),
    "fmod": Operator(math.fmod, "mod({0}, {1})", "float"),
    "floor": Operator(math.floor, "floor({0})", "float"),
    "ceiling": Operator(math.ceil, "ceiling({0})", "float"),
    "round": Operator(lambda a: float(round(a)), "floor({0} + 0.5)", "float"),
    **{
        name: Operator(compute, f"{name}({{0}})", "float")
        for name, compute in {
            "sin": math.sin,
            "cos": math.cos,
            "tan": math.tan,
            "arcsin": math.asin,
            "arccos": math.acos,
            "arctan": math.atan,
            "exp": math.exp,
            "log": math.log,
            "sqrt": math.sqrt,
        }.items()
    },
}

PREFIX = ("neg", "!")
INFIX = tuple(name for name, row in TABLE.items() if row.text.startswith("{0} "))
"""Operators whose text needs brackets inside of another."""

OF_OPERATION: dict[type[Operation], str] = {
    arith.AddiOp: "+",
    arith.SubiOp: "-",
    arith.MuliOp: "*",
    arith.DivSIOp: "/",
    arith.RemSIOp: "%",
    arith.DivUIOp: "/u",
    arith.RemUIOp: "%u",
    math_dialect.IPowIOp: "**",
    arith.AndIOp: "&",
    arith.OrIOp: "|",
    arith.XOrIOp: "^",
    arith.ShLIOp: "<<",
    arith.ShRSIOp: ">>",
    arith.ShRUIOp: ">>u",
    arith.AddfOp: "+.",
    arith.SubfOp: "-.",
    arith.MulfOp: "*.",
    arith.DivfOp: "/.",
    math_dialect.PowFOp: "**.",
    arith.NegfOp: "neg",
    arith.SIToFPOp: "float",
    arith.UIToFPOp: "floatu",
    arith.FPToSIOp: "int",
    arith.ExtUIOp: "int",
    math_dialect.SinOp: "sin",
    math_dialect.CosOp: "cos",
    math_dialect.TanOp: "tan",
    math_dialect.AsinOp: "arcsin",
    math_dialect.AcosOp: "arccos",
    math_dialect.AtanOp: "arctan",
    math_dialect.ExpOp: "exp",
    math_dialect.LogOp: "log",
    math_dialect.SqrtOp: "sqrt",
    math_dialect.FloorOp: "floor",
    math_dialect.CeilOp: "ceiling",
    math_dialect.RoundOp: "round",
    math_dialect.CtPopOp: "popcount",
    numbers.RemainderOp: "fmod",
}
"""Operation of the IR → operator; on truth values see `TRUTH`."""

TRUTH = {"&": "&&", "|": "||", "^": "xor"}
"""Operator on integers → the same on truth values."""

SIGNED_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "<u", "<=u", ">u", ">=u")
"""By MLIR's predicate of `arith.cmpi`."""
COMPARISONS = frozenset(SIGNED_COMPARISONS)
FLOAT_COMPARISONS: dict[int, str] = {1: "==", 2: ">", 3: ">=", 4: "<", 5: "<=", 6: "!="}
"""By MLIR's predicate of `arith.cmpf`."""


def compute(operator: str, operands: list[Any]) -> int | float | bool:
    """The value of an operator on known operands. Raises ArithmeticError or ValueError where it has none."""
    return TABLE[operator].compute(*operands)
