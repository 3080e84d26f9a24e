"""Who vouches for the tree that holds a run: the log's key, and witnesses."""

from __future__ import annotations

from collections.abc import Iterator

from qlang.trust.checks import Check
from qlang.trust.errors import NoteError
from qlang.trust.keys.trust import TrustStore
from qlang.trust.ledger.entries import root_text
from qlang.trust.ledger.notes import NoteKey, parse_vkey, verify_note
from qlang.trust.ledger.proof import Proof
from qlang.trust.ledger.vouching import by_store, stolen
from qlang.trust.policy.model import Policy


def checkpoint_checks(proof: Proof, trusted: TrustStore | None, policy: Policy) -> Iterator[Check]:
    """Signatures on the receipt's checkpoint: by the log, and by as many witnesses as the policy demands.

    The log's keys are those that the policy names, else those of the trust store.
    """
    origin = proof.checkpoint.origin
    if policy.log.origins and origin not in policy.log.origins:
        listed = ", ".join(policy.log.origins)
        yield Check("checkpoint origin", False, f"{policy.name} believes {listed}, not {origin}")
    if trusted is None and not policy.log.keys:
        yield Check("checkpoint", True, "not checked: no trusted keys given")
    else:
        yield _log_check(proof, trusted, policy)
    if policy.witnesses.threshold:
        yield _witness_check(proof, policy)


def _log_check(proof: Proof, trusted: TrustStore | None, policy: Policy) -> Check:
    checkpoint = proof.checkpoint
    fault = None
    if policy.log.keys:
        fault = _named_fault(proof, policy, trusted)
    elif trusted is not None:
        fault = by_store(trusted, alone=True)(proof.note, checkpoint)
    told = f"size {checkpoint.size} of {checkpoint.origin}, root {root_text(checkpoint.root)}"
    return Check("checkpoint", fault is None, told if fault is None else f"{fault}; {told}")


def _named_fault(proof: Proof, policy: Policy, trusted: TrustStore | None) -> str | None:
    """A key that the policy names may have been stolen since: the trust store knows."""
    try:
        keys = [key for key in _keys(policy.log.keys) if key.name == proof.checkpoint.origin]
        for found in verify_note(proof.note, keys):
            if trusted is not None and (fault := stolen(trusted, found.key.public, proof.checkpoint)):
                return fault
    except NoteError as error:
        return f"{error.reason} (log.keys, {policy.place('log.keys')})"
    return None


def _witness_check(proof: Proof, policy: Policy) -> Check:
    wanted = policy.witnesses.threshold
    try:
        verified = verify_note(proof.note, _keys(policy.witnesses.keys))
    except NoteError as error:
        return Check("witnesses", False, f"{wanted} demanded: {error.reason}")
    names = sorted({found.key.name for found in verified})
    count = min(len(names), len({found.key.public for found in verified}))  # one key under two names is one witness
    return Check("witnesses", count >= wanted, f"{wanted} demanded, {count} cosigned: {', '.join(names)}")


def _keys(texts: tuple[str, ...]) -> list[NoteKey]:
    return [parse_vkey(text) for text in texts]
