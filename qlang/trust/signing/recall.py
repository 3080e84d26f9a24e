"""The answer that a request got before: the same again, if the ledger's entry records it."""

from __future__ import annotations

from collections.abc import Mapping

from qlang.trust.algorithms import signature_fault
from qlang.trust.canonical import load_json, sha256_digest
from qlang.trust.envelope import pae, parse_envelope
from qlang.trust.errors import EnvelopeError, JsonRefused, LedgerError, ManifestError, RequestConflict
from qlang.trust.ledger.entries import Remembered
from qlang.trust.ledger.store import Ledger
from qlang.trust.manifest import RUN_ENTRY, parse_statement
from qlang.trust.signing.request import ManifestRequest, SignedManifest, parse_answer


def same_again(ledger: Ledger, request: ManifestRequest, digest: str, before: Remembered) -> SignedManifest:
    """The answer that was given before, if the same was asked; `digest` is the request's.

    Answers lie beside the hashes that protect entries, so one that its entry does not record, or whose signatures are
    false, is not given again.

    Raises: RequestConflict, LedgerError.
    """
    run_id, path = request.facts.run_id, ledger.path
    if before.answer is None:
        raise RequestConflict(run_id, before.index, "it was recorded long ago, and its answer is not kept any more")
    try:
        value = load_json(before.answer)
        if not isinstance(value, Mapping) or value.get("request_digest") != digest:
            raise RequestConflict(run_id, before.index, "another manifest with this id was recorded")
        answer = parse_answer(value.get("answer"))
        recorded = _recorded(ledger, before.index, answer)
    except (JsonRefused, EnvelopeError, ManifestError) as error:
        raise LedgerError(path, before.index, f"remembers a damaged answer: {error}") from error
    if not recorded:
        raise LedgerError(path, before.index, "remembers another answer than it records")
    return answer


def _recorded(ledger: Ledger, index: int, answer: SignedManifest) -> bool:
    envelope, entry = parse_envelope(answer.envelope), ledger.entry(index)
    digest, message = sha256_digest(envelope.payload), pae(envelope.payload)
    if (entry.kind, entry.body.get("manifest_digest")) != (RUN_ENTRY, digest):
        return False
    if (answer.ledger_index, answer.manifest_digest) != (index, digest):
        return False
    given = {signature.key_id: signature.value for signature in envelope.signatures}
    keys = parse_statement(envelope.payload).predicate.public_keys
    return all(signature_fault(key, message, given.get(key.key_id, b"")) is None for key in keys)
