"""Crypto modes of a job and the signatures each one demands. Pure data, no heavy import."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

ED25519 = "ed25519"
ML_DSA_65 = "ml-dsa-65"

POST_QUANTUM = frozenset({ML_DSA_65})
"""Algorithms that stand against a quantum computer (FIPS 204)."""


@dataclass(frozen=True, slots=True)
class CryptoMode:
    """One value of the job statement `crypto`."""

    name: str
    required: tuple[str, ...]
    """Every one of these signatures must be present and valid."""
    summary: str
    needs_kme: bool = False
    """Demands quantum-distributed keys from a key management entity (ETSI GS QKD 014)."""


MODES: Mapping[str, CryptoMode] = MappingProxyType(
    {
        mode.name: mode
        for mode in (
            CryptoMode("classical", (ED25519,), "Ed25519 signature"),
            CryptoMode("hybrid", (ED25519, ML_DSA_65), "Ed25519 and ML-DSA-65 signatures, both required"),
            CryptoMode("pqc_required", (ML_DSA_65,), "ML-DSA-65 signature"),
            CryptoMode("qkd", (ED25519, ML_DSA_65), "hybrid signatures, keys from a QKD network", needs_kme=True),
        )
    }
)


def unservable_reason(mode: str, available_algorithms: Collection[str]) -> str | None:
    """Why `mode` cannot be served with these algorithms, or None if it can.

    `available_algorithms` is what the signer offers, see `algorithms.available_algorithms`.
    """
    known = MODES.get(mode)
    if known is None:
        return f"unknown crypto mode `{mode}`; known are {', '.join(MODES)}"
    missing = missing_for(known, available_algorithms)
    return f"crypto mode `{mode}` needs {' and '.join(missing)}" if missing else None


def missing_for(mode: CryptoMode, available_algorithms: Collection[str]) -> tuple[str, ...]:
    """What a mode needs and does not have, in words; empty where it can be served."""
    if mode.needs_kme:
        return ("a configured key management entity (KME), which this version has not",)
    absent = (name for name in mode.required if name not in available_algorithms)
    return tuple(f"a key for {name}, which is not available" for name in absent)


def pqc_suite(algorithms: Collection[str]) -> str | None:
    """The post-quantum algorithms among `algorithms`, joined by `+`; None if there are none."""
    return "+".join(sorted(POST_QUANTUM.intersection(algorithms))) or None
