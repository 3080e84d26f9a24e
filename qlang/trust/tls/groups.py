"""Key exchange groups by crypto mode, and one spelling for their names. Pure data.

Hybrid groups: draft-ietf-tls-ecdhe-mlkem. They stay closed as long as either half does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from qlang.trust.errors import TlsRefused

GROUPS_OF_MODE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "classical": ("X25519",),
        "hybrid": ("X25519MLKEM768", "X25519"),
        "pqc_required": ("X25519MLKEM768", "SecP256r1MLKEM768"),
    }
)
"""Crypto mode → groups, the preferred one first. `hybrid` falls back to a classical group for old peers."""

POST_QUANTUM_GROUPS = frozenset(
    {"X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM512", "MLKEM768", "MLKEM1024"}
)

_OTHERS = ("X448", "secp256r1", "secp384r1", "secp521r1")
_SPELLING = {
    name.lower(): name
    for name in (*POST_QUANTUM_GROUPS, *(group for groups in GROUPS_OF_MODE.values() for group in groups), *_OTHERS)
}


def groups_of(crypto_mode: str) -> tuple[str, ...]:
    """The groups of a crypto mode. Raises: TlsRefused for one that TLS does not have."""
    groups = GROUPS_OF_MODE.get(crypto_mode)
    if groups is None:
        why = "keys of a QKD network are for sealing" if crypto_mode == "qkd" else "it is unknown"
        raise TlsRefused(f"TLS has no crypto mode {crypto_mode!a:.60}: {why}")
    return groups


def group_name(name: str) -> str:
    """The registered spelling: libraries differ in case."""
    return _SPELLING.get(name.lower(), name)
