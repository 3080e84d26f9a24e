"""Judge by a policy: every rule that applies is looked at, and its verdict says where the rule stands.

Sections are joined by *and*: what `[defaults]` refuses, no tenant allows. So a rule more never allows more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from qlang.trust.crypto_modes import MODES, unmet_demands
from qlang.trust.custody import DEVELOPMENT, ENFORCED
from qlang.trust.policy import times
from qlang.trust.policy.model import TENANTS, Policy, Section
from qlang.trust.policy.patterns import matches
from qlang.trust.policy.verdict import Decision, Verdict

if TYPE_CHECKING:
    from qlang.trust.policy.questions import KeyFacts, SigningQuestion, VerificationQuestion

BUILT_IN = "built-in"
UNCALIBRATED = ("sim", "sim with *")
"""Backends without calibration: the exact simulator and noise that a job states itself."""

Verdicts = Iterator[Verdict]


def evaluate(policy: Policy, question: SigningQuestion) -> Decision:
    """Whether the signer may sign."""
    run = question
    return Decision(
        (
            *tenant_verdicts(policy, run.tenant),
            *_signer_verdicts(policy, run),
            *mode_verdicts(policy, run.tenant, run.crypto_mode),
            *backend_verdicts(policy, run.tenant, run.backend_id),
            *algorithm_verdicts(policy, run.tenant, run.crypto_mode, run.algorithms),
            *_signing_keys(run),
            *key_verdicts(policy, run.tenant, run.keys, run.created_at, run.now),
            *calibration_verdicts(policy, run.tenant, run.backend_id, run.calibration_at, run.created_at),
            *_clock_verdicts(policy, run),
            *_checkpoint_verdicts(policy, run),
        )
    )


def evaluate_verification(policy: Policy, question: VerificationQuestion) -> Decision:
    """Whether a verifier with this policy accepts a manifest whose signatures it has checked."""
    run = question
    return Decision(
        (
            *tenant_verdicts(policy, run.tenant),
            *mode_verdicts(policy, run.tenant, run.crypto_mode),
            *backend_verdicts(policy, run.tenant, run.backend_id),
            *algorithm_verdicts(policy, run.tenant, run.crypto_mode, run.algorithms),
            *key_verdicts(policy, run.tenant, run.keys, run.created_at, run.signed_at),
            *calibration_verdicts(policy, run.tenant, run.backend_id, run.calibration_at, run.created_at),
        )
    )


def required_algorithms(policy: Policy, tenant: str, mode: str) -> tuple[str, ...]:
    """The algorithms whose valid signatures a verifier demands, beside what the mode itself demands."""
    return tuple(dict.fromkeys(name for _, part in policy.sections(tenant) for name in part.require.get(mode, ())))


def tenant_verdicts(policy: Policy, tenant: str) -> Verdicts:
    """Whether the tenant is one: any is where none is listed, none but these where some are."""
    if not policy.tenants:
        yield Verdict("tenant", BUILT_IN, True, f"tenant `{tenant}`: no tenants are listed, any may sign")
    elif tenant in policy.tenants:
        rule = f"{TENANTS}.{tenant}"
        yield Verdict(rule, policy.place(rule), True, f"tenant `{tenant}` is listed")
    else:
        listed = _list(policy.tenants)
        yield Verdict(TENANTS, policy.place(TENANTS), False, f"tenant `{tenant}` is not listed; listed are {listed}")


def mode_verdicts(policy: Policy, tenant: str, mode: str) -> Verdicts:
    """Whether a crypto mode is allowed."""
    for path, section in policy.sections(tenant):
        if section.modes is not None:
            yield _membership(policy, f"{path}.modes", f"crypto mode `{mode}`", mode in section.modes, section.modes)


def backend_verdicts(policy: Policy, tenant: str, backend: str) -> Verdicts:
    """Whether a backend, named as in a plan, is allowed."""
    for path, section in policy.sections(tenant):
        if section.backends is not None:
            fits = any(matches(backend, pattern) for pattern in section.backends)
            yield _membership(policy, f"{path}.backends", f"backend `{backend}`", fits, section.backends)


def algorithm_verdicts(policy: Policy, tenant: str, mode: str, algorithms: Collection[str]) -> Verdicts:
    """Whether signatures by these algorithms are enough for the mode and the policy, and none too many."""
    known = MODES.get(mode)
    unmet = (f"`{mode}`, which is no crypto mode",) if known is None else unmet_demands(known, algorithms)
    text = f"crypto mode `{mode}` with {_list(algorithms)}" + (f" lacks {' and '.join(unmet)}" if unmet else "")
    yield Verdict("crypto mode", BUILT_IN, not unmet, text)
    for path, section in policy.sections(tenant):
        if section.algorithms is not None:
            for name in algorithms:
                fits = name in section.algorithms
                yield _membership(policy, f"{path}.algorithms", f"algorithm `{name}`", fits, section.algorithms)
        for rule, demanded in (("sign", section.sign), ("require", section.require)):
            if mode in demanded:
                missing = [name for name in demanded[mode] if name not in algorithms]
                wanted = f"`{mode}` wants {_list(demanded[mode])}"
                text = f"{wanted}; missing {_list(missing)}" if missing else wanted
                key = f"{path}.{rule}.{mode}"
                yield Verdict(key, policy.place(key), not missing, text)


def key_verdicts(
    policy: Policy, tenant: str, keys: Collection[KeyFacts], at: str, signed_at: str | None = None
) -> Verdicts:
    """Whether keys may sign for a tenant a run of the time `at`: validity, custody, probe, age, ownership.

    A key's age is that at `signed_at`, the signer's clock, too: whoever asks chooses `at`.
    """
    owner = policy.key_tenant(tenant)
    for key in keys:
        name = f"key `{key.key_id}`"
        yield _validity(key, at)
        if policy.tenants:
            fits = key.tenant == owner
            yield Verdict("key tenant", BUILT_IN, fits, f"{name} is one of tenant `{key.tenant}`, asked for `{owner}`")
        for path, section in policy.sections(tenant):
            yield from _custody_rules(policy, path, section, key)
            if section.keys is not None:
                yield _membership(policy, f"{path}.keys", name, key.key_id in section.keys, section.keys)
            if section.max_key_age is not None:
                rule = f"{path}.max_key_age"
                for moment in dict.fromkeys((at, signed_at or at)):
                    yield _age(policy, rule, f"the age of {name}", key.created_at, moment, section.max_key_age)


def log_key_verdicts(policy: Policy, tenant: str, key: KeyFacts) -> Verdicts:
    """Whether a key of the log may vouch for runs of a tenant: the rules of custody, as for keys of runs."""
    for path, section in policy.sections(tenant):
        yield from _custody_rules(policy, path, section, key)


def _custody_rules(policy: Policy, path: str, section: Section, key: KeyFacts) -> Verdicts:
    name = f"key `{key.key_id}`"
    if section.production:
        fits = key.custody != DEVELOPMENT and key.probe == ENFORCED
        rule, text = f"{path}.production", f"{name} has custody `{key.custody}` and probe `{key.probe}`"
        yield Verdict(rule, policy.place(rule), fits, text)
    if section.custody is not None:
        subject, fits = f"custody `{key.custody}` of {name}", key.custody in section.custody
        yield _membership(policy, f"{path}.custody", subject, fits, section.custody)
    if section.enforced_probe:
        rule, text = f"{path}.enforced_probe", f"{name} has probe `{key.probe}`"
        yield Verdict(rule, policy.place(rule), key.probe == ENFORCED, text)


def calibration_verdicts(policy: Policy, tenant: str, backend: str, calibration_at: str | None, at: str) -> Verdicts:
    """Whether the calibration that a run is planned with is fresh enough."""
    for path, section in policy.sections(tenant):
        if section.max_calibration_age is None:
            continue
        rule = f"{path}.max_calibration_age"
        if calibration_at is None and any(matches(backend, pattern) for pattern in UNCALIBRATED):
            yield Verdict(rule, policy.place(rule), True, f"backend `{backend}` has no calibration")
        else:
            subject = f"the age of the calibration of `{backend}`"
            yield _age(policy, rule, subject, calibration_at, at, section.max_calibration_age)


def _signer_verdicts(policy: Policy, run: SigningQuestion) -> Verdicts:
    peer = run.peer
    who = "an unknown user" if peer is None else f"user `{peer.user}` ({peer.uid})"
    stated = [(path, section.signers) for path, section in policy.sections(run.tenant) if section.signers is not None]
    for path, signers in stated:
        fits = peer is not None and (peer.user in signers or peer.uid in signers)
        yield _membership(policy, f"{path}.signers", who, fits, signers)
    if not stated and run.owner_uid is not None and peer is not None:
        text = f"{who} asks the signer of user {run.owner_uid}; no `signers` are named"
        yield Verdict("signers", BUILT_IN, peer.uid == run.owner_uid, text)


def _signing_keys(run: SigningQuestion) -> Verdicts:
    made = tuple(key.algorithm for key in run.keys)
    text = f"keys of {_list(made)} for {_list(run.algorithms)}"
    yield Verdict("keys", BUILT_IN, sorted(made) == sorted(run.algorithms) and bool(made), text)


def _clock_verdicts(policy: Policy, run: SigningQuestion) -> Verdicts:
    for path, section in policy.sections(run.tenant):
        if section.max_clock_difference is not None:
            rule, limit = f"{path}.max_clock_difference", section.max_clock_difference
            apart = times.seconds_between(run.created_at, run.now)
            text = (
                f"`created_at` and the signer's clock are {times.spelled(apart)} apart, at most {times.spelled(limit)}"
            )
            yield Verdict(rule, policy.place(rule), apart is not None and abs(apart) <= limit, text)


def _checkpoint_verdicts(policy: Policy, run: SigningQuestion) -> Verdicts:
    for path, section in policy.sections(run.tenant):
        if section.max_checkpoint_age is None:
            continue
        rule = f"{path}.max_checkpoint_age"
        if run.checkpoint_at is None:
            yield Verdict(rule, policy.place(rule), True, "the ledger is empty")
        else:
            subject = "the age of the newest checkpoint"
            yield _age(policy, rule, subject, run.checkpoint_at, run.now, section.max_checkpoint_age)


def _validity(key: KeyFacts, at: str) -> Verdict:
    """Keys are used inside their time and before they are revoked, whatever the policy says."""
    name = f"key `{key.key_id}`"
    since = times.seconds_between(key.not_before, at)
    left = 0.0 if key.not_after is None else times.seconds_between(at, key.not_after)
    if key.revoked:
        return Verdict("key validity", BUILT_IN, False, f"{name} is revoked")
    if since is None or left is None:
        return Verdict("key validity", BUILT_IN, False, f"{name}: {at} and its validity are not both times")
    if since < 0:
        return Verdict("key validity", BUILT_IN, False, f"{name} is not valid before {key.not_before}, used at {at}")
    if left < 0:
        return Verdict("key validity", BUILT_IN, False, f"{name} is not valid after {key.not_after}, used at {at}")
    return Verdict("key validity", BUILT_IN, True, f"{name} is valid at {at}")


def _age(policy: Policy, rule: str, subject: str, since: str | None, at: str, limit: int) -> Verdict:
    """What is dated in the future is as little known as what has no date."""
    age = None if since is None else times.seconds_between(since, at)
    if age is None:
        return Verdict(rule, policy.place(rule), False, f"{subject} is not known, at most {times.spelled(limit)}")
    fits = -times.CLOCK_TOLERANCE <= age <= limit
    return Verdict(rule, policy.place(rule), fits, f"{subject} is {times.spelled(age)}, at most {times.spelled(limit)}")


def _membership(policy: Policy, rule: str, subject: str, fits: bool, allowed: Collection[str | int]) -> Verdict:
    relation = "is one of" if fits else "is not one of"
    return Verdict(rule, policy.place(rule), fits, f"{subject} {relation} {_list(allowed)}")


def _list(names: Collection[str | int]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
