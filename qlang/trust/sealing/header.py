"""The head of a sealed file: who can open it, and what it belongs to.

    qlang-sealed-1\\n       magic
    length                 4 bytes, big-endian
    header                 canonical JSON (RFC 8785)
    tag                    HMAC-SHA256 of all the above under a key derived from the content key
    chunks                 see `stream`; the key is derived from the content key, the QKD key if there is one, and
                           the hash of all the above

The header is in clear: it tells recipients' key ids, the run id and the manifest digest, but no file names.
HPKE's `info` is purpose, suite, run id and manifest digest: a key sealed for one run opens for no other.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.canonical import DIGEST, Json, canonical_json, load_json
from qlang.trust.errors import JsonRefused
from qlang.trust.sealing.suites import SUITE_OF_MODE, SUITES

MAGIC = b"qlang-sealed-1\n"
FORMAT = "qlang-sealed-1"
FILE = "file"
RUN = "run"
MAX_RECIPIENTS = 64

_PURPOSE = "qlang seal v1"
_MAX_HEADER = 1 << 18
_TAG_BYTES = 32
_KEY_BYTES = 32
_MAX_RUN_ID = 128
_KEY_ID = re.compile(r"[a-z0-9-]{1,32}:[0-9a-f]{16}", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)


class HeaderBroken(Exception):
    """Bytes are not the head of a sealed file; the message says why."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What a sealed file belongs to; both are None for a file of no run."""

    run_id: str | None = None
    manifest_digest: str | None = None


@dataclass(frozen=True, slots=True)
class QkdReference:
    """Which quantum-distributed key was mixed in, never the key itself."""

    kme: str
    """`simulator` or `vendor`."""
    key_id: str


@dataclass(frozen=True, slots=True)
class SealedHeader:
    """What the header says."""

    crypto_mode: str
    content: str
    """`file` or `run`."""
    binding: Binding
    qkd: QkdReference | None
    recipients: Mapping[str, bytes] = field(repr=False)
    """Key id → content key, sealed for that key."""

    @property
    def suite(self) -> str:
        """The HPKE suite of all recipients."""
        return SUITE_OF_MODE[self.crypto_mode]

    @property
    def info(self) -> bytes:
        """HPKE's `info`, which binds the content key to the run."""
        return info_of(self.suite, self.binding)


def info_of(suite: str, binding: Binding) -> bytes:
    """Purpose, suite, run id and manifest digest, in an unambiguous spelling."""
    return canonical_json([_PURPOSE, suite, binding.run_id, binding.manifest_digest])


def dump_head(header: SealedHeader, content_key: bytes) -> bytes:
    """Everything before the chunks."""
    qkd: Json = None if header.qkd is None else {"kme": header.qkd.kme, "key_ID": header.qkd.key_id}
    value: Json = {
        "format": FORMAT,
        "crypto_mode": header.crypto_mode,
        "suite": header.suite,
        "content": header.content,
        "run_id": header.binding.run_id,
        "manifest_digest": header.binding.manifest_digest,
        "qkd": qkd,
        "recipients": [
            {"key_id": key_id, "sealed_key": to_base64(sealed)} for key_id, sealed in header.recipients.items()
        ],
    }
    text = canonical_json(value)
    head = MAGIC + len(text).to_bytes(4, "big") + text
    return head + _tag(head, content_key)


def read_head(file: BinaryIO) -> tuple[SealedHeader, bytes]:
    """The header and all bytes before the chunks, nothing of it authenticated yet. Raises: HeaderBroken, OSError."""
    if file.read(len(MAGIC)) != MAGIC:
        raise HeaderBroken("is not a file sealed by qlang")
    length = int.from_bytes(file.read(4), "big")
    if length > _MAX_HEADER:
        raise HeaderBroken(f"has a header of more than {_MAX_HEADER} bytes")
    text, tag = file.read(length), file.read(_TAG_BYTES)
    if len(text) < length or len(tag) < _TAG_BYTES:
        raise HeaderBroken("ends within its header")
    try:
        value = load_json(text)
        header = _header(value)
        if canonical_json(value) != text:
            raise HeaderBroken("has a header that is not in canonical form")
    except (JsonRefused, ValueError) as error:  # ValueError: no base64
        raise HeaderBroken(f"has a malformed header: {error}") from error
    return header, MAGIC + length.to_bytes(4, "big") + text + tag


def authentic(head: bytes, content_key: bytes) -> bool:
    """Whether the header was written by who chose the content key; also commits to that key."""
    return hmac.compare_digest(head[-_TAG_BYTES:], _tag(head[:-_TAG_BYTES], content_key))


def body_key(head: bytes, content_key: bytes, qkd_key: bytes | None) -> bytes:
    """The key of the chunks. A QKD key is appended to the content key (NIST SP 800-56C rev. 2, section 2)."""
    return _derived(content_key + (qkd_key or b""), hashlib.sha256(head).digest(), b"qlang seal v1 body")


def _tag(head: bytes, content_key: bytes) -> bytes:
    key = _derived(content_key, None, b"qlang seal v1 header")
    return hmac.digest(key, head, "sha256")


def _derived(secret: bytes, salt: bytes | None, info: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length=_KEY_BYTES, salt=salt, info=info).derive(secret)


def _header(value: Json) -> SealedHeader:
    match value:
        case {
            "format": "qlang-sealed-1",
            "crypto_mode": str(mode),
            "suite": str(suite),
            "content": "file" | "run" as content,
            "run_id": run_id,
            "manifest_digest": digest,
            "qkd": qkd,
            "recipients": [*items],
        } if isinstance(value, Mapping) and len(value) == 8:
            pass
        case _:
            raise HeaderBroken(f"has no header of format {FORMAT}")
    if SUITE_OF_MODE.get(mode) != suite:
        raise HeaderBroken(f"names the suite {suite!a:.60}, which is not that of crypto mode {mode!a:.60}")
    if (mode == "qkd") != (qkd is not None):
        raise HeaderBroken("names a QKD key without crypto mode `qkd`, or that mode without a key")
    return SealedHeader(mode, str(content), _binding(run_id, digest), _qkd(qkd), _recipients(suite, items))


def _binding(run_id: Json, digest: Json) -> Binding:
    if run_id is None and digest is None:
        return Binding()
    if not (isinstance(run_id, str) and 0 < len(run_id) <= _MAX_RUN_ID):
        raise HeaderBroken("names no run id beside its manifest digest")
    if not (isinstance(digest, str) and DIGEST.fullmatch(digest)):
        raise HeaderBroken("names a run, and no manifest digest")
    return Binding(run_id, digest)


def _qkd(value: Json) -> QkdReference | None:
    match value:
        case None:
            return None
        case {"kme": "simulator" | "vendor" as kme, "key_ID": str(key_id)} if _UUID.fullmatch(key_id):
            return QkdReference(str(kme), key_id)
        case _:
            raise HeaderBroken("names no QKD key that could be asked for")


def _recipients(suite: str, items: list[Json]) -> dict[str, bytes]:
    if not 0 < len(items) <= MAX_RECIPIENTS:
        raise HeaderBroken(f"has not 1 to {MAX_RECIPIENTS} recipients")
    recipients: dict[str, bytes] = {}
    for item in items:
        match item:
            case {"key_id": str(key_id), "sealed_key": str(text)} if _KEY_ID.fullmatch(key_id):
                sealed = from_base64(text)
            case _:
                raise HeaderBroken("has a recipient without key id and sealed key")
        if key_id in recipients or len(sealed) != _KEY_BYTES + SUITES[suite].overhead:
            raise HeaderBroken(f"has a recipient twice, or with a key that is not sealed by {suite}")
        recipients[key_id] = sealed
    return recipients
