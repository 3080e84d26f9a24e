"""What only the owner of all keys could do: sign any statement, record it, and have a receipt for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from qlang.trust.algorithms import Signature
from qlang.trust.canonical import canonical_json, sha256_digest
from qlang.trust.custody import DEFAULT_TENANT, LEDGER_CHECKPOINT, RUN_MANIFEST
from qlang.trust.envelope import Envelope, SigningKey, dump_envelope, pae, parse_envelope
from qlang.trust.ledger.checkpoint import Checkpoint
from qlang.trust.ledger.notes import log_key, signature_line
from qlang.trust.ledger.proof import dump_proof
from qlang.trust.ledger.store import open_ledger
from tests.trust.verify.house import HYBRID, House, write

LOG = ("ed25519", "ml-dsa-44")
"""What the log's keys are made of."""


class OwnSigner:
    """A key of the store as a signer of notes."""

    def __init__(self, origin: str, key: SigningKey) -> None:
        self.key = log_key(origin, key.public)
        self.sign = key.sign


def run_keys(house: House, algorithms: Sequence[str] = HYBRID, purpose: str = RUN_MANIFEST) -> list[SigningKey]:
    """The newest keys of the store, whatever they are worth."""
    ring, found = house.ring, []
    for name in algorithms:
        record = ring.contents().of(purpose, DEFAULT_TENANT, name)[0]
        found.append(ring.signer(record))
    return found


def reissue(
    house: House,
    change: Callable[[Any], None] = lambda statement: None,
    *,
    keys: Sequence[SigningKey] | None = None,
    spell: Callable[[Any], bytes] = canonical_json,
    run_id: str = "r1",
) -> None:
    """A changed statement, signed, recorded as the next entry, with a receipt: consistent but for what was changed."""
    statement = json.loads(parse_envelope(house.manifest(run_id).read_bytes()).payload)
    used = run_keys(house) if keys is None else keys
    with open_ledger(house.ledger) as ledger, ledger.transaction() as step:
        place = step.position
        statement["predicate"]["ledger"] = {"origin": place.origin, "index": place.index, "root": place.root}
        change(statement)
        payload, run = spell(statement), statement["predicate"]
        body = {
            "at": run.get("signer", {}).get("signed_at") if isinstance(run.get("signer"), dict) else None,
            "run_id": run.get("run_id"),
            "tenant": run.get("tenant"),
            "created_at": run.get("created_at"),
            "manifest_digest": sha256_digest(payload),
            "key_ids": [key.public.key_id for key in used],
            "custody": run.get("custody"),
            "policy_digest": run["policy"].get("digest") if isinstance(run.get("policy"), dict) else None,
        }
        entry = _append(step, body)
        root = ledger.root()
        checkpoint = Checkpoint(place.origin, entry + 1, root)
        signers = [OwnSigner(place.origin, key) for key in run_keys(house, LOG, LEDGER_CHECKPOINT)]
        lines = [signature_line(checkpoint.text, signer, timestamp=0) for signer in signers]
        note = f"{checkpoint.text}\n{''.join(lines)}"
        receipt = dump_proof(entry, ledger.inclusion_proof(entry), note)
    message = pae(payload)
    made = tuple(Signature(key.public.key_id, key.sign(message)) for key in used)
    write(house.manifest(run_id), dump_envelope(Envelope(payload, made)))
    write(house.receipt(run_id), receipt.encode())


def _append(step: Any, body: dict[str, Any]) -> int:
    """An entry as the signer would write it; where the facts are too odd for one, some other entry."""
    from qlang.trust.errors import TrustError

    try:
        return int(step.append("run", body).index)
    except TrustError:
        return int(step.append("refusal", {"reasons": ["odd"]}).index)


def replaced(**members: object) -> Callable[[Any], None]:
    """Change members of the predicate."""
    return lambda statement: statement["predicate"].update(members)
