"""Pauli products over wires as text: `X0*Z3`, and `I` for the identity."""

from collections.abc import Iterable

IDENTITY_GROUP = -1
"""Stands for the measurement setting of the identity, which is never measured."""


def product_text(factors: Iterable[tuple[int, str]]) -> str:
    """The text of a product, given as wires with their Paulis."""
    return "*".join(f"{pauli}{wire}" for wire, pauli in sorted(factors)) or "I"


def product_factors(text: str) -> dict[int, str]:
    """Wire → Pauli of a product; empty for `I`. Raises ValueError for any other text."""
    factors: dict[int, str] = {}
    for part in text.split("*") if text != "I" else ():
        pauli, wire = part[:1], part[1:]
        if pauli not in ("X", "Y", "Z") or not wire.isdecimal() or int(wire) in factors:
            raise ValueError(f"`{text}` is not a Pauli product")
        factors[int(wire)] = pauli
    return factors
