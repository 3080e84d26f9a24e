"""Observables in Python: `ql.Z(0) * ql.Z(1)`, `ql.mean(ql.Z)`, and functions under `@ql.observable`.

They are text of the language with its arithmetic; qubits are counted through all registers of the circuit unless
a register is named (`ql.Z("q", 3)`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

from qlang.embedding.definition import NOTHING

if TYPE_CHECKING:
    from qlang.embedding.definition import Definition

Text = Callable[[Mapping[str, str]], str]


@dataclass(frozen=True)
class Observable:
    """A linear combination of Pauli products, written out once the circuit's registers are known."""

    write: Text
    """Registers of the circuit, name → size as written, to the observable's text."""
    uses: tuple[Definition, ...] = ()
    """The functions under `@ql.observable` that it calls."""

    def __add__(self, other: Observable | float) -> Observable:
        return _joined(self, "+", other)

    def __radd__(self, other: float) -> Observable:
        return _joined(other, "+", self)

    def __sub__(self, other: Observable | float) -> Observable:
        return _joined(self, "-", other)

    def __rsub__(self, other: float) -> Observable:
        return _joined(other, "-", self)

    def __mul__(self, other: Observable | float) -> Observable:
        return _joined(self, "*", other)

    def __rmul__(self, other: float) -> Observable:
        return _joined(other, "*", self)

    def __truediv__(self, other: float) -> Observable:
        return _joined(self, "/", other)

    def __neg__(self) -> Observable:
        return _joined(-1.0, "*", self)


@dataclass(frozen=True)
class Pauli:
    """One of X, Y, Z: `Z(0)` acts on the circuit's first qubit, `Z("q", 0)` on a register's."""

    letter: str

    def __call__(self, register: Any, index: int | None = None) -> Observable:
        """`register` is a number or a name; in a function under `@ql.observable` it is a qubit."""
        letter = self.letter
        if isinstance(register, str):
            where = register if index is None else f"{register}[{index}]"
            return Observable(lambda registers: f"{letter}({where})")
        number = register

        def write(registers: Mapping[str, str]) -> str:
            return f"{letter}({_only(registers, f'{letter}({number!r}, …)')}[{number}])"

        return Observable(write)


X, Y, Z, I = Pauli("X"), Pauli("Y"), Pauli("Z"), Pauli("I")  # noqa: E741  # the field's name


def _only(registers: Mapping[str, str], wanted: str) -> str:
    """The circuit's register. Raises ValueError where it has several."""
    if len(registers) != 1:
        names = ", ".join(map(repr, registers))
        raise ValueError(f"name the register for {wanted}: the circuit has {names or 'none'}")
    return next(iter(registers))


@dataclass(eq=False)
class ObservableFunction:
    """A function under `@ql.observable`, over registers and numbers."""

    definition: Definition
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        return self.definition.name

    def __call__(self, *arguments: Any, **named: Any) -> Observable:
        """Of registers by their names, `energy("q", J=0.5)`; the circuit's only register may be left out.

        Raises TypeError as a Python call does.
        """
        parameters = self.definition.parameters
        names = [parameter.name for parameter in parameters]
        if len(arguments) > len(names):
            raise TypeError(f"{self.name}() takes {len(names)} arguments but {len(arguments)} were given")
        given = dict(zip(names, arguments, strict=False))
        for name, value in named.items():
            if name not in names or name in given:
                raise TypeError(f"{self.name}() cannot take the argument {name!r}")
            given[name] = value

        def write(registers: Mapping[str, str]) -> str:
            from qlang.job_text import number

            written = []
            for parameter in parameters:
                value = given.get(parameter.name, parameter.default)
                if value is NOTHING:
                    value = _only(registers, f"`{parameter.name}` of {self.name}") if parameter.kind.quantum else value
                if value is NOTHING:
                    raise TypeError(f"{self.name}() needs a value for {parameter.name!r}")
                written.append(value if isinstance(value, str) else number(value))
            return f"{self.name}({', '.join(written)})"

        return Observable(write, (self.definition,))

    def __repr__(self) -> str:
        return f"<observable {self.definition.signature}>"


def observable(function: Callable[..., Any]) -> ObservableFunction:
    """Decorator: the function becomes an observable; its parameters without annotation are registers.

    Raises CompileError with every mistake, at the function's own lines.
    """
    from qlang.embedding.definitions import observable_definition
    from qlang.problems import shortly

    made = ObservableFunction(shortly(lambda: observable_definition(function)), function)
    update_wrapper(made, function, updated=())
    return made


def mean(pauli: Pauli, register: Any = None) -> Observable:
    """The average of a Pauli matrix over all qubits of the circuit, or of a register."""

    def write(registers: Mapping[str, str]) -> str:
        names = list(registers) if register is None else [register]
        sums = [f"(sum(int k in [0:sizeof({name})-1]) {pauli.letter}({name}[k]))" for name in names]
        count = " + ".join(f"sizeof({name})" for name in names)
        return f"({' + '.join(sums)}) / ({count})"

    return Observable(write)


def total(pauli: Pauli, register: Any = None) -> Observable:
    """The sum of a Pauli matrix over all qubits of the circuit, or of a register."""

    def write(registers: Mapping[str, str]) -> str:
        names = list(registers) if register is None else [register]
        return " + ".join(f"(sum(int k in [0:sizeof({n})-1]) {pauli.letter}({n}[k]))" for n in names)

    return Observable(write)


def _joined(left: Observable | float, symbol: str, right: Observable | float) -> Observable:
    def text(part: Observable | float, registers: Mapping[str, str]) -> str:
        return f"({part.write(registers)})" if isinstance(part, Observable) else f"({float(part)!r})"

    uses = [each for part in (left, right) if isinstance(part, Observable) for each in part.uses]
    return Observable(lambda registers: f"{text(left, registers)} {symbol} {text(right, registers)}", (*uses,))
