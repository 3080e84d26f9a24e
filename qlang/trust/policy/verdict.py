"""What a policy answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule that was looked at."""

    rule: str
    """Its key path: `defaults.backends`; of what always holds, a name such as `key validity`."""
    place: str
    """`qlang-policy.toml:12`, or `built-in`."""
    allowed: bool
    reason: str
    """What was compared with what, in words."""

    def __str__(self) -> str:
        return f"{self.reason} ({self.rule}, {self.place})"


@dataclass(frozen=True, slots=True)
class Decision:
    """Every rule that was looked at, in order; one refusal refuses."""

    rules: tuple[Verdict, ...]

    @property
    def allowed(self) -> bool:
        """Whether no rule refuses."""
        return all(rule.allowed for rule in self.rules)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every refusal, with the rule and its place."""
        return tuple(str(rule) for rule in self.rules if not rule.allowed)
