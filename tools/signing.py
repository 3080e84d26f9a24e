"""Keys of purpose `release` with which releases and build steps are attested: of a user or of a build folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qlang.trust.algorithms import PublicKey
from qlang.trust.custody import DEFAULT_TENANT, RELEASE
from qlang.trust.envelope import SigningKey
from qlang.trust.keys.life import create_key
from qlang.trust.keys.paths import KeyPaths, default_key_paths
from qlang.trust.keys.ring import KeyRing, development_ring
from qlang.trust.keys.trust import load_trust_store
from qlang.trust.times import now


def build_keys(folder: Path, algorithms: Iterable[str]) -> list[SigningKey]:
    """Keys of a build folder, made where they do not exist. Raises: TrustError."""
    return _keys(development_ring(_paths(folder)), algorithms)


def own_keys(algorithms: Iterable[str]) -> list[SigningKey]:
    """The keys of whoever runs this, made where they do not exist. Raises: TrustError."""
    return _keys(development_ring(default_key_paths()), algorithms)


def trusted_keys(folder: Path) -> tuple[PublicKey, ...]:
    """The keys of a build folder that may attest now. Raises: TrustError."""
    store, at = load_trust_store(_paths(folder).store), now()
    return tuple(key for key in store.trusted if store.fault_of(key, purpose=RELEASE, at=at) is None)


def _keys(ring: KeyRing, algorithms: Iterable[str]) -> list[SigningKey]:
    wanted = tuple(algorithms)
    for name in wanted:
        if not ring.contents().of(RELEASE, DEFAULT_TENANT, name):
            create_key(ring, name, RELEASE, DEFAULT_TENANT)
    return [ring.signer(record) for record in ring.select(RELEASE, DEFAULT_TENANT, wanted, now())]


def _paths(folder: Path) -> KeyPaths:
    return KeyPaths(folder / "keys", folder / "state")
