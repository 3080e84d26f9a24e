"""Symbolic expressions (SymPy's, which Qiskit and Cirq use) as OpenQASM 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qlang.interchange.errors import CannotRead
from qlang.interchange.spelling import angle_text, float_text

_FUNCTIONS = {
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "exp": "exp",
    "log": "log",
}
"""SymPy's function → ours."""


def symbolic_text(expression: Any, name_of: Callable[[str], str], framework: str, depth: int = 0) -> str:
    """A real expression; `name_of` gives the name of a symbol, and raises where it has none.

    Raises CannotRead for functions and numbers that have no equivalent. `expression` is SymPy's, so untyped.
    """
    if depth > 50:
        raise CannotRead(framework, "a symbolic expression nested deeper than 50 levels", "give the symbols values")
    parts = [symbolic_text(part, name_of, framework, depth + 1) for part in expression.args]
    if expression.is_Symbol:
        return name_of(expression.name)
    if expression.is_number and expression.is_real and not expression.free_symbols:
        value = float(expression)
        return f"({float_text(value)})" if value < 0 else angle_text(value)
    if expression.is_Add:
        return f"({' + '.join(parts)})"
    if expression.is_Mul:
        return f"({' * '.join(parts)})"
    if expression.is_Pow:
        return f"({parts[0]} ** {parts[1]})"
    function = _FUNCTIONS.get(type(expression).__name__)
    if function is None:
        raise CannotRead(framework, f"the symbolic expression `{str(expression)[:80]}`", "give its symbols values")
    return f"{function}({parts[0]})"
