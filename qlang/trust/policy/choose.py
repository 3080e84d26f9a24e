"""Which algorithms sign: what the policy names for a tenant and a crypto mode, completed to what the mode demands."""

from __future__ import annotations

from collections.abc import Iterator

from qlang.trust.crypto_modes import CLASSICAL, MODES
from qlang.trust.policy.model import Policy


def signing_algorithms(policy: Policy, tenant: str, mode: str) -> tuple[str, ...]:
    """The algorithms that sign a tenant's runs in a crypto mode: classical ones first.

    All that `sign` and `require` name for the mode; a demand of the mode that none of them meets is met by the mode's
    own choice, or by another algorithm where `algorithms` forbids that. Where it forbids all, the mode's own choice is
    returned, and `evaluate.algorithm_verdicts` refuses it. Raises: KeyError for an unknown mode.
    """
    known = MODES[mode]
    chosen = list(_named(policy, tenant, mode))
    for demand, usual in zip(known.demands, known.default, strict=True):
        if demand.isdisjoint(chosen):
            allowed = [name for name in (usual, *sorted(demand)) if _may_sign(policy, tenant, name)]
            chosen.append(allowed[0] if allowed else usual)
    return tuple(sorted(chosen, key=lambda name: name not in CLASSICAL))


def _named(policy: Policy, tenant: str, mode: str) -> Iterator[str]:
    """Each once, in the order of the file."""
    choices = [choice for _, section in policy.sections(tenant) for choice in (section.sign, section.require)]
    yield from dict.fromkeys(name for choice in choices for name in choice.get(mode, ()))


def _may_sign(policy: Policy, tenant: str, algorithm: str) -> bool:
    return all(part.algorithms is None or algorithm in part.algorithms for _, part in policy.sections(tenant))
