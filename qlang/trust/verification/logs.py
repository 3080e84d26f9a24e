"""Who vouches for the tree that holds a run: the log's key, and witnesses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qlang.trust.checks import Check
from qlang.trust.crypto_modes import MODES, unmet_demands
from qlang.trust.errors import NoteError
from qlang.trust.keys.trust import TrustStore
from qlang.trust.ledger.entries import root_text
from qlang.trust.ledger.notes import NoteKey, parse_vkey, verify_note
from qlang.trust.ledger.proof import Proof
from qlang.trust.ledger.vouching import Vouched, signers_of, stolen, unsigned
from qlang.trust.manifest import RunFacts
from qlang.trust.policy.evaluate import log_key_verdicts
from qlang.trust.policy.model import Policy
from qlang.trust.policy.questions import KeyFacts
from qlang.trust.spki import PublicKey
from qlang.trust.verification.kept import Shown

_COSIGN = (
    "if no witness has seen this run yet: `qlangc ledger checkpoint`, `qlangc ledger witness request`, and"
    " `qlangc ledger witness add` with the answer, which writes the receipts anew"
)


@dataclass(frozen=True, slots=True)
class Verifier:
    """Who looks at checkpoints: with which trust and policy, for which run."""

    trusted: TrustStore | None
    policy: Policy
    run: RunFacts

    @property
    def knows_logs(self) -> bool:
        """Whether there is anything to judge a log's signatures by."""
        return self.trusted is not None or bool(self.policy.log.keys)


def checkpoint_checks(proof: Proof, kept: Iterable[Shown], by: Verifier) -> Iterator[Check]:
    """Signatures on the receipt's checkpoint: by the log, and by as many witnesses as the policy demands.

    The log's keys are those that the policy names, else those of the trust store. `kept`: checkpoints in the run's
    ledger, the newest first, that were shown to cover the run too: one of them may have the witnesses instead.
    """
    policy, origin = by.policy, proof.checkpoint.origin
    if policy.log.origins and origin not in policy.log.origins:
        listed = ", ".join(policy.log.origins)
        yield Check("checkpoint origin", False, f"{policy.name} believes {listed}, not {origin}")
    if by.knows_logs:
        yield _log_check(proof, by)
    else:
        yield Check("checkpoint", True, "not checked: no trusted keys given")
    if policy.witnesses.threshold:
        yield _witness_check(proof, kept, by)


def _log_check(proof: Proof, by: Verifier) -> Check:
    checkpoint = proof.checkpoint
    fault = _log_fault(Shown(proof.note, checkpoint), by)
    told = f"size {checkpoint.size} of {checkpoint.origin}, root {root_text(checkpoint.root)}"
    return Check("checkpoint", fault is None, told if fault is None else f"{fault}; {told}")


def _log_fault(shown: Shown, by: Verifier) -> str | None:
    """Why the log's signatures are not worth what the run's crypto mode demands, or None."""
    try:
        if by.policy.log.keys:
            found = _named(shown, by)
        else:
            assert by.trusted is not None
            found = signers_of(by.trusted, shown.note, shown.checkpoint, alone=True)
    except NoteError as error:
        where = f" (log.keys, {by.policy.place('log.keys')})" if by.policy.log.keys else ""
        return f"{error.reason}{where}"
    if not found.keys:
        return unsigned(shown.checkpoint, found)
    judged = {key: _refusals(key, by) for key in found.keys}
    unmet = unmet_demands(MODES[by.run.crypto_mode], {key.algorithm for key, refused in judged.items() if not refused})
    reasons = [*found.refused, *(reason for refused in judged.values() for reason in refused)]
    if unmet:
        text = f"a {by.run.crypto_mode} run needs the log's signature by {' and '.join(unmet)}"
        return "; ".join((text, *reasons))
    return None


def _named(shown: Shown, by: Verifier) -> Vouched:
    """The keys that the policy names; one may have been stolen since: the trust store knows. Raises: NoteError."""
    keys = [key for key in _keys(by.policy.log.keys) if key.name == shown.checkpoint.origin]
    signed = [one.key.public for one in verify_note(shown.note, keys)]
    faults = {} if by.trusted is None else {key: fault for key in signed if (fault := stolen(by.trusted, key))}
    return Vouched(tuple(key for key in signed if key not in faults), tuple(faults.values()))


def _refusals(key: PublicKey, by: Verifier) -> tuple[str, ...]:
    """What the policy's rules of custody say against a key of the log; the key itself has signed where it lives."""
    claims = by.trusted.claims_of(key) if by.trusted is not None else ()
    stated = {(one.custody, one.probe) for one in claims} or {("unknown", "unknown")}
    return tuple(
        dict.fromkeys(
            str(verdict)
            for custody, probe in sorted(stated)
            for verdict in log_key_verdicts(by.policy, by.run.tenant, KeyFacts.of_log(key, custody, probe))
            if not verdict.allowed
        )
    )


def _witness_check(proof: Proof, kept: Iterable[Shown], by: Verifier) -> Check:
    check = _cosigned(Shown(proof.note, proof.checkpoint), by)
    for shown in () if check.ok else kept:
        other = _cosigned(shown, by)
        if other.ok and (not by.knows_logs or _log_fault(shown, by) is None):
            return Check(other.name, True, f"{other.detail}, at size {shown.checkpoint.size} of the ledger")
    return check


def _cosigned(shown: Shown, by: Verifier) -> Check:
    wanted = by.policy.witnesses.threshold
    try:
        verified = verify_note(shown.note, _keys(by.policy.witnesses.keys))
    except NoteError as error:
        return Check("witnesses", False, f"{wanted} demanded: {error.reason}", _COSIGN)
    names = sorted({found.key.name for found in verified})
    count = min(len(names), len({found.key.public for found in verified}))  # one key under two names is one witness
    return Check("witnesses", count >= wanted, f"{wanted} demanded, {count} cosigned: {', '.join(names)}", _COSIGN)


def _keys(texts: tuple[str, ...]) -> list[NoteKey]:
    return [parse_vkey(text) for text in texts]
