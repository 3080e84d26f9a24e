"""What can go wrong in mitigation, as exceptions that carry data."""

from dataclasses import dataclass


class MitigationError(Exception):
    """Base of this room's errors."""


@dataclass(eq=False)
class UnknownMethod(MitigationError):
    """A mitigation method that does not exist."""

    name: str
    suggestion: str | None

    def __str__(self) -> str:
        return f"unknown mitigation method `{self.name}`" + (
            f", did you mean `{self.suggestion}`?" if self.suggestion else ""
        )


@dataclass(eq=False)
class NotOffered(MitigationError):
    """A mitigation method of the language that this version does not implement."""

    name: str
    offered: tuple[str, ...]

    def __str__(self) -> str:
        return f"mitigation method `{self.name}` is not offered in this version; offered: {', '.join(self.offered)}"


@dataclass(eq=False)
class Incompatible(MitigationError):
    """Methods that cannot be combined, or not in this order."""

    first: str
    second: str
    rule: str

    def __str__(self) -> str:
        return f"`{self.first}` before `{self.second}`: {self.rule}"


@dataclass(eq=False)
class BadOption(MitigationError):
    """An option that a method does not have, or a value that it cannot take."""

    method: str
    option: str
    problem: str

    def __str__(self) -> str:
        return f"`{self.method}`, `{self.option}`: {self.problem}"


@dataclass(eq=False)
class BadText(MitigationError):
    """Text that is not the written form of an arm."""

    text: str

    def __str__(self) -> str:
        return f"not a mitigation method: `{self.text}`"


@dataclass(eq=False)
class BadScales(MitigationError):
    """Noise scales that no fit can use: too few, too many, repeated or not positive."""

    scales: tuple[float, ...]
    problem: str

    def __str__(self) -> str:
        return f"noise scales {list(self.scales)}: {self.problem}"


@dataclass(eq=False)
class NotFoldable(MitigationError):
    """A noise scale that global folding U(U†U)ᵏ cannot reach: it gives the odd integers 1, 3, 5, …"""

    scale: float

    def __str__(self) -> str:
        return f"noise scale {self.scale:g} is not an odd integer, which global folding needs"


@dataclass(eq=False)
class TooFewShots(MitigationError):
    """Fewer shots than circuits to run."""

    shots: int
    needed: int

    def __str__(self) -> str:
        return f"{self.shots} shots, at least {self.needed} needed"


@dataclass(eq=False)
class NotInvertible(MitigationError):
    """A readout error with p01 + p10 ≥ 1, or a probability outside [0, 1]: the reading tells nothing of the state."""

    p01: float
    p10: float

    def __str__(self) -> str:
        return f"readout error with p01 = {self.p01:g}, p10 = {self.p10:g} cannot be inverted"
