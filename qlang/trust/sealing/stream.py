"""A stream in chunks of AES-256-GCM, as STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) and age do it.

Chunk i is sealed under the nonce i (11 bytes, big-endian) ‖ f, with f = 1 for the last chunk alone. A chunk that is
changed, moved, repeated, left out or added does not open, nor does a stream that ends early. Every chunk but the last
holds 64 KiB, the last at least one byte; a key serves one stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

CHUNK_BYTES = 1 << 16
TAG_BYTES = 16
_SEALED_CHUNK = CHUNK_BYTES + TAG_BYTES


class StreamBroken(Exception):
    """The stream was changed, cut or reordered, or the key is another."""


def seal_chunks(key: bytes, plaintext: Iterable[bytes]) -> Iterator[bytes]:
    """Seal pieces of any lengths; `plaintext` must not be empty."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, held, index = AESGCM(key), bytearray(), 0
    for piece in plaintext:
        held += piece
        while len(held) > CHUNK_BYTES:  # never the whole rest: the last chunk is known only at the end
            yield cipher.encrypt(_nonce(index, last=False), bytes(held[:CHUNK_BYTES]), None)
            del held[:CHUNK_BYTES]
            index += 1
    yield cipher.encrypt(_nonce(index, last=True), bytes(held), None)


def open_chunks(key: bytes, sealed: BinaryIO) -> Iterator[bytes]:
    """The plaintext, chunk by chunk; complete only when the iteration ends without an exception.

    Raises: StreamBroken, OSError.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, index = AESGCM(key), 0
    chunk = sealed.read(_SEALED_CHUNK)
    while True:
        following = sealed.read(_SEALED_CHUNK)
        if len(chunk) <= TAG_BYTES:
            raise StreamBroken
        try:
            yield cipher.decrypt(_nonce(index, last=not following), chunk, None)
        except InvalidTag:
            raise StreamBroken from None
        if not following:
            return
        chunk, index = following, index + 1


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(11, "big") + (b"\1" if last else b"\0")
