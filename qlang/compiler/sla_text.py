"""Terms of an SLA in the words of tables, before and after a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qlang.compiler.tables import duration, quantity
from qlang.ir.bounds import bound_name

VERDICT_STYLES: Mapping[str, str] = {"met": "good", "missed": "bad", "unknown": "warning"}
"""Words of `qlang.compiler.render.theme` for each verdict."""


def term_name(term: Mapping[str, Any]) -> str:
    """`fidelity`, `stderr(energy)`."""
    return bound_name(term["metric"], term.get("argument"))


def term_amount(term: Mapping[str, Any], value: float | None) -> str:
    """A value of the term's metric, with its unit."""
    return duration(value) if term["metric"] == "latency" else quantity(value, term["unit"])
