"""Calls of gates: `ql.rx(0.3, q[0])`, `ql.ctrl(ql.x)(q[0], q[1])`, and of gates under `@ql.gate`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from qlang.embedding.arguments import Required, matched
from qlang.embedding.calls import callee, refused_call
from qlang.embedding.definition import definition_of
from qlang.embedding.expressions import expression, integer, number
from qlang.embedding.kinds import FLOAT, UNKNOWN, Value, cast
from qlang.embedding.reader import Reader
from qlang.operations import GATES, MODIFIERS
from qlang.problems import CompileError
from qlang.sema import errors
from qlang.syntax import tree


@dataclass(frozen=True, slots=True)
class Called:
    """A gate as named in a call."""

    name: tree.Name
    parameters: int | None
    """Number of angles; `None` for a gate that is not known."""
    order: tuple[str, ...]
    """The names of its arguments in Python's order; empty for a gate that is not known."""
    angles: frozenset[str]
    """Those that are angles."""
    modifiers: tuple[tree.Modifier, ...] = ()
    controls: int | None = 0
    """Qubits that modifiers add; `None` where only the checker will know."""


def gate_call(reader: Reader, node: ast.Call) -> tree.Statement | None:
    """The call of a gate as a statement; `None` where something else is called."""
    called = _called(reader, node.func)
    if called is None:
        return None
    start, end = reader.position(node)
    if called.modifiers and called.controls != 0:
        return _controlled(reader, node, called)
    nodes = _ordered(reader, node, called)
    if nodes is None:
        angles, operands = _split(reader, node.args, called)
    else:
        angles = [_angle(reader, value) for name, value in nodes if name in called.angles]
        operands = [_operand(reader, value) for name, value in nodes if name not in called.angles]
    return tree.GateCall(start, end, list(called.modifiers), called.name, angles, operands, None)


def _called(reader: Reader, node: ast.expr) -> Called | None:
    """The gate that an expression names, with its modifiers."""
    if isinstance(node, ast.Call):
        return _modified(reader, node)
    definition = definition_of(callee(reader, node))
    if definition is not None and definition.place == "gate":
        key = reader.use(definition.name, definition)
        names = tuple(parameter.name for parameter in definition.parameters)
        angles = frozenset(each.name for each in definition.parameters if each.kind == FLOAT)
        return Called(tree.Name(*reader.name_span(node), key), len(angles), names, angles)
    name = reader.attribute(node)
    if name is None or not _of_ours(reader, node):
        return None
    if name in MODIFIERS:
        raise reader.refuse(node, f"`{name}` without a gate", f"write `ql.{name}(ql.x)(…)`")
    standard = GATES.get(name)
    hidden = standard is not None and (reader.scopes.is_local(name))
    written = tree.Name(*reader.name_span(node), f"ql.{name}" if hidden else name)
    if hidden:
        reader.hidden_gates.add(name)
    if standard is None:
        return Called(written, None, (), frozenset())
    names = (*standard.parameters, *standard.qubits)
    return Called(written, len(standard.parameters), names, frozenset(standard.parameters))


def _of_ours(reader: Reader, node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return getattr(reader.outside(node.value.id), "__name__", "") == "qlang"
    return isinstance(node, ast.Name) and getattr(reader.outside(node.id), "__module__", "") == "qlang"


def _modified(reader: Reader, node: ast.Call) -> Called | None:
    """`ql.ctrl(g)`, `ql.negctrl(g, n)`, `ql.inv(g)`, `ql.pow(g, k)`."""
    kind = reader.attribute(node.func)
    if kind not in MODIFIERS or not _of_ours(reader, node.func):
        return None
    names = [Required("gate"), *([] if kind == "inv" else [Required("exponent" if kind == "pow" else "count")])]
    if kind in ("ctrl", "negctrl") and len(node.args) + len(node.keywords) == 1:
        names = names[:1]
    given = {each.name: value for each, value in matched(reader, node, kind, names)}
    inner = _called(reader, given["gate"])
    if inner is None:
        raise reader.refuse(given["gate"], f"`{ast.unparse(given['gate'])}` under `{kind}`", "modifiers apply to gates")
    start, end = reader.position(node)
    argument: Value | None = None
    if "count" in given:
        argument = integer(reader, given["count"], "the number of controls")
    elif "exponent" in given:
        argument = number(reader, given["exponent"], "the exponent")
    modifier = tree.Modifier(start, end, kind, None if argument is None else argument.node)
    added: int | None = 0
    if kind in ("ctrl", "negctrl"):
        added = 1 if argument is None else argument.whole
    controls = None if added is None or inner.controls is None else inner.controls + added
    return replace(inner, modifiers=(modifier, *inner.modifiers), controls=controls)


def _controlled(reader: Reader, node: ast.Call, called: Called) -> tree.Statement:
    """Angles first, then the controls, then the gate's own qubits, all by place."""
    if node.keywords:
        raise reader.refuse(
            node, "an argument by name under `ctrl`", "give angles, then controls, then targets by place"
        )
    if any(name not in called.angles for name in called.order[: called.parameters or 0]):
        raise reader.refuse(node, f"a controlled `{called.name.name}`, whose qubits stand before its angles,")
    angles, operands = _split(reader, node.args, called)
    start, end = reader.position(node)
    return tree.GateCall(start, end, list(called.modifiers), called.name, angles, operands, None)


def _ordered(reader: Reader, node: ast.Call, called: Called) -> list[tuple[str, ast.expr]] | None:
    """Arguments with their names; `None` where their number does not fit, which the checker reports."""
    if not called.order:
        if node.keywords:
            raise _unknown_with_names(reader, called)
        return None
    angles_first = all(name in called.angles for name in called.order[: called.parameters or 0])
    if not node.keywords and len(node.args) != len(called.order) and angles_first:
        return None
    required = [Required(name) for name in called.order]
    try:
        pairs = matched(reader, node, called.name.name.rpartition(".")[2], required)
    except CompileError as error:
        if node.keywords or not all(isinstance(each, errors.arguments.MissingArgument) for each in error.diagnostics):
            raise
        return None
    return [(each.name, value) for each, value in pairs]


def _unknown_with_names(reader: Reader, called: Called) -> CompileError:
    from qlang.sema.suggestions import suggest
    from qlang.syntax.source import Span

    span = Span(reader.function.source, called.name.start, called.name.end)
    return CompileError((errors.names.UnknownGate(span, called.name.name, suggest(called.name.name, GATES)),))


def _split(
    reader: Reader, arguments: Sequence[ast.expr], called: Called
) -> tuple[list[tree.Expression], list[tree.Expression]]:
    """Angles and qubits by place: the first qubit ends the angles, so that a missing angle is called just that."""
    starred = next((part for part in arguments if isinstance(part, ast.Starred)), None)
    if starred is not None:
        raise reader.refuse(starred, "`*` in a call", "write out the arguments")
    values = [expression(reader, argument) for argument in arguments]
    quantum = next((k for k, value in enumerate(values) if value.kind.quantum), None)
    split = called.parameters or 0 if quantum is None else quantum
    return [_as_angle(value) for value in values[:split]], [value.node for value in values[split:]]


def _angle(reader: Reader, node: ast.expr) -> tree.Expression:
    return _as_angle(expression(reader, node))


def _as_angle(value: Value) -> tree.Expression:
    return cast(FLOAT, value) if value.kind.name in ("bool", "bit", "bits") else value.node


def _operand(reader: Reader, node: ast.expr) -> tree.Expression:
    return expression(reader, node).node


def other_operation(reader: Reader, node: ast.Call) -> list[tree.Statement]:
    """`ql.reset`, `ql.barrier`, `ql.delay`. Raises CompileError for other calls."""
    name = reader.attribute(node.func) if _of_ours(reader, node.func) else None
    start, end = reader.position(node)
    if name in ("reset", "barrier", "delay") and reader.place == "gate" and name == "reset":
        raise reader.refuse(node, f"`{name}`", "a gate can be undone; use `@ql.circuit` with `ql.Qubits`")
    match name:
        case "reset":
            ((_, value),) = matched(reader, node, "reset", [Required("qubits")])
            return [tree.Reset(start, end, expression(reader, value).node)]
        case "barrier" if not node.keywords:
            return [tree.Barrier(start, end, [_operand(reader, argument) for argument in node.args])]
        case "delay":
            return [_delay(reader, node)]
    raise refused_call(reader, node)


def _delay(reader: Reader, node: ast.Call) -> tree.Statement:
    """`ql.delay("100ns", q)`, or a number of seconds."""
    start, end = reader.position(node)
    given = list(node.args)
    for keyword in node.keywords:
        if keyword.arg != "duration" or given[:1] != node.args[:1]:
            raise reader.refuse(node, f"`{ast.unparse(node)}`", 'write `ql.delay("100ns", q)`')
        given.insert(0, keyword.value)
    if not given:
        raise reader.refuse(node, "a delay without a duration", 'write `ql.delay("100ns", q)`')
    operands = [_operand(reader, argument) for argument in given[1:]]
    return tree.Delay(start, end, _duration(reader, given[0]), operands)


def _duration(reader: Reader, node: ast.expr) -> tree.Expression:
    from qlang.syntax.parser import parse
    from qlang.syntax.source import Source

    start, end = reader.position(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        parsed = parse(Source("<duration>", f"delay[{node.value}] q;"))
        statement: Any = parsed.program.statements[0] if parsed.program.statements else None
        if parsed.diagnostics or not isinstance(getattr(statement, "duration", None), tree.Quantity):
            raise reader.refuse(node, f"the duration `{node.value}`", "write a number with ns, us, ms or s")
        return tree.Quantity(start, end, statement.duration.value, statement.duration.unit)
    seconds = number(reader, node, "a duration")
    if seconds.kind == UNKNOWN:
        return seconds.node
    return tree.BinaryOp(start, end, "*", cast(FLOAT, seconds), tree.Quantity(start, end, 1.0, "s"))
