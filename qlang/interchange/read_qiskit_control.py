"""Control flow of Qiskit as OpenQASM 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qlang.interchange.errors import CannotRead

if TYPE_CHECKING:
    from qlang.interchange.read_qiskit import Reader

FRAMEWORK = "Qiskit"
Foreign = Any
"""An object of Qiskit's: it is not imported here, so untyped."""
BitTexts = dict[Any, str]


def _inside(reader: Reader, block: Foreign, qubits: list[str], bits: list[str]) -> None:
    reader.classical.declare_variables(block)
    reader.phase(block.global_phase)
    reader.block(block, qubits, bits)


def _if_else(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: BitTexts
) -> None:
    then, otherwise = (*operation.blocks, None)[:2]
    with reader.writer.body(f"if ({reader.classical.condition(operation.condition, bit_of)})"):
        _inside(reader, then, qubits, bits)
    if otherwise is not None:
        reader.writer.otherwise()
        with reader.writer.body("} else"):
            _inside(reader, otherwise, qubits, bits)


def _while(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: BitTexts
) -> None:
    with reader.writer.body(f"while ({reader.classical.condition(operation.condition, bit_of)})"):
        _inside(reader, operation.blocks[0], qubits, bits)


def _for(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: BitTexts
) -> None:
    turns, parameter, block = operation.params
    values = turns if isinstance(turns, range) else tuple(turns)
    if not len(values):
        return
    if isinstance(values, range):
        step = "" if values.step == 1 else f"{values.step}:"
        domain = f"[{values[0]}:{step}{values[-1]}]"
    elif all(isinstance(value, int) for value in values):
        domain = f"{{{', '.join(map(str, values))}}}"
    else:
        raise CannotRead(FRAMEWORK, "a loop over an expression", "loop over a range")
    name = reader.writer.names.give(parameter.name if parameter is not None else "i", "i")
    before = dict(reader.parameters)
    if parameter is not None:
        reader.parameters[parameter.name] = name
    with reader.writer.body(f"for int {name} in {domain}"):
        _inside(reader, block, qubits, bits)
    reader.parameters = before


def _switch(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: BitTexts
) -> None:
    target = operation.target
    if hasattr(target, "type"):
        subject = reader.classical.text(target, bit_of)
    elif hasattr(target, "size"):
        subject = reader.classical.register(target, bit_of)
    else:
        subject = bit_of[target]
    with reader.writer.body(f"switch (int({subject}))"):
        for labels, block in operation.cases_specifier():
            known = [label for label in labels if type(label).__name__ != "_DefaultCaseType"]
            head = f"case {', '.join(str(int(label)) for label in known)}" if known else "default"
            if known and len(known) < len(labels):
                raise CannotRead(FRAMEWORK, "a case with a number and the default together", "write two cases")
            with reader.writer.body(head):
                _inside(reader, block, qubits, bits)


def _box(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: BitTexts
) -> None:
    if operation.duration is not None or getattr(operation, "annotations", None):
        raise CannotRead(FRAMEWORK, "a `box` with a duration or annotations", "leave them out")
    with reader.writer.body("box"):
        _inside(reader, operation.blocks[0], qubits, bits)


def _break(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: BitTexts
) -> None:
    reader.writer.line("break;")


def _continue(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: BitTexts
) -> None:
    reader.writer.line("continue;")


def _store(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: BitTexts
) -> None:
    target = reader.classical.text(operation.lvalue, bit_of)
    reader.writer.line(f"{target} = {reader.classical.text(operation.rvalue, bit_of)};")


CONTROL_FLOW: dict[str, Any] = {
    "if_else": _if_else,
    "while_loop": _while,
    "for_loop": _for,
    "switch_case": _switch,
    "box": _box,
    "break_loop": _break,
    "continue_loop": _continue,
    "store": _store,
}
"""Instruction → its writer."""
