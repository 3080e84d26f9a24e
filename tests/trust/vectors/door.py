"""Vectors as questions to `qlang.trust.algorithms`."""

from collections.abc import Iterable

from qlang.trust.algorithms import public_key, signature_fault
from qlang.trust.errors import KeyFormatError
from qlang.trust.providers.table import DEFAULT
from qlang.trust.spki import spki_from_raw


def accepts(spki: bytes, message: bytes, signature: bytes, providers: Iterable[str] = DEFAULT) -> bool:
    """Whether the key is one that qlang takes and the signature is one of it."""
    try:
        key = public_key(spki)
    except KeyFormatError:
        return False
    return signature_fault(key, message, signature, providers=providers) is None


def accepts_raw(
    algorithm: str, raw: bytes, message: bytes, signature: bytes, providers: Iterable[str] = DEFAULT
) -> bool:
    try:
        spki = spki_from_raw(algorithm, raw)
    except KeyFormatError:
        return False
    return accepts(spki, message, signature, providers)


def accepts_key(spki: bytes) -> bool:
    try:
        public_key(spki)
    except KeyFormatError:
        return False
    return True
