"""Objects of a token: made as restricted as the token can, found only when unambiguous. Imports python-pkcs11."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pkcs11.constants import Attribute, MechanismFlag, ObjectClass
from pkcs11.exceptions import PKCS11Error
from pkcs11.mechanisms import KeyType
from pkcs11.types import Object, PrivateKey, PublicKey, SecretKey, Session

from qlang.trust.errors import CustodyError
from qlang.trust.token.driver import LOST, error_name
from qlang.trust.token.schemes import SCHEMES

Made = TypeVar("Made")

_LOCKED_IN: Mapping[Attribute, bool] = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
_FROZEN: tuple[Mapping[Attribute, bool], ...] = (
    {Attribute.MODIFIABLE: False, Attribute.COPYABLE: False},
    {Attribute.MODIFIABLE: False},
)


def objects_of(session: Session, identity: bytes) -> list[Object]:
    """All objects of one CKA_ID."""
    return list(session.get_objects({Attribute.ID: identity}))


def only_object(session: Session, identity: bytes, kind: ObjectClass, name: str, custody: str) -> Any:
    """The one object of a CKA_ID and class. Raises: CustodyError if there is none, or several; PKCS11Error."""
    found = list(session.get_objects({Attribute.ID: identity, Attribute.CLASS: kind})) if identity else []
    if not found:
        raise CustodyError(custody, f"{name} is not in the token")
    if len(found) > 1:
        raise CustodyError(custody, f"the token holds {len(found)} objects that claim to be {name}; none is used")
    return found[0]


def destroy_all(session: Session, identity: bytes) -> None:
    """Destroy every object of one CKA_ID. Raises: PKCS11Error."""
    for item in objects_of(session, identity):
        item.destroy()


def destroy_labelled(session: Session, identity: bytes, label: str) -> int:
    """Destroy every object of one CKA_ID and CKA_LABEL; how many there were. Raises: PKCS11Error."""
    found = list(session.get_objects({Attribute.ID: identity, Attribute.LABEL: label}))
    for item in found:
        item.destroy()
    return len(found)


def generate_pair(session: Session, algorithm: str, label: str, identity: bytes) -> tuple[PublicKey, PrivateKey]:
    """A key pair stored in the token; the private key signs and does nothing else. Raises: PKCS11Error."""
    scheme = SCHEMES[algorithm]

    def generate(restrictions: Mapping[Attribute, bool]) -> tuple[PublicKey, PrivateKey]:
        return session.generate_keypair(
            scheme.key_type,
            scheme.key_length,
            id=identity,
            label=label,
            store=True,
            capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
            mechanism=scheme.generate,
            public_template=dict(scheme.public_template),
            private_template=dict(restrictions),
        )

    return _as_restricted_as_possible(session, identity, generate)


def generate_kek(session: Session, label: str, identity: bytes) -> SecretKey:
    """An AES-256 key stored in the token; it encrypts and decrypts and does nothing else. Raises: PKCS11Error."""

    def generate(restrictions: Mapping[Attribute, bool]) -> SecretKey:
        return session.generate_key(
            KeyType.AES,
            256,
            id=identity,
            label=label,
            store=True,
            capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
            template=dict(restrictions),
        )

    return _as_restricted_as_possible(session, identity, generate)


def _as_restricted_as_possible(
    session: Session, identity: bytes, generate: Callable[[Mapping[Attribute, bool]], Made]
) -> Made:
    """Never without the restrictions of `_LOCKED_IN`; with the others where the token knows of them.

    What a token answers to attributes that it does not know differs too much for a list: NSS fails in general.
    """
    for frozen in _FROZEN:
        try:
            return generate({**_LOCKED_IN, **frozen})
        except PKCS11Error as error:
            if error_name(error) in LOST:
                raise
            destroy_all(session, identity)
    return generate(_LOCKED_IN)
