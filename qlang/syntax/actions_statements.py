"""Tree builders of statements, declarations and definitions."""

from typing import Any

from qlang.syntax.context import Action, Context
from qlang.syntax.errors import InvalidGateCall, NamedGateParameter, UnsupportedVersion
from qlang.syntax.tree import (
    Alias,
    Annotated,
    Assignment,
    Barrier,
    Block,
    Box,
    Break,
    Calibration,
    Call,
    Case,
    CircuitDefinition,
    ClassicalDeclaration,
    Continue,
    Delay,
    End,
    Expression,
    ExpressionStatement,
    ExternDeclaration,
    For,
    GateCall,
    GateDefinition,
    If,
    Import,
    Include,
    Index,
    Measurement,
    MeasureStatement,
    Modifier,
    Name,
    Node,
    Nop,
    ObservableDefinition,
    Parameter,
    Pragma,
    Program,
    QubitDeclaration,
    Range,
    Reset,
    Return,
    Scope,
    Statement,
    StringLiteral,
    SubroutineDefinition,
    Switch,
    Type,
    Version,
    While,
)


def program(c: Context, v: list[Any]) -> Program:
    statements = v[-1] if len(v) == 1 else [v[0], *v[1]]
    return Program(0, len(c.source.text), statements, [])


def version(c: Context, v: list[Any]) -> Version:
    text = c.texts[v[1]]
    if text.split(".")[0] not in ("2", "3"):
        c.diagnostics.append(UnsupportedVersion(c.span(c.starts[v[1]], c.ends[v[1]]), text))
    return Version(c.starts[v[0]], c.ends[v[2]], text)


def as_block(statement: Statement) -> Block:
    """The body of a loop or branch, braces or not."""
    if type(statement) is Scope:
        return statement.body
    return Block(statement.start, statement.end, [statement])


def block(c: Context, v: list[Any]) -> Block:
    return Block(c.starts[v[0]], c.ends[v[2]], v[1])


def scope(_c: Context, v: list[Any]) -> Scope:
    return Scope(v[0].start, v[0].end, v[0])


def annotated(c: Context, v: list[Any]) -> Annotated:
    token, inner = v
    text, start = c.texts[token], c.starts[token]
    if isinstance(inner, Annotated):
        return Annotated(start, inner.end, [text, *inner.annotations], inner.statement)
    return Annotated(start, inner.end, [text], inner)


def if_only(c: Context, v: list[Any]) -> If:
    return If(c.starts[v[0]], v[4].end, v[2], as_block(v[4]), None)


def if_else(c: Context, v: list[Any]) -> If:
    return If(c.starts[v[0]], v[6].end, v[2], as_block(v[4]), as_block(v[6]))


def while_loop(c: Context, v: list[Any]) -> While:
    return While(c.starts[v[0]], v[4].end, v[2], as_block(v[4]))


def for_loop(c: Context, v: list[Any]) -> For:
    return For(c.starts[v[0]], v[5].end, v[1], c.name(v[2]), v[4], as_block(v[5]))


def for_each_block(c: Context, v: list[Any]) -> For:
    return For(c.starts[v[0]], v[5].end, v[1], c.name(v[2]), v[4], v[5])


def switch(c: Context, v: list[Any]) -> Switch:
    return Switch(c.starts[v[0]], c.ends[v[6]], v[2], v[5])


def case(c: Context, v: list[Any]) -> Case:
    return Case(c.starts[v[0]], v[2].end, v[1], v[2])


def case_default(c: Context, v: list[Any]) -> Case:
    return Case(c.starts[v[0]], v[1].end, [], v[1])


# Gates and other quantum statements


def _applied(c: Context, head: Expression) -> tuple[Name, list[Expression], Expression | None]:
    """What a gate call names: `rz`, `rz(θ)`, `rz(θ)[100ns]`, as name, parameters and duration."""
    duration = None
    if isinstance(head, Index) and len(head.items) == 1 and not isinstance(head.items[0], Range):
        duration = head.items[0]
        head = head.base
    if isinstance(head, Name):
        return head, [], duration
    if isinstance(head, Call):
        for item in head.arguments:
            if item.name is not None:
                c.diagnostics.append(NamedGateParameter(c.span(item.start, item.end), head.callee.name))
        return head.callee, [item.value for item in head.arguments], duration
    c.diagnostics.append(InvalidGateCall(c.span(head.start, head.end)))
    return Name(head.start, head.end, ""), [], duration


def _gate_call(
    c: Context, modifiers: list[Modifier], head: Expression, operands: list[Expression], semicolon: int
) -> GateCall:
    name, parameters, duration = _applied(c, head)
    start = modifiers[0].start if modifiers else head.start
    return GateCall(start, c.ends[semicolon], modifiers, name, parameters, operands, duration)


def gate_call(c: Context, v: list[Any]) -> GateCall:
    return _gate_call(c, [], v[0], v[1], v[2])


def gate_call_modified(c: Context, v: list[Any]) -> GateCall:
    return _gate_call(c, v[0], v[1], v[2], v[3])


def gphase(c: Context, v: list[Any]) -> GateCall:
    return _gate_call(c, [], v[0], [], v[1])


def gphase_modified(c: Context, v: list[Any]) -> GateCall:
    return _gate_call(c, v[0], v[1], [], v[2])


def modifier(c: Context, v: list[Any]) -> Modifier:
    return Modifier(c.starts[v[0]], c.ends[v[0]], c.texts[v[0]], None)


def modifier_argument(c: Context, v: list[Any]) -> Modifier:
    return Modifier(c.starts[v[0]], c.ends[v[3]], c.texts[v[0]], v[2])


def measure(c: Context, v: list[Any]) -> MeasureStatement:
    return MeasureStatement(c.starts[v[0]], c.ends[v[2]], v[1], None)


def measure_arrow(c: Context, v: list[Any]) -> MeasureStatement:
    return MeasureStatement(c.starts[v[0]], c.ends[v[4]], v[1], v[3])


def quantum_call_arrow(c: Context, v: list[Any]) -> Assignment:
    """`f q -> c;`, the older way to write `c = f(q);`."""
    from qlang.syntax.actions_expressions import quantum_call

    return Assignment(v[0].start, c.ends[v[4]], v[3], "=", quantum_call(c, v[:2]))


def assignment(c: Context, v: list[Any]) -> Assignment | MeasureStatement:
    target, operator, value, semicolon = v
    if isinstance(value, Measurement) and c.texts[operator] == "=":
        return MeasureStatement(target.start, c.ends[semicolon], value.qubits, target)
    return Assignment(target.start, c.ends[semicolon], target, c.texts[operator], value)


def reset(c: Context, v: list[Any]) -> Reset:
    return Reset(c.starts[v[0]], c.ends[v[2]], v[1])


def barrier(c: Context, v: list[Any]) -> Barrier:
    return Barrier(c.starts[v[0]], c.ends[v[-1]], v[1] if len(v) == 3 else [])


def nop(c: Context, v: list[Any]) -> Nop:
    return Nop(c.starts[v[0]], c.ends[v[-1]], v[1] if len(v) == 3 else [])


def delay(c: Context, v: list[Any]) -> Delay:
    return Delay(c.starts[v[0]], c.ends[v[-1]], v[1][1], v[2] if len(v) == 4 else [])


def box(c: Context, v: list[Any]) -> Box:
    return Box(c.starts[v[0]], v[-1].end, v[1][1] if len(v) == 3 else None, v[-1])


# Declarations and definitions


def declaration(c: Context, v: list[Any]) -> ClassicalDeclaration:
    return ClassicalDeclaration(v[0].start, c.ends[v[2]], v[0], c.name(v[1]), None, None, False)


def declaration_initialized(c: Context, v: list[Any]) -> ClassicalDeclaration:
    return ClassicalDeclaration(v[0].start, c.ends[v[4]], v[0], c.name(v[1]), v[3], None, False)


def declaration_const(c: Context, v: list[Any]) -> ClassicalDeclaration:
    return ClassicalDeclaration(c.starts[v[0]], c.ends[v[5]], v[1], c.name(v[2]), v[4], "const", False)


def declaration_io(c: Context, v: list[Any]) -> ClassicalDeclaration:
    return ClassicalDeclaration(c.starts[v[0]], c.ends[v[3]], v[1], c.name(v[2]), None, c.texts[v[0]], False)


def qubit_declaration(c: Context, v: list[Any]) -> QubitDeclaration:
    return QubitDeclaration(v[0].start, c.ends[v[2]], c.name(v[1]), v[0].size, False)


def qreg(c: Context, v: list[Any]) -> QubitDeclaration:
    size = v[2][1] if len(v) == 4 else None
    return QubitDeclaration(c.starts[v[0]], c.ends[v[-1]], c.name(v[1]), size, True)


def creg(c: Context, v: list[Any]) -> ClassicalDeclaration:
    start, end = c.starts[v[0]], c.ends[v[-1]]
    kind = _register(c, "bit", v[:-1])
    return ClassicalDeclaration(start, end, kind, c.name(v[1]), None, None, True)


def _register(c: Context, name: str, v: list[Any]) -> Type:
    """The type that `creg c[n]` or `qreg q[n]` gives; its span reaches over the name to the size."""
    if len(v) == 3:
        return Type(c.starts[v[0]], c.ends[v[2][2]], name, v[2][1])
    return Type(c.starts[v[0]], c.ends[v[0]], name)


def parameter(c: Context, v: list[Any]) -> Parameter:
    return Parameter(v[0].start, c.ends[v[1]], v[0], c.name(v[1]), None)


def parameter_default(_c: Context, v: list[Any]) -> Parameter:
    return Parameter(v[0].start, v[2].end, v[0].type, v[0].name, v[2])


def parameter_register(c: Context, v: list[Any]) -> Parameter:
    kind = _register(c, "bit" if c.texts[v[0]] == "creg" else "qubit", v)
    end = c.ends[v[2][2]] if len(v) == 3 else c.ends[v[1]]
    return Parameter(kind.start, end, kind, c.name(v[1]), None)


def gate(c: Context, v: list[Any]) -> GateDefinition:
    parameters = v[3] if len(v) > 4 else []
    return GateDefinition(c.starts[v[0]], v[-1].end, c.name(v[1]), parameters, v[-2], v[-1])


def opaque(c: Context, v: list[Any]) -> GateDefinition:
    parameters = v[3] if len(v) > 4 else []
    return GateDefinition(c.starts[v[0]], c.ends[v[-1]], c.name(v[1]), parameters, v[-2], None)


def subroutine(c: Context, v: list[Any]) -> SubroutineDefinition:
    result = v[6] if len(v) == 8 else None
    return SubroutineDefinition(c.starts[v[0]], v[-1].end, c.name(v[1]), v[3], result, v[-1])


def extern(c: Context, v: list[Any]) -> ExternDeclaration:
    result = v[6] if len(v) == 8 else None
    return ExternDeclaration(c.starts[v[0]], c.ends[v[-1]], c.name(v[1]), v[3], result)


def circuit(c: Context, v: list[Any]) -> CircuitDefinition:
    return CircuitDefinition(c.starts[v[0]], v[5].end, c.name(v[1]), v[3], v[5])


def observable(c: Context, v: list[Any]) -> ObservableDefinition:
    parameters = v[3] if len(v) == 8 else []
    return ObservableDefinition(c.starts[v[0]], c.ends[v[-1]], c.name(v[1]), parameters, v[-2])


def import_module(c: Context, v: list[Any]) -> Import:
    alias = c.name(v[3]) if len(v) == 5 else None
    return Import(c.starts[v[0]], c.ends[v[-1]], c.texts[v[1]], None, alias)


def import_file(c: Context, v: list[Any]) -> Import:
    path: StringLiteral = v[1]
    alias = c.name(v[3]) if len(v) == 5 else None
    return Import(c.starts[v[0]], c.ends[v[-1]], None, path, alias)


# The rest


def pragma(c: Context, v: list[Any]) -> Pragma:
    text = c.texts[v[0]].rstrip()
    start = c.starts[v[0]]
    return Pragma(start, start + len(text), text)


def calibration(c: Context, v: list[Any]) -> Calibration:
    text = c.texts[v[0]]
    kind = "defcal" if text.startswith("defcal") else "cal"
    return Calibration(c.starts[v[0]], c.ends[v[0]], kind, text)


def calibration_grammar(c: Context, v: list[Any]) -> Calibration:
    name: StringLiteral = v[1]
    text = f"defcalgrammar {c.source.text[name.start : name.end]};"
    return Calibration(c.starts[v[0]], c.ends[v[2]], "defcalgrammar", text)


def include(c: Context, v: list[Any]) -> Include:
    return Include(c.starts[v[0]], c.ends[v[2]], v[1])


def alias(c: Context, v: list[Any]) -> Alias:
    return Alias(c.starts[v[0]], c.ends[v[4]], c.name(v[1]), v[3])


def expression_statement(c: Context, v: list[Any]) -> ExpressionStatement:
    return ExpressionStatement(v[0].start, c.ends[v[1]], v[0])


def return_(c: Context, v: list[Any]) -> Return:
    return Return(c.starts[v[0]], c.ends[v[-1]], v[1] if len(v) == 3 else None)


def _plain(kind: type[Node]) -> Action:
    def build(c: Context, v: list[Any]) -> Node:
        return kind(c.starts[v[0]], c.ends[v[-1]])

    return build


ACTIONS: dict[str, Action] = {
    "program": program,
    "program_versioned": program,
    "version": version,
    "block": block,
    "scope": scope,
    "annotated": annotated,
    "if_only": if_only,
    "if_else": if_else,
    "while_loop": while_loop,
    "for_loop": for_loop,
    "for_each_block": for_each_block,
    "switch": switch,
    "case": case,
    "case_default": case_default,
    "gate_call": gate_call,
    "gate_call_modified": gate_call_modified,
    "gphase": gphase,
    "gphase_on": gate_call,
    "gphase_modified": gphase_modified,
    "gphase_modified_on": gate_call_modified,
    "modifier": modifier,
    "modifier_argument": modifier_argument,
    "measure": measure,
    "measure_arrow": measure_arrow,
    "quantum_call_arrow": quantum_call_arrow,
    "assignment": assignment,
    "reset": reset,
    "barrier_all": barrier,
    "barrier": barrier,
    "nop_all": nop,
    "nop": nop,
    "delay_all": delay,
    "delay": delay,
    "box": box,
    "box_timed": box,
    "declaration": declaration,
    "declaration_initialized": declaration_initialized,
    "declaration_const": declaration_const,
    "declaration_io": declaration_io,
    "qubit_declaration": qubit_declaration,
    "qreg": qreg,
    "qreg_sized": qreg,
    "creg": creg,
    "creg_sized": creg,
    "parameter": parameter,
    "parameter_default": parameter_default,
    "parameter_register": parameter_register,
    "parameter_register_sized": parameter_register,
    "gate": gate,
    "gate_parametrized": gate,
    "opaque": opaque,
    "opaque_parametrized": opaque,
    "subroutine": subroutine,
    "subroutine_typed": subroutine,
    "extern": extern,
    "extern_typed": extern,
    "circuit": circuit,
    "observable": observable,
    "observable_constant": observable,
    "import_module": import_module,
    "import_module_as": import_module,
    "import_file": import_file,
    "import_file_as": import_file,
    "pragma": pragma,
    "calibration": calibration,
    "calibration_grammar": calibration_grammar,
    "include": include,
    "alias": alias,
    "expression_statement": expression_statement,
    "return_nothing": return_,
    "return_value": return_,
    "break_": _plain(Break),
    "continue_": _plain(Continue),
    "end": _plain(End),
}
