"""Correct texts give trees."""

from qlang.syntax import tree
from qlang.syntax.parser import parse
from qlang.syntax.source import Source


def parsed(text: str) -> tree.Program:
    result = parse(Source("test.qjob", text))
    assert not result.diagnostics
    return result.program


def test_a_gate_call_keeps_its_parts() -> None:
    (gate,) = parsed("ctrl(2) @ inv @ rz(pi / 2) q[0], q[1], r;").statements
    assert isinstance(gate, tree.GateCall)
    assert [modifier.kind for modifier in gate.modifiers] == ["ctrl", "inv"]
    assert gate.name.name == "rz"
    assert isinstance(gate.parameters[0], tree.BinaryOp)
    assert [type(operand) for operand in gate.operands] == [tree.Index, tree.Index, tree.Name]
