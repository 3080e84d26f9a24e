"""What a policy would say: for a tenant, crypto modes and backends, with every rule and its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from typing import Any

from qlang.trust.crypto_modes import MODES
from qlang.trust.policy import times
from qlang.trust.policy.choose import signing_algorithms
from qlang.trust.policy.content import section_content
from qlang.trust.policy.evaluate import algorithm_verdicts, backend_verdicts, mode_verdicts, tenant_verdicts
from qlang.trust.policy.model import DEFAULTS, LogTrust, Policy, Section, Witnesses
from qlang.trust.policy.verdict import Decision
from qlang.trust.providers.table import DEFAULT as DEFAULT_PROVIDERS

_PLANNED = ("modes", "backends", "algorithms", "sign", "require")
"""Rules that are judged before a run, all others when it is signed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that was asked about."""

    kind: str
    """`tenant`, `mode`, `backend` or `run`."""
    name: str
    decision: Decision
    algorithms: tuple[str, ...] = ()
    """Of a mode: what signs."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as the file has it."""

    key: str
    place: str
    value: str


def explain(
    policy: Policy, tenant: str, modes: Collection[str] = (), backends: Collection[str] = ()
) -> tuple[Subject, ...]:
    """The verdicts on a tenant, on crypto modes (none given: all) and on backends. Raises: KeyError for other modes."""
    found = [Subject("tenant", tenant, Decision(tuple(tenant_verdicts(policy, tenant))))]
    for mode in modes or MODES:
        algorithms = signing_algorithms(policy, tenant, mode)
        verdicts = (*mode_verdicts(policy, tenant, mode), *algorithm_verdicts(policy, tenant, mode, algorithms))
        found.append(Subject("mode", mode, Decision(verdicts), algorithms))
    found += [Subject("backend", name, Decision(tuple(backend_verdicts(policy, tenant, name)))) for name in backends]
    return tuple(found)


def rules_when_signing(policy: Policy, tenant: str) -> tuple[Rule, ...]:
    """The rules that can only be judged with the keys and the clock of the signer."""
    return tuple(rule for rule in rules_of(policy, tenant) if rule.key.rpartition(".")[2] not in _PLANNED)


def rules_of(policy: Policy, tenant: str | None = None) -> tuple[Rule, ...]:
    """Every rule that is stated, in the order of the sections; of one tenant, or of all."""
    if tenant is not None:
        sections = policy.sections(tenant)
    else:
        sections = (*policy.sections(""), *((f"tenants.{name}", part) for name, part in policy.tenants.items()))
    found = [rule for path, section in sections for rule in _stated(policy, path, section)]
    if tenant is None:
        if policy.providers != DEFAULT_PROVIDERS:
            key = f"{DEFAULTS}.providers"
            found.append(Rule(key, policy.place(key), ", ".join(policy.providers)))
        found += [*_stated(policy, "log", policy.log), *_stated(policy, "witnesses", policy.witnesses)]
    return tuple(found)


def contradictions(policy: Policy) -> tuple[str, ...]:
    """What is allowed and can never be signed, in words: rules that leave nothing of each other."""
    found = []
    for tenant in policy.tenants or ("default",):
        for mode in MODES:
            verdicts = tuple(mode_verdicts(policy, tenant, mode))
            if not verdicts or not all(verdict.allowed for verdict in verdicts):
                continue
            algorithms = signing_algorithms(policy, tenant, mode)
            signing = Decision(tuple(algorithm_verdicts(policy, tenant, mode, algorithms)))
            found += [f"tenant `{tenant}`: crypto mode `{mode}` is allowed, but {reason}" for reason in signing.reasons]
    return tuple(found)


def _stated(policy: Policy, path: str, part: Section | LogTrust | Witnesses) -> Iterator[Rule]:
    stated = section_content(part)
    for entry in fields(part):
        if entry.name in stated:
            key = f"{path}.{entry.name}"
            yield Rule(key, policy.place(key), _shown(entry.name, getattr(part, entry.name)))


def _shown(name: str, value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return times.spelled(value) if name.startswith("max_") else str(value)
        case tuple():
            return ", ".join(map(str, value)) or "none"
        case _:
            return "; ".join(f"{mode}: {', '.join(names)}" for mode, names in value.items())
