"""What can go wrong in execution, as exceptions that carry data."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qlang.backends.limits import ABSURD_QUBITS

if TYPE_CHECKING:
    from xdsl.ir import Operation


class BackendError(Exception):
    """Base of this room's errors."""

    where: "Operation | None" = None
    """The operation of the program that met it, which knows its place in the source; set by what executes it."""


@dataclass(eq=False)
class UnsupportedOperation(BackendError):
    """An operation of the kernel that the backend has no handler for."""

    name: str
    detail: str = ""

    def __str__(self) -> str:
        return f"the simulator cannot execute `{self.name}`" + (f": {self.detail}" if self.detail else "")


@dataclass(eq=False)
class TooLarge(BackendError):
    """A state that does not fit into memory."""

    qubits: int
    bytes_needed: int
    limit: int
    """Bytes that may be used."""
    growth: int = 2
    """By how much one more qubit multiplies the bytes."""
    others: tuple[str, ...] = ()
    """Targets of this installation that could hold it, with their precision."""

    @property
    def fits(self) -> int:
        """The number of qubits that would fit."""
        qubits, needed = min(self.qubits, ABSURD_QUBITS), self.bytes_needed
        while needed > self.limit and qubits:
            qubits, needed = qubits - 1, needed // self.growth
        return qubits

    def __str__(self) -> str:
        return (
            f"{self.qubits} qubits need {self.bytes_needed} bytes of memory and {self.limit} are available;"
            f" up to {self.fits} qubits fit; "
            + (f"the target {' or '.join(self.others)} could hold it" if self.others else "no target here holds more")
        )


@dataclass(eq=False)
class TargetUnavailable(BackendError):
    """A plan for an executor that this version or this installation does not have."""

    target: str
    precision: str
    reason: str

    def __str__(self) -> str:
        return f"the target `{self.target}` ({self.precision}) cannot run here: {self.reason}"


@dataclass(eq=False)
class TooManyBranches(BackendError):
    """Measurements whose outcomes were used split the run into more branches than can be kept."""

    limit: int

    def __str__(self) -> str:
        return (
            f"measurements that are used within the circuit split the run into more than {self.limit} branches;"
            " `shots` bounds their number"
        )


@dataclass(eq=False)
class LoopLimit(BackendError):
    """A loop that does not end, or that has more iterations than any run."""

    limit: int
    kind: str = "while"
    iterations: int | None = None
    """Of a `for` loop, where it is known."""

    def __str__(self) -> str:
        if self.iterations is not None:
            return f"a `{self.kind}` loop of {self.iterations} iterations; at most {self.limit} are run"
        return f"a `{self.kind}` loop did not end within {self.limit} iterations"


@dataclass(eq=False)
class BadLoop(BackendError):
    """A `for` loop whose step is not positive."""

    step: int

    def __str__(self) -> str:
        return f"the step of a `for` loop is {self.step}; it must be positive"


@dataclass(eq=False)
class BadArithmetic(BackendError):
    """A classical operation without a result: division by zero, the logarithm of a negative number."""

    operation: str
    operands: tuple[float, ...]

    def __str__(self) -> str:
        symbol = _SYMBOLS.get(self.operation)
        if symbol is not None and len(self.operands) == 2:
            return f"`{self.operands[0]} {symbol} {self.operands[1]}` has no value"
        return f"`{self.operation.partition('.')[2]}` has no value for {', '.join(map(str, self.operands))}"


_SYMBOLS = {
    "arith.addi": "+",
    "arith.subi": "-",
    "arith.muli": "*",
    "circuit.remainder": "%",
    **dict.fromkeys(("arith.divsi", "arith.divui", "arith.floordivsi", "arith.ceildivsi", "arith.ceildivui"), "/"),
    **dict.fromkeys(("arith.remsi", "arith.remui"), "%"),
    **dict.fromkeys(("arith.shrsi", "arith.shrui"), ">>"),
    "arith.shli": "<<",
    "math.ipowi": "**",
    "math.powf": "**",
}
"""Operators as programs write them."""


@dataclass(eq=False)
class BadWires(BackendError):
    """Computed wires that the state does not have, or the same wire twice in one gate."""

    gate: str
    wires: tuple[int, ...]
    qubits: int

    def __str__(self) -> str:
        wires = ", ".join(map(str, self.wires))
        return f"`{self.gate}` on wires {wires}: {self.qubits} qubits, each at most once in a gate"


@dataclass(eq=False)
class BadAngle(BackendError):
    """Computed parameters of a gate that are infinite or no number."""

    gate: str
    angles: tuple[float, ...]

    def __str__(self) -> str:
        return f"`{self.gate}` by {', '.join(f'{angle:g}' for angle in self.angles)}: parameters must be finite"


@dataclass(eq=False)
class BadBitIndex(BackendError):
    """A computed index outside of a bit register."""

    index: int
    size: int

    def __str__(self) -> str:
        return f"bit {self.index} of a register of {self.size} bits"


@dataclass(eq=False)
class BadArrayIndex(BackendError):
    """A computed index outside of an array."""

    index: int
    size: int

    def __str__(self) -> str:
        return f"element {self.index} of an array of {self.size} elements"


@dataclass(eq=False)
class BadQubitIndex(BackendError):
    """A computed index outside of a register of qubits."""

    index: int
    size: int

    def __str__(self) -> str:
        return f"index {self.index} of a register of {self.size} qubit{'' if self.size == 1 else 's'}"


@dataclass(eq=False)
class NotUnitary(BackendError):
    """Noise scaling by folding U(U†U)ᵏ was asked for a circuit that cannot be undone."""

    operation: str

    def __str__(self) -> str:
        return f"noise cannot be scaled by folding: {self.operation} cannot be undone"


@dataclass(eq=False)
class TraceTooLong(BackendError):
    """A circuit with more gates than folding can keep."""

    limit: int

    def __str__(self) -> str:
        return f"noise scaling by folding keeps at most {self.limit} gates"


@dataclass(eq=False)
class ExactNeedsDensityMatrix(BackendError):
    """Exact results with noise for more qubits than a density matrix can hold."""

    qubits: int
    limit: int

    def __str__(self) -> str:
        return (
            f"exact results with noise need a density matrix, offered up to {self.limit} qubits;"
            f" {self.qubits} qubits run by trajectories, which need `shots`"
        )


@dataclass(eq=False)
class BadRequest(BackendError):
    """A request that does not fit the program."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class BadNoise(BackendError):
    """Noise data with an unknown channel, target or form, or a parameter out of range."""

    part: str
    reason: str

    def __str__(self) -> str:
        return f"noise, {self.part}: {self.reason}"


@dataclass(eq=False)
class NoiseTooWide(BackendError):
    """Depolarizing after a gate on more qubits than it is offered for."""

    qubits: int
    limit: int

    def __str__(self) -> str:
        return f"depolarizing follows a gate on {self.qubits} qubits, and is offered for up to {self.limit}"
