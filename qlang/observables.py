"""Observables in Python: `ql.Z(0) * ql.Z(1)`, `ql.mean(ql.Z)`, `0.5 * ql.X(2) - 1`.

They are text of the language with its arithmetic; qubits are counted through all registers of the circuit unless
a register is named (`ql.Z("q", 3)`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Text = Callable[[Mapping[str, str]], str]


@dataclass(frozen=True)
class Observable:
    """A linear combination of Pauli products, written out once the circuit's registers are known."""

    write: Text
    """Registers of the circuit, name → size in the language, to the observable's text."""

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

    def __call__(self, register: str | int, index: int | None = None) -> Observable:
        letter = self.letter
        if isinstance(register, str):
            where = register if index is None else f"{register}[{index}]"
            return Observable(lambda registers: f"{letter}({where})")
        number = register

        def write(registers: Mapping[str, str]) -> str:
            if len(registers) != 1:
                raise ValueError(f"name the register, as in {letter}('q', {number}): the circuit has several")
            return f"{letter}({next(iter(registers))}[{number}])"

        return Observable(write)


X, Y, Z = Pauli("X"), Pauli("Y"), Pauli("Z")


def mean(pauli: Pauli) -> Observable:
    """The average of a Pauli matrix over all qubits of the circuit."""

    def write(registers: Mapping[str, str]) -> str:
        sums = [f"(sum(int k in [0:sizeof({name})-1]) {pauli.letter}({name}[k]))" for name in registers]
        count = " + ".join(f"sizeof({name})" for name in registers)
        return f"({' + '.join(sums)}) / ({count})"

    return Observable(write)


def total(pauli: Pauli) -> Observable:
    """The sum of a Pauli matrix over all qubits of the circuit."""

    def write(registers: Mapping[str, str]) -> str:
        return " + ".join(f"(sum(int k in [0:sizeof({n})-1]) {pauli.letter}({n}[k]))" for n in registers)

    return Observable(write)


def _joined(left: Observable | float, symbol: str, right: Observable | float) -> Observable:
    def text(part: Observable | float, registers: Mapping[str, str]) -> str:
        return f"({part.write(registers)})" if isinstance(part, Observable) else f"({float(part)!r})"

    return Observable(lambda registers: f"{text(left, registers)} {symbol} {text(right, registers)}")
