"""What can go wrong in the catalogue, as exceptions that carry data."""

from dataclasses import dataclass


class CatalogueError(Exception):
    """Base of this room's errors."""


@dataclass(eq=False)
class UnknownDevice(CatalogueError):
    """No snapshot of this name, neither shipped nor in an installed extra."""

    name: str
    suggestions: tuple[str, ...]

    def __str__(self) -> str:
        hint = f"; did you mean {', '.join(self.suggestions)}?" if self.suggestions else ""
        return f"unknown device `{self.name}`{hint}"


@dataclass(eq=False)
class MalformedSnapshot(CatalogueError):
    """A calibration file that is not what its format promises."""

    file: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


@dataclass(eq=False)
class DoesNotFit(CatalogueError):
    """The device has no connected region of working qubits that is large enough."""

    device: str
    needed: int
    available: int
    """Qubits in the largest connected region of working qubits."""

    def __str__(self) -> str:
        return f"{self.device}: needs {self.needed} connected qubits, {self.available} available"


@dataclass(eq=False)
class NotConnected(CatalogueError):
    """Two physical qubits between which no path of working couplers exists."""

    device: str
    qubits: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.device}: no working couplers join qubits {self.qubits[0]} and {self.qubits[1]}"
