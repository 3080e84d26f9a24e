"""What can go wrong in running a plan, as exceptions that carry data."""

from dataclasses import dataclass
from pathlib import Path


class RuntimeFault(Exception):
    """Base of this room's errors."""


@dataclass(eq=False)
class BadPlan(RuntimeFault):
    """A plan that contradicts itself or lacks something; a compiler would not have written it."""

    operation: str
    reason: str

    def __str__(self) -> str:
        return f"`{self.operation}`: {self.reason}"


@dataclass(eq=False)
class NoExecutor(RuntimeFault):
    """A backend that this version cannot run on."""

    backend: str

    def __str__(self) -> str:
        return f"this version has no executor for `{self.backend}`"


@dataclass(eq=False)
class BadRun(RuntimeFault):
    """A run folder that cannot be read."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(eq=False)
class CannotRecord(RuntimeFault):
    """A run folder that cannot be written."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"
