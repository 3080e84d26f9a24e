"""A job as checked: every word resolved, every number evaluated, nothing decided.

All values are in base units: seconds, currency, plain fractions. Spans point at what the user wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from qlang.sema.symbols import CircuitSymbol, NoiseSymbol
from qlang.sema.types import Array, Type
from qlang.sema.values import Constant
from qlang.syntax.source import Span

Wire = tuple[str, int]
"""A register's name and an index in it."""


@dataclass(frozen=True, slots=True)
class SweepReference:
    """An argument that takes its value from a sweep, or that is left open."""

    name: str
    array: Array | None = None
    """The type of an array that is left open, with its shape; a sweep gives numbers only."""


@dataclass(frozen=True, slots=True)
class SweepAxis:
    """Variables that step together; several axes of a job multiply."""

    names: tuple[str, ...]
    points: tuple[tuple[int | float, ...], ...]
    """One tuple for each step, with a value for each name."""
    span: Span


@dataclass(frozen=True, slots=True)
class PauliTerm:
    """A real coefficient times a product of Pauli matrices on different qubits.

    Factors are (register, index, "X" | "Y" | "Z"), sorted; none is the identity.
    """

    coefficient: float
    factors: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class CheckedExpectation:
    name: str
    terms: tuple[PauliTerm, ...]
    """Different products, each once, in a fixed order; empty for the zero observable."""
    span: Span


@dataclass(frozen=True, slots=True)
class CheckedSample:
    name: str
    kind: Literal["bits", "qubits"]
    """`bits` reads what the circuit has measured; `qubits` measures at the end."""
    wires: tuple[Wire, ...]
    """In order; wire 0 is written rightmost in a bit string."""
    span: Span


@dataclass(frozen=True, slots=True)
class CheckedState:
    wires: tuple[Wire, ...]
    span: Span


ArgumentValue = int | float | str | bool | tuple[int | float, ...]


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """One mitigation method with the arguments as given; defaults are the method's own business."""

    name: str
    arguments: Mapping[str, ArgumentValue]
    span: Span


@dataclass(frozen=True, slots=True)
class CheckedMitigation:
    mode: Literal["none", "auto", "list"]
    within: float | None
    """Largest overhead that `auto` may spend, in multiples of the raw shots."""
    methods: tuple[MethodSpec, ...]
    span: Span | None
    """`None` where the job does not say; the mode is then `none`."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`field relation value`: the relation is `==`, `!=`, `<`, `<=`, `>`, `>=` or `within`."""

    field: str
    relation: str
    value: int | float | str | bool
    span: Span


@dataclass(frozen=True, slots=True)
class CheckedBackend:
    kind: Literal["device", "sim", "sim like", "sim with"]
    name: str
    """Device pattern, device or noise block; empty for `sim`."""
    conditions: tuple[Condition, ...]
    """All must hold."""
    span: Span | None
    """`None` for the default, `sim`."""
    noise: NoiseSymbol | None = None
    """The noise block of `sim with`."""


@dataclass(frozen=True, slots=True)
class CheckedPrecision:
    measure: Literal["l2", "infidelity"]
    value: float
    span: Span


CryptoMode = Literal["classical", "hybrid", "pqc_required", "qkd"]


@dataclass(frozen=True, slots=True)
class CheckedCrypto:
    mode: CryptoMode
    span: Span | None
    """`None` where the job does not say; the mode is then `classical`."""


@dataclass(frozen=True, slots=True)
class SlaBound:
    metric: Literal["fidelity", "stderr", "error", "cost", "latency"]
    argument: str | None
    """The expectation that `stderr` and `error` speak of."""
    relation: Literal[">=", "<=", ">", "<"]
    value: float
    unit: str
    """`s`, `usd`, `eur`, or empty for plain numbers."""
    span: Span


@dataclass(frozen=True, slots=True)
class CheckedJob:
    name: str
    span: Span
    """The job's name, or the whole of a default job's circuit name."""
    circuit: CircuitSymbol
    arguments: Mapping[str, Constant | SweepReference]
    """A value for every parameter of the circuit, defaults filled in, cast to the parameter's type."""
    qubits: Mapping[str, int]
    """Sizes of the circuit's qubit registers for these arguments, in order of declaration."""
    bits: Mapping[str, int]
    """The same of its bit registers."""
    run_span: Span
    sweeps: tuple[SweepAxis, ...]
    expect: tuple[CheckedExpectation, ...]
    samples: tuple[CheckedSample, ...]
    state: CheckedState | None
    shots: int | Literal["auto"] | None
    """`None` where the job does not say."""
    shots_span: Span | None
    seed: int | None
    """0 ≤ seed < 2^64; `None` asks for a fresh one."""
    mitigation: CheckedMitigation
    backends: tuple[CheckedBackend, ...]
    precision: CheckedPrecision | None
    crypto: CheckedCrypto
    sla: tuple[SlaBound, ...]
    labels: Mapping[str, str]
    values: Mapping[str, Type] = field(default_factory=dict)
    """The types of outputs that are no bits; `bits` has their sizes."""

    @property
    def registers(self) -> dict[str, int]:
        """All registers of the circuit, qubits first."""
        return {**self.qubits, **self.bits}
