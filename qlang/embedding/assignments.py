"""Assignments: registers, variables, aliases of qubits, elements of bit registers and arrays."""

from __future__ import annotations

import ast
import copy

from qlang.embedding.calls import definition_called, measurement, subroutine_call
from qlang.embedding.expressions import expression, integer
from qlang.embedding.kinds import (
    BIT,
    BITS,
    BOOL,
    FLOAT,
    INT,
    LIST,
    QUBIT,
    QUBITS,
    UNKNOWN,
    Kind,
    Value,
    as_bool,
    as_int,
    cast,
    named,
)
from qlang.embedding.operators import SYMBOLS, binary
from qlang.embedding.reader import Reader
from qlang.syntax import tree

_ANNOTATIONS = {"int": INT, "float": FLOAT, "bool": BOOL, "Bit": BIT}


def assign(reader: Reader, node: ast.Assign) -> list[tree.Statement]:
    """`target = value`, or several at once."""
    if len(node.targets) != 1:
        raise reader.refuse(node, "an assignment to several names", "one name a statement")
    target = node.targets[0]
    if isinstance(target, (ast.Tuple, ast.List)):
        return _several(reader, node, target, node.value)
    return _one(reader, node, target, node.value, None)


def annotated(reader: Reader, node: ast.AnnAssign) -> list[tree.Statement]:
    """`name: int = value`."""
    if node.value is None:
        raise reader.refuse(node, "an annotation without a value", "give it a value")
    written = ast.unparse(node.annotation).strip("'\"").rpartition(".")[2]
    kind = _ANNOTATIONS.get(written)
    if kind is None and written not in ("Qubits", "Qubit", "Bits"):
        raise reader.refuse(node.annotation, f"a variable of type `{written}`", "write `int`, `float` or `bool`")
    return _one(reader, node, node.target, node.value, kind)


def _several(reader: Reader, node: ast.Assign, target: ast.Tuple | ast.List, value: ast.expr) -> list[tree.Statement]:
    """`a, b = b, a`: all values are read before any is written."""
    if not isinstance(value, (ast.Tuple, ast.List)) or len(value.elts) != len(target.elts):
        raise reader.refuse(node, f"`{ast.unparse(node)}`", "assign one value to one name")
    names = {name.id for part in target.elts for name in ast.walk(part) if isinstance(name, ast.Name)}
    read = {name.id for part in value.elts for name in ast.walk(part) if isinstance(name, ast.Name)}
    if not names & read:
        pairs = zip(target.elts, value.elts, strict=True)
        written: list[tree.Statement] = []
        for part, each in pairs:
            one = _one(reader, node, part, each, None)
            written += [*reader.take_before(), *one]
        return written
    start, end = reader.position(node)
    values = [expression(reader, each) for each in value.elts]
    odd = next((each for each in values if each.kind not in (INT, FLOAT, BOOL, BIT)), None)
    if odd is not None:
        raise reader.refuse(node, f"an exchange of a {odd.kind}", "assign one value to one name")
    held = [Value(reader.temporary(each.kind, start, end, each.node), _held(each.kind)) for each in values]
    stored: list[tree.Statement] = []
    for part, value_ in zip(target.elts, held, strict=True):
        stored += _store(reader, node, part, value_, None)
    return stored


def _held(kind: Kind) -> Kind:
    return BOOL if kind == BIT else kind


def _one(
    reader: Reader, node: ast.stmt, target: ast.expr, value: ast.expr, wanted: Kind | None
) -> list[tree.Statement]:
    if isinstance(target, ast.Name) and isinstance(value, ast.Name):
        _refuse_shared_bits(reader, node, target, value)
    if isinstance(target, ast.Name) and isinstance(value, ast.Call):
        register = _register(reader, node, target, value)
        if register is not None:
            return register
        direct = _direct(reader, value)
        if direct is not None:
            return _store(reader, node, target, direct, wanted)
    elif isinstance(value, ast.Call) and reader.attribute(value.func) == "measure":
        found, kind = measurement(reader, value)
        return _store(reader, node, target, Value(found, kind), wanted)
    return _store(reader, node, target, expression(reader, value), wanted)


def _refuse_shared_bits(reader: Reader, node: ast.stmt, target: ast.Name, value: ast.Name) -> None:
    """In Python `d = c` makes two names of one register, here a copy: the same only where no bit changes later."""
    known = reader.variables.get(value.id)
    if known is None or known.kind != BITS:
        return
    changed = {
        part.value.id
        for part in ast.walk(reader.function.tree)
        if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store) and isinstance(part.value, ast.Name)
    }
    if changed & {target.id, value.id}:
        instead = f"copy its bits one by one, or write `{value.id}` itself"
        raise reader.refuse(node, f"a second name for `{value.id}`, a register whose bits change,", instead)


def _direct(reader: Reader, value: ast.Call) -> Value | None:
    """A measurement or the call of a subroutine, which need no variable of their own here."""
    if reader.attribute(value.func) == "measure":
        found, kind = measurement(reader, value)
        return Value(found, kind)
    if reader.attribute(value.func) is not None:
        return None
    if isinstance(value.func, ast.Name) and value.func.id in ("len", "int", "float", "bool", "abs", "min", "max"):
        return None
    subroutine = definition_called(reader, value)
    if subroutine is None:
        return None
    kind_, written = subroutine_call(reader, value, subroutine)
    if kind_ is None:
        raise reader.refuse(value, f"the value of `{subroutine.name}`, which returns nothing,")
    return Value(written, kind_)


def _register(reader: Reader, node: ast.stmt, target: ast.Name, value: ast.Call) -> list[tree.Statement] | None:
    """`ql.qubits(n)`, `ql.qubit()`, `ql.bits(n)` and `ql.bit()` as declarations."""
    called = reader.attribute(value.func)
    if called not in ("qubits", "qubit", "bits", "bit"):
        return None
    if reader.place in ("gate", "observable"):
        raise reader.refuse(value, f"`ql.{called}`", "qubits come as parameters")
    given = [*value.args, *(keyword.value for keyword in value.keywords if keyword.arg in ("n", "size"))]
    several = called in ("qubits", "bits")
    if len(given) != several or len(value.args) + len(value.keywords) != several:
        instead = f"write `ql.{called}({'n' if several else ''})`"
        raise reader.refuse(value, f"`{ast.unparse(value)}`", instead)
    size = None
    if several:
        found = integer(reader, given[0], "the size of a register")
        size = found.node if found.kind == UNKNOWN else as_int(found)
    start, end = reader.position(node)
    name = tree.Name(*reader.position(target), target.id)
    kind = {"qubits": QUBITS, "qubit": QUBIT, "bits": BITS, "bit": BIT}[called]
    reader.check_word(target, target.id)
    if target.id in reader.variables:
        raise reader.refuse(node, f"a second register `{target.id}`", "use another name")
    variable = reader.give(target, target.id, kind, size)
    variable.declared = True
    if called in ("qubits", "qubit"):
        return [tree.QubitDeclaration(start, end, name, size, False)]
    return [tree.ClassicalDeclaration(start, end, tree.Type(start, end, "bit", size), name, None, None, False)]


def _store(reader: Reader, node: ast.stmt, target: ast.expr, value: Value, wanted: Kind | None) -> list[tree.Statement]:
    start, end = reader.position(node)
    if reader.place == "gate":
        raise reader.refuse(node, "a variable", "write its value where it is used")
    if isinstance(target, ast.Subscript):
        return [_stored_element(reader, node, target, value)]
    if not isinstance(target, ast.Name):
        raise reader.refuse(node, f"`{ast.unparse(node)}`", "assign one value to one name")
    if value.kind.quantum:
        return _alias(reader, node, target, value)
    if value.kind == LIST or value.kind.name == "array":
        instead = "index the list itself; lists from outside never change"
        raise reader.refuse(node, "a second name for a list", instead)
    known = reader.variables.get(target.id)
    if known is not None and known.kind == UNKNOWN:
        return [tree.ExpressionStatement(start, end, value.node)]  # its first value has a mistake, which is reported
    kind = wanted or (known.kind if known is not None else value.kind)
    value = _fitted(reader, node, kind, value)
    name = reader.name(target)
    size = _size(reader, value) if value.kind == BITS else None
    if value.kind in (BIT, BITS):
        reader.check_word(target, target.id)
    variable = reader.give(target, target.id, value.kind, size)
    if not variable.declared and reader.scopes.home(target.id) == reader.present_block:
        variable.declared = True
        if value.kind == UNKNOWN:
            variable.node = value.node  # the checker will say what is wrong with it
            return [tree.ExpressionStatement(start, end, value.node)]
        written = named(value.kind, start, end, variable.size)
        return [tree.ClassicalDeclaration(start, end, written, name, value.node, None, False)]
    return [_stored(start, end, name, value.node)]


def _fitted(reader: Reader, node: ast.stmt, kind: Kind, value: Value) -> Value:
    """A value as a variable's kind where Python's meaning stays the same; else it is left for the complaint."""
    if value.kind == kind or value.kind == UNKNOWN:
        return value
    if kind == FLOAT and value.kind in (INT, BOOL, BIT) and isinstance(node, ast.AnnAssign):
        return Value(cast(FLOAT, value), FLOAT)
    if kind == FLOAT and value.kind == INT:
        return Value(cast(FLOAT, value), FLOAT)  # floats compute alike, and what they do not is refused
    if kind.logical and value.kind.logical:
        node_ = value.node
        return Value(node_ if isinstance(node_, tree.Measurement) else cast(kind, value), kind)
    if kind == BIT and value.whole in (0, 1):
        return Value(cast(BIT, value), BIT)
    if kind == BITS and value.whole is not None:
        _check_fits(reader, node, value.whole)
        return Value(value.node, BITS)
    return value


def _check_fits(reader: Reader, node: ast.stmt, number: int) -> None:
    """Raises CompileError for a number with more bits than the register that gets it."""
    name = next((part.id for part in ast.walk(node) if isinstance(part, ast.Name)), "")
    variable = reader.variables.get(name)
    size = variable.size.value if variable is not None and isinstance(variable.size, tree.IntLiteral) else None
    if number and (size is None or not 0 <= number < 1 << size):
        bits = f"{size} bits" if size is not None else "a register of any size"
        raise reader.refuse(node, f"the number {number} in {bits}", "set the bits one by one: `c[0] = True`")


def _size(reader: Reader, value: Value) -> tree.Expression | None:
    """The size of a new register that takes a value of several bits."""
    measured = value.node.qubits if isinstance(value.node, tree.Measurement) else value.node
    known = reader.variables.get(measured.name) if isinstance(measured, tree.Name) else None
    if known is not None and known.size is not None and known.kind == BITS:
        return known.size
    if isinstance(measured, tree.Call) and measured.callee.name in reader.uses:
        symbol = reader.uses[measured.callee.name].symbol
        size = getattr(getattr(symbol, "result", None), "size", None)
        return None if size is None else tree.IntLiteral(measured.start, measured.end, size)
    if isinstance(measured, (tree.Name, tree.Index)):
        argument = tree.Argument(measured.start, measured.end, None, measured)
        name = tree.Name(measured.start, measured.end, "sizeof")
        return tree.Call(measured.start, measured.end, name, [argument])
    if isinstance(measured, tree.BinaryOp):
        return _size(reader, Value(measured.left, BITS))
    if isinstance(measured, tree.UnaryOp):
        return _size(reader, Value(measured.operand, BITS))
    return None


def _stored(start: int, end: int, target: tree.Expression, value: tree.Expression) -> tree.Statement:
    if isinstance(value, tree.Measurement):
        return tree.MeasureStatement(start, end, value.qubits, target)
    return tree.Assignment(start, end, target, "=", value)


def _stored_element(reader: Reader, node: ast.stmt, target: ast.Subscript, value: Value) -> tree.Statement:
    """`c[i] = …` of a register of bits."""
    place = expression(reader, target)
    if place.kind in (BIT, BITS):
        stored = value.node
        if place.kind == BIT and value.kind.whole and value.kind != BIT:
            if value.kind != BOOL and value.whole not in (0, 1):
                raise reader.refuse(node, "an integer in one bit", "write `bool(…)`")
            stored = as_bool(value)
        elif place.kind == BIT and value.kind not in (BIT, UNKNOWN):
            raise reader.refuse(node, f"a {value.kind} in one bit", "write `bool(…)`")
        return _stored(*reader.position(node), place.node, stored)
    if place.kind == UNKNOWN:
        return _stored(*reader.position(node), place.node, value.node)
    instead = "lists from outside and arrays never change; use `ql.bits(n)` or variables"
    raise reader.refuse(node, f"an assignment to `{ast.unparse(target)}`", instead)


def _alias(reader: Reader, node: ast.stmt, target: ast.Name, value: Value) -> list[tree.Statement]:
    """Another name for qubits."""
    start, end = reader.position(node)
    if target.id in reader.variables or reader.scopes.home(target.id) != reader.present_block:
        raise reader.refuse(
            node, f"`{target.id}` as a name for other qubits", "use a new name, in the block that uses it"
        )
    variable = reader.give(target, target.id, value.kind)
    variable.declared = True
    return [tree.Alias(start, end, tree.Name(*reader.position(target), target.id), value.node)]


def augmented(reader: Reader, node: ast.AugAssign) -> list[tree.Statement]:
    """`target op= value`."""
    if isinstance(node.op, ast.Div) and isinstance(node.target, ast.Name):
        variable = reader.variables.get(node.target.id)
        if variable is not None and variable.kind.whole:
            shown = ast.unparse(node.target)
            instead = f"use `//=`, or begin with `{shown} = 1.0`"
            raise reader.refuse(node, f"real division of the integer `{shown}` in place", instead)
    symbol = SYMBOLS.get(type(node.op))
    if symbol is None:
        raise reader.refuse(node, f"`{ast.unparse(node)}`")
    loaded = copy.copy(node.target)
    loaded.ctx = ast.Load()
    combined = ast.copy_location(ast.BinOp(loaded, node.op, node.value), node)
    left, right = expression(reader, loaded), expression(reader, node.value)
    return _store(reader, node, node.target, binary(reader, combined, symbol, left, right), None)
