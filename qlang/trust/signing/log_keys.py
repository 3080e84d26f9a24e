"""The keys of the log: which of them vouch for a run's receipt, and the checkpoint that they sign together.

A log has a classical and a post-quantum key, so that what it vouches for stands as long as the runs in it. Each valid
checkpoint key of the store signs; together they must have what the crypto mode of the run demands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from qlang.trust.crypto_modes import CLASSICAL, ED25519, ML_DSA_44, CryptoMode
from qlang.trust.custody import DEFAULT_TENANT, DEVELOPMENT, LEDGER_CHECKPOINT, KeyRecord
from qlang.trust.errors import KeyRefused, NoteError, PolicyRefused
from qlang.trust.keys.ring import KeyRing
from qlang.trust.ledger.checkpoint import Checkpoint, sign_checkpoint
from qlang.trust.ledger.notes import NoteKey, log_key, parse_note, verify_note
from qlang.trust.policy.evaluate import log_key_verdicts
from qlang.trust.policy.model import Policy
from qlang.trust.policy.questions import KeyFacts
from qlang.trust.times import moment

MADE = (ED25519, ML_DSA_44)
"""What log keys are made of: C2SP has a type for each (`0x01`, `0x06`), so that others can check them."""

_COMMAND = "`qlangc keys create --purpose ledger-checkpoint"


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The log's keys at one moment."""

    fit: tuple[KeyRecord, ...]
    """The newest valid key of each algorithm whose custody the policy allows."""
    unfit: tuple[tuple[str, PolicyRefused | KeyRefused], ...]
    """Algorithms without such a key, and why."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Algorithms that log keys are made of, and that there never was a key of."""
        return tuple(
            name
            for name, refusal in self.unfit
            if name in MADE and isinstance(refusal, KeyRefused) and refusal.state == "missing"
        )


def may_be_made(policy: Policy, tenant: str) -> bool:
    """Whether missing keys may be made without a question: not where the policy would refuse them."""
    return not any(
        section.production or section.enforced_probe or (section.custody and DEVELOPMENT not in section.custody)
        for _, section in policy.sections(tenant)
    )


def log_keys(ring: KeyRing, policy: Policy, tenant: str, at: str) -> LogKeys:
    """The keys of the log for a run of a tenant that is signed at the time `at`. Raises: KeyStoreError."""
    there = {one.spec.algorithm for one in ring.contents().records if one.spec.purpose == LEDGER_CHECKPOINT}
    fit: list[KeyRecord] = []
    unfit: list[tuple[str, PolicyRefused | KeyRefused]] = []
    for name in dict.fromkeys((*MADE, *sorted(there))):
        try:
            (record,) = ring.select(LEDGER_CHECKPOINT, DEFAULT_TENANT, (name,), at, create=False)
        except KeyRefused as refusal:
            unfit.append((name, refusal))
            continue
        verdicts = log_key_verdicts(policy, tenant, KeyFacts.of(record))
        if reasons := tuple(f"{one.reason} ({one.rule}, {one.place})" for one in verdicts if not one.allowed):
            unfit.append((name, PolicyRefused(reasons)))
        else:
            fit.append(record)
    return LogKeys(tuple(fit), tuple(unfit))


def require_log_keys(found: LogKeys, policy: Policy, tenant: str, mode: CryptoMode) -> None:
    """That the log's keys sign what a crypto mode demands.

    Raises: PolicyRefused, KeyRefused, naming what to do.
    """
    algorithms = {record.spec.algorithm for record in found.fit}
    for demand in mode.demands:
        if demand.isdisjoint(algorithms):
            name, refusal = next((name, why) for name, why in found.unfit if name in demand)
            raise _advised(refusal, mode, _advice(policy, tenant, name))


def _advised(refusal: PolicyRefused | KeyRefused, mode: CryptoMode, advice: str) -> PolicyRefused | KeyRefused:
    told = f"the log cannot vouch for a {mode.name} run: "
    if isinstance(refusal, PolicyRefused):
        first, *others = refusal.reasons
        return PolicyRefused((f"{told}{first}; {advice}", *others))
    reason = refusal.reason.partition("; ")[0] if refusal.state == "missing" else refusal.reason
    return KeyRefused(refusal.algorithm, refusal.key_id, refusal.state, f"{told}{reason}; {advice}")


def _advice(policy: Policy, tenant: str, algorithm: str) -> str:
    if may_be_made(policy, tenant):
        return f"{_COMMAND} --algorithm {algorithm}` makes one"
    if algorithm in CLASSICAL:
        return f"{_COMMAND} --algorithm {algorithm} --custody token-native --token NAME` makes one that may"
    wrapped = f"{_COMMAND} --algorithm {algorithm} --custody token-wrapped --token NAME`"
    return f"{wrapped} makes one (`token-native` where the token has ML-DSA)"


def sign_for_log(ring: KeyRing, keys: Collection[KeyRecord], checkpoint: Checkpoint, at: str) -> str:
    """A checkpoint signed by keys of its log, each signature verified. Raises: NoteError, CustodyError."""
    signers = [_signer(ring, checkpoint.origin, record) for record in keys]
    note = sign_checkpoint(checkpoint, signers, timestamp=int(moment(at).timestamp()))
    if len(verify_note(parse_note(note.encode()), [signer.key for signer in signers])) != len(signers):
        raise NoteError("the log's own keys cannot be told apart")
    return note


@dataclass(frozen=True, slots=True)
class _LogSigner:
    """A key of the log as a signer of notes."""

    key: NoteKey
    sign: Callable[[bytes], bytes]


def _signer(ring: KeyRing, origin: str, record: KeyRecord) -> _LogSigner:
    return _LogSigner(log_key(origin, record.public), ring.signer(record).sign)
