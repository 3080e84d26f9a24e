"""Key exchange groups by crypto mode, and one spelling for their names. Pure data.

Hybrid groups: draft-ietf-tls-ecdhe-mlkem. They stay closed as long as either half does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from qlang.trust.errors import TlsRefused

_POST_QUANTUM = ("X25519MLKEM768", "SecP256r1MLKEM768")
_CLASSICAL = ("X25519",)

GROUPS_OF_MODE: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {"classical": (_CLASSICAL,), "hybrid": (_POST_QUANTUM, _CLASSICAL), "pqc_required": (_POST_QUANTUM,)}
)
"""Crypto mode → groups in tiers, the preferred one first in each.

A server asks a client again (HelloRetryRequest) rather than take a group of a later tier: who can do post-quantum key
exchange does it, whatever the client guessed first. `hybrid` falls back to a classical group for old peers.
"""

POST_QUANTUM_GROUPS = frozenset(
    {"X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM512", "MLKEM768", "MLKEM1024"}
)

_OTHERS = ("X448", "secp256r1", "secp384r1", "secp521r1")
_SPELLING = {name.lower(): name for name in (*POST_QUANTUM_GROUPS, *_CLASSICAL, *_OTHERS)}


def groups_of(crypto_mode: str) -> tuple[str, ...]:
    """All groups of a crypto mode. Raises: TlsRefused for one that TLS does not have."""
    return tuple(group for tier in _tiers_of(crypto_mode) for group in tier)


def group_list(crypto_mode: str) -> str:
    """The groups as OpenSSL 3.5 and newer spell tiers. Raises: TlsRefused as above."""
    return "/".join(":".join(tier) for tier in _tiers_of(crypto_mode))


def _tiers_of(crypto_mode: str) -> tuple[tuple[str, ...], ...]:
    tiers = GROUPS_OF_MODE.get(crypto_mode)
    if tiers is None:
        why = "keys of a QKD network are for sealing" if crypto_mode == "qkd" else "it is unknown"
        raise TlsRefused(f"TLS has no crypto mode {crypto_mode!a:.60}: {why}")
    return tiers


def group_name(name: str) -> str:
    """The registered spelling: libraries differ in case."""
    return _SPELLING.get(name.lower(), name)
