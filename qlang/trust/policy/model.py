"""A policy as data. `[defaults]` holds for everyone; a tenant's section adds to it and can only narrow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from qlang.trust.custody import DEFAULT_TENANT
from qlang.trust.providers.table import DEFAULT as DEFAULT_PROVIDERS

POLICY_FILE = "qlang-policy.toml"
SCHEMA = 1
DEFAULTS = "defaults"
TENANTS = "tenants"

Choice = Mapping[str, tuple[str, ...]]
"""Crypto mode → algorithms."""


def _none() -> Choice:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Section:
    """The rules of `[defaults]` or of one tenant; what is None, False or empty says nothing."""

    production: bool = False
    """Refuses custody `development` and keys whose custody probe did not confirm that they cannot leave."""
    signers: tuple[str | int, ...] | None = None
    """Users by name, or by number, that may ask for signatures."""
    modes: tuple[str, ...] | None = None
    backends: tuple[str, ...] | None = None
    """Patterns of backends as jobs name them: `sim*`, `sim like ibm.*`, `ibm.*`."""
    algorithms: tuple[str, ...] | None = None
    """The only algorithms that may sign."""
    sign: Choice = field(default_factory=_none)
    """Algorithms that must sign, for each crypto mode."""
    require: Choice = field(default_factory=_none)
    """Algorithms whose signatures a verifier demands, for each crypto mode; so the signer makes them too."""
    custody: tuple[str, ...] | None = None
    enforced_probe: bool = False
    """Whether only keys whose custody probe says `enforced` may sign."""
    keys: tuple[str, ...] | None = None
    """The only key ids that may sign."""
    max_calibration_age: int | None = None
    """Seconds from the calibration to the run."""
    max_clock_difference: int | None = None
    """Seconds between a run's `created_at` and the signer's clock, either way."""
    max_checkpoint_age: int | None = None
    """Seconds since the ledger's newest checkpoint."""
    max_key_age: int | None = None
    """Seconds from the making of a key to its last signature."""


@dataclass(frozen=True, slots=True)
class LogTrust:
    """Which ledgers a verifier believes: origins, and keys of checkpoints as C2SP verifier keys."""

    origins: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who cosigns checkpoints (C2SP verifier keys), and how many of them a verifier demands."""

    keys: tuple[str, ...] = ()
    threshold: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a policy file. Two files that say the same have the same `digest`."""

    defaults: Section = Section()
    tenants: Mapping[str, Section] = field(default_factory=dict)
    log: LogTrust = LogTrust()
    witnesses: Witnesses = Witnesses()
    providers: tuple[str, ...] = field(default=DEFAULT_PROVIDERS, compare=False)
    """Who computes signatures on this machine, the preferred one first; see `qlang.trust.providers`.

    Not in the digest: it changes neither what may be signed nor what a verifier demands, and the same rules must have
    one digest on machines with different packages.
    """
    name: str = field(default="built-in policy", compare=False)
    """The file's name, for messages."""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Key path (`defaults.modes`, `tenants.lab.sign.hybrid`) → line of the file, from 1."""

    @property
    def digest(self) -> str:
        """`sha256:…` of the rules in canonical JSON: comments, order and layout of the file do not change it."""
        from qlang.trust.canonical import canonical_json, sha256_digest
        from qlang.trust.policy.content import policy_content

        return sha256_digest(canonical_json(policy_content(self)))

    def sections(self, tenant: str) -> tuple[tuple[str, Section], ...]:
        """The sections that hold for a tenant with their key paths, `[defaults]` first."""
        own = self.tenants.get(tenant)
        found = ((DEFAULTS, self.defaults),)
        return found if own is None else (*found, (f"{TENANTS}.{tenant}", own))

    def key_tenant(self, tenant: str) -> str:
        """Whose keys sign for a tenant: its own where the policy lists tenants, the common ones otherwise."""
        return tenant if self.tenants else DEFAULT_TENANT

    def place(self, key: str) -> str:
        """Where a rule stands: `qlang-policy.toml:12`, or the file's name where the line is not known."""
        line = self.lines.get(key)
        return self.name if line is None else f"{self.name}:{line}"
