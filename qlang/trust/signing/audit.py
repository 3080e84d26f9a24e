"""What the signer writes into the ledger beside the runs: refusals, the policy in force, keys in first use."""

from __future__ import annotations

from collections.abc import Sequence

from qlang.trust.canonical import Json, sha256_digest
from qlang.trust.custody import KeyRecord
from qlang.trust.errors import JsonRefused
from qlang.trust.ledger.kinds import KEY_USE, POLICY, REFUSAL
from qlang.trust.ledger.store import Ledger, Transaction
from qlang.trust.manifest import PolicyName
from qlang.trust.policy.questions import Peer
from qlang.trust.signing.request import ManifestRequest

MAX_REASON = 500
MAX_REASONS = 20


def note_policy(ledger: Ledger, step: Transaction, policy: PolicyName, at: str) -> None:
    """Record the policy in force, if it is not the one recorded last."""
    last = ledger.last_entry(POLICY)
    if last is None or last.body.get("policy_digest") != policy.digest:
        step.append(POLICY, {"at": at, "policy_digest": policy.digest, "name": policy.name})


def note_key_use(step: Transaction, record: KeyRecord, at: str) -> None:
    """Record a key at its first use in this ledger; later uses are in the entries of the runs."""
    request_id = f"key-use:{record.public.key_id}"
    if step.recall(request_id) is not None:
        return
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
        },
    )
    step.remember(request_id, entry.index, b"")


def note_refusal(
    step: Transaction, reasons: Sequence[str], at: str, peer: Peer | None, request: ManifestRequest | None
) -> None:
    """Record what was not signed, for whom and why; every attempt is an entry."""
    body: dict[str, Json] = {
        "at": at,
        "reasons": [_short(reason) for reason in reasons[:MAX_REASONS]],
        "peer": None if peer is None else {"uid": peer.uid, "user": peer.user},
    }
    if request is not None:
        facts = request.facts
        body |= {"run_id": _short(facts.run_id), "tenant": _short(facts.tenant), "request_digest": _digest(request)}
    step.append(REFUSAL, body)


def _digest(request: ManifestRequest) -> str | None:
    """None where the request has no canonical form: that is then the reason of the refusal."""
    try:
        return request.digest
    except JsonRefused:
        return None


def _short(value: object) -> str:
    """In ASCII without control characters, not too long: it may be what an attacker sent."""
    text = "".join(character if character.isprintable() else "?" for character in str(value)) or "?"
    return text.encode("ascii", "backslashreplace").decode()[:MAX_REASON]
