"""The core of the signer: judge, build, sign, record and answer, in one ledger transaction.

    BEGIN IMMEDIATE · asked before? · policy · build the statement at the ledger's position · sign, verify each
    signature · append the entry · checkpoint and inclusion proof · remember the answer · COMMIT (on disk) · answer

A process killed anywhere before COMMIT leaves nothing, and after it the same request gets the same answer: no gap,
no duplicate. Not safe for threads: one service, one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from qlang.trust.canonical import Json, canonical_json, sha256_digest
from qlang.trust.crypto_modes import MODES
from qlang.trust.custody import DEFAULT_TENANT, LEDGER_CHECKPOINT, RUN_MANIFEST, KeyRecord
from qlang.trust.envelope import SigningKey, dump_envelope, sign_envelope
from qlang.trust.errors import KeyRefused, LedgerError, ManifestError, PolicyRefused, TrustError
from qlang.trust.keys.ring import KeyRing
from qlang.trust.keys.trust import KeyStatus
from qlang.trust.ledger.checkpoint import Checkpoint
from qlang.trust.ledger.kinds import CHECKPOINT, WITNESS
from qlang.trust.ledger.proof import dump_proof
from qlang.trust.ledger.store import Ledger, Transaction
from qlang.trust.manifest import (
    RUN_ENTRY,
    ManifestKey,
    PolicyName,
    QkdGate,
    RunPredicate,
    Statement,
    ledger_body,
    parse_statement,
    statement_bytes,
)
from qlang.trust.policy import times
from qlang.trust.policy.evaluate import evaluate
from qlang.trust.policy.model import Policy
from qlang.trust.policy.questions import KeyFacts, Peer, SigningQuestion
from qlang.trust.signing.audit import Refused, note_key_use, note_policy, note_refusal
from qlang.trust.signing.intent import SigningIntent
from qlang.trust.signing.log_keys import log_keys, may_be_made, require_log_keys, sign_for_log
from qlang.trust.signing.peer import may_connect
from qlang.trust.signing.recall import same_again
from qlang.trust.signing.request import ManifestRequest, SignedManifest, answer_json, check_request
from qlang.trust.times import precisely_now
from qlang.version import __version__

MAX_STATEMENT = 96 << 10
"""Most bytes of what is signed: with its signatures it must fit into an answer that the ledger keeps."""


class SigningService:
    """Signs run manifests within a policy and enters them into one ledger."""

    def __init__(
        self,
        ledger: Ledger,
        keys: KeyRing,
        policy: Callable[[], Policy],
        *,
        qkd: Callable[[], QkdGate],
        owner_uid: int | None = None,
        now: Callable[[], str] = precisely_now,
    ) -> None:
        """`policy` is asked for each request, so that an edited file counts at once.

        `qkd` asks the key management entity, for crypto modes that need one. `owner_uid`: see SigningQuestion.
        """
        self._ledger, self._keys, self._policy, self._qkd = ledger, keys, policy, qkd
        self._owner_uid, self._now = owner_uid, now
        self._name: tuple[Policy, PolicyName] | None = None
        self._judging: Policy | None = None
        """By which the request under way is judged; None before its policy was read."""

    def describe(self) -> dict[str, Json]:
        """Who this signer is: version, ledger, policy, keys. Raises: PolicyError, LedgerError, KeyStoreError."""
        policy, position = self._policy(), self._ledger.position()
        contents, at = self._keys.contents(), self._now()
        return {
            "version": __version__,
            "ledger": {"origin": position.origin, "size": position.index, "root": position.root},
            "policy": {"name": policy.name, "digest": self._named(policy).digest},
            "keys": [_key_json(record, contents.status(record, at)) for record in contents.records],
        }

    def accepts(self, peer: Peer) -> bool:
        """Whether a user may speak to this signer at all; nobody may while the policy cannot be read."""
        try:
            return self._owner_uid is None or may_connect(self._policy(), peer, self._owner_uid)
        except TrustError:
            return False

    def sign_manifest(self, request: ManifestRequest, peer: Peer | None = None) -> SignedManifest:
        """Sign and record a run, or give the answer that the same request got before.

        Raises: PolicyRefused, ManifestError, JsonRefused, CustodyError, KeyStoreError, SigningError and their like,
        each recorded as a refusal; RequestConflict; LedgerError, where nothing can be recorded.
        """
        with self._refusals_recorded(peer, request):
            check_request(request)
            digest = request.digest
            if (before := self._ledger.recall(_request_id(request))) is not None:
                return same_again(self._ledger, request, digest, before)
            policy = self._judging = self._policy()
            keys, log = self._keys_for(policy, request, peer)
            mode = MODES.get(request.facts.crypto_mode)
            gate = self._qkd() if mode is not None and mode.needs_kme else None
            with self._transaction(policy) as step:
                if (before := step.recall(_request_id(request))) is not None:
                    return same_again(self._ledger, request, digest, before)
                return self._signed(step, policy, _Asked(request, digest, peer, keys, log, gate, self._now()))

    def prepare(self, intent: SigningIntent, peer: Peer | None = None) -> None:
        """Judge a run before it is made, as if it ended now, and get ready to sign it. Signs nothing.

        Its keys are found or made, their tokens logged in to and their secrets opened.

        Raises: as `sign_manifest`, recorded in the same way.
        """
        with self._refusals_recorded(peer, intent):
            policy = self._judging = self._policy()
            at = self._now()
            owner, mode = policy.key_tenant(intent.tenant), MODES.get(intent.crypto_mode)
            self._judge_before(policy, intent, at, at, peer)
            keys = self._select(policy, intent.tenant, RUN_MANIFEST, owner, intent.algorithms, at)
            log = self._log_keys(policy, intent, at)
            for record in (*keys, *log):
                self._keys.ready(record)
            if mode is not None and mode.needs_kme:
                self._qkd()

    @contextmanager
    def _refusals_recorded(self, peer: Peer | None, asked: ManifestRequest | SigningIntent) -> Iterator[None]:
        self._judging = None
        try:
            yield
        except LedgerError:
            raise
        except TrustError as error:
            reasons = error.reasons if isinstance(error, PolicyRefused) else (str(error),)
            self._record_refusal(Refused(reasons, peer, asked), self._judging or self._readable_policy())
            raise

    def _judge_before(
        self, policy: Policy, intent: SigningIntent, created_at: str, now: str, peer: Peer | None
    ) -> None:
        """Judge with the keys that would sign, before any is made: who is refused makes none. Raises: PolicyRefused."""
        owner = policy.key_tenant(intent.tenant)
        facts = tuple(self._foreseen(owner, name, created_at) for name in intent.algorithms)
        self._refuse(policy, self._question(policy, intent, facts, created_at, now, peer))

    def _foreseen(self, owner: str, algorithm: str, at: str) -> KeyFacts:
        """The key that would sign: the one that is there, or that would be made."""
        try:
            (record,) = self._keys.select(RUN_MANIFEST, owner, (algorithm,), at, create=False)
        except KeyRefused as refusal:
            if refusal.state != "missing":
                raise
            return KeyFacts.not_yet_made(algorithm, owner, at)
        return KeyFacts.of(record)

    def record_refusal(self, reasons: tuple[str, ...], peer: Peer | None = None) -> None:
        """Enter into the ledger that something was refused which is no request. Raises: LedgerError."""
        self._record_refusal(Refused(reasons, peer), self._readable_policy())

    def _record_refusal(self, refused: Refused, policy: Policy | None) -> None:
        """Whoever reads the ledger finds before a refusal the policy that was in force."""
        with self._ledger.transaction() as step:
            if policy is not None:
                note_policy(self._ledger, step, self._named(policy), self._now())
                refused = replace(refused, policy_digest=self._named(policy).digest)
            note_refusal(step, refused, self._now())

    def _readable_policy(self) -> Policy | None:
        try:
            return self._policy()
        except TrustError:
            return None  # what is wrong with it is a refusal's reason, or stands behind the next one

    @contextmanager
    def _transaction(self, policy: Policy) -> Iterator[Transaction]:
        with self._ledger.transaction() as step:
            note_policy(self._ledger, step, self._named(policy), self._now())
            yield step

    def _named(self, policy: Policy) -> PolicyName:
        """Its digest is computed once for each policy."""
        if self._name is None or self._name[0] is not policy:
            self._name = (policy, PolicyName(policy.name, policy.digest))
        return self._name[1]

    def _keys_for(
        self, policy: Policy, request: ManifestRequest, peer: Peer | None
    ) -> tuple[tuple[KeyRecord, ...], tuple[KeyRecord, ...]]:
        """The keys of the manifest and of the ledger; what is made for them is recorded whatever comes after."""
        facts = request.facts
        tenant = policy.key_tenant(facts.tenant)
        try:
            keys = self._keys.select(RUN_MANIFEST, tenant, request.algorithms, facts.created_at, create=False)
        except KeyRefused as refusal:
            if refusal.state != "missing" or not may_be_made(policy, facts.tenant):
                raise
            self._judge_before(policy, request.intent, facts.created_at, self._now(), peer)
            keys = self._select(policy, facts.tenant, RUN_MANIFEST, tenant, request.algorithms, facts.created_at)
        return keys, self._log_keys(policy, request.intent, self._now())

    def _log_keys(self, policy: Policy, intent: SigningIntent, at: str) -> tuple[KeyRecord, ...]:
        """All valid keys of the log, of which some must meet each demand of the mode; those never made are made."""
        found, mode = log_keys(self._keys, policy, intent.tenant, at), MODES.get(intent.crypto_mode)
        if found.missing and may_be_made(policy, intent.tenant):
            self._select(policy, intent.tenant, LEDGER_CHECKPOINT, DEFAULT_TENANT, found.missing, at)
            found = log_keys(self._keys, policy, intent.tenant, at)
        if mode is not None:  # the policy refuses what is none
            require_log_keys(found, policy, intent.tenant, mode)
        return found.fit

    def _select(
        self, policy: Policy, tenant: str, purpose: str, owner: str, algorithms: tuple[str, ...], at: str
    ) -> tuple[KeyRecord, ...]:
        try:
            return self._keys.select(purpose, owner, algorithms, at, create=False)
        except KeyRefused as refusal:
            if refusal.state != "missing" or not may_be_made(policy, tenant):
                raise
        with self._transaction(policy) as step:
            return self._keys.select(purpose, owner, algorithms, at, log=step)

    def _signed(self, step: Transaction, policy: Policy, asked: _Asked) -> SignedManifest:
        request = asked.request
        self._judge(policy, asked)
        for record in (*asked.keys, *asked.log):
            note_key_use(step, record, asked.at)
        predicate = RunPredicate(
            request.facts,
            tuple(map(ManifestKey.of, asked.keys)),
            step.position,
            self._named(policy),
            __version__,
            asked.at,
            asked.qkd,
        )
        payload = statement_bytes(Statement(request.subjects, predicate))
        if len(payload) > MAX_STATEMENT:
            raise ManifestError("payload", f"a statement of {len(payload)} bytes exceeds {MAX_STATEMENT}")
        parse_statement(payload)  # nothing is signed that `verify` could not read
        digest = sha256_digest(payload)
        envelope = sign_envelope(
            payload,
            [self._signing_key(record) for record in asked.keys],
            providers=self._keys.providers,
        )
        entry = step.append(RUN_ENTRY, ledger_body(predicate, digest))
        receipt = self._receipt(step, entry.index, asked)
        signed = SignedManifest(dump_envelope(envelope), digest, entry.index, receipt)
        kept = canonical_json({"request_digest": asked.digest, "answer": answer_json(signed)})
        step.remember(_request_id(request), entry.index, kept)
        return signed

    def _receipt(self, step: Transaction, index: int, asked: _Asked) -> str:
        """Checkpoint the ledger as it will be once committed, and prove that the entry is in it.

        Nobody sees the note before COMMIT: a state that is never committed is never vouched for.
        """
        size = step.position.index
        checkpoint = Checkpoint(step.position.origin, size, self._ledger.root(size))
        note = sign_for_log(self._keys, asked.log, checkpoint, asked.at)
        step.add_checkpoint(note)
        return dump_proof(index, self._ledger.inclusion_proof(index, size), note)

    def _signing_key(self, record: KeyRecord) -> SigningKey:
        return SigningKey(record.public, lambda message: self._keys.sign(record, message))

    def _judge(self, policy: Policy, asked: _Asked) -> None:
        """Raises: PolicyRefused with every reason."""
        facts, keys = asked.request.facts, tuple(map(KeyFacts.of, asked.keys))
        intent = asked.request.intent
        self._refuse(policy, self._question(policy, intent, keys, facts.created_at, asked.at, asked.peer))

    def _question(
        self,
        policy: Policy,
        intent: SigningIntent,
        keys: tuple[KeyFacts, ...],
        created_at: str,
        now: str,
        peer: Peer | None,
    ) -> SigningQuestion:
        return SigningQuestion(
            tenant=intent.tenant,
            crypto_mode=intent.crypto_mode,
            algorithms=intent.algorithms,
            keys=keys,
            backend_id=intent.backend_id,
            created_at=created_at,
            now=now,
            calibration_at=intent.calibration_at,
            peer=peer,
            owner_uid=self._owner_uid,
            checkpoint_at=self._checkpoint_at(policy, intent.tenant),
        )

    def _refuse(self, policy: Policy, question: SigningQuestion) -> None:
        """Raises: PolicyRefused with every reason."""
        reasons = (*evaluate(policy, question).reasons, *_standing_reasons(question))
        if reasons:
            raise PolicyRefused(reasons)

    def _checkpoint_at(self, policy: Policy, tenant: str) -> str | None:
        """When the ledger was last vouched for outside: its newest published or witnessed checkpoint.

        None where no rule asks.
        """
        if all(section.max_checkpoint_age is None for _, section in policy.sections(tenant)):
            return None
        marks = [entry for kind in (CHECKPOINT, WITNESS) if (entry := self._ledger.last_entry(kind))]
        if not marks and self._ledger.size():
            marks = [self._ledger.entry(0)]
        return max((str(mark.body["at"]) for mark in marks if "at" in mark.body), default=None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request on its way: who asks, with which keys, and when it is signed."""

    request: ManifestRequest
    digest: str
    peer: Peer | None
    keys: tuple[KeyRecord, ...]
    log: tuple[KeyRecord, ...]
    qkd: QkdGate | None
    at: str


def _key_json(record: KeyRecord, status: KeyStatus) -> Json:
    spec = record.spec
    return {
        "keyid": record.public.key_id,
        "algorithm": spec.algorithm,
        "purpose": spec.purpose,
        "tenant": spec.tenant,
        "generation": spec.generation,
        "custody": record.custody,
        "probe": record.probe.verdict,
        "state": status.state,
        "detail": status.without_name(record.public.key_id),
    }


def _request_id(request: ManifestRequest) -> str:
    return f"run:{request.facts.run_id}"


def _standing_reasons(question: SigningQuestion) -> Iterator[str]:
    """What no policy can allow: a run from the future, a key whose time is over."""
    ahead = times.seconds_between(question.now, question.created_at)
    if ahead is None or ahead > times.CLOCK_TOLERANCE:
        yield f"`created_at` {question.created_at} is after the signer's clock, {question.now}"
    for key in question.keys:
        left = None if key.not_after is None else times.seconds_between(question.now, key.not_after)
        if left is not None and left < 0:
            yield f"key `{key.key_id}` is not valid after {key.not_after}, now it is {question.now}"
