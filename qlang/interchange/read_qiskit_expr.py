"""Classical variables and expressions of Qiskit as OpenQASM 3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qlang.interchange.errors import CannotRead
from qlang.interchange.spelling import float_text
from qlang.interchange.text import TextWriter

FRAMEWORK = "Qiskit"
Foreign = Any
"""An object of Qiskit's: it is not imported here, so untyped."""
_BINARY = {
    "BIT_AND": "&",
    "BIT_OR": "|",
    "BIT_XOR": "^",
    "LOGIC_AND": "&&",
    "LOGIC_OR": "||",
    "EQUAL": "==",
    "NOT_EQUAL": "!=",
    "LESS": "<",
    "LESS_EQUAL": "<=",
    "GREATER": ">",
    "GREATER_EQUAL": ">=",
    "SHIFT_LEFT": "<<",
    "SHIFT_RIGHT": ">>",
    "ADD": "+",
    "SUB": "-",
    "MUL": "*",
    "DIV": "/",
}
_UNARY = {"BIT_NOT": "~", "LOGIC_NOT": "!", "NEGATE": "-"}


@dataclass(slots=True)
class Classical:
    """Variables of a circuit by our names, and the texts of its expressions."""

    writer: TextWriter
    value: Callable[[Foreign, str], str]
    variables: dict[Any, str] = field(default_factory=dict)

    def declare_variables(self, circuit: Foreign) -> None:
        """Declare the variables of a circuit or block; those of outer ones are known already."""
        for variable in circuit.iter_input_vars():
            self.variables[variable] = name = self.writer.names.give(variable.name, "v")
            self.writer.declarations.append(f"input {type_text(variable.type)} {name};")
        for variable in circuit.iter_declared_vars():
            self.variables[variable] = name = self.writer.names.give(variable.name, "v")
            if self.writer.depth:
                self.writer.line(f"{type_text(variable.type)} {name};")
            else:
                self.writer.declarations.append(f"{type_text(variable.type)} {name};")
        if any(True for _ in circuit.iter_declared_stretches()):
            raise CannotRead(FRAMEWORK, "a `stretch`", "give the delays numbers")

    def condition(self, condition: Foreign, bit_of: dict[Any, str]) -> str:
        """A condition: a clbit or register with its value, or an expression."""
        if isinstance(condition, tuple):
            target, value = condition
            if hasattr(target, "size"):
                return f"{self.register(target, bit_of)} == {int(value)}"
            return bit_of[target] if value else f"!{bit_of[target]}"
        return self.text(condition, bit_of)

    def register(self, register: Foreign, bit_of: dict[Any, str]) -> str:
        """The name of the whole register that a classical register stands for here."""
        texts = [bit_of.get(bit, "") for bit in register]
        name = texts[0].partition("[")[0] if texts else ""
        declared = {f"bit[{len(texts)}] {name};"} & {line.partition("  //")[0] for line in self.writer.declarations}
        if texts != [f"{name}[{k}]" for k in range(len(texts))] or not declared:
            raise CannotRead(
                FRAMEWORK,
                f"the register `{register.name}`, whose bits belong to others too",
                "use one of those registers",
            )
        return name

    def text(self, node: Foreign, bit_of: dict[Any, str], depth: int = 0) -> str:
        """An expression; operators in brackets. Raises CannotRead for what has no equivalent."""
        if depth > 50:
            raise CannotRead(FRAMEWORK, "a classical expression nested deeper than 50 levels")

        def inner(part: Foreign) -> str:
            return self.text(part, bit_of, depth + 1)

        match type(node).__name__:
            case "Var":
                return self._variable(node, bit_of)
            case "Value":
                return _constant(node)
            case "Cast":
                return f"{type_text(node.type)}({inner(node.operand)})"
            case "Unary":
                return f"{_UNARY[node.op.name]}({inner(node.operand)})"
            case "Binary" if node.op.name in _BINARY:
                return f"({inner(node.left)} {_BINARY[node.op.name]} {inner(node.right)})"
            case "Index":
                return f"{inner(node.target)}[{inner(node.index)}]"
            case other:
                raise CannotRead(FRAMEWORK, f"the classical expression `{other}`")

    def _variable(self, node: Foreign, bit_of: dict[Any, str]) -> str:
        if node in self.variables:
            return self.variables[node]
        if node.var in bit_of:
            return bit_of[node.var]
        if hasattr(node.var, "size"):
            return self.register(node.var, bit_of)
        raise CannotRead(FRAMEWORK, f"the variable `{getattr(node, 'name', '?')}`")


def _constant(node: Foreign) -> str:
    match type(node.type).__name__:
        case "Bool":
            return "true" if node.value else "false"
        case "Float":
            return float_text(float(node.value))
        case "Uint":
            return str(int(node.value))
        case other:
            raise CannotRead(FRAMEWORK, f"a constant of type `{other}`")


def type_text(kind: Foreign) -> str:
    """A classical type."""
    match type(kind).__name__:
        case "Bool":
            return "bool"
        case "Float":
            return "float[64]"
        case "Uint" if kind.width <= 64:
            return f"uint[{kind.width}]"
        case _:
            raise CannotRead(FRAMEWORK, f"the classical type `{kind}`", "integers have up to 64 bits here")
