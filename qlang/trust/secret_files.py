"""Secrets at rest outside the records of signing keys: recipients' keys and private keys of TLS certificates.

AES-256-GCM under the key-encrypting key (KEK) of the user's key store, as the keys of custody `development`: a copy
of the files without the unlock secret or the passphrase is useless.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qlang.trust.canonical import Json
from qlang.trust.errors import FileRefused, KeyStoreError
from qlang.trust.files import private_directory
from qlang.trust.keys.encryption import decrypted, encrypted
from qlang.trust.keys.passphrase import PassphraseSource
from qlang.trust.keys.paths import KeyPaths, default_key_paths, private_files
from qlang.trust.keys.unlocking import Kek, ensure_kek, open_kek
from qlang.trust.keys.wrapping import Cost

_DOMAIN = b"qlang secret file|"
"""Before all associated data: no secret file can be taken for a signing key's, or the other way round."""


@dataclass(slots=True)
class SecretStore:
    """Wraps and unwraps secrets; a passphrase is asked for once."""

    paths: KeyPaths = field(default_factory=default_key_paths)
    passphrase: PassphraseSource | None = None
    _kek: Kek | None = field(default=None, repr=False)

    def wrap(self, secret: bytes, associated: bytes) -> dict[str, Json]:
        """What may lie on disk of `secret`; opens only with the same `associated` data and KEK.

        A KEK is made where the store has no key yet. Raises: KeyStoreError, CustodyError.
        """
        self._kek = self._kek or self._writable_kek()
        return {"kek_id": self._kek.kek_id, **encrypted(self._kek.value, secret, _DOMAIN + associated)}

    def unwrap(self, wrapped: Mapping[str, Json], associated: bytes) -> bytes:
        """The inverse. Raises: KeyStoreError for a changed file or another KEK, CustodyError for a wrong passphrase."""
        self._kek = self._kek or open_kek(self.paths, self.passphrase)
        if wrapped.get("kek_id") != self._kek.kek_id:
            raise KeyStoreError(self.paths.kek, "is not the key under which this secret was encrypted")
        try:
            return decrypted(self._kek.value, wrapped, _DOMAIN + associated)
        except ValueError as error:
            raise KeyStoreError(self.paths.kek, "does not open this secret: its file was changed") from error

    def _writable_kek(self) -> Kek:
        try:
            private_directory(self.paths.store)
            private_directory(self.paths.state)
        except FileRefused as error:
            raise KeyStoreError(error.path, error.reason) from error
        if not self.paths.kek.exists() and private_files(self.paths.store):
            return open_kek(self.paths, self.passphrase)  # lost: says so, and makes no other
        return ensure_kek(self.paths, self.passphrase, Cost())
