"""What a value is in Python's eyes, where the language's types are finer or other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qlang.syntax import tree


@dataclass(frozen=True, slots=True)
class Kind:
    """`int`, `float`, `bool`, `bit`, `bits`, `qubit`, `qubits`, `array`, `list`, `observable` or `unknown`."""

    name: str
    element: str = ""
    """Of arrays: `int`, `float` or `bool`."""
    rank: int = 0
    """Of arrays: the number of dimensions."""

    def __str__(self) -> str:
        return f"array of {self.element}" if self.element else WORDS.get(self.name, self.name)

    @property
    def quantum(self) -> bool:
        return self.name in ("qubit", "qubits")

    @property
    def whole(self) -> bool:
        """Whether Python computes with it as with an integer."""
        return self.name in ("int", "bool", "bit", "bits")

    @property
    def logical(self) -> bool:
        """Whether it is true or false, and `and`, `or` of two such values are too."""
        return self.name in ("bool", "bit")

    @property
    def number(self) -> bool:
        return self.whole or self.name == "float"


WORDS = {"bits": "register of bits", "qubits": "register of qubits", "bit": "bit", "qubit": "qubit", "list": "list"}

INT, FLOAT, BOOL, BIT, BITS = Kind("int"), Kind("float"), Kind("bool"), Kind("bit"), Kind("bits")
QUBIT, QUBITS, LIST = Kind("qubit"), Kind("qubits"), Kind("list")
OBSERVABLE, UNKNOWN = Kind("observable"), Kind("unknown")


@dataclass(frozen=True, slots=True)
class Value:
    """An expression of the language with its kind, and its value where Python knows it already."""

    node: tree.Expression
    kind: Kind
    constant: Any = None
    """A number, or a list of captured data; `None` where only a run knows."""

    @property
    def whole(self) -> int | None:
        """The value as an integer, where it is known and one."""
        value = self.constant
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def named(kind: Kind, start: int, end: int, size: tree.Expression | None = None) -> tree.Type:
    """The type of the language for variables of a kind."""
    name = "bit" if kind.name == "bits" else kind.name
    return tree.Type(start, end, name, size)


def cast(kind: Kind, value: Value) -> tree.Expression:
    """The expression, converted where its kind is another."""
    if value.kind == kind:
        return value.node
    node = value.node
    return tree.Cast(node.start, node.end, tree.Type(node.start, node.end, kind.name), node)


def as_int(value: Value) -> tree.Expression:
    """A value as the integer that Python computes with."""
    return cast(INT, value)


def as_bool(value: Value) -> tree.Expression:
    """A value's truth: whether a number is not zero."""
    return cast(BOOL, value)
