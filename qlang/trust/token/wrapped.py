"""Custody `token-wrapped`: secrets encrypted by a key that does not leave a PKCS#11 token.

The secret is in this process's memory while it signs. Whoever has the PIN and the record has the secret; whoever has
the disk alone has nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qlang.trust.algorithms import SoftwareKey, available_algorithms, generate_secret, software_key
from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.custody import TOKEN_WRAPPED, KeyRecord, KeySpec, ProbeReport
from qlang.trust.errors import CustodyError, TrustError
from qlang.trust.providers.table import DEFAULT as DEFAULT_PROVIDERS
from qlang.trust.spki import PublicKey
from qlang.trust.times import now
from qlang.trust.token.native import check_record
from qlang.trust.token.session import Token, serial_text

if TYPE_CHECKING:
    from pkcs11.types import Session

_NONCE_BYTES = 12
_MOST_CIPHERTEXT = 1 << 14
_GENERATION_MECHANISMS = ("AES_KEY_GEN", "AES_GCM")


@dataclass(frozen=True, slots=True)
class TokenWrappedCustodian:
    """Makes, uses and probes keys whose secrets one token wraps. Methods raise CustodyError."""

    token: Token
    providers: tuple[str, ...] = DEFAULT_PROVIDERS
    """Who computes."""

    @property
    def custody(self) -> str:
        return TOKEN_WRAPPED

    def algorithms(self) -> tuple[str, ...]:
        """All that this installation signs with, if the token can wrap; needs no login."""
        present = self.token.present()
        from pkcs11.mechanisms import Mechanism

        needed = {Mechanism[name] for name in _GENERATION_MECHANISMS}
        return available_algorithms(providers=self.providers) if needed <= present.slot.get_mechanisms() else ()

    def create(self, spec: KeySpec) -> KeyRecord:
        """Make a secret, wrap it, see that it opens again, and probe the key that wraps it."""
        if spec.algorithm not in self.algorithms():
            reason = f"{spec.algorithm} keys cannot be made with token {self.token.config.label!r}"
            raise CustodyError(TOKEN_WRAPPED, reason)
        with self.token.session(TOKEN_WRAPPED, f"wrap a key of {spec.algorithm}") as session:
            kek = self._kek(session, create=True)
            secret = generate_secret(spec.algorithm, providers=self.providers)
            public = software_key(spec.algorithm, secret, providers=self.providers).public
            nonce = secrets.token_bytes(_NONCE_BYTES)
            data = associated_data(public, spec)
            ciphertext = _encrypt(kek, nonce, data, secret)
            if not secrets.compare_digest(_decrypt(kek, nonce, data, ciphertext, public.key_id), secret):
                raise CustodyError(TOKEN_WRAPPED, "the token does not give back what it wrapped")
            report = _probe(session, kek)
            protection = {
                "token_label": self.token.config.label,
                "token_serial": serial_text(session.token),
                "kek_label": self.token.config.kek_label,
                "nonce": to_base64(nonce),
                "ciphertext": to_base64(ciphertext),
            }
        return KeyRecord(public, spec, TOKEN_WRAPPED, now(), protection, report)

    def settle(self, records: Collection[KeyRecord]) -> tuple[str, ...]:
        """A creation leaves nothing in the token but the key that wraps, which the next one uses."""
        return ()

    def unlock(self) -> None:
        """Log in."""
        with self.token.session(TOKEN_WRAPPED, "log in"):
            return

    def ready(self, record: KeyRecord) -> None:
        """Log in, and see that the secret unwraps."""
        self._unwrapped(record)

    def sign(self, record: KeyRecord, message: bytes) -> bytes:
        """Unwrap the secret in the token, sign in this process, and let go of it."""
        return self._unwrapped(record).sign(message)

    def _unwrapped(self, record: KeyRecord) -> SoftwareKey:
        nonce, ciphertext = _bytes_of(record, "nonce"), _bytes_of(record, "ciphertext")
        if len(nonce) != _NONCE_BYTES or not len(ciphertext) <= _MOST_CIPHERTEXT:
            raise CustodyError(TOKEN_WRAPPED, f"the record of {record.public.key_id} is damaged")
        name = record.public.key_id
        with self.token.session(TOKEN_WRAPPED, f"sign with {name}") as session:
            check_record(record, TOKEN_WRAPPED, serial_text(session.token))
            data = associated_data(record.public, record.spec)
            secret = _decrypt(self._kek(session), nonce, data, ciphertext, name)
        try:
            key = software_key(record.public.algorithm, secret, providers=self.providers)
        except TrustError as error:
            raise CustodyError(TOKEN_WRAPPED, f"what {name} wraps is no such key: {error}") from None
        if key.public != record.public:
            raise CustodyError(TOKEN_WRAPPED, f"the wrapped secret does not belong to {name}")
        return key

    def probe(self, record: KeyRecord) -> ProbeReport:
        """Try to get the key that wraps the secret out of the token. The secret itself is in memory to sign."""
        with self.token.session(TOKEN_WRAPPED, f"probe the key that wraps {record.public.key_id}") as session:
            check_record(record, TOKEN_WRAPPED, serial_text(session.token))
            return _probe(session, self._kek(session))

    def _kek(self, session: Session, *, create: bool = False) -> Any:
        from pkcs11.constants import ObjectClass

        from qlang.trust.token.objects import generate_kek, objects_of, only_object

        label = self.token.config.kek_label
        identity = kek_id(label)
        if create:
            with self.token.making():
                if not objects_of(session, identity):
                    generate_kek(session, label, identity)
        name = f"the key-encrypting key {label!r}"
        return only_object(session, identity, ObjectClass.SECRET_KEY, name, TOKEN_WRAPPED)


def kek_id(label: str) -> bytes:
    """CKA_ID of the key-encrypting key of a label."""
    return hashlib.sha256(f"qlang kek {label}".encode()).digest()[:16]


def associated_data(public: PublicKey, spec: KeySpec) -> bytes:
    """What a wrapped secret is bound to: it opens for this key, purpose, tenant and generation only."""
    return f"{public.key_id}|{public.algorithm}|{spec.purpose}|{spec.tenant}|{spec.generation}".encode()


def _encrypt(kek: Any, nonce: bytes, data: bytes, plaintext: bytes) -> bytes:
    from pkcs11 import GCMParams, Mechanism

    parameters = GCMParams(nonce, data, tag_bits=128)
    return bytes(kek.encrypt(plaintext, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))


def _decrypt(kek: Any, nonce: bytes, data: bytes, ciphertext: bytes, name: str) -> bytes:
    """Raises: CustodyError if it does not open; PKCS11Error if the token has gone."""
    from pkcs11 import GCMParams, Mechanism
    from pkcs11.exceptions import PKCS11Error

    from qlang.trust.token.driver import LOST, error_name

    parameters = GCMParams(nonce, data, tag_bits=128)
    try:
        return bytes(kek.decrypt(ciphertext, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))
    except PKCS11Error as error:
        if error_name(error) in LOST:
            raise
        reason = f"the wrapped secret of {name} does not open: changed record, or another key-encrypting key"
        raise CustodyError(TOKEN_WRAPPED, f"{reason} (the token answers {error_name(error)})") from error


def _bytes_of(record: KeyRecord, member: str) -> bytes:
    try:
        return from_base64(record.protection.get(member))
    except ValueError as error:
        raise CustodyError(TOKEN_WRAPPED, f"the record of {record.public.key_id} is damaged: {member}") from error


def _probe(session: Session, kek: Any) -> ProbeReport:
    from qlang.trust.token.probe import probe_secret_key

    return probe_secret_key(session, kek, _recognizer(kek))


def _recognizer(kek: Any) -> Callable[[bytes], bool]:
    """A function that tells whether bytes are the token's key: they open what the token has encrypted."""
    nonce, sample = secrets.token_bytes(_NONCE_BYTES), secrets.token_bytes(16)
    ciphertext = _encrypt(kek, nonce, b"probe", sample)

    def is_kek(candidate: bytes) -> bool:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(candidate).decrypt(nonce, ciphertext, b"probe") == sample
        except (InvalidTag, ValueError):
            return False

    return is_kek
