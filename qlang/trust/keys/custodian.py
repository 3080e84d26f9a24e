"""Custody `development`: secrets in files, encrypted under the store's KEK.

A copy of the store without its unlock secret or passphrase is useless. With an unlock secret, whoever can read the
user's files can sign; with a passphrase, whoever also knows that. A secret is in this process's memory while it
signs, and Python cannot promise to erase it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from qlang.trust.algorithms import PublicKey, SoftwareKey, available_algorithms, generate_secret, software_key
from qlang.trust.custody import DEVELOPMENT, NOT_CLAIMED, KeyRecord, KeySpec, ProbeAttempt, ProbeReport
from qlang.trust.errors import AlgorithmUnavailable, CustodyError, KeyFormatError
from qlang.trust.keys.encryption import decrypted, encrypted
from qlang.trust.keys.passphrase import PassphraseSource
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.store import KeyStore
from qlang.trust.keys.unlocking import Kek, ensure_kek, open_kek, read_wrapped
from qlang.trust.keys.wrapping import ARGON2ID, Cost
from qlang.trust.providers.table import DEFAULT as DEFAULT_PROVIDERS
from qlang.trust.times import now

_SCHEME = "aes-256-gcm"
_ASKED = "by a passphrase"


@dataclass(slots=True)
class DevelopmentCustodian:
    """Keys in files of one store. Methods raise CustodyError, and KeyStoreError for a file that cannot be used."""

    paths: KeyPaths
    passphrase: PassphraseSource | None = None
    """Protects a store that is made now; opens one that is protected so."""
    cost: Cost = field(default_factory=Cost)
    providers: tuple[str, ...] = DEFAULT_PROVIDERS
    """Who computes."""
    _kek: tuple[object, Kek] | None = field(default=None, repr=False)
    """The KEK, and the state of the files that opened it or `_ASKED`."""

    @property
    def custody(self) -> str:
        return DEVELOPMENT

    def algorithms(self) -> tuple[str, ...]:
        return available_algorithms(providers=self.providers)

    def create(self, spec: KeySpec) -> KeyRecord:
        """Make a key. The caller holds the store, see `KeyStore.changing`.

        Raises also: AlgorithmUnavailable, KeyFormatError for an unknown algorithm.
        """
        return self.adopt(spec, generate_secret(spec.algorithm, providers=self.providers), now())

    def adopt(self, spec: KeySpec, secret: bytes, created_at: str) -> KeyRecord:
        """Take a secret from elsewhere, such as a backup, into custody. Raises as `create`."""
        public = software_key(spec.algorithm, secret, providers=self.providers).public
        record = KeyRecord(public, spec, DEVELOPMENT, created_at, {}, ProbeReport(NOT_CLAIMED))
        return replace(record, protection=_sealed(record, secret, self._kek_for_writing()))

    def settle(self, records: Collection[KeyRecord]) -> tuple[str, ...]:
        """A key is nowhere before it has its key file."""
        return ()

    def ready(self, record: KeyRecord) -> None:
        """See that the secret opens; a passphrase that was asked for is not asked for again."""
        self._private(record)

    def sign(self, record: KeyRecord, message: bytes) -> bytes:
        """One signature. The secret is decrypted for it, and then let go."""
        return self._private(record).sign(message)

    def probe(self, record: KeyRecord) -> ProbeReport:
        """Such keys claim nothing. Says what the user's files alone yield, without asking for a passphrase."""
        if self.needs_passphrase():
            attempt = ProbeAttempt("decrypt with the user's files", False, "the files alone do not: a passphrase does")
        else:
            self._private(record)
            attempt = ProbeAttempt("decrypt with the user's files", True, "the key file and the unlock secret suffice")
        return ProbeReport(NOT_CLAIMED, (attempt,))

    def secret(self, record: KeyRecord) -> bytes:
        """The secret itself, for a backup that is encrypted at once."""
        kek, protection = self._kek_for_reading(), record.protection
        if record.custody != DEVELOPMENT or protection.get("scheme") != _SCHEME:
            raise CustodyError(record.custody, f"{record.public.key_id} is not a key in a file")
        if protection.get("kek_id") != kek.kek_id:
            raise CustodyError(DEVELOPMENT, f"{record.public.key_id} is encrypted under another key of another store")
        try:
            return decrypted(kek.value, protection, associated_data(record.public, record.spec))
        except ValueError as error:
            raise CustodyError(
                DEVELOPMENT, f"{record.public.key_id} cannot be decrypted: its key file was changed"
            ) from error

    def unlock(self) -> None:
        """Ask for the passphrase now, if there is one, instead of when a ledger or a store is held."""
        if self.paths.kek.exists() and self.needs_passphrase():
            self._kek_for_reading()

    def needs_passphrase(self) -> bool:
        """Whether the store is protected by a passphrase."""
        return read_wrapped(self.paths).method == ARGON2ID

    def _private(self, record: KeyRecord) -> SoftwareKey:
        try:
            private = software_key(record.spec.algorithm, self.secret(record), providers=self.providers)
        except (AlgorithmUnavailable, KeyFormatError) as error:
            raise CustodyError(DEVELOPMENT, f"{record.public.key_id}: {error}") from error
        if private.public != record.public:
            raise CustodyError(DEVELOPMENT, f"the private key does not belong to the public key {record.public.key_id}")
        return private

    def _kek_for_writing(self) -> Kek:
        """Made for the first development key of a store; one that is lost later is not replaced."""
        kept = KeyStore(self.paths).records() if not self.paths.kek.exists() else ()
        if not self.paths.kek.exists() and not any(record.custody == DEVELOPMENT for record in kept):
            return self._remember(ensure_kek(self.paths, self.passphrase, self.cost), self._files())
        if self.passphrase is not None and not self.needs_passphrase():
            reason = "no passphrase protects this key store, and a new key would not have one; `qlangc keys protect`"
            raise CustodyError(DEVELOPMENT, reason)
        return self._kek_for_reading()

    def _kek_for_reading(self) -> Kek:
        """Opened anew when a file that opens it has changed; a passphrase is asked for once."""
        state = self._files()
        if self._kek is not None and self._kek[0] in (_ASKED, state):
            return self._kek[1]
        return self._remember(open_kek(self.paths, self.passphrase), state)

    def _remember(self, kek: Kek, state: object) -> Kek:
        self._kek = (_ASKED if self.needs_passphrase() else state, kek)
        return kek

    def _files(self) -> object:
        """Something that differs after every change of what opens the KEK, its owner and mode too."""
        return tuple(_file_state(path) for path in (self.paths.kek, self.paths.unlock))


def _file_state(path: Path) -> object:
    try:
        info = path.lstat()
    except OSError as error:
        return error.errno
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_mode, info.st_uid


def associated_data(key: PublicKey, spec: KeySpec) -> bytes:
    """What the encryption of a secret is bound to."""
    return f"{key.key_id}|{spec.algorithm}|{spec.purpose}|{spec.tenant}|{spec.generation}".encode()


def _sealed(record: KeyRecord, secret: bytes, kek: Kek) -> dict[str, str]:
    associated = associated_data(record.public, record.spec)
    return {"scheme": _SCHEME, "kek_id": kek.kek_id, **encrypted(kek.value, secret, associated)}
