"""Keys with which releases and build steps are attested."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.algorithms import PublicKey
from qlang.trust.attestation import AttestationKey
from qlang.trust.keys.development import (
    DevelopmentSigner,
    KeyPaths,
    default_key_paths,
    development_signer,
    load_public_keys,
)


@dataclass(frozen=True, slots=True)
class StoreKey:
    """A key of a store, as an attestation wants it."""

    public: PublicKey
    signer: DevelopmentSigner

    def sign(self, message: bytes) -> bytes:
        """Raises: KeyStoreError."""
        by_key = {signature.key_id: signature.value for signature in self.signer.sign(message)}
        return by_key[self.public.key_id]


def attestation_keys(folder: Path, algorithms: Iterable[str]) -> list[AttestationKey]:
    """Keys of a build folder, made where they do not exist. Raises: KeyStoreError."""
    signer = development_signer(_paths(folder), algorithms)
    return [StoreKey(key, signer) for key in signer.public_keys]


def trusted_keys(folder: Path) -> tuple[PublicKey, ...]:
    """The public keys of a build folder. Raises: KeyStoreError."""
    return load_public_keys(_paths(folder).store)


def _paths(folder: Path) -> KeyPaths:
    return KeyPaths(folder / "keys", folder / "state")


def release_keys(folder: Path | None, algorithms: Iterable[str]) -> list[AttestationKey]:
    """The keys of whoever releases, or those of a folder. Raises: KeyStoreError."""
    if folder is not None:
        return attestation_keys(folder, algorithms)
    signer = development_signer(default_key_paths(), algorithms)
    return [StoreKey(key, signer) for key in signer.public_keys]
