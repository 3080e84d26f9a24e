"""What the signer writes into the ledger beside the runs: refusals, the policy in force, keys in first use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qlang.trust.canonical import Json, canonical_json, sha256_digest
from qlang.trust.custody import LEDGER_CHECKPOINT, KeyRecord
from qlang.trust.errors import JsonRefused
from qlang.trust.ledger.kinds import KEY_USE, POLICY, REFUSAL
from qlang.trust.ledger.notes import log_key
from qlang.trust.ledger.store import Ledger, Transaction
from qlang.trust.manifest import PolicyName
from qlang.trust.policy.questions import Peer
from qlang.trust.signing.intent import MAX_ALGORITHMS, SigningIntent, intent_json
from qlang.trust.signing.request import ManifestRequest

MAX_REASON = 500
MAX_REASONS = 20


def note_policy(ledger: Ledger, step: Transaction, policy: PolicyName, at: str) -> None:
    """Record the policy in force, if it is not the one recorded last."""
    last = ledger.last_entry(POLICY)
    if last is None or last.body.get("policy_digest") != policy.digest:
        step.append(POLICY, {"at": at, "policy_digest": policy.digest, "name": policy.name})


def note_key_use(step: Transaction, record: KeyRecord, at: str) -> None:
    """Record a key at its first use in this ledger; later uses are in the entries of the runs.

    Keys of the log are recorded with the key id of their signature lines, see `ledger.kinds.note_keys`.
    """
    request_id = f"key-use:{record.public.key_id}"
    if step.recall(request_id) is not None:
        return
    signs_notes = record.spec.purpose == LEDGER_CHECKPOINT
    entry = step.append(
        KEY_USE,
        {
            "at": at,
            "keyid": record.public.key_id,
            "spki_digest": sha256_digest(record.public.spki),
            "purpose": record.spec.purpose,
            "tenant": record.spec.tenant,
            "generation": record.spec.generation,
            "custody": record.custody,
            "probe": record.probe.verdict,
            "note_keys": [log_key(step.position.origin, record.public).key_id.hex()] if signs_notes else [],
        },
    )
    step.remember(request_id, entry.index, b"")


@dataclass(frozen=True, slots=True)
class Refused:
    """What was not signed, for whom, why, and under which policy."""

    reasons: Sequence[str]
    peer: Peer | None = None
    asked: ManifestRequest | SigningIntent | None = None
    """None where what was sent is neither."""
    policy_digest: str | None = None
    """None where the policy could not be read."""


def note_refusal(step: Transaction, refused: Refused, at: str) -> None:
    """Record a refusal; every attempt is an entry."""
    peer = refused.peer
    body: dict[str, Json] = {
        "at": at,
        "reasons": [_short(reason) for reason in refused.reasons[:MAX_REASONS]],
        "peer": None if peer is None else {"uid": peer.uid, "user": peer.user},
        "policy_digest": refused.policy_digest,
    }
    match refused.asked:
        case ManifestRequest(facts=facts) as request:
            body |= {"run_id": _short(facts.run_id), **_asked_for(request.intent)}
            body["request_digest"] = _digest(lambda: request.digest)
        case SigningIntent() as intent:
            body |= _asked_for(intent)
            body["request_digest"] = _digest(lambda: sha256_digest(canonical_json(intent_json(intent))))
    step.append(REFUSAL, body)


def _asked_for(intent: SigningIntent) -> dict[str, Json]:
    return {
        "tenant": _short(intent.tenant),
        "crypto_mode": _short(intent.crypto_mode),
        "algorithms": [_short(name) for name in intent.algorithms[:MAX_ALGORITHMS]],
        "backend_id": _short(intent.backend_id),
    }


def _digest(of: Callable[[], str]) -> str | None:
    """None where what was asked has no canonical form: that is then the reason of the refusal."""
    try:
        return of()
    except JsonRefused:
        return None


def _short(value: object) -> str:
    """In ASCII without control characters, not too long: it may be what an attacker sent."""
    text = "".join(character if character.isprintable() else "?" for character in str(value)) or "?"
    return text.encode("ascii", "backslashreplace").decode()[:MAX_REASON]
