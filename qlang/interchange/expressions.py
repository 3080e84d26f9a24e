"""Classical expressions: their OpenQASM 3 text, their value where it is known, and the range of an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import tau

from qlang.interchange import operators
from qlang.interchange.conditions import equality
from qlang.interchange.program import Call, Const, Element, Expr, Slice, Table, Var, WireAt
from qlang.interchange.spelling import angle_text, float_text

Value = int | float | bool


class NotKnown(Exception):
    """A value that depends on a measurement or a parameter."""


def value_of(expression: Expr, known: Mapping[str, Value]) -> Value:
    """The value of an expression; `known` are its variables.

    Raises NotKnown, and ArithmeticError or ValueError where it has no value.
    """
    match expression:
        case Const(value=value):
            return value
        case Var(name=name) if name in known:
            return known[name]
        case Table(values=values):
            return values  # type: ignore[return-value]  # an array stands only where one is expected
        case Call(operator=operator, operands=operands, size=size):
            return _called(operator, operands, size, [value_of(operand, known) for operand in operands])
        case Element(register=Var(kind="array") as array, index=index):
            return _item(known.get(array.name), int(value_of(index, known)))
        case Element(register=register, index=index):
            return int(value_of(register, known)) >> int(value_of(index, known)) & 1
        case WireAt(index=index, wires=wires):
            return _item(wires, int(value_of(index, known)))
        case Slice(register=register, first=first, size=size):
            return (int(value_of(register, known)) >> int(value_of(first, known))) % (1 << size)
        case _:
            raise NotKnown


def _called(operator: str, operands: tuple[Expr, ...], size: int, values: list[Value]) -> Value:
    match operator:
        case "unsigned":
            return int(values[0])
        case "bits":
            return int(values[0]) % (1 << size)
        case "angle_steps":
            return round(float(values[0]) / tau * (1 << size)) % (1 << size)
        case "signed" | "wrapped":
            half = 1 << ((size or getattr(operands[0], "size", 1) or 1) - 1)
            return (int(values[0]) + half) % (2 * half) - half
        case _:
            return operators.compute(operator, values)


def _item(values: object, index: int) -> Value:
    """An element of an array or register; negative indices count from its end. Raises ValueError outside of it."""
    if not isinstance(values, tuple):
        raise NotKnown
    if not -len(values) <= index < len(values):
        raise ValueError(index)
    return values[index]  # type: ignore[no-any-return]  # arrays hold numbers


def text_of(expression: Expr, *, angle: bool = False, nested: bool = False) -> str:
    """OpenQASM 3; `nested` puts operators in brackets, `angle` writes multiples of π as such."""
    match expression:
        case Const():
            return _constant(expression, angle)
        case Var(name=name):
            return name
        case Table(values=values, element=element):
            return "{" + ", ".join(text_of(Const(value, element)) for value in values) + "}"
        case Element(register=register, index=index):
            return f"{text_of(register, nested=True)}[{text_of(index)}]"
        case Slice(register=register, first=Const(value=first), size=size):
            return f"{text_of(register, nested=True)}[{first}:{first + size - 1}]"
        case Slice(register=register, first=first, size=size):
            low = text_of(first, nested=True)
            return f"{text_of(register, nested=True)}[{low}:{low} + {size - 1}]"
        case Call():
            return _call(expression, nested)
        case _:
            raise AssertionError(expression)


def _constant(constant: Const, angle: bool) -> str:
    match constant.kind:
        case "bits":
            return f'"{int(constant.value):0{max(constant.size, 1)}b}"'
        case "bool":
            return "true" if constant.value else "false"
        case "float":
            return angle_text(float(constant.value)) if angle else float_text(float(constant.value))
        case _:
            return str(constant.value)


def _call(call: Call, nested: bool) -> str:
    operator, operands = call.operator, call.operands
    if operator in ("unsigned", "signed", "bits", "wrapped", "angle_steps"):
        return _cast(call)
    if operator in operators.COMPARISONS and (bits := _compared_bits(call)) is not None:
        text = bits
    elif operator in ("+", "-", "+.", "-.") and (negative := _negative(operands[1])) is not None:
        sign = "-" if operator.startswith("+") else "+"
        text = f"{text_of(operands[0], nested=True)} {sign} {text_of(negative, nested=True)}"
    else:
        wrap = operator in operators.INFIX or operator in operators.PREFIX
        operands = _without_casts(operands) if operator in _MIXED else operands
        text = operators.TABLE[operator].text.format(*(text_of(operand, nested=wrap) for operand in operands))
        if not wrap:
            return text
    return f"({text})" if nested else text


def _cast(call: Call) -> str:
    (operand,) = call.operands
    if call.operator == "bits":
        return f"bit[{call.size}]({text_of(operand)})"
    if call.operator == "angle_steps":
        return f"int[64](uint[{call.size}](bit[{call.size}](angle[{call.size}]({text_of(operand)}))))"
    if call.operator == "wrapped":
        inner = operand.operands[0] if isinstance(operand, Call) and operand.operator == "unsigned" else operand
        return f"int[{call.size}]({text_of(inner if getattr(inner, 'size', 0) == call.size else operand)})"
    size = getattr(operand, "size", 0) or 1
    if isinstance(operand, Element):
        return f"int[64]({text_of(operand)})"
    return f"int[64]({'uint' if call.operator == 'unsigned' else 'int'}[{size}]({text_of(operand)}))"


def _compared_bits(call: Call) -> str | None:
    """A register compared with a number, without casts: its value is unsigned there too."""
    name = next(iter(sorted(variables_of(call))), "")
    sizes = {name: _size_of(call)}
    found = equality(call, True, sizes) if call.operator == "==" else None
    if found is not None and found[1] >= 0:
        return f"{found[0]} == {found[1]}"
    left, right = call.operands
    if isinstance(left, Call) and left.operator == "unsigned" and isinstance(right, Const) and right.value >= 0:
        symbol = call.operator.rstrip("u")
        return f"{text_of(left.operands[0])} {symbol} {text_of(right)}"
    return None


def _size_of(expression: Expr) -> int:
    """The size of the bit register that an expression reads."""
    match expression:
        case Var(size=size):
            return size
        case Call(operands=operands):
            return max(map(_size_of, operands), default=0)
        case Element(register=register) | Slice(register=register):
            return _size_of(register)
        case _:
            return 0


_MIXED = ("+.", "-.", "*.", "/.")


def _without_casts(operands: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """An integer beside a float becomes one by itself."""
    left, right = operands
    if isinstance(left, Call) and left.operator == "float" and not isinstance(right, Call):
        return left.operands[0], right
    if isinstance(right, Call) and right.operator == "float" and not isinstance(left, Call):
        return left, right.operands[0]
    return operands


def _negative(expression: Expr) -> Const | None:
    if isinstance(expression, Const) and not isinstance(expression.value, bool) and expression.value < 0:
        return Const(-expression.value, expression.kind)
    return None


def operators_in(expression: Expr) -> int:
    """How many operators an expression has."""
    match expression:
        case Call(operands=operands):
            return 1 + sum(map(operators_in, operands))
        case Element(register=register, index=index) | Slice(register=register, first=index):
            return operators_in(register) + operators_in(index)
        case _:
            return 0


def variables_of(expression: Expr) -> set[str]:
    """Names that an expression reads."""
    match expression:
        case Var(name=name):
            return {name}
        case Call(operands=operands):
            return set().union(*map(variables_of, operands))
        case Element(register=register, index=index) | Slice(register=register, first=index):
            return variables_of(register) | variables_of(index)
        case WireAt(index=index):
            return variables_of(index)
        case _:
            return set()


def indices_in(expression: Expr) -> Iterator[Expr]:
    """The indices of elements, bits and wires that an expression chooses."""
    match expression:
        case Call(operands=operands):
            for operand in operands:
                yield from indices_in(operand)
        case Element(index=index) | Slice(first=index) | WireAt(index=index):
            yield index
        case _:
            return


def interval(expression: Expr, ranges: Mapping[str, tuple[int, int]]) -> tuple[int, int] | None:
    """The least and the greatest value of an integer expression, where the ranges of its variables tell."""
    match expression:
        case Const(value=int() as value):
            return value, value
        case Var(name=name):
            return ranges.get(name)
        case WireAt(wires=wires):
            return (min(wires), max(wires)) if wires else None
        case Call(operator="+" | "-" | "*" as operator, operands=(left, right)):
            a, b = interval(left, ranges), interval(right, ranges)
            if a is None or b is None:
                return None
            corners = [int(operators.compute(operator, [x, y])) for x in a for y in b]
            return min(corners), max(corners)
        case _:
            return None


def shifted(expression: Expr, by: int) -> Expr:
    """The expression plus a constant, in its shortest form."""
    if by == 0:
        return expression
    if isinstance(expression, Const):
        return Const(expression.value + by, "int")
    if isinstance(expression, Call) and expression.operator in ("+", "-") and isinstance(expression.operands[1], Const):
        number = int(expression.operands[1].value) * (1 if expression.operator == "+" else -1)
        return shifted(expression.operands[0], number + by)
    return Call("+", (expression, Const(by, "int")), "int")
