"""Attestations about the project itself: what a release consists of, what a step of continuous integration did.

In-toto Statements v1 in DSSE envelopes, in canonical JSON, like run manifests. The predicates form a closed list:

    https://in-toto.io/attestation/link/v0.3    a step: command, materials, by-products; subjects are its products
    https://qlang.dev/release/v1                a release: version, commit, build parameters; subjects are its files

Link predicate: https://github.com/in-toto/attestation/blob/main/spec/predicates/link.md
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from qlang.trust.algorithms import PublicKey, signature_fault
from qlang.trust.canonical import DIGEST, Json, canonical_json, load_json
from qlang.trust.envelope import SigningKey, dump_envelope, pae, parse_envelope, sign_envelope
from qlang.trust.errors import AttestationError, EnvelopeError, JsonRefused
from qlang.trust.manifest import STATEMENT_TYPE

LINK = "https://in-toto.io/attestation/link/v0.3"
RELEASE_MANIFEST = "https://qlang.dev/release/v1"
PREDICATE_TYPES = (LINK, RELEASE_MANIFEST)


@dataclass(frozen=True, slots=True)
class Attestation:
    """What is claimed, of one of `PREDICATE_TYPES`, about files by their `sha256:` digests."""

    predicate_type: str
    subjects: Mapping[str, str]
    predicate: Mapping[str, Json]


def sign_attestation(attestation: Attestation, keys: Sequence[SigningKey]) -> bytes:
    """The attestation in an envelope with one signature by each key; each is verified before it leaves.

    Raises: AttestationError for an unknown kind, no subject, no key or a malformed digest; SigningError, and what
    signing raises.
    """
    payload = _payload(attestation)
    if not keys:
        raise AttestationError("no key to sign with")
    return dump_envelope(sign_envelope(payload, keys))


def read_attestation(data: bytes, trusted: Collection[PublicKey], required: Collection[str]) -> Attestation:
    """The attestation, if a trusted key of every algorithm in `required`, and at least one, has signed it.

    Raises: AttestationError, naming what is missing.
    """
    try:
        envelope = parse_envelope(data)
    except EnvelopeError as error:
        raise AttestationError(str(error)) from error
    keys = {key.key_id: key for key in trusted}
    message = pae(envelope.payload)
    valid = {
        keys[signature.key_id].algorithm
        for signature in envelope.signatures
        if signature.key_id in keys and signature_fault(keys[signature.key_id], message, signature.value) is None
    }
    if missing := sorted(set(required) - valid):
        raise AttestationError(f"no valid signature of a trusted key by {', '.join(missing)}")
    if not valid:
        raise AttestationError("no valid signature of a trusted key")
    return _parsed(envelope.payload)


def _payload(attestation: Attestation) -> bytes:
    if attestation.predicate_type not in PREDICATE_TYPES:
        raise AttestationError(f"{attestation.predicate_type!a:.80} is not a kind of attestation that is signed here")
    if not attestation.subjects:
        raise AttestationError("an attestation needs a subject")
    if wrong := [name for name, digest in attestation.subjects.items() if not DIGEST.fullmatch(digest)]:
        raise AttestationError(f"the digest of {wrong[0]!a:.80} is not SHA-256")
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}
                for name, digest in sorted(attestation.subjects.items())
            ],
            "predicateType": attestation.predicate_type,
            "predicate": attestation.predicate,
        }
    )


def _parsed(payload: bytes) -> Attestation:
    try:
        value = load_json(payload)
    except JsonRefused as error:
        raise AttestationError(str(error)) from error
    match value:
        case {
            "_type": str(kind),
            "subject": [*subjects],
            "predicateType": str(predicate_type),
            "predicate": dict(predicate),
        } if kind == STATEMENT_TYPE:
            attestation = Attestation(predicate_type, _subjects(subjects), predicate)
        case _:
            raise AttestationError("not an in-toto Statement v1")
    if _payload(attestation) != payload:
        raise AttestationError("not in canonical form")
    return attestation


def _subjects(items: Sequence[Json]) -> dict[str, str]:
    subjects: dict[str, str] = {}
    for item in items:
        match item:
            case {"name": str(name), "digest": {"sha256": str(digest)}} if name not in subjects:
                subjects[name] = f"sha256:{digest}"
            case _:
                raise AttestationError("a subject has no name and SHA-256 digest of its own")
    return subjects
