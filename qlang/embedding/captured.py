"""Data from outside of a function: numbers and lists as they are when it is decorated."""

from __future__ import annotations

import ast
import math
from types import ModuleType
from typing import Any

from qlang.embedding.kinds import BOOL, FLOAT, INT, LIST, Kind, Value
from qlang.embedding.reader import Reader
from qlang.syntax import tree

_LARGEST = 1 << 63
MOST_CAPTURED = 1 << 16
"""Elements that a list from outside may have."""


def literal(reader: Reader, node: ast.expr, value: Any) -> Value:
    """A number as a literal; NumPy's scalars count as numbers."""
    start, end = reader.position(node)
    value = _plain(value)
    match value:
        case bool():
            return Value(tree.BoolLiteral(start, end, value), BOOL, value)
        case int():
            if not -_LARGEST <= value < _LARGEST:
                raise reader.refuse(node, f"the integer {value}, which has more than 64 bits,")
            positive: tree.Expression = tree.IntLiteral(start, end, abs(value))
            return Value(positive if value >= 0 else tree.UnaryOp(start, end, "-", positive), INT, value)
        case float():
            if not math.isfinite(value):
                raise reader.refuse(node, f"the number {value}")
            positive = tree.FloatLiteral(start, end, abs(value))
            return Value(positive if value >= 0 else tree.UnaryOp(start, end, "-", positive), FLOAT, value)
        case _:
            reader.refuse_outside(node, ast.unparse(node), f"a value of type `{type(value).__name__}`")


def _plain(value: Any) -> Any:
    """NumPy's scalars and arrays as Python's numbers and lists."""
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return value.tolist()
    return value


def from_outside(reader: Reader, node: ast.expr, name: str, value: Any) -> Value:
    """What a name from outside stands for: a number, or a list of numbers. Raises CompileError for anything else."""
    value = _plain(value)
    if isinstance(value, (bool, int, float)):
        return literal(reader, node, value)
    if isinstance(value, (list, tuple, range)):
        return captured(reader, node, list(value), name)
    kind = f"a value of type `{type(value).__name__}`"
    instead = ""
    if isinstance(value, ModuleType):
        kind, instead = "a module", "name something in it"
    elif isinstance(value, str):
        kind = "text"
    elif isinstance(value, (dict, set)):
        kind = "a dictionary" if isinstance(value, dict) else "a set"
        instead = "turn it into a list outside"
    elif callable(value):
        kind, instead = "a function", "call it"
    reader.refuse_outside(node, name, kind, instead)


def captured(reader: Reader, node: ast.expr, items: list[Any], name: str = "") -> Value:
    """A list of numbers, or of such lists, with the values that it has now."""
    items = [_plain(item) for item in items]
    items = [list(item) if isinstance(item, (tuple, range)) else item for item in items]
    shown = name or ast.unparse(node)
    if len(items) > MOST_CAPTURED:
        reader.refuse_outside(
            node, shown, f"a list of {len(items)} elements", f"at most {MOST_CAPTURED} can be captured"
        )
    for item in items:
        for part in item if isinstance(item, list) else [item]:
            if not isinstance(_plain(part), (bool, int, float)):
                reader.refuse_outside(node, shown, f"a list with a value of type `{type(part).__name__}`")
    position = reader.position(node)
    return Value(tree.Name(*position, name or "list"), LIST, items)


def module_number(reader: Reader, node: ast.Attribute) -> Any:
    """The number or list of an attribute of a module from outside; `None` where it has none."""
    if not isinstance(node.value, ast.Name):
        return None
    module = reader.outside(node.value.id)
    if not isinstance(module, ModuleType):
        return None
    value = _plain(getattr(module, node.attr, None))
    return value if isinstance(value, (bool, int, float, list, tuple)) else None


def element_kind(items: list[Any]) -> Kind:
    """The kind of a list's elements."""
    flat = [_plain(part) for item in items for part in (item if isinstance(item, list) else [item])]
    if all(isinstance(part, bool) for part in flat):
        return BOOL
    return INT if all(isinstance(part, int) for part in flat) else FLOAT


def as_array(reader: Reader, node: ast.expr, value: Value) -> tuple[tree.Name, Kind]:
    """A captured list as a constant array of the body, declared at its beginning, with the kind of its elements."""
    items = value.constant
    nested = [isinstance(item, list) for item in items]
    lengths = {len(item) for item in items if isinstance(item, list)}
    if not items or any(nested) != all(nested) or len(lengths) > 1 or 0 in lengths:
        raise reader.refuse(node, "an empty or ragged list", "give all its parts the same length")
    if reader.place in ("gate", "observable"):
        raise reader.refuse(node, f"an index that varies, into a list, in {reader.place_words}", "unroll it by hand")
    element, name = element_kind(items), getattr(value.node, "name", "list")
    key = f"{name}:{items!r}"
    start, end = reader.position(node)
    if key not in reader.captured:
        written = name if name.isidentifier() and name != "list" and not reader.scopes.is_local(name) else "_list"
        while written in reader.captured.values():
            written += "_"
        reader.captured[key] = written
        sizes: list[tree.Expression] = [tree.IntLiteral(start, end, len(items))]
        sizes += [tree.IntLiteral(start, end, length) for length in lengths]
        kind = tree.Type(start, end, "array", None, tree.Type(start, end, element.name), sizes)
        content = _array(reader, node, items)
        declared = tree.Name(start, end, written)
        reader.first.append(tree.ClassicalDeclaration(start, end, kind, declared, content, "const", False))
    return tree.Name(start, end, reader.captured[key]), element


def _array(reader: Reader, node: ast.expr, items: list[Any]) -> tree.ArrayLiteral:
    start, end = reader.position(node)
    parts: list[tree.Expression] = [
        _array(reader, node, item) if isinstance(item, list) else literal(reader, node, item).node for item in items
    ]
    return tree.ArrayLiteral(start, end, parts)
