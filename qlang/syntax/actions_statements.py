"""Tree builders of programs and statements: control flow, gates and other operations on qubits."""

import re
from typing import Any

from qlang.syntax.context import Action, Context
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
    Continue,
    Delay,
    End,
    Expression,
    ExpressionStatement,
    For,
    GateCall,
    If,
    Include,
    Index,
    Measurement,
    MeasureStatement,
    Modifier,
    Name,
    Node,
    Nop,
    Pragma,
    Program,
    Range,
    Reset,
    Return,
    Scope,
    Statement,
    StringLiteral,
    Switch,
    Version,
    While,
)


def program(c: Context, v: list[Any]) -> Program:
    statements = v[-1] if len(v) == 1 else [v[0], *v[1]]
    return Program(0, len(c.source.text), statements, [])


def version(c: Context, v: list[Any]) -> Version:
    text = c.texts[v[1]]
    if text.split(".")[0] not in ("2", "3"):
        from qlang.syntax.errors import UnsupportedVersion

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
    for case in v[5][:-1]:
        if not case.values:
            from qlang.syntax.errors import DefaultNotLast

            c.diagnostics.append(DefaultNotLast(c.span(case.start, case.start + len("default"))))
    return Switch(c.starts[v[0]], c.ends[v[6]], v[2], v[5])


def case(c: Context, v: list[Any]) -> Case:
    return Case(c.starts[v[0]], v[2].end, v[1], v[2])


def case_default(c: Context, v: list[Any]) -> Case:
    return Case(c.starts[v[0]], v[1].end, [], v[1])


def _applied(c: Context, head: Expression) -> tuple[Name, list[Expression], Expression | None]:
    """What a gate call names: `rz`, `rz(θ)`, `rz(θ)[100ns]`, as name, parameters and duration."""
    duration = None
    if isinstance(head, Index) and len(head.items) == 1 and not isinstance(head.items[0], Range):
        duration = head.items[0]
        head = head.base
    if isinstance(head, Name):
        return head, [], duration
    if isinstance(head, Call) and all(item.name is None for item in head.arguments):
        return head.callee, [item.value for item in head.arguments], duration
    from qlang.syntax.errors import InvalidGateCall, NamedGateParameter

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


def _on_operands(kind: type[Barrier] | type[Nop]) -> Action:
    """`barrier;` or `barrier q, r;`."""

    def build(c: Context, v: list[Any]) -> Barrier | Nop:
        return kind(c.starts[v[0]], c.ends[v[-1]], v[1] if len(v) == 3 else [])

    return build


def delay(c: Context, v: list[Any]) -> Delay:
    return Delay(c.starts[v[0]], c.ends[v[-1]], v[1][1], v[2] if len(v) == 4 else [])


def box(c: Context, v: list[Any]) -> Box:
    return Box(c.starts[v[0]], v[-1].end, v[1][1] if len(v) == 3 else None, v[-1])


def pragma(c: Context, v: list[Any]) -> Pragma:
    text = c.texts[v[0]].rstrip()
    start = c.starts[v[0]]
    return Pragma(start, start + len(text), text)


_COMMENT = re.compile(r"//[^\n]*|/\*(?s:.*?)\*/")
_QUBIT = r"(?:\$[0-9]+|[^\W\d]\w*)"
_HEADERS = {
    "cal": re.compile(r"cal\s*"),
    "defcal": re.compile(
        rf"defcal\s+[^\W\d]\w*\s*(?:\((?s:.*)\)\s*)?(?<![\w$]){_QUBIT}(?:\s*,\s*{_QUBIT})*\s*,?\s*(?:->\s*\w[^{{]*)?"
    ),
}
"""What stands before the braces, which other grammars fill."""
_PARTNERS = {")": "(", "]": "["}


def calibration(c: Context, v: list[Any]) -> Calibration:
    text = c.texts[v[0]]
    kind = "defcal" if text.startswith("defcal") else "cal"
    header = _COMMENT.sub(lambda found: " " * len(found[0]), text[: text.index("{")])
    bracket = _unpaired(header)
    if bracket is not None or not _HEADERS[kind].fullmatch(header):
        from qlang.syntax.errors import InvalidCalibration

        begin, end = (0, len(text[: text.index("{")].rstrip())) if bracket is None else (bracket, bracket + 1)
        start = c.starts[v[0]]
        unpaired = "" if bracket is None else header[bracket]
        c.diagnostics.append(InvalidCalibration(c.span(start + begin, start + end), kind, unpaired))
    return Calibration(c.starts[v[0]], c.ends[v[0]], kind, text)


def _unpaired(head: str) -> int | None:
    """The place of a bracket without its partner."""
    opened: list[int] = []
    for place, character in enumerate(head):
        if character in _PARTNERS.values():
            opened.append(place)
        elif character in _PARTNERS:
            partner = _PARTNERS[character]
            if not opened or head[opened[-1]] != partner:
                return opened[-1] if partner in [head[each] for each in opened] else place
            opened.pop()
    return opened[-1] if opened else None


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
    "barrier_all": _on_operands(Barrier),
    "barrier": _on_operands(Barrier),
    "nop_all": _on_operands(Nop),
    "nop": _on_operands(Nop),
    "delay_all": delay,
    "delay": delay,
    "box": box,
    "box_timed": box,
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
