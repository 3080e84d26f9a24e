"""A Qiskit circuit that is being built: its gates, and the numbers and parameters that are known on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from math import pi
from typing import Any

from qlang.interchange import operators
from qlang.interchange.build_qiskit_expr import Classical
from qlang.interchange.errors import CannotWrite
from qlang.interchange.expressions import NotKnown, value_of
from qlang.interchange.program import (
    Assign,
    Call,
    Const,
    Element,
    Expr,
    Program,
    Statement,
    Table,
    Var,
    Wire,
    WireAt,
)
from qlang.interchange.wires import everything
from qlang.ir.spans import place_of

TARGET = "Qiskit"
CLASSES = {
    "id": "IGate",
    "x": "XGate",
    "y": "YGate",
    "z": "ZGate",
    "h": "HGate",
    "s": "SGate",
    "sdg": "SdgGate",
    "t": "TGate",
    "tdg": "TdgGate",
    "sx": "SXGate",
    "sxdg": "SXdgGate",
    "rx": "RXGate",
    "ry": "RYGate",
    "rz": "RZGate",
    "p": "PhaseGate",
    "u": "UGate",
    "U": "UGate",
    "cx": "CXGate",
    "cy": "CYGate",
    "cz": "CZGate",
    "ch": "CHGate",
    "cp": "CPhaseGate",
    "crx": "CRXGate",
    "cry": "CRYGate",
    "crz": "CRZGate",
    "swap": "SwapGate",
    "iswap": "iSwapGate",
    "rxx": "RXXGate",
    "ryy": "RYYGate",
    "rzz": "RZZGate",
    "rzx": "RZXGate",
    "ecr": "ECRGate",
    "ccx": "CCXGate",
    "ccz": "CCZGate",
    "cswap": "CSwapGate",
    "gphase": "GlobalPhaseGate",
    "iswapdg": "XXPlusYYGate",
}
"""Primitive → class in `qiskit.circuit.library`; `iswapdg` is XX+YY by π."""

Number = Any
"""A float, or an expression of Qiskit's parameters: foreign, so untyped."""
Writer = Callable[["Builder", Any, bool], None]
"""Appends a statement of one kind; whether it stands in a block of control flow."""


@dataclass(slots=True)
class Builder:
    """A circuit that is being built, and what is known on the way."""

    circuit: Any
    library: Any
    parameter: Any
    """Qiskit's class `Parameter`."""
    classical: Classical
    size: int
    writers: Mapping[type[Statement], Writer]
    """How each kind of statement is written."""
    known: dict[str, Number] = field(default_factory=dict)
    """Numbers and parameters by variable; what changes while the circuit runs is not among them."""
    changing: frozenset[str] = frozenset()
    """Variables that are assigned after their declaration."""
    unread: Any = None
    steps: int = 0
    gates: dict[tuple[str, tuple[float, ...]], Any] = field(default_factory=dict)

    @classmethod
    def of(cls, program: Program, writers: Mapping[type[Statement], Writer]) -> Builder:
        module = import_module("qiskit.circuit")
        quantum = [module.QuantumRegister(size, name) for name, (_, size) in program.registers.items() if size]
        bits = {name: module.ClassicalRegister(size, name) for name, size in program.bits.items() if size}
        circuit = module.QuantumCircuit(*quantum, *bits.values(), name=program.name)
        library = import_module("qiskit.circuit.library")
        found = cls(circuit, library, module.Parameter, Classical(circuit, bits), program.size, writers)
        found.known.update((parameter.name, module.Parameter(parameter.name)) for parameter in program.parameters)
        found.classical.known = found.known
        assigned = [each.target for each in everything(program.body) if isinstance(each, Assign)]
        found.changing = frozenset(target.name for target in assigned if isinstance(target, Var))
        return found

    def refuse(self, statement: Statement, construct: str, instead: str = "") -> CannotWrite:
        place = place_of(statement.origin) if statement.origin is not None else None
        return CannotWrite(TARGET, construct, instead, place=place)

    def number(self, expression: Expr, statement: Statement, what: str) -> Number:
        """A number or an expression of parameters. Raises CannotWrite for what measurements decide."""
        match expression:
            case Const(value=value):
                return value
            case Var(name=name) if name in self.known:
                return self.known[name]
            case Table(values=values):
                return values
            case Element(register=Var(kind="array")) | WireAt():
                return self.chosen(expression, statement, what)
            case Call(operator=operator, operands=operands) if operator in operators.TABLE:
                return _computed(operator, [self.number(operand, statement, what) for operand in operands])
            case _:
                raise self.refuse(statement, f"{what} that is computed while the circuit runs")

    def chosen(self, expression: Element | WireAt, statement: Statement, what: str) -> Number:
        """An element of an array, or a wire of a register, at an index that must be a number."""
        index = self.number(expression.index, statement, "an index")
        if not isinstance(index, int):
            raise self.refuse(statement, f"{what} chosen by a parameter", "give the parameter a value")
        try:
            return value_of(replace(expression, index=Const(index, "int")), self.known)
        except NotKnown:
            raise self.refuse(statement, f"{what} that is computed while the circuit runs") from None
        except ValueError:
            raise self.refuse(statement, "an index outside of its register") from None

    def wire(self, wire: Wire, statement: Statement) -> int:
        if isinstance(wire, int):
            return wire
        number = self.number(wire, statement, "a qubit's index")
        if not isinstance(number, int):
            raise self.refuse(statement, "a qubit chosen by a parameter", "give the parameter a value")
        if not 0 <= number < self.size:
            raise self.refuse(statement, "an index outside of its register")
        return number

    def qubits(self, wires: Iterable[Wire], statement: Statement) -> list[Any]:
        return [self.circuit.qubits[self.wire(wire, statement)] for wire in wires]

    def block(self, statements: Iterable[Statement], *, nested: bool) -> None:
        for statement in statements:
            self.writers[type(statement)](self, statement, nested)

    def gate(self, name: str, angles: tuple[Number, ...]) -> Any:
        key = (name, angles)
        if name == "iswapdg":
            angles = (pi,)
        known = self.gates.get(key)
        if known is None:
            known = self.gates[key] = getattr(self.library, CLASSES[name])(*angles)
        return known

    def restore(self, known: Mapping[str, Number]) -> None:
        """Know again what was known before."""
        self.known.clear()
        self.known.update(known)

    def forget(self, statements: Iterable[Statement]) -> None:
        """What a loop or branch may assign is not known any more."""
        for statement in everything(statements):
            if isinstance(statement, Assign) and isinstance(statement.target, Var):
                self.known.pop(statement.target.name, None)


def _computed(operator: str, values: list[Number]) -> Number:
    if all(isinstance(value, (int, float)) for value in values):
        return operators.compute(operator, values)
    if operator in ("float", "floatu"):
        return values[0]
    method = _METHODS.get(operator)
    if method is not None:
        return getattr(values[0], method)()
    if operator in _PARAMETRIC:
        return operators.compute(_PARAMETRIC[operator], values)
    raise CannotWrite(TARGET, f"`{operator}` of a parameter")


_METHODS = {name: name for name in ("sin", "cos", "tan", "arcsin", "arccos", "arctan", "exp", "log")}
_PARAMETRIC = {"+": "+.", "-": "-.", "*": "*.", **{name: name for name in ("+.", "-.", "*.", "/.", "**.", "neg")}}
