"""Which provider signs and verifies with each algorithm here, and why the others do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qlang.trust.errors import AlgorithmUnavailable
from qlang.trust.providers.base import SIGN, VERIFY
from qlang.trust.providers.table import DEFAULT, PROVIDERS, provider_for
from qlang.trust.spki import ALGORITHMS

NOT_NAMED = "not named in `providers`"


@dataclass(frozen=True, slots=True)
class ProviderFinding:
    """An answer: `fault` makes something fail, `warning` deserves a look."""

    name: str
    state: Literal["ok", "warning", "fault"]
    detail: str


def provider_findings(names: Sequence[str] = DEFAULT) -> tuple[ProviderFinding, ...]:
    """One answer for each algorithm. Looks at what is installed and loads nothing."""
    return tuple(_of(algorithm, names) for algorithm in ALGORITHMS)


def _of(algorithm: str, names: Sequence[str]) -> ProviderFinding:
    parts, missing = [], False
    for operation in (SIGN, VERIFY):
        chosen = _chosen(algorithm, operation, names)
        missing = missing or _is_missing(algorithm, operation, names, chosen)
        reasons: dict[str, list[str]] = {}
        for name in PROVIDERS:
            if name != chosen:
                reasons.setdefault(_why_not(name, algorithm, operation, names, chosen), []).append(name)
        why = "; ".join(f"{', '.join(others)}: {reason}" for reason, others in reasons.items())
        parts.append(f"{operation}: {chosen or 'nobody'} (not {why})")
    return ProviderFinding(f"algorithm {algorithm}", "warning" if missing else "ok", ", ".join(parts))


def _chosen(algorithm: str, operation: str, names: Sequence[str]) -> str | None:
    try:
        return provider_for(algorithm, operation, names).name
    except AlgorithmUnavailable:
        return None


def _is_missing(algorithm: str, operation: str, names: Sequence[str], chosen: str | None) -> bool:
    """Whether somebody was named for it who is not there; an extra that nobody asked for is left out in peace."""
    asked_for = tuple(names) != DEFAULT
    return asked_for and chosen is None and any(PROVIDERS[name].knows(algorithm, operation) for name in names)


def _why_not(name: str, algorithm: str, operation: str, names: Sequence[str], chosen: str | None) -> str:
    provider = PROVIDERS[name]
    if not provider.knows(algorithm, operation):
        return "cannot"
    if name not in names:
        return NOT_NAMED
    return provider.offers(algorithm, operation) or (
        "comes later" if chosen else "never takes the place of one that is named before it"
    )
