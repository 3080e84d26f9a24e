"""Signature types of notes: what is signed, and how a key is named (C2SP signed-note, tlog-cosignature)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from qlang.trust.base64_text import from_base64
from qlang.trust.crypto_modes import ED25519, ML_DSA_44
from qlang.trust.errors import NoteError
from qlang.trust.spki import ALGORITHMS, PublicKey, raw_public_key

Message = Callable[[str, str, int | None], bytes]
"""(key name, note text, timestamp) → the bytes that are signed."""

_OWN = b"\xff"
_OWN_LABEL = "qlang.checkpoint/v1 "
_SUBTREE_LABEL = b"subtree/v1\n\x00"


@dataclass(frozen=True, slots=True)
class NoteType:
    """One signature type."""

    identifier: bytes
    """What stands before the public key in key ids and verifier keys."""
    timestamped: bool
    message: Message
    whole_spki: bool = False
    """Whether the public key is written as SubjectPublicKeyInfo rather than raw."""

    def material(self, public: PublicKey) -> bytes:
        """Identifier and public key, as key ids and verifier keys have them."""
        return self.identifier + (public.spki if self.whole_spki else raw_public_key(public))


def _plain(_: str, text: str, __: int | None) -> bytes:
    return text.encode()


def _timed_text(_: str, text: str, timestamp: int | None) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def _cosigned_message(name: str, text: str, timestamp: int | None) -> bytes:
    """`cosigned_message` of C2SP tlog-cosignature: it covers what the first three lines of a checkpoint say."""
    lines = text.split("\n")
    try:
        origin, size, root = lines[0].encode(), int(lines[1]), from_base64(lines[2])
        return b"".join(
            (
                _SUBTREE_LABEL,
                struct.pack("B", len(name.encode())) + name.encode(),
                struct.pack(">Q", timestamp or 0),
                struct.pack("B", len(origin)) + origin,
                struct.pack(">QQ32s", 0, size, root),
            )
        )
    except (IndexError, ValueError, struct.error) as error:
        raise NoteError("ML-DSA-44 signs checkpoints only") from error


def _own(algorithm: str) -> NoteType:
    label = f"{_OWN_LABEL}{algorithm}\n".encode()
    return NoteType(_OWN + label, False, lambda _, text, __: label + text.encode(), whole_spki=True)


_ML_DSA_44 = NoteType(b"\x06", True, _cosigned_message)
_LOG = {ED25519: NoteType(b"\x01", False, _plain), ML_DSA_44: _ML_DSA_44}
_WITNESS = {ED25519: NoteType(b"\x04", True, _timed_text), ML_DSA_44: _ML_DSA_44}
_OWN_TYPES = {name: _own(name) for name in ALGORITHMS if name not in _LOG}
WITNESS_ALGORITHMS = tuple(_WITNESS)


def type_for(algorithm: str, *, witness: bool) -> NoteType:
    """How keys of an algorithm sign. Raises: NoteError for a witness whose algorithm C2SP has no cosignature for."""
    if not witness:
        return _LOG.get(algorithm) or _OWN_TYPES[algorithm]
    if algorithm not in _WITNESS:
        raise NoteError(f"a witness signs with {' or '.join(_WITNESS)}, not with {algorithm}")
    return _WITNESS[algorithm]


def type_of_vkey(material: bytes) -> tuple[NoteType, bytes]:
    """The type and SubjectPublicKeyInfo behind the key material of a verifier key. Raises: NoteError."""
    for algorithm, kind in (*_LOG.items(), *_WITNESS.items()):
        if material.startswith(kind.identifier):
            return kind, ALGORITHMS[algorithm].spki_prefix + material[len(kind.identifier) :]
    for kind in _OWN_TYPES.values():
        if material.startswith(kind.identifier):
            return kind, material[len(kind.identifier) :]
    raise NoteError("a verifier key of an unknown type")
