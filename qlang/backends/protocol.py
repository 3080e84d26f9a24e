"""What every backend is: three methods and a table of what it can do.

Order of bits everywhere: bit k of an outcome is the k-th of the wires that it is about, and wire 0 is the least
significant bit of a state's index.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from qlang.backends.noise import NoiseModel
from qlang.ir.kernel import FuncOp
from qlang.ir.values import Plain


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can do."""

    name: str
    methods: tuple[str, ...]
    exact: bool
    """Whether it gives distributions and not only counts."""
    states: bool
    noise: bool
    dynamic: bool
    """Whether measured bits may steer the program."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one execution is expected to take."""

    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """A histogram: of wires at the end, or of the bit register `bits`."""

    label: str
    wires: tuple[int, ...] = ()
    """Qubits, or indices into the bit register; all of it where there are none."""
    bits: str | None = None
    values: str = ""
    """What the bits stand for, if not for themselves: `int`, `uint`, `bool`, `float` or `angle`."""


@dataclass(frozen=True, slots=True)
class StateSpec:
    """Amplitudes of wires at the end."""

    label: str
    wires: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What to measure, how often and with which randomness."""

    parameters: tuple[float, ...] = ()
    """In the order of the program's `parameter_names`."""
    scales: tuple[int, ...] = (1,)
    """Odd noise scales 2k + 1, each executed as U(U†U)ᵏ. Samples and states are taken at scale 1 only."""
    shots: tuple[int, ...] | None = None
    """Per scale; every setting, and the samples together, run with that many. None: exact distributions."""
    settings: tuple[str, ...] = ()
    """Character k is the Pauli basis of wire k, `I` where unmeasured."""
    products: tuple[tuple[tuple[int, ...], ...], ...] = ()
    """For each setting the sets of wires whose product of signs will be asked for; empty: unknown."""
    samples: tuple[SampleSpec, ...] = ()
    states: tuple[StateSpec, ...] = ()
    noise: NoiseModel | None = None
    seed: int = 0
    """Non-negative, of any size."""
    stream: tuple[int, ...] = ()
    """Spawn key: requests with different keys draw independent random numbers."""
    method: str = "auto"
    tuning: "Mapping[str, Plain] | None" = None
    """Options of native code that the plan states, see `qlang.tuning.planned`; None: the default ones."""


@dataclass(frozen=True, slots=True, eq=False)
class SettingOutcome:
    """Readings of a setting's measured wires, ascending: a distribution of length 2^wires, or counts.

    Where a distribution would take as much memory as the state, it is the mean of each product that was asked for.
    """

    wires: tuple[int, ...]
    probabilities: NDArray[np.float64] | None = None
    counts: Mapping[int, int] | None = None
    means: Mapping[tuple[int, ...], float] | None = None
    """Wires of a product → mean of (−1)^(sum of their bits)."""


@dataclass(frozen=True, slots=True)
class SampleOutcome:
    """A histogram over `width` bits: probabilities above 10⁻¹⁵ or counts, ascending by outcome."""

    label: str
    width: int
    probabilities: Mapping[int, float] | None = None
    counts: Mapping[int, int] | None = None
    values: str = ""
    """As in `SampleSpec`."""


@dataclass(frozen=True, slots=True)
class ScaleOutcome:
    """All settings at one noise scale."""

    scale: int
    shots: int | None
    settings: tuple[SettingOutcome, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one request."""

    method: str
    """The method of simulation that ran: `state_vector`, `density_matrix` or `trajectories`."""
    scales: tuple[ScaleOutcome, ...]
    samples: tuple[SampleOutcome, ...] = ()
    states: Mapping[str, NDArray[np.complex128]] = field(default_factory=dict)
    """Label → amplitudes, shape (2^m,), or a density matrix, shape (2^m, 2^m), where the state is mixed."""


class Backend(Protocol):
    """A place where kernels execute."""

    capabilities: Capabilities

    def estimate(self, program: FuncOp, request: Request) -> Cost:
        """What `execute` would take; nothing is allocated."""

    def execute(self, program: FuncOp, request: Request) -> Outcome:
        """Run a kernel. Raises the errors of `qlang.backends.errors`."""


@runtime_checkable
class BatchBackend(Backend, Protocol):
    """A backend that runs a kernel for several requests faster than one after the other."""

    def execute_all(self, program: FuncOp, requests: Sequence[Request]) -> Iterator[Outcome]:
        """The outcomes in order. Raises as `execute`, when an outcome is asked for."""
