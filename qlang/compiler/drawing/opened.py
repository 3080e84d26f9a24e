"""Drawings that look inside: loops written out, branches decided, calls and gates opened, where values are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from qlang.compiler.drawing import words
from qlang.compiler.drawing.gates import broadcast, steps_together
from qlang.compiler.drawing.model import Block, Item, Part
from qlang.compiler.drawing.names import Meaning, Names, Wires
from qlang.sema.constants import listed
from qlang.sema.symbols import GateSymbol, SubroutineSymbol
from qlang.sema.types import INT
from qlang.sema.values import Constant, ConstantError, as_bool, real
from qlang.syntax import tree

DEEPEST = 8
"""Calls within calls that are opened."""


class Builder(Protocol):
    """What makes items of statements."""

    names: Names
    depth: int

    def items(self, statements: Iterable[tree.Statement]) -> tuple[Item, ...]: ...
    def full(self) -> bool: ...
    def leave(self, statements: Sequence[tree.Statement], times: int) -> None: ...


def written_out(builder: Builder, node: tree.For) -> list[Item] | None:
    """A loop's body once for each value; `None` where they are not known."""
    names = builder.names
    if isinstance(node.domain, (tree.Range, tree.IndexSet)):
        try:
            values = listed(node.domain, None, names.known, names.scope.version)
        except (ConstantError, TypeError):
            return None
    else:
        return None
    found: list[Item] = []
    for done, value in enumerate(values):
        if builder.full():
            builder.leave(node.body.statements, len(values) - done)
            break
        with names.inner():
            names.bind(node.variable.name, Constant(INT, value))
            found += builder.items(node.body.statements)
    return found


def decided(builder: Builder, node: tree.If) -> list[Item] | None:
    """The branch that is taken; `None` where that is decided at run time."""
    condition = builder.names.constant(node.condition)
    if condition is None:
        return None
    chosen = node.then if as_bool(condition) else node.otherwise
    if chosen is None:
        return []
    with builder.names.inner():
        return [*builder.items(chosen.statements)]


def opened_call(
    builder: Builder, symbol: SubroutineSymbol, title: str, text: str, arguments: Sequence[tree.Expression]
) -> list[Item] | None:
    """The body of a subroutine in a frame; `None` where it is too deep inside others, as in a recursion."""
    given: dict[str, Meaning] = {}
    for parameter, argument in zip(symbol.parameters, arguments, strict=False):
        wires = builder.names.wires(argument)
        given[parameter.name] = wires if wires is not None else builder.names.constant(argument)
    return _framed(builder, symbol, given, title, text, symbol.definition.body.statements)


def opened_gate(builder: Builder, node: tree.GateCall, title: str) -> list[Item] | None:
    """The body of a program's own gate, once for each gate that a call stands for; `None` where it stays shut."""
    symbol = builder.names.scope.lookup(node.name.name)
    operands = [builder.names.wires(operand) for operand in node.operands]
    known = [wires for wires in operands if wires is not None]
    if not isinstance(symbol, GateSymbol) or symbol.standard or symbol.definition is None or node.modifiers:
        return None
    if symbol.definition.body is None or len(known) < len(operands) or not steps_together(known):
        return None
    angles = [builder.names.real(parameter) for parameter in node.parameters]
    numbers = {
        name.name: None if angle is None else real(angle)
        for name, angle in zip(symbol.definition.parameters, angles, strict=False)
    }
    found: list[Item] = []
    for lines in broadcast(known):
        qubits = zip(symbol.definition.qubits, lines, strict=False)
        given: dict[str, Meaning] = {**numbers, **{name.name: Wires((line,), single=True) for name, line in qubits}}
        made = _framed(builder, symbol, given, title, title, symbol.definition.body.statements)
        if made is None:
            return None
        found += made
    return found


def _framed(
    builder: Builder,
    symbol: GateSymbol | SubroutineSymbol,
    given: dict[str, Meaning],
    title: str,
    text: str,
    body: Sequence[tree.Statement],
) -> list[Item] | None:
    if builder.depth >= DEEPEST:
        return None
    outer, builder.names = builder.names, Names(symbol.scope, [given])
    builder.depth += 1
    try:
        items = builder.items(body)
    finally:
        builder.names = outer
        builder.depth -= 1
    if not items:
        return []
    top, bottom = min(item.top for item in items), max(item.bottom for item in items)
    return [Block(title, (Part(words.label(text), items),), top, bottom)]
