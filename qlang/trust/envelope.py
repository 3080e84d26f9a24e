"""DSSE v1 envelopes with an in-toto payload, signed by several algorithms.

Specification: https://github.com/secure-systems-lab/dsse (protocol.md, envelope.md), v1.0.2.
ML-DSA signs the pre-authentication encoding itself, pure and with an empty context.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from qlang.trust.algorithms import PublicKey, Signature, signature_fault
from qlang.trust.canonical import Json, canonical_json, load_json
from qlang.trust.errors import EnvelopeError, JsonRefused, SigningError
from qlang.trust.providers.table import DEFAULT as DEFAULT_PROVIDERS

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_SIGNATURES = 16


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload and its signatures; the payload's bytes are what was signed."""

    payload: bytes
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, wherever it lives, behind a function that signs a message with it."""

    public: PublicKey
    sign: Callable[[bytes], bytes]


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """DSSE v1 pre-authentication encoding: the bytes that are signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_envelope(
    payload: bytes,
    keys: Sequence[SigningKey],
    payload_type: str = PAYLOAD_TYPE,
    *,
    providers: Iterable[str] = DEFAULT_PROVIDERS,
) -> Envelope:
    """Sign with all keys, and let `providers` verify each signature before it leaves.

    Raises: SigningError if a signature is wrong (a fault where the key lives), and what signing raises.
    """
    message = pae(payload, payload_type)
    signatures, asked = [], tuple(providers)
    for key in keys:
        value = key.sign(message)
        if fault := signature_fault(key.public, message, value, providers=asked):
            raise SigningError(f"{key.public.key_id}: {fault}")
        signatures.append(Signature(key.public.key_id, value))
    return Envelope(payload, tuple(signatures))


def dump_envelope(envelope: Envelope, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """The envelope as canonical JSON."""
    return canonical_json(
        {
            "payloadType": payload_type,
            "payload": base64.b64encode(envelope.payload).decode(),
            "signatures": [
                {"keyid": signature.key_id, "sig": base64.b64encode(signature.value).decode()}
                for signature in envelope.signatures
            ],
        }
    )


def parse_envelope(data: bytes, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """Read an envelope of the one expected payload type. Unknown members are ignored, as DSSE demands.

    Raises: EnvelopeError.
    """
    try:
        value = load_json(data)
    except JsonRefused as error:
        raise EnvelopeError(str(error)) from error
    if not isinstance(value, Mapping):
        raise EnvelopeError("not a JSON object")
    if value.get("payloadType") != payload_type:
        raise EnvelopeError(f"payloadType is not {payload_type}")
    signatures = value.get("signatures")
    if not isinstance(signatures, Sequence) or isinstance(signatures, str):
        raise EnvelopeError("signatures is not a list")
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise EnvelopeError(f"{len(signatures)} signatures, expected 1 to {MAX_SIGNATURES}")
    payload = _bytes(value.get("payload"), "payload")
    return Envelope(payload, tuple(_signature(item) for item in signatures))


def _signature(item: Json) -> Signature:
    if not isinstance(item, Mapping):
        raise EnvelopeError("a signature is not an object")
    key_id = item.get("keyid", "")
    if not isinstance(key_id, str):
        raise EnvelopeError("keyid is not a string")
    return Signature(key_id, _bytes(item.get("sig"), "sig"))


def _bytes(text: Json, member: str) -> bytes:
    """Decode standard or URL-safe base64, in its one canonical spelling."""
    if not isinstance(text, str):
        raise EnvelopeError(f"{member} is not a string")
    url_safe = "-" in text or "_" in text
    try:
        data = base64.b64decode(text, altchars=b"-_" if url_safe else None, validate=True)
    except ValueError as error:
        raise EnvelopeError(f"{member} is not base64") from error
    again = base64.urlsafe_b64encode(data) if url_safe else base64.b64encode(data)
    if again.decode() != text:
        raise EnvelopeError(f"{member} is not canonical base64")
    return data
