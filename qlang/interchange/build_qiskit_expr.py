"""Classical registers, variables and expressions in a Qiskit circuit that is being built.

Integers are `Uint(64)`, whose wrap-around is that of two's complement; what would tell a negative number from a large
one (`<`, division, right shift) is written for numbers that cannot be negative, and refused for others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from qlang.interchange.conditions import equality
from qlang.interchange.errors import CannotWrite
from qlang.interchange.expressions import NotKnown, value_of
from qlang.interchange.program import Call, Const, Element, Expr, Slice, Statement, Var
from qlang.ir.spans import place_of

TARGET = "Qiskit"
_OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "+.": "add",
    "-.": "sub",
    "*.": "mul",
    "/.": "div",
    "&": "bit_and",
    "|": "bit_or",
    "^": "bit_xor",
    "<<": "shift_left",
    "&&": "logic_and",
    "||": "logic_or",
    "xor": "bit_xor",
    "==": "equal",
    "!=": "not_equal",
    "!": "logic_not",
    "neg": "negate",
    "<u": "less",
    "<=u": "less_equal",
    ">u": "greater",
    ">=u": "greater_equal",
    ">>u": "shift_right",
    "/u": "div",
}
"""Operator → function of `qiskit.circuit.classical.expr`."""
_UNSIGNED = {"<": "<u", "<=": "<=u", ">": ">u", ">=": ">=u", ">>": ">>u", "/": "/u"}
"""Operators that agree with their unsigned form on numbers that are not negative."""


@dataclass(slots=True)
class Classical:
    """The classical side of a circuit: registers and variables by our names."""

    circuit: Any
    registers: dict[str, Any]
    variables: dict[str, Any] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)
    """Numbers that are known where the circuit is being built, and parameters."""
    open_blocks: int = 0
    declared: int = 0

    def add_register(self, name: str, size: int) -> Any:
        """A register for a variable that the program declares; it is known in the whole circuit."""
        if name not in self.registers:
            module = import_module("qiskit.circuit")
            taken = {register.name for register in (*self.circuit.cregs, *self.circuit.qregs)}
            free = name
            while free in taken:
                free += "_"
            self.registers[name] = module.ClassicalRegister(size, free)
            self.circuit.add_register(self.registers[name])
        return self.registers[name]

    @contextmanager
    def block(self) -> Iterator[None]:
        """Variables that a block declares end with it."""
        before, self.open_blocks = dict(self.variables), self.open_blocks + 1
        try:
            yield
        finally:
            self.variables, self.open_blocks = before, self.open_blocks - 1

    def declare(self, variable: Var, value: Expr | None, statement: Statement) -> None:
        """A new number or truth value of the block that is open."""
        first = Const(False if variable.kind == "bool" else 0, variable.kind) if value is None else value
        self.declared += 1
        names = {variable.name for variable in self.circuit.iter_vars()}
        name = f"{variable.name}_{self.declared}" if variable.name in names else variable.name
        self.variables[variable.name] = self.circuit.add_var(name, self.expression(first, statement))

    def store(self, target: Var | Element | Slice, value: Expr, statement: Statement) -> None:
        """An assignment."""
        expr, types = self._modules()
        match target:
            case Var(name=name, kind="bits", size=size):
                read = self.expression(value, statement)
                self.circuit.store(self.registers[name], self._as(read, types.Uint(size), expr))
            case Var(name=name):
                self.circuit.store(self.variables[name], self.expression(value, statement))
            case Element() if (bit := self._bit(target)) is not None:
                read = self.expression(value, statement)
                self.circuit.store(bit, self._as(read, types.Bool(), expr))
            case Slice(register=Var(name=name), first=Const(value=first), size=size):
                parts = value
                for k in range(size):
                    bit = Element(parts, Const(k, "int"))
                    read = self.expression(bit, statement)
                    self.circuit.store(self.registers[name][int(first) + k], read)
            case _:
                raise self.refuse(statement, "an assignment to a bit chosen while the circuit runs")

    def condition(self, expression: Expr, statement: Statement) -> Any:
        """A condition as Qiskit takes it: register and value where that says it; True or False where it is known."""
        try:
            return bool(value_of(expression, self._numbers()))
        except NotKnown:
            pass
        except (ArithmeticError, ValueError):
            raise self.refuse(statement, "a condition without a value") from None
        sizes = {name: len(register) for name, register in self.registers.items()}
        simple = equality(expression, True, sizes)
        if simple is not None:
            name, value = simple
            return False if value < 0 else (self.registers[name], value)
        if isinstance(expression, Element):
            bit = self._bit(expression)
            if bit is not None:
                return bit, True
        return self.expression(expression, statement)

    def expression(self, expression: Expr, statement: Statement) -> Any:
        """A classical expression of Qiskit's. Raises CannotWrite for operators that it lacks."""
        expr, types = self._modules()
        match expression:
            case Const(value=value, kind="int"):
                return expr.lift(int(value) % (1 << 64), types.Uint(64))
            case Const(value=value, kind="bits", size=size):
                return expr.lift(int(value), types.Uint(size))
            case Const(value=value, kind=kind):
                return expr.lift(bool(value) if kind == "bool" else float(value))
            case Var(name=name) if name in self.registers:
                return expr.lift(self.registers[name])
            case Var(name=name, kind=kind) if isinstance(self.known.get(name), (int, float)):
                return self.expression(Const(self.known[name], kind), statement)
            case Var(name=name) if name in self.variables:
                return self.variables[name]
            case Element():
                return self._element(expression, statement)
            case Slice(register=Var(name=name), first=Const(value=first), size=size):
                moved = expr.shift_right(self.registers[name], int(first))
                return expr.cast(moved, types.Uint(size))
            case Call():
                return self._call(expression, statement)
            case _:
                raise self.refuse(statement, "a parameter in a classical expression", "give the parameter a value")

    def _numbers(self) -> dict[str, Any]:
        return {name: value for name, value in self.known.items() if isinstance(value, (int, float))}

    def _bit(self, element: Element) -> Any:
        """The `Clbit` of an element, or `None` where its index is not known."""
        if not isinstance(element.register, Var) or element.register.name not in self.registers:
            return None
        try:
            index = int(value_of(element.index, self._numbers()))
        except NotKnown:
            return None
        register = self.registers[element.register.name]
        return register[index] if 0 <= index < len(register) else None

    def _element(self, element: Element, statement: Statement) -> Any:
        expr, _ = self._modules()
        bit = self._bit(element)
        if bit is not None:
            return expr.lift(bit)
        if isinstance(element.register, Var) and element.register.name in self.registers:
            return expr.index(self.registers[element.register.name], self.expression(element.index, statement))
        return expr.index(self.expression(element.register, statement), self.expression(element.index, statement))

    def _call(self, call: Call, statement: Statement) -> Any:
        expr, types = self._modules()
        operator, operands = call.operator, call.operands
        if operator in ("unsigned", "int", "bits") and operands[0].kind != "float":
            size = call.size if operator == "bits" else 64
            return self._as(self.expression(operands[0], statement), types.Uint(size), expr)
        if operator == "float" and operands[0].kind == "int" and _never_negative(operands[0]):
            return expr.cast(self.expression(operands[0], statement), types.Float())
        if operator in _UNSIGNED:
            numbers = [operand for operand in operands if operand.kind == "int"]
            if not all(map(_never_negative, numbers)):
                raise self.refuse(statement, f"`{operator}` of signed numbers")
            operator = _UNSIGNED[operator]
        function = _OPERATORS.get(operator)
        if function is None:
            raise self.refuse(statement, f"`{operator}` while the circuit runs")
        return getattr(expr, function)(*(self.expression(operand, statement) for operand in operands))

    def _as(self, read: Any, kind: Any, expr: Any) -> Any:
        return read if getattr(read, "type", None) == kind else expr.cast(read, kind)

    def _modules(self) -> tuple[Any, Any]:
        return import_module("qiskit.circuit.classical.expr"), import_module("qiskit.circuit.classical.types")

    def refuse(self, statement: Statement, construct: str, instead: str = "") -> CannotWrite:
        place = place_of(statement.origin) if statement.origin is not None else None
        return CannotWrite(TARGET, construct, instead, place=place)


def _never_negative(expression: Expr) -> bool:
    match expression:
        case Const(value=value):
            return value >= 0
        case Call(operator="unsigned" | "int", operands=(inner,)):
            return inner.kind in ("bits", "bool") and getattr(inner, "size", 1) < 64
        case Call(operator="&" | "+" | "|" | "%", operands=operands):
            return all(map(_never_negative, operands))
        case _:
            return False
