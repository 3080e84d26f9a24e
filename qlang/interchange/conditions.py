"""Conditions that compare one bit register with a number: all that OpenQASM 2 has, and what most tools handle best."""

from __future__ import annotations

from collections.abc import Mapping

from qlang.interchange.program import Call, Const, Element, Expr, Var


def equality(expression: Expr, wanted: bool, registers: Mapping[str, int]) -> tuple[str, int] | None:
    """A condition as `register == number`, or `None` where it is no such thing; a negative number never holds."""
    match expression:
        case Call(operator="!", operands=(inner,)):
            return equality(inner, not wanted, registers)
        case Element(register=Var(name=name), index=Const(value=0)) if registers.get(name) == 1:
            return name, int(wanted)
        case Call(operator="==" | "!=" as symbol, operands=(Call() as read, Const() as constant)):
            found = _register_read(read, int(constant.value))
            if found is None:
                return None
            name, value = found
            if wanted == (symbol == "=="):
                return name, value
            return (name, 1 - value) if registers.get(name) == 1 and value in (0, 1) else None
    return None


def _register_read(read: Call, value: int) -> tuple[str, int] | None:
    """A register read as a number, and the bits that it has when the number is `value`; -1 where it never is."""
    (inner,) = read.operands[:1]
    if isinstance(inner, Call) and read.operator == "wrapped" and inner.operator == "unsigned":
        read, inner, width = Call("signed", inner.operands, "int"), inner.operands[0], read.size
        if getattr(inner, "size", 0) != width:
            return None
    if not isinstance(inner, Var) or inner.kind != "bits" or read.operator not in ("unsigned", "signed"):
        return None
    if read.operator == "unsigned":
        return inner.name, value if value < 1 << inner.size else -1
    half = 1 << (inner.size - 1)
    return inner.name, value % (2 * half) if -half <= value < half else -1
