"""Tree builders of expressions, types and lists.

A builder gets the values of its rule's symbols: a number for a token, what another builder made for the rest.
"""

from math import inf
from typing import Any

from qlang.syntax.context import Action, Context
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.tree import (
    Argument,
    ArrayLiteral,
    BinaryOp,
    BitStringLiteral,
    BoolLiteral,
    Call,
    Cast,
    DurationOf,
    Expression,
    FloatLiteral,
    HardwareQubit,
    ImaginaryLiteral,
    Index,
    IndexSet,
    IntLiteral,
    ListLiteral,
    Measurement,
    Missing,
    Name,
    Node,
    Quantity,
    Range,
    Reduction,
    StringLiteral,
    Type,
    UnaryOp,
)

MAX_DIGITS = 4000
"""Python refuses to read longer decimal integers, for good reason."""

MAX_INDEXING = 64


def empty(_c: Context, _v: list[Any]) -> list[Any]:
    return []


def one(_c: Context, v: list[Any]) -> list[Any]:
    return [v[0]]


def more(_c: Context, v: list[Any]) -> Any:
    items = v[0]
    items.append(v[1])
    return items


def more_comma(_c: Context, v: list[Any]) -> Any:
    items = v[0]
    items.append(v[2])
    return items


def first(_c: Context, v: list[Any]) -> Any:
    return v[0]


def second(_c: Context, v: list[Any]) -> Any:
    return v[1]


def name(c: Context, v: list[Any]) -> Name:
    token = v[0]
    return Name(c.starts[token], c.ends[token], c.texts[token])


def int_literal(c: Context, v: list[Any]) -> IntLiteral:
    token = v[0]
    text = c.texts[token]
    if len(text) > MAX_DIGITS:
        _invalid_number(c, token, "has too many digits")
        text = "0"
    return IntLiteral(c.starts[token], c.ends[token], int(text) if text.isdecimal() else _integer(text))


def _integer(text: str) -> int:
    return int(text.replace("_", ""), 0 if text[1:2].isalpha() else 10)


def _invalid_number(c: Context, token: int, problem: str) -> None:
    from qlang.syntax.token_errors import InvalidNumber

    c.diagnostics.append(InvalidNumber(c.span(c.starts[token], c.ends[token]), problem))


def float_literal(c: Context, v: list[Any]) -> FloatLiteral:
    token = v[0]
    value = float(c.texts[token])
    if value == inf:
        _invalid_number(c, token, "is too large")
    return FloatLiteral(c.starts[token], c.ends[token], value)


def imaginary_literal(c: Context, v: list[Any]) -> ImaginaryLiteral:
    token = v[0]
    return ImaginaryLiteral(c.starts[token], c.ends[token], float(c.texts[token][:-2]))


def quantity(c: Context, v: list[Any]) -> Quantity:
    token = v[0]
    text = c.texts[token]
    number = text.rstrip("%abcdefghijklmnopqrstuvwxyzµμ")
    unit = text[len(number) :].replace("µ", "u").replace("μ", "u")
    return Quantity(c.starts[token], c.ends[token], float(number), unit)


def bool_literal(c: Context, v: list[Any]) -> BoolLiteral:
    token = v[0]
    return BoolLiteral(c.starts[token], c.ends[token], c.texts[token] == "true")


def bit_string(c: Context, v: list[Any]) -> BitStringLiteral:
    token = v[0]
    return BitStringLiteral(c.starts[token], c.ends[token], c.texts[token][1:-1].replace("_", ""))


def string(c: Context, v: list[Any]) -> StringLiteral:
    token = v[0]
    return StringLiteral(c.starts[token], c.ends[token], c.texts[token][1:-1])


def hardware_qubit(c: Context, v: list[Any]) -> HardwareQubit:
    token = v[0]
    return HardwareQubit(c.starts[token], c.ends[token], int(c.texts[token][1:][:MAX_DIGITS]))


def missing(c: Context, v: list[Any]) -> Missing:
    token = v[0]
    return Missing(c.starts[token], c.ends[token])


def enclosed(c: Context, v: list[Any]) -> Expression:
    """The expression itself, its span widened over the brackets so that its parents begin at them."""
    inner: Expression = v[1]
    inner.start = c.starts[v[0]]
    inner.end = c.ends[v[2]]
    return inner


def binary(c: Context, v: list[Any]) -> BinaryOp:
    left, operator, right = v
    return BinaryOp(left.start, right.end, c.texts[operator], left, right)


def binary_word(c: Context, v: list[Any]) -> BinaryOp:
    left, operator, right = v
    sign = {"and": "&&", "or": "||"}.get(c.texts[operator], c.texts[operator])
    return BinaryOp(left.start, right.end, sign, left, right)


def unary(c: Context, v: list[Any]) -> UnaryOp:
    operator, operand = v
    return UnaryOp(c.starts[operator], operand.end, c.texts[operator], operand)


def call(c: Context, v: list[Any]) -> Call:
    token = v[0]
    callee = Name(c.starts[token], c.ends[token], c.texts[token])
    return Call(callee.start, c.ends[v[3]], callee, v[2])


def argument(_c: Context, v: list[Any]) -> Argument:
    value = v[0]
    return Argument(value.start, value.end, None, value)


def argument_named(c: Context, v: list[Any]) -> Argument:
    key, value = c.name(v[0]), v[2]
    return Argument(key.start, value.end, key, value)


def index(c: Context, v: list[Any]) -> Index:
    base = v[0]
    if type(base) is Index and _depth(base) >= MAX_INDEXING:
        from qlang.syntax.errors import NestingTooDeep

        _report(c, NestingTooDeep(c.span(base.end, c.ends[v[3]])))
        return base
    return Index(base.start, c.ends[v[3]], base, v[2])


def _depth(node: Index) -> int:
    depth, base = 1, node.base
    while type(base) is Index and depth < MAX_INDEXING:
        depth, base = depth + 1, base.base
    return depth


def _report(c: Context, diagnostic: Diagnostic) -> None:
    """Once is enough for a mistake that repeats with every bracket."""
    if not any(type(earlier) is type(diagnostic) for earlier in c.diagnostics):
        c.diagnostics.append(diagnostic)


def index_set(c: Context, v: list[Any]) -> Index:
    items = IndexSet(c.starts[v[2]], c.ends[v[4]], v[3])
    return index(c, [v[0], v[1], [items], v[5]])


def cast(c: Context, v: list[Any]) -> Cast:
    return Cast(v[0].start, c.ends[v[3]], v[0], v[2])


def duration_of(c: Context, v: list[Any]) -> DurationOf:
    return DurationOf(c.starts[v[0]], c.ends[v[3]], v[2])


def measurement(c: Context, v: list[Any]) -> Measurement:
    return Measurement(c.starts[v[0]], v[1].end, v[1])


def quantum_call(_c: Context, v: list[Any]) -> Expression:
    """`f(a) q, r` as a value, the older way to write `f(a, q, r)`."""
    head, operands = v
    arguments = [Argument(operand.start, operand.end, None, operand) for operand in operands]
    if isinstance(head, Call):
        return Call(head.start, operands[-1].end, head.callee, [*head.arguments, *arguments])
    callee = head if isinstance(head, Name) else Name(head.start, head.end, "")
    return Call(head.start, operands[-1].end, callee, arguments)


def reduction(c: Context, v: list[Any]) -> Reduction:
    word, body = v[0], v[7]
    return Reduction(c.starts[word], body.end, c.texts[word], v[2], c.name(v[3]), v[5], body)


def _range(*layout: str) -> Action:
    """A builder of a range from the roles of its symbols: `first`, `step`, `last`, or `:`."""

    def build(c: Context, v: list[Any]) -> Range:
        roles = {role: value for role, value in zip(layout, v, strict=True) if role != ":"}
        start = v[0].start if isinstance(v[0], Node) else c.starts[v[0]]
        end = v[-1].end if isinstance(v[-1], Node) else c.ends[v[-1]]
        return Range(start, end, roles.get("first"), roles.get("step"), roles.get("last"))

    return build


def set_(c: Context, v: list[Any]) -> IndexSet:
    return IndexSet(c.starts[v[0]], c.ends[v[2]], v[1])


def array(c: Context, v: list[Any]) -> ArrayLiteral:
    return ArrayLiteral(c.starts[v[0]], c.ends[v[-1]], v[1] if len(v) > 2 else [])


def list_(c: Context, v: list[Any]) -> ListLiteral:
    return ListLiteral(c.starts[v[0]], c.ends[v[-1]], v[1] if len(v) > 2 else [])


def type_plain(c: Context, v: list[Any]) -> Type:
    return Type(c.starts[v[0]], c.ends[v[0]], c.texts[v[0]])


def designator(_c: Context, v: list[Any]) -> list[Any]:
    """`[size]` as it is: bracket, expression, bracket; the user of it needs the end of the last."""
    return v


def type_sized(c: Context, v: list[Any]) -> Type:
    _, size, closing = v[1]
    return Type(c.starts[v[0]], c.ends[closing], c.texts[v[0]], size)


def type_unsized(c: Context, v: list[Any]) -> Type:
    return Type(c.starts[v[0]], c.ends[v[2]], c.texts[v[0]], unsized=True)


def type_complex(c: Context, v: list[Any]) -> Type:
    return Type(c.starts[v[0]], c.ends[v[3]], c.texts[v[0]], element=v[2])


def type_array(c: Context, v: list[Any]) -> Type:
    return Type(c.starts[v[0]], c.ends[v[5]], "array", element=v[2], dimensions=v[4])


def type_array_reference(c: Context, v: list[Any]) -> Type:
    access = c.texts[v[0]]
    return Type(c.starts[v[0]], c.ends[v[6]], "array", element=v[3], dimensions=v[5], access=access)


def type_array_rank(c: Context, v: list[Any]) -> Type:
    access = c.texts[v[0]]
    return Type(c.starts[v[0]], c.ends[v[8]], "array", element=v[3], access=access, rank=v[7])


ACTIONS: dict[str, Action] = {
    "empty": empty,
    "one": one,
    "more": more,
    "more_comma": more_comma,
    "first": first,
    "second": second,
    "name": name,
    "int_literal": int_literal,
    "float_literal": float_literal,
    "imaginary_literal": imaginary_literal,
    "quantity": quantity,
    "bool_literal": bool_literal,
    "bit_string": bit_string,
    "string": string,
    "hardware_qubit": hardware_qubit,
    "missing": missing,
    "parentheses": enclosed,
    "binary": binary,
    "binary_word": binary_word,
    "unary": unary,
    "call": call,
    "argument": argument,
    "argument_named": argument_named,
    "index": index,
    "index_set": index_set,
    "cast": cast,
    "duration_of": duration_of,
    "measurement": measurement,
    "quantum_call": quantum_call,
    "reduction": reduction,
    "range_all": _range(":"),
    "range_from": _range("first", ":"),
    "range_to": _range(":", "last"),
    "range_two": _range("first", ":", "last"),
    "range_three": _range("first", ":", "step", ":", "last"),
    "range_all_to": _range(":", ":", "last"),
    "range_from_to": _range("first", ":", ":", "last"),
    "range_step_to": _range(":", "step", ":", "last"),
    "bracketed_range": enclosed,
    "set": set_,
    "array_empty": array,
    "array": array,
    "list_empty": list_,
    "list": list_,
    "designator": designator,
    "type_plain": type_plain,
    "type_sized": type_sized,
    "type_unsized": type_unsized,
    "type_complex": type_complex,
    "type_array": type_array,
    "type_array_reference": type_array_reference,
    "type_array_rank": type_array_rank,
}
