"""From a checked circuit to what its drawing shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from qlang.compiler.drawing import words
from qlang.compiler.drawing.gates import boxed, call_text, gate_operations, whole_circuit
from qlang.compiler.drawing.limits import WIRES
from qlang.compiler.drawing.lines import lay_lines, target_name
from qlang.compiler.drawing.model import Block, Item, Mark, Operation, Part, Picture
from qlang.compiler.drawing.names import Arguments, Names, Wires, all_lines, bound
from qlang.compiler.drawing.opened import decided, opened_call, opened_gate, written_out
from qlang.sema.symbols import CircuitSymbol, SubroutineSymbol
from qlang.sema.values import Constant
from qlang.syntax import tree


def build(
    circuit: CircuitSymbol, arguments: Arguments, *, limit: int, wires: int = WIRES, expand: bool = False
) -> Picture:
    """The picture of a circuit; what is left out of it stands in its notes.

    With `expand` loops are written out, branches decided and calls opened, where values are known.
    """
    names = Names(circuit.scope)
    values = bound(circuit, arguments)
    for name, value in values.items():
        names.bind(name, value)
    lines, notes = lay_lines(names, circuit.body, wires)
    if not lines:
        return Picture(_title(circuit, arguments, values), (), ())
    builder = _Builder(names, limit, expand)
    items = builder.items(circuit.body)
    if builder.left:
        count = f"{builder.left} more statement{'s are' if builder.left > 1 else ' is'} not drawn"
        notes.append(f"{count}: the limit is {limit} operations")
    return Picture(_title(circuit, arguments, values), tuple(lines), items, tuple(notes))


def _title(circuit: CircuitSymbol, arguments: Arguments, values: dict[str, Constant | None]) -> str:
    """`circuit quench(n = 8, h)`."""
    listed = []
    for parameter in circuit.parameters:
        value = values[parameter.name]
        given = words.number(value.value) if value else getattr(arguments.get(parameter.name), "name", parameter.name)
        listed.append(parameter.name if given == parameter.name else f"{parameter.name} = {given}")
    return words.label(f"circuit {circuit.name}" + (f"({', '.join(listed)})" if listed else ""), 200)


@dataclass(slots=True)
class _Builder:
    """Makes items of statements, in order, up to a limit."""

    names: Names
    limit: int
    expand: bool = False
    depth: int = 0
    """Calls that are open."""
    made: int = 0
    left: int = 0
    """Statements that were not drawn."""

    def items(self, statements: Iterable[tree.Statement]) -> tuple[Item, ...]:
        found: list[Item] = []
        for statement in statements:
            handler = _HANDLERS.get(type(statement))
            if handler is None:
                continue
            if self.full():
                self.left += _count(statement)
                continue
            before = self.made
            made = handler(self, statement)
            if self.made == before:  # else they were counted inside
                self.made += sum(isinstance(item, Operation) for item in made)
            found.extend(made)
        return tuple(found)

    def full(self) -> bool:
        """Whether no more is drawn."""
        return self.made >= self.limit

    def leave(self, statements: Sequence[tree.Statement], times: int) -> None:
        """Count what is not drawn."""
        self.left += times * sum(map(_count, statements))

    def block(self, node: tree.Statement, parts: Sequence[tuple[str, tree.Block]], looks: Iterable[int]) -> list[Item]:
        """A frame over everything in the parts, and the lines that decide about it."""
        made = []
        for header, body in parts:
            with self.names.inner():
                if isinstance(node, tree.For):
                    changes = node.variable.name in self.names.bits
                    self.names.bind(node.variable.name, None if changes else self.names.loop(node.domain))
                made.append(Part(words.label(header), self.items(body.statements)))
        touched = [line for part in made for item in part.items for line in (item.top, item.bottom)] + list(looks)
        if not touched:
            return []
        title = "; ".join(header for header, _ in parts)
        return [Block(title, tuple(made), min(touched), max(touched))]

    def qubits(self, *nodes: tree.Node | None) -> list[Wires]:
        """Qubits that expressions measure or hand to subroutines."""
        found = []
        for node in nodes:
            for part in () if node is None else tree.walk(node):
                operands = [part.qubits] if isinstance(part, tree.Measurement) else []
                operands += [a.value for a in part.arguments] if isinstance(part, tree.Call) else []
                found += [wires for operand in operands if (wires := self.names.wires(operand)) is not None]
        return found

    def looks(self, *nodes: tree.Node | None) -> list[int]:
        """Lines that a condition looks at."""
        return [*self.names.classical(*nodes), *all_lines(self.qubits(*nodes))]


def _count(statement: tree.Statement) -> int:
    """How many operations a statement that is not drawn stands for, at least."""
    if isinstance(statement, tree.GateRun):
        return len(statement.gates)
    return 0 if isinstance(statement, (tree.Alias, tree.ClassicalDeclaration)) else 1


def _gate(builder: _Builder, node: tree.GateCall) -> list[Item]:
    title = call_text(node)
    if builder.expand:
        symbol = builder.names.scope.lookup(node.name.name)
        if isinstance(symbol, SubroutineSymbol):
            made = opened_call(builder, symbol, title, title, [*node.parameters, *node.operands])
        else:
            made = opened_gate(builder, node, title)
        if made is not None:
            return made
    if builder.names.is_subroutine(node.name.name):
        operands = [wires for operand in node.operands if (wires := builder.names.wires(operand)) is not None]
        return [_box(builder, title, node.name.name, operands, node.parameters)]
    return [*gate_operations(builder.names, node)]


def _run(builder: _Builder, node: tree.GateRun) -> list[Item]:
    from qlang.syntax.gate_runs import gate_calls

    found: list[Item] = []
    for index, call in enumerate(gate_calls(node)):
        if builder.made + len(found) >= builder.limit:
            builder.left += len(node.gates) - index
            break
        found += gate_operations(builder.names, call)
    return found


def _measure(builder: _Builder, node: tree.MeasureStatement) -> list[Item]:
    return [_measured(builder, node.qubits, node.target)]


def _measured(builder: _Builder, qubits: tree.Expression, target: tree.Expression | None) -> Operation:
    """Meters on the qubits, and a double line down to the bits that they end in."""
    names = builder.names
    shown = words.expression(qubits)
    title = f"measure {shown}" if target is None else f"{words.expression(target)} = measure {shown}"
    wires = names.wires(qubits)
    line = None if target is None else names.bits.get(target_name(target))
    if wires is None:
        return whole_circuit(names, title)
    if not wires.exact:
        return boxed(title, words.label(title), [*wires.lines, *([] if line is None else [line])])
    marks = [Mark(qubit, "meter") for qubit in dict.fromkeys(wires.lines)]
    if line is None:
        return Operation(title, tuple(marks))
    index = ", ".join(map(words.expression, target.items)) if isinstance(target, tree.Index) else ""
    return Operation(title, (*marks, Mark(line, "land", words.label(index, 12))), None, "double")


def _declare(builder: _Builder, node: tree.ClassicalDeclaration) -> list[Item]:
    names, name = builder.names, node.name.name
    if node.value is None or node.kind == "input":
        return []
    if name not in names.bits:
        names.bind(name, names.constant(node.value))
        return []
    return _assigned(builder, node.name, "=", node.value)


def _assign(builder: _Builder, node: tree.Assignment) -> list[Item]:
    return _assigned(builder, node.target, node.operator, node.value)


def _assigned(builder: _Builder, target: tree.Expression, operator: str, value: tree.Expression) -> list[Item]:
    if isinstance(value, tree.Measurement) and operator == "=":
        return [_measured(builder, value.qubits, target)]
    names = builder.names
    title = f"{words.expression(target)} {operator} {words.expression(value)}"
    line = names.bits.get(target_name(target))
    qubits = all_lines(builder.qubits(value))
    reads = names.classical(value, *(target.items if isinstance(target, tree.Index) else ()))
    lines = [*qubits, *([] if line is None else [line])]
    return [boxed(title, words.label(title), lines, reads)] if lines else [whole_circuit(names, title)]


def _alias(builder: _Builder, node: tree.Alias) -> list[Item]:
    builder.names.bind(node.name.name, builder.names.wires(node.value))
    return []


def _reset(builder: _Builder, node: tree.Reset) -> list[Item]:
    title = f"reset {words.expression(node.qubits)}"
    wires = builder.names.wires(node.qubits)
    if wires is None or not wires.exact:
        return [boxed(title, words.label(title), wires.lines) if wires else whole_circuit(builder.names, title)]
    return [Operation(title, (Mark(line, "box", "|0⟩"),)) for line in dict.fromkeys(wires.lines)]


def _on_each(builder: _Builder, operands: Sequence[tree.Expression]) -> tuple[int, ...]:
    """Lines of operands, or every qubit where there are none."""
    names = builder.names
    return all_lines([w for o in operands if (w := names.wires(o)) is not None]) or names.qubit_lines()


def _barrier(builder: _Builder, node: tree.Barrier) -> list[Item]:
    title = f"barrier {', '.join(map(words.expression, node.operands))}".rstrip()
    marks = tuple(Mark(line, "fence") for line in sorted(_on_each(builder, node.operands)))
    return [Operation(title, marks)] if marks else []


def _delay(builder: _Builder, node: tree.Delay) -> list[Item]:
    text = f"delay[{words.expression(node.duration)}]"
    title = f"{text} {', '.join(map(words.expression, node.operands))}".rstrip()
    marks = tuple(Mark(line, "box", words.label(text)) for line in sorted(_on_each(builder, node.operands)))
    return [Operation(title, marks, reads=builder.names.classical(node.duration))] if marks else []


def _expression(builder: _Builder, node: tree.ExpressionStatement) -> list[Item]:
    value = node.value
    if not isinstance(value, tree.Call):
        return []
    name, title = value.callee.name, words.expression(value)
    symbol = builder.names.scope.lookup(name)
    if builder.expand and isinstance(symbol, SubroutineSymbol):
        made = opened_call(builder, symbol, title, title, [argument.value for argument in value.arguments])
        if made is not None:
            return made
    classical = [a.value for a in value.arguments if builder.names.wires(a.value) is None]
    return [_box(builder, title, name, builder.qubits(value), classical)]


def _box(
    builder: _Builder, title: str, name: str, operands: Sequence[Wires], classical: Sequence[tree.Expression]
) -> Operation:
    """A call of a subroutine: its name and classical arguments over the qubits that it gets."""
    names = builder.names
    text = words.label(name + (f"({', '.join(map(words.expression, classical))})" if classical else ""))
    lines, reads = all_lines(operands), names.classical(*classical)
    return boxed(title, text, lines, reads) if lines else whole_circuit(names, title)


def _leave(builder: _Builder, node: tree.Statement) -> list[Item]:
    """`break`, `continue`, `end`, `return`: nothing on any qubit passes it."""
    if builder.depth and isinstance(node, tree.Return):
        return []
    word = type(node).__name__.lower()
    value = getattr(node, "value", None)
    title = word if value is None else f"{word} {words.expression(value)}"
    return [whole_circuit(builder.names, title)]


def _if(builder: _Builder, node: tree.If) -> list[Item]:
    if builder.expand and (made := decided(builder, node)) is not None:
        return made
    parts, looked = [(words.header(node), node.then)], [node.condition]
    rest = node.otherwise
    while rest is not None:
        nested = rest.statements[0] if len(rest.statements) == 1 else None
        if not isinstance(nested, tree.If):
            parts.append(("else", rest))
            break
        parts.append((f"else {words.header(nested)}", nested.then))
        looked.append(nested.condition)
        rest = nested.otherwise
    return builder.block(node, parts, builder.looks(*looked))


def _switch(builder: _Builder, node: tree.Switch) -> list[Item]:
    parts = [(words.case_header(case), case.body) for case in node.cases]
    if parts:
        parts[0] = (f"{words.header(node)} {parts[0][0]}", parts[0][1])
    return builder.block(node, parts, builder.looks(node.subject))


def _loop(builder: _Builder, node: tree.For | tree.While) -> list[Item]:
    if builder.expand and isinstance(node, tree.For) and (made := written_out(builder, node)) is not None:
        return made
    looked = node.condition if isinstance(node, tree.While) else node.domain
    return builder.block(node, [(words.header(node), node.body)], builder.looks(looked))


def _timed(builder: _Builder, node: tree.Box) -> list[Item]:
    return builder.block(node, [(words.header(node), node.body)], ())


def _scope(builder: _Builder, node: tree.Scope) -> list[Item]:
    with builder.names.inner():
        return [*builder.items(node.body.statements)]


def _annotated(builder: _Builder, node: tree.Annotated) -> list[Item]:
    return [*builder.items([node.statement])]


_HANDLERS: dict[type[tree.Statement], Callable[..., list[Item]]] = {
    tree.GateCall: _gate,
    tree.GateRun: _run,
    tree.MeasureStatement: _measure,
    tree.ClassicalDeclaration: _declare,
    tree.Assignment: _assign,
    tree.Alias: _alias,
    tree.Reset: _reset,
    tree.Barrier: _barrier,
    tree.Delay: _delay,
    tree.ExpressionStatement: _expression,
    tree.If: _if,
    tree.Switch: _switch,
    tree.For: _loop,
    tree.While: _loop,
    tree.Box: _timed,
    tree.Scope: _scope,
    tree.Annotated: _annotated,
    tree.Break: _leave,
    tree.Continue: _leave,
    tree.End: _leave,
    tree.Return: _leave,
}
"""What every statement draws."""
NOTHING = frozenset(
    {
        tree.Calibration, tree.CircuitDefinition, tree.ErrorNode, tree.ExternDeclaration, tree.GateDefinition,
        tree.Import, tree.Include, tree.JobDefinition, tree.NoiseDefinition, tree.Nop, tree.ObservableDefinition,
        tree.Pragma, tree.QubitDeclaration, tree.SubroutineDefinition, tree.Version,
    }
)  # fmt: skip
"""Statements that do nothing when the circuit runs, or declare what is drawn as a line."""
