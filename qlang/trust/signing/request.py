"""What a signer is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from qlang.trust.canonical import Json, canonical_json, sha256_digest
from qlang.trust.errors import ManifestError
from qlang.trust.manifest import RunFacts, facts_json
from qlang.trust.manifest.check import check_facts
from qlang.trust.manifest.fields import count, digest_text, object_of, text, texts
from qlang.trust.manifest.model import subject_list
from qlang.trust.manifest.read import facts_of, subjects_of
from qlang.trust.signing.intent import MAX_ALGORITHMS, SigningIntent

MAX_SUBJECTS = 1024


@dataclass(frozen=True, slots=True)
class ManifestRequest:
    """A run that wants a manifest: what happened, the files with their digests, and who shall sign.

    The run's id is the id of the request: the same request asked again gets the same answer.
    """

    facts: RunFacts
    subjects: Mapping[str, str]
    """File names and `sha256:` digests."""
    algorithms: tuple[str, ...]
    """As the plan names them: one signature by each."""

    @property
    def digest(self) -> str:
        """`sha256:…` of the request in canonical JSON. Raises: JsonRefused."""
        return sha256_digest(canonical_json(request_json(self)))

    @property
    def intent(self) -> SigningIntent:
        """What was known of it before its run."""
        facts = self.facts
        return SigningIntent(facts.tenant, facts.crypto_mode, self.algorithms, facts.backend_id, facts.calibration_at)


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A signed manifest whose ledger entry is on disk."""

    envelope: bytes
    """DSSE envelope, JSON."""
    manifest_digest: str
    """Of the payload in the envelope."""
    ledger_index: int
    receipt: str
    """C2SP tlog-proof: inclusion of the entry under a checkpoint signed by the ledger's key."""


class ManifestSigner(Protocol):
    """Whoever signs manifests: the core in this process, or a client of a signer process."""

    def prepare(self, intent: SigningIntent) -> None:
        """Get ready to sign a run that is about to be made, and refuse it now if it would be refused then.

        Raises: as `sign_manifest`.
        """

    def sign_manifest(self, request: ManifestRequest) -> SignedManifest:
        """Sign and record; asking again after an interruption neither signs nor records twice.

        Raises: PolicyRefused; ManifestError or JsonRefused for a malformed fact; CustodyError, KeyStoreError,
        SigningError, LedgerError; SignerUnavailable.
        """


def request_json(request: ManifestRequest) -> dict[str, Json]:
    """A request as it crosses the process boundary."""
    return {
        "facts": facts_json(request.facts),
        "subjects": subject_list(request.subjects),
        "algorithms": list(request.algorithms),
    }


def parse_request(value: Json) -> ManifestRequest:
    """Read a request strictly: no other members. Raises: ManifestError."""
    members = object_of(value, "request")
    _only(members, ("facts", "subjects", "algorithms"), "request")
    stated = object_of(members.get("facts"), "facts")
    facts = facts_of(stated)
    _only(stated, tuple(facts_json(facts)), "facts")
    request = ManifestRequest(facts, subjects_of(members.get("subjects")), texts(members, "algorithms"))
    check_request(request)
    return request


def check_request(request: ManifestRequest) -> None:
    """What every request must keep to, whichever way it came. Raises: ManifestError."""
    check_facts(request.facts)
    names = request.algorithms
    if not 1 <= len(names) <= MAX_ALGORITHMS or len(set(names)) != len(names):
        raise ManifestError("algorithms", f"is not a list of 1 to {MAX_ALGORITHMS} different names")
    if not 1 <= len(request.subjects) <= MAX_SUBJECTS:
        raise ManifestError("subjects", f"are not 1 to {MAX_SUBJECTS} files")


def answer_json(signed: SignedManifest) -> dict[str, Json]:
    """An answer as it crosses the process boundary, and as the ledger remembers it."""
    return {
        "envelope": signed.envelope.decode("utf-8"),
        "manifest_digest": signed.manifest_digest,
        "ledger_index": signed.ledger_index,
        "receipt": signed.receipt,
    }


def parse_answer(value: Json) -> SignedManifest:
    """Read an answer back. Raises: ManifestError."""
    members = object_of(value, "answer")
    return SignedManifest(
        text(members, "envelope").encode("utf-8"),
        digest_text(members, "manifest_digest"),
        count(members, "ledger_index"),
        text(members, "receipt"),
    )


def _only(members: Mapping[str, Json], known: tuple[str, ...], field: str) -> None:
    if strangers := sorted(set(members) - set(known)):
        raise ManifestError(field, f"has an unknown member {strangers[0][:40]!a}")
