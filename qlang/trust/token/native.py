"""Custody `token-native`: keys that are made in a PKCS#11 token and sign there."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlang.trust.algorithms import signature_fault
from qlang.trust.custody import TOKEN_NATIVE, KeyRecord, KeySpec, ProbeReport
from qlang.trust.errors import CustodyError, KeyFormatError
from qlang.trust.spki import PublicKey
from qlang.trust.times import now
from qlang.trust.token.session import Token, serial_text
from qlang.trust.token.unfinished import Note, read_notes, remove_note, write_note

if TYPE_CHECKING:
    from pkcs11.types import Object, Session


_MARK_BYTES = 8
_IN_THE_WAY = "if no key file speaks of it, remove it with the token's own tools"


@dataclass(frozen=True, slots=True)
class TokenNativeCustodian:
    """Makes, uses and probes keys in one token. Methods raise CustodyError."""

    token: Token
    notes: Path | None = None
    """Folder of the notes about keys that are being made; by default one beside the counters of wrong PINs."""

    @property
    def custody(self) -> str:
        return TOKEN_NATIVE

    def algorithms(self) -> tuple[str, ...]:
        """What the token lists mechanisms for, key generation and signing both; needs no login."""
        present = self.token.present()
        from qlang.trust.token.schemes import SCHEMES

        listed = present.slot.get_mechanisms()
        return tuple(name for name, scheme in SCHEMES.items() if {scheme.generate, scheme.sign} <= listed)

    def create(self, spec: KeySpec) -> KeyRecord:
        """Make a key in the token, check a signature of it, and probe it. What fails half-way is destroyed.

        Until `settle` is told of its key file, a note speaks of it.
        """
        if spec.algorithm not in self.algorithms():
            raise CustodyError(TOKEN_NATIVE, f"token {self.token.config.label!r} cannot do {spec.algorithm}")
        with self.token.session(TOKEN_NATIVE, f"make a key of {spec.algorithm}") as session:
            from qlang.trust.token.objects import generate_pair, objects_of

            name, identity = object_label(spec), object_id(spec)
            label = f"{name} {secrets.token_hex(_MARK_BYTES)}"
            note = Note(self.token.config.label, serial_text(session.token), label, identity.hex())
            try:
                with self.token.making():
                    if objects_of(session, identity):
                        raise CustodyError(TOKEN_NATIVE, f"the token already holds an object {name!r}; {_IN_THE_WAY}")
                    write_note(self._notes, note)
                    public, private = generate_pair(session, spec.algorithm, label, identity)
                key = _tested(spec.algorithm, public, private)
                report = _probe(session, private, key)
            except BaseException:
                self._undo(session, note)
                raise
        return KeyRecord(key, spec, TOKEN_NATIVE, now(), note.members, report)

    def settle(self, records: Collection[KeyRecord]) -> tuple[str, ...]:
        """Destroy pairs that were begun and have no key file among `records`, all those of the store.

        Returns what was destroyed, in words. The token is asked only where something was left behind. The caller holds
        the store.
        """
        finished = {Note.of(record) for record in records if record.custody == TOKEN_NATIVE}
        destroyed = []
        for note in read_notes(self._notes):
            if note in finished:
                remove_note(self._notes, note)
            elif note.token_label == self.token.config.label:
                with self.token.session(
                    TOKEN_NATIVE, f"remove {note.object_label!r}, which was never finished"
                ) as session:
                    if serial_text(session.token) == note.token_serial and self._undo(session, note):
                        where = f"token {note.token_label!r}"
                        destroyed.append(f"removed {note.object_label!r} from {where}: its making was interrupted")
        return tuple(destroyed)

    def unlock(self) -> None:
        """Log in."""
        with self.token.session(TOKEN_NATIVE, "log in"):
            return

    def ready(self, record: KeyRecord) -> None:
        """Log in, and see that the token holds the key."""
        with self.token.session(TOKEN_NATIVE, f"find {record.public.key_id}") as session:
            self._private(session, record)

    def sign(self, record: KeyRecord, message: bytes) -> bytes:
        """Sign inside the token."""
        from qlang.trust.token.driver import require_driver

        require_driver()
        from qlang.trust.token.schemes import sign_in_token

        with self.token.session(TOKEN_NATIVE, f"sign with {record.public.key_id}") as session:
            private = self._private(session, record)
            return sign_in_token(record.public.algorithm, private, message)

    def probe(self, record: KeyRecord) -> ProbeReport:
        """Try to get the key out. A flag that could be weakened is set back."""
        with self.token.session(TOKEN_NATIVE, f"probe {record.public.key_id}") as session:
            return _probe(session, self._private(session, record), record.public)

    def destroy(self, record: KeyRecord) -> None:
        """Remove the key from the token for good, as when a policy refuses it right after its creation."""
        with self.token.session(TOKEN_NATIVE, f"destroy {record.public.key_id}") as session:
            from qlang.trust.token.objects import destroy_all

            self._private(session, record)
            destroy_all(session, _identity(record))

    @property
    def _notes(self) -> Path:
        return self.notes or self.token.state / "making"

    def _undo(self, session: Session, note: Note) -> int:
        """Destroy the objects of a note, then forget it. Returns how many there were."""
        from qlang.trust.token.objects import destroy_labelled

        count = destroy_labelled(session, bytes.fromhex(note.object_id), note.object_label)
        remove_note(self._notes, note)
        return count

    def _private(self, session: Session, record: KeyRecord) -> Any:
        """The private object of a record, when the token holds exactly that pair."""
        from pkcs11.constants import ObjectClass

        from qlang.trust.token.objects import only_object
        from qlang.trust.token.schemes import read_public_key

        check_record(record, TOKEN_NATIVE, serial_text(session.token))
        identity = _identity(record)
        public = only_object(session, identity, ObjectClass.PUBLIC_KEY, record.public.key_id, TOKEN_NATIVE)
        if read_public_key(record.public.algorithm, public) != record.public:
            raise CustodyError(TOKEN_NATIVE, f"the token holds another key in place of {record.public.key_id}")
        return only_object(session, identity, ObjectClass.PRIVATE_KEY, record.public.key_id, TOKEN_NATIVE)


def object_label(spec: KeySpec) -> str:
    """How CKA_LABEL of a key's objects begins, before a random word: what a person sees in the token's own tools."""
    return f"qlang {spec.purpose} {spec.tenant} {spec.generation} {spec.algorithm}"


def object_id(spec: KeySpec) -> bytes:
    """CKA_ID of a key's objects; the same for the same purpose, tenant, generation and algorithm."""
    return hashlib.sha256(object_label(spec).encode()).digest()[:16]


def check_record(record: KeyRecord, custody: str, serial: str) -> None:
    """Raises: CustodyError if the record is of other custody or of another token."""
    if record.custody != custody:
        raise CustodyError(custody, f"{record.public.key_id} is a {record.custody} key")
    if record.protection.get("token_serial") != serial:
        named = record.protection.get("token_serial")
        raise CustodyError(custody, f"{record.public.key_id} is in the token of serial number {named}, not in {serial}")


def _identity(record: KeyRecord) -> bytes:
    value = record.protection.get("object_id")
    try:
        return bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError as error:
        raise CustodyError(TOKEN_NATIVE, f"the record of {record.public.key_id} is damaged: object_id") from error


def _tested(algorithm: str, public: Object, private: Any) -> PublicKey:
    """The public key, after a signature of the private object has been verified against it."""
    from qlang.trust.token.schemes import read_public_key, sign_in_token

    try:
        key = read_public_key(algorithm, public)
    except KeyFormatError as error:
        raise CustodyError(TOKEN_NATIVE, f"the token's public object is of no use: {error}") from error
    message = b"qlang key test " + secrets.token_bytes(16)
    fault = signature_fault(key, message, sign_in_token(algorithm, private, message))
    if fault is not None:
        raise CustodyError(TOKEN_NATIVE, f"the token's new {algorithm} key does not work: {fault}")
    return key


def _probe(session: Session, private: Any, key: PublicKey) -> ProbeReport:
    from qlang.trust.token.probe import probe_private_key

    return probe_private_key(session, private, key)
