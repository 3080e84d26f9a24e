"""Indices, slices and ranges: Python excludes the end, the language includes it; negative indices agree."""

from __future__ import annotations

import ast

from qlang.embedding.captured import as_array, captured, literal
from qlang.embedding.expressions import expression, integer
from qlang.embedding.kinds import BIT, BITS, LIST, QUBIT, QUBITS, UNKNOWN, Kind, Value, as_int
from qlang.embedding.reader import Reader
from qlang.syntax import tree


def subscript(reader: Reader, node: ast.Subscript) -> Value:
    """`base[…]` of a register, a list or an array."""
    base = expression(reader, node.value)
    index = node.slice
    if base.kind == LIST:
        return _of_list(reader, node, base, index)
    if base.kind.name == "array":
        return _of_array(reader, node, base, index)
    if base.kind not in (QUBITS, BITS, UNKNOWN):
        raise reader.refuse(node, f"an index into a {base.kind}")
    single, several = (QUBIT, QUBITS) if base.kind == QUBITS else (BIT, BITS)
    if base.kind == UNKNOWN:
        single = several = UNKNOWN
    start, end = reader.position(node)
    if isinstance(index, ast.Slice):
        return Value(tree.Index(start, end, base.node, [slice_of(reader, index, base)]), several)
    chosen = _chosen(reader, index)
    if chosen is not None:
        return Value(tree.Index(start, end, base.node, [chosen]), several)
    item = integer(reader, index, "an index")
    return Value(tree.Index(start, end, base.node, [_index(item)]), single)


def _index(item: Value) -> tree.Expression:
    return item.node if item.kind == UNKNOWN else as_int(item)


def _chosen(reader: Reader, index: ast.expr) -> tree.IndexSet | None:
    """`q[[0, 2]]`, or with a list from outside."""
    if isinstance(index, (ast.List, ast.Tuple)):
        items = [_index(integer(reader, item, "an index")) for item in index.elts]
        return tree.IndexSet(*reader.position(index), items)
    if isinstance(index, ast.Name) and isinstance(reader.outside(index.id), (list, tuple, range)):
        found = expression(reader, index)
        return tree.IndexSet(*reader.position(index), [literal(reader, index, item).node for item in found.constant])
    return None


def _of_list(reader: Reader, node: ast.Subscript, base: Value, index: ast.expr) -> Value:
    """An element or a part of data from outside."""
    items = base.constant
    if isinstance(index, ast.Slice):
        parts = [None if part is None else expression(reader, part) for part in (index.lower, index.upper, index.step)]
        if any(part is not None and part.whole is None for part in parts):
            raise reader.refuse(node, "a slice of a list whose ends vary", "loop over `range(…)` and index the list")
        return captured(reader, node, items[slice(*(None if part is None else part.whole for part in parts))])
    if isinstance(index, ast.Tuple):
        for part in index.elts:
            base = _element(reader, node, base, part)
        return base
    return _element(reader, node, base, index)


def _element(reader: Reader, node: ast.Subscript, base: Value, index: ast.expr) -> Value:
    if base.kind != LIST:
        return _of_array(reader, node, base, index)
    item, items = integer(reader, index, "an index"), base.constant
    if item.whole is not None:
        if not -len(items) <= item.whole < len(items):
            raise reader.refuse(node, f"index {item.whole} of a list of {len(items)}", "indices count from 0")
        found = items[item.whole]
        return captured(reader, node, found) if isinstance(found, list) else literal(reader, node, found)
    name, element = as_array(reader, node.value, base)
    rank = 2 if isinstance(items[0], list) else 1
    return _of_array(reader, node, Value(name, Kind("array", element.name, rank)), index)


def _of_array(reader: Reader, node: ast.Subscript, base: Value, index: ast.expr) -> Value:
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    if any(isinstance(part, ast.Slice) for part in parts) or base.kind.name != "array":
        raise reader.refuse(node, f"`{ast.unparse(node)}`", "take one element at a time")
    rank = base.kind.rank - len(parts)
    if rank < 0:
        raise reader.refuse(node, f"{len(parts)} indices into an array of {base.kind.rank} dimensions")
    items = [_index(integer(reader, part, "an index")) for part in parts]
    kind = Kind(base.kind.element) if rank == 0 else Kind("array", base.kind.element, rank)
    return Value(tree.Index(*reader.position(node), base.node, items), kind)


def slice_of(reader: Reader, part: ast.Slice, base: Value) -> tree.Range:
    """`a:b:s` as a range that includes its last index."""
    step = None if part.step is None else integer(reader, part.step, "a step")
    if step is not None and step.whole is None:
        raise reader.refuse(part, "a slice with a step that varies", "write the step as a number")
    start, end = reader.position(part)
    if step is not None and step.whole is not None and step.whole <= 0:
        if step.whole != -1 or part.lower or part.upper:
            raise reader.refuse(part, f"a slice with the step {step.whole}", "only `[::-1]` goes backwards")
        last: tree.Expression = tree.IntLiteral(start, end, 1)
        backwards = tree.UnaryOp(start, end, "-", last)
        return tree.Range(start, end, backwards, backwards, tree.IntLiteral(start, end, 0))
    lower = None if part.lower is None else integer(reader, part.lower, "an index")
    upper = None if part.upper is None else integer(reader, part.upper, "an index")
    empty = upper is not None and upper.whole == 0
    if lower is not None and upper is not None and lower.whole is not None and upper.whole is not None:
        empty = empty or (lower.whole >= upper.whole and (lower.whole < 0) == (upper.whole < 0))
    if empty:
        raise reader.refuse(part, "a slice without elements", "its end is excluded")
    first = None if lower is None else _index(lower)
    ending = None if upper is None else _last(upper, base)
    return tree.Range(start, end, first, None if step is None else step.node, ending)


def _last(upper: Value, base: Value) -> tree.Expression:
    """The last index before an excluded end; before 0 there is none, where -1 would be the register's last."""
    node = _index(upper)
    if upper.whole is not None:
        return less_one(upper)
    start, end = node.start, node.end
    zero = tree.BinaryOp(start, end, "==", node, tree.IntLiteral(start, end, 0))
    nothing = tree.Cast(start, end, tree.Type(start, end, "int"), zero)
    size = tree.Call(start, end, tree.Name(start, end, "sizeof"), [tree.Argument(start, end, None, base.node)])
    jump = tree.BinaryOp(start, end, "*", tree.Cast(start, end, tree.Type(start, end, "int"), size), nothing)
    return tree.BinaryOp(start, end, "-", less_one(upper), jump)


def less_one(value: Value) -> tree.Expression:
    """`value − 1`."""
    node = _index(value)
    if isinstance(node, tree.IntLiteral) and node.value > 0:
        return tree.IntLiteral(node.start, node.end, node.value - 1)
    return tree.BinaryOp(node.start, node.end, "-", node, tree.IntLiteral(node.start, node.end, 1))


def range_of_call(reader: Reader, node: ast.Call) -> tree.Range:
    """`range(…)` as a range of the language."""
    if reader.outside("range") is not range:
        raise reader.refuse(node, "a `range` of your own", "loop over Python's `range`, or a list")
    if node.keywords or not 1 <= len(node.args) <= 3:
        raise reader.refuse(node, f"`{ast.unparse(node)}`", "`range` takes one to three integers")
    start, end = reader.position(node)
    arguments = [integer(reader, argument, "an argument of `range`") for argument in node.args]
    first = _index(arguments[0]) if len(arguments) > 1 else tree.IntLiteral(start, start, 0)
    stop = arguments[0 if len(arguments) == 1 else 1]
    step = arguments[2] if len(arguments) > 2 else None
    if step is None or (step.whole or 0) > 0:
        return tree.Range(start, end, first, None if step is None else step.node, less_one(stop))
    node_ = _index(stop)
    one: tree.Expression = tree.IntLiteral(node_.start, node_.end, 1)
    if step.whole is None:
        one = _sign(step)
        return tree.Range(start, end, first, _index(step), tree.BinaryOp(start, end, "-", node_, one))
    return tree.Range(start, end, first, step.node, tree.BinaryOp(start, end, "+", node_, one))


def _sign(step: Value) -> tree.Expression:
    """1 for a positive step and -1 for a negative one."""
    node = _index(step)
    start, end = node.start, node.end
    up = tree.BinaryOp(start, end, ">", node, tree.IntLiteral(start, end, 0))
    one = tree.Cast(start, end, tree.Type(start, end, "int"), up)
    twice = tree.BinaryOp(start, end, "*", tree.IntLiteral(start, end, 2), one)
    return tree.BinaryOp(start, end, "-", twice, tree.IntLiteral(start, end, 1))
