"""Wrapping a key under one whose value is known, and opening what comes out. Imports python-pkcs11."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from pkcs11.constants import Attribute, MechanismFlag, ObjectClass
from pkcs11.mechanisms import GCMParams, KeyType, Mechanism
from pkcs11.types import Session

from qlang.trust.token.schemes import Scheme

Opened: TypeAlias = Iterator[bytes]
Control: TypeAlias = Callable[[], AbstractContextManager[Any]]
"""Makes a key that may leave the token, of the kind that is probed, and destroys it afterwards."""

_IV = bytes(16)
_GCM = GCMParams(bytes(12), None, tag_bits=128)


@dataclass(frozen=True, slots=True)
class Way:
    """One mechanism: how to wrap, and the candidates for the key in what was wrapped."""

    name: str
    wrap: Callable[[Any, Any], bytes]
    open: Callable[[bytes], Opened]


@dataclass(frozen=True, slots=True)
class Ways:
    """All mechanisms of one known key, which lives while `known_key` is entered."""

    name: str
    known_key: Callable[[], AbstractContextManager[Any]]
    ways: tuple[Way, ...]
    control: Control


def aes_ways(session: Session, control: Control) -> Ways:
    """Wrapping under a random AES-256 key that this process knows."""
    value = secrets.token_bytes(32)

    def way(name: str, open_wrapped: Callable[[bytes, bytes], Opened], parameter: Any = None) -> Way:
        return Way(name, _wrapper(Mechanism[name], parameter), lambda wrapped: open_wrapped(value, wrapped))

    return Ways(
        "AES",
        lambda: _known_aes(session, value),
        (
            way("AES_CBC_PAD", _cbc, _IV),
            way("AES_CBC", _cbc, _IV),
            way("AES_ECB", _ecb),
            way("AES_GCM", _gcm, _GCM),
            way("AES_KEY_WRAP", _key_wrap),
            way("AES_KEY_WRAP_PAD", _key_wrap),
            way("AES_KEY_WRAP_KWP", _key_wrap),
        ),
        control,
    )


def rsa_ways(session: Session, control: Control) -> Ways:
    """Wrapping under the public half of an RSA key whose private half this process has."""
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA1

    private = rsa.generate_private_key(65537, 2048)
    oaep = padding.OAEP(padding.MGF1(SHA1()), SHA1(), None)  # noqa: S303 - what every token knows; nothing rests on it

    def opener(scheme: padding.AsymmetricPadding) -> Callable[[bytes], Opened]:
        def open_wrapped(wrapped: bytes) -> Opened:
            try:
                yield private.decrypt(wrapped, scheme)
            except ValueError:
                return

        return open_wrapped

    return Ways(
        "RSA",
        lambda: _known_rsa(session, private.public_key().public_numbers()),
        (
            Way("RSA_PKCS_OAEP", _wrapper(Mechanism.RSA_PKCS_OAEP, None), opener(oaep)),
            Way("RSA_PKCS", _wrapper(Mechanism.RSA_PKCS, None), opener(padding.PKCS1v15())),
        ),
        control,
    )


def pair_control(session: Session, scheme: Scheme) -> Control:
    """A key pair of the same kind in the session only, extractable."""

    @contextmanager
    def control() -> Iterator[Any]:
        public, private = session.generate_keypair(
            scheme.key_type,
            scheme.key_length,
            capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
            mechanism=scheme.generate,
            public_template=dict(scheme.public_template),
            private_template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
        )
        try:
            yield private
        finally:
            private.destroy()
            public.destroy()

    return control


def secret_control(session: Session) -> Control:
    """An AES key in the session only, extractable."""

    @contextmanager
    def control() -> Iterator[Any]:
        key = session.generate_key(
            KeyType.AES,
            256,
            capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
            template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
        )
        try:
            yield key
        finally:
            key.destroy()

    return control


@contextmanager
def _known_aes(session: Session, value: bytes) -> Iterator[Any]:
    key = session.create_object(
        {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.AES,
            Attribute.VALUE: value,
            Attribute.WRAP: True,
            Attribute.TOKEN: False,
            Attribute.PRIVATE: True,
        }
    )
    try:
        yield key
    finally:
        key.destroy()


@contextmanager
def _known_rsa(session: Session, numbers: Any) -> Iterator[Any]:
    key = session.create_object(
        {
            Attribute.CLASS: ObjectClass.PUBLIC_KEY,
            Attribute.KEY_TYPE: KeyType.RSA,
            Attribute.MODULUS: numbers.n.to_bytes(256, "big"),
            Attribute.PUBLIC_EXPONENT: numbers.e.to_bytes(3, "big"),
            Attribute.WRAP: True,
            Attribute.TOKEN: False,
        }
    )
    try:
        yield key
    finally:
        key.destroy()


def _wrapper(mechanism: Mechanism, parameter: Any) -> Callable[[Any, Any], bytes]:
    def wrap(known: Any, key: Any) -> bytes:
        return bytes(known.wrap_key(key, mechanism=mechanism, mechanism_param=parameter))

    return wrap


def _cbc(value: bytes, wrapped: bytes) -> Opened:
    from cryptography.hazmat.primitives.ciphers import modes

    yield from _blocks(value, wrapped, modes.CBC(_IV))


def _ecb(value: bytes, wrapped: bytes) -> Opened:
    from cryptography.hazmat.primitives.ciphers import modes

    yield from _blocks(value, wrapped, modes.ECB())  # noqa: S305 - opening what a token made


def _blocks(value: bytes, wrapped: bytes, mode: Any) -> Opened:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

    if len(wrapped) % 16:
        return
    decryptor = Cipher(algorithms.AES(value), mode).decryptor()
    yield from _without_padding(decryptor.update(wrapped) + decryptor.finalize())


def _gcm(value: bytes, wrapped: bytes) -> Opened:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        yield AESGCM(value).decrypt(bytes(12), wrapped, None)
    except (InvalidTag, ValueError):
        return


def _key_wrap(value: bytes, wrapped: bytes) -> Opened:
    """RFC 3394 and RFC 5649: tokens differ in which of the three mechanisms means which."""
    from cryptography.hazmat.primitives import keywrap

    for unwrap in (keywrap.aes_key_unwrap, keywrap.aes_key_unwrap_with_padding):
        try:
            yield from _without_padding(unwrap(value, wrapped))
        except (keywrap.InvalidUnwrap, ValueError):
            continue


def _without_padding(data: bytes) -> Opened:
    """As it is, without PKCS#7 padding, and without zeros at the end."""
    yield data
    if data and 1 <= data[-1] <= 16:
        yield data[: -data[-1]]
    yield data.rstrip(b"\0")
