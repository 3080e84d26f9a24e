"""Crypto modes of a job and the signatures each one demands. Pure data, no heavy import."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

ED25519 = "ed25519"
ECDSA_P256 = "ecdsa-p256"
RSA_PSS_3072 = "rsa-pss-3072"
ML_DSA_44 = "ml-dsa-44"
ML_DSA_65 = "ml-dsa-65"
ML_DSA_87 = "ml-dsa-87"
SLH_DSA_128S = "slh-dsa-sha2-128s"
SLH_DSA_128F = "slh-dsa-sha2-128f"

CLASSICAL = frozenset({ED25519, ECDSA_P256, RSA_PSS_3072})
"""Algorithms that a quantum computer would break."""

POST_QUANTUM = frozenset({ML_DSA_44, ML_DSA_65, ML_DSA_87, SLH_DSA_128S, SLH_DSA_128F})
"""Algorithms that stand against a quantum computer (FIPS 204, FIPS 205)."""

_KINDS = {CLASSICAL: "a classical algorithm", POST_QUANTUM: "a post-quantum algorithm"}


@dataclass(frozen=True, slots=True)
class CryptoMode:
    """One value of the job statement `crypto`."""

    name: str
    demands: tuple[frozenset[str], ...]
    """One valid signature by a member of each set must be present."""
    default: tuple[str, ...]
    """What signs where the policy does not choose: one of each set, in order."""
    summary: str
    needs_kme: bool = False
    """Demands quantum-distributed keys from a key management entity (ETSI GS QKD 014)."""


MODES: Mapping[str, CryptoMode] = MappingProxyType(
    {
        mode.name: mode
        for mode in (
            CryptoMode("classical", (CLASSICAL,), (ED25519,), "a classical signature"),
            CryptoMode(
                "hybrid",
                (CLASSICAL, POST_QUANTUM),
                (ED25519, ML_DSA_65),
                "a classical and a post-quantum signature, both required",
            ),
            CryptoMode("pqc_required", (POST_QUANTUM,), (ML_DSA_65,), "a post-quantum signature"),
            CryptoMode(
                "qkd",
                (CLASSICAL, POST_QUANTUM),
                (ED25519, ML_DSA_65),
                "hybrid signatures, keys from a QKD network",
                needs_kme=True,
            ),
        )
    }
)


def unmet_demands(mode: CryptoMode, algorithms: Collection[str]) -> tuple[str, ...]:
    """The demands of a mode that signatures by `algorithms` leave open, in words."""
    return tuple(_KINDS[demand] for demand in mode.demands if demand.isdisjoint(algorithms))


NO_KME = "no key management entity (KME) is configured"
"""Why there are no quantum-distributed keys where nobody has looked for any."""


def unservable_reason(mode: str, available_algorithms: Collection[str], kme_fault: str | None = NO_KME) -> str | None:
    """Why `mode` cannot be served with these algorithms, or None if it can.

    `available_algorithms` is what the signer offers, see `algorithms.available_algorithms`; `kme_fault` why no
    quantum-distributed keys can be had, or None if a configured KME has just said that they can.
    """
    known = MODES.get(mode)
    if known is None:
        return f"unknown crypto mode `{mode}`; known are {', '.join(MODES)}"
    missing = missing_for(known, available_algorithms, kme_fault)
    return f"crypto mode `{mode}` needs {' and '.join(missing)}" if missing else None


def missing_for(
    mode: CryptoMode, available_algorithms: Collection[str], kme_fault: str | None = NO_KME
) -> tuple[str, ...]:
    """What a mode needs and does not have, in words; empty where it can be served. See `unservable_reason`."""
    unmet = unmet_demands(mode, available_algorithms)
    missing = tuple(f"a key for {demand}, which is not available" for demand in unmet)
    if mode.needs_kme and kme_fault is not None:
        return (f"quantum-distributed keys (QKD_UNAVAILABLE: {kme_fault})", *missing)
    return missing


def pqc_suite(algorithms: Collection[str]) -> str | None:
    """The post-quantum algorithms among `algorithms`, joined by `+`; None if there are none."""
    return "+".join(sorted(POST_QUANTUM.intersection(algorithms))) or None
