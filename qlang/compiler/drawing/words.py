"""Words on a drawing: expressions as text of the language, angles as fractions of π, names as people know them.

Expressions are written from the tree, not cut out of the source: the tree of a Python function has Python's text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from qlang.compiler.drawing.limits import LABEL
from qlang.compiler.render.cells import safe_text
from qlang.syntax import tree

_DENOMINATORS = 64
_CLOSE = 1e-9
_TIGHT = ("*", "/", "**", "%")
_LEVELS = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, "<=": 7, ">": 7, ">=": 7, "<<": 8, ">>": 8,
    "+": 9, "-": 9, "++": 9, "*": 10, "/": 10, "%": 10, "**": 12,
}  # fmt: skip
_ATOM = 20
_UNARY = 11


def angle(value: float) -> str:
    """`-3π/4` for what is a simple fraction of π, else four digits."""
    turns = value / math.pi
    if not math.isfinite(turns) or abs(turns) > 1024:
        return f"{value:.4g}"
    fraction = Fraction(turns).limit_denominator(_DENOMINATORS)
    if abs(turns - fraction) > _CLOSE or (fraction == 0 != turns):
        return f"{value:.4g}"
    top, bottom = fraction.numerator, fraction.denominator
    if top == 0:
        return "0"
    sign = "-" if top < 0 else ""
    count = "" if abs(top) == 1 else str(abs(top))
    return f"{sign}{count}π" + (f"/{bottom}" if bottom > 1 else "")


def number(value: object) -> str:
    """A constant's value, short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def label(text: str, longest: int = LABEL) -> str:
    """Words that fit on a drawing: one line, nothing that steers a terminal, cut with a mark where too long."""
    shown = safe_text(text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def expression(node: tree.Expression) -> str:
    """An expression as the language writes it."""
    return _write(node)[0]


def header(node: tree.Statement) -> str:
    """The first line of a loop, branch or box: `for i in [0:7]`."""
    match node:
        case tree.For(variable=variable, domain=domain):
            return f"for {variable.name} in {_domain(domain)}"
        case tree.While(condition=condition):
            return f"while ({expression(condition)})"
        case tree.If(condition=condition):
            return f"if ({expression(condition)})"
        case tree.Switch(subject=subject):
            return f"switch ({expression(subject)})"
        case tree.Box(duration=duration):
            return "box" if duration is None else f"box[{expression(duration)}]"
        case _:
            return ""


def case_header(case: tree.Case) -> str:
    """`case 1, 2` or `default`."""
    return f"case {_list(case.values)}" if case.values else "default"


def _domain(domain: tree.Expression) -> str:
    text = expression(domain)
    return f"[{text}]" if isinstance(domain, tree.Range) else text


def _list(nodes: Sequence[tree.Expression]) -> str:
    return ", ".join(map(expression, nodes))


Written = tuple[str, int]
"""Text and how tightly it binds."""


def _write(node: tree.Expression) -> Written:
    handler = _HANDLERS.get(type(node))
    return handler(node) if handler is not None else ("…", _ATOM)


def _inside(node: tree.Expression, level: int) -> str:
    text, bound = _write(node)
    return text if bound >= level else f"({text})"


def _binary(node: tree.BinaryOp) -> Written:
    """Left-deep chains of any length, without recursion along them."""
    chain: list[tree.BinaryOp] = [node]
    while isinstance(chain[-1].left, tree.BinaryOp):
        chain.append(chain[-1].left)
    text, bound = _write(chain[-1].left)
    for operation in reversed(chain):
        level = _LEVELS.get(operation.operator, 1)
        left = text if bound > level or (bound == level and operation.operator != "**") else f"({text})"
        right = _inside(operation.right, level if operation.operator == "**" else level + 1)
        space = "" if operation.operator in _TIGHT else " "
        text, bound = f"{left}{space}{operation.operator}{space}{right}", level
    return text, bound


def _range(node: tree.Range) -> Written:
    parts = [node.first, node.step, node.last] if node.step is not None else [node.first, node.last]
    return ":".join("" if part is None else _inside(part, 2) for part in parts), 0


def _call(node: tree.Call) -> Written:
    given = [(f"{a.name.name} = " if a.name else "") + expression(a.value) for a in node.arguments]
    return f"{node.callee.name}({', '.join(given)})", _ATOM


def _cast(node: tree.Cast) -> Written:
    """Casts that stand for Python's rules cover just what they cast, and were not written."""
    if (node.start, node.end) == (node.operand.start, node.operand.end):
        return _write(node.operand)
    return f"{_type(node.type)}({expression(node.operand)})", _ATOM


def _type(node: tree.Type) -> str:
    if node.element is not None and node.name == "complex":
        return f"complex[{_type(node.element)}]"
    return node.name + (f"[{expression(node.size)}]" if node.size is not None else "")


_SPELLINGS = {"pi": "π", "tau": "τ", "euler": "ℇ"}

_HANDLERS: dict[type[tree.Expression], Callable[..., Written]] = {
    tree.Name: lambda node: (_SPELLINGS.get(node.name, node.name), _ATOM),
    tree.IntLiteral: lambda node: (str(node.value), _ATOM),
    tree.FloatLiteral: lambda node: (f"{node.value:.6g}", _ATOM),
    tree.ImaginaryLiteral: lambda node: (f"{node.value:.6g}im", _ATOM),
    tree.BoolLiteral: lambda node: (number(node.value), _ATOM),
    tree.BitStringLiteral: lambda node: (f'"{node.bits}"', _ATOM),
    tree.StringLiteral: lambda node: (f'"{node.value}"', _ATOM),
    tree.Quantity: lambda node: (f"{node.value:g}{node.unit}", _ATOM),
    tree.HardwareQubit: lambda node: (f"${node.index}", _ATOM),
    tree.UnaryOp: lambda node: (node.operator + _inside(node.operand, _UNARY), _UNARY),
    tree.BinaryOp: _binary,
    tree.Call: _call,
    tree.Cast: _cast,
    tree.Range: _range,
    tree.IndexSet: lambda node: (f"{{{_list(node.items)}}}", _ATOM),
    tree.Index: lambda node: (f"{_inside(node.base, _ATOM)}[{_list(node.items)}]", _ATOM),
    tree.ArrayLiteral: lambda node: (f"{{{_list(node.items)}}}", _ATOM),
    tree.ListLiteral: lambda node: (f"[{_list(node.items)}]", _ATOM),
    tree.DurationOf: lambda node: ("durationof({…})", _ATOM),
    tree.Measurement: lambda node: (f"measure {expression(node.qubits)}", 1),
}
