"""The NumPy backend: the reference that every other backend is tested against."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from qlang.backends import outputs
from qlang.backends.branches import MAX_BRANCHES, Branch, Machine
from qlang.backends.density_matrix import DensityMatrix
from qlang.backends.errors import (
    BadRequest,
    ExactNeedsDensityMatrix,
    TooLarge,
    TooManyBranches,
)
from qlang.backends.estimate import gate_count
from qlang.backends.folding import Trace, fold, record, replay
from qlang.backends.interpreter import decode, run
from qlang.backends.limits import (
    AUTO_DENSITY_QUBITS,
    MAX_DENSITY_QUBITS,
    available_memory,
    gate_seconds,
    state_bytes,
)
from qlang.backends.program import Program
from qlang.backends.protocol import (
    Capabilities,
    Cost,
    Outcome,
    Request,
    SampleOutcome,
    ScaleOutcome,
    SettingOutcome,
)
from qlang.backends.state_vector import StateVector
from qlang.backends.trajectories import unravelling
from qlang.ir.kernel import FuncOp

MAX_SCALE = 99
MAX_SHOTS = 1 << 40
METHODS = ("auto", "state_vector", "density_matrix", "trajectories")

CAPABILITIES = Capabilities("numpy", METHODS[1:], True, True, True, True)


@dataclass(slots=True)
class ReferenceBackend:
    """Exact state vectors, density matrices and trajectories in NumPy, double precision, one thread."""

    memory_limit: int = field(default_factory=available_memory)
    max_branches: int = MAX_BRANCHES
    capabilities: Capabilities = CAPABILITIES
    _decoded: tuple[FuncOp, Program] | None = None

    def estimate(self, program: FuncOp, request: Request) -> Cost:
        """Bytes of the state with its scratch space, and seconds from the number of gates, data-dependent loops once.

        Raises `BadRequest`, `ExactNeedsDensityMatrix`.
        """
        method = choose_method(program.qubits, request)
        size = state_bytes(program.qubits, method)
        gates = gate_count(program) * sum(request.scales)
        runs = 1 if method != "trajectories" else min(request.shots or (1,))
        return Cost(size, gates * gate_seconds(program.qubits, method) * runs)

    def execute(self, program: FuncOp, request: Request) -> Outcome:
        """Run a kernel.

        Raises `TooLarge`, `ExactNeedsDensityMatrix`, `BadRequest`, `NotUnitary`, `TraceTooLong`,
        `TooManyBranches`, `LoopLimit` and other errors of `qlang.backends.errors`.
        """
        check_request(request, program.qubits, program.bit_registers)
        method = choose_method(program.qubits, request)
        needed = state_bytes(program.qubits, method)
        if needed > self.memory_limit:
            raise TooLarge(program.qubits, needed, self.memory_limit, 4 if method == "density_matrix" else 2)
        if self._decoded is None or self._decoded[0] is not program:
            self._decoded = program, decode(program)
        limit = max(min(self.max_branches, 3 * self.memory_limit // needed - 3), 1)
        return _Execution(self._decoded[1], request, method, limit).outcome()


def choose_method(qubits: int, request: Request) -> str:
    """The method that runs: as asked, or by noise and size. Raises `BadRequest`, `ExactNeedsDensityMatrix`."""
    if request.method not in METHODS:
        raise BadRequest(f"unknown method `{request.method}`; known are {', '.join(METHODS)}")
    if request.method != "auto":
        return _asked_method(request)
    if request.noise is None:
        return "state_vector"
    if qubits <= AUTO_DENSITY_QUBITS:
        return "density_matrix"
    if request.shots is not None and not request.states:
        return "trajectories"
    if qubits <= MAX_DENSITY_QUBITS:
        return "density_matrix"
    raise ExactNeedsDensityMatrix(qubits, MAX_DENSITY_QUBITS)


def _asked_method(request: Request) -> str:
    if request.method == "state_vector" and request.noise is not None:
        raise BadRequest("noise needs the method `density_matrix` or `trajectories`")
    if request.method == "trajectories" and (request.shots is None or request.states):
        raise BadRequest("trajectories need `shots` and give no state")
    return request.method


def check_request(request: Request, qubits: int, registers: Mapping[str, int]) -> None:
    """Raises `BadRequest` for scales, shots, wires or bits (of `registers`, name to size) that make no sense."""
    scales, shots = request.scales, request.shots
    if not scales or any(not 1 <= scale <= MAX_SCALE or scale % 2 != 1 for scale in scales):
        raise BadRequest(f"noise scales {list(scales)}: odd numbers from 1 to {MAX_SCALE} are needed")
    if shots is not None and (len(shots) != len(scales) or not 1 <= min(shots) <= max(shots) <= MAX_SHOTS):
        raise BadRequest(f"shots {list(shots)} for noise scales {list(scales)}; at most {MAX_SHOTS} for each")
    if request.seed < 0:
        raise BadRequest("a seed is not negative")
    asked = [(each.label, each.wires, each.bits) for each in request.samples]
    asked += [(each.label, each.wires, None) for each in request.states]
    for label, wires, bits in asked:
        size, what = (qubits, "qubits") if bits is None else (registers.get(bits, 0), f"bits of `{bits}`")
        if any(not 0 <= wire < size for wire in wires):
            raise BadRequest(f"`{label}` asks for wires {list(wires)} of {size} {what}")
    for state in request.states:
        if len(set(state.wires)) != len(state.wires):
            raise BadRequest(f"`{state.label}` names a wire twice")


Measure: TypeAlias = Callable[[Machine, list[Branch]], Any]
"""Uses up branches and gives an outcome."""


@dataclass(slots=True)
class _Execution:
    """One request under way. A run that no randomness touched is kept, and measured again and again."""

    program: Program
    request: Request
    method: str
    max_branches: int
    trace: Trace | None = None
    kept: list[Branch] | None = None
    kept_scale: int = 0

    def outcome(self) -> Outcome:
        request = self.request
        if request.scales != (1,):
            self.trace = record(self.program, request.parameters)
        samples: tuple[SampleOutcome, ...] = ()
        states = {}
        if request.samples:
            samples = self._measured(1, len(request.settings), self._shots(1), self._samples)
        if request.states:
            machine, branches = self._run(1, None, 0)
            forks = [branch.fork() for branch in branches]
            states = {spec.label: outputs.state(machine, forks, spec.wires) for spec in request.states}
        ascending = sorted(range(len(request.scales)), key=request.scales.__getitem__)
        done = {position: self._scale(position) for position in ascending}
        return Outcome(self.method, tuple(done[position] for position in range(len(done))), samples, states)

    def _scale(self, position: int) -> ScaleOutcome:
        scale = self.request.scales[position]
        shots = self.request.shots[position] if self.request.shots else None
        settings = tuple(
            self._measured(scale, index, shots, partial(outputs.setting, basis=basis))
            for index, basis in enumerate(self.request.settings)
        )
        return ScaleOutcome(scale, shots, settings)

    def _shots(self, scale: int) -> int | None:
        """The shots of a scale, those of the first where it was not asked for."""
        if self.request.shots is None:
            return None
        position = self.request.scales.index(scale) if scale in self.request.scales else 0
        return self.request.shots[position]

    def _samples(self, machine: Machine, branches: list[Branch]) -> tuple[SampleOutcome, ...]:
        return outputs.samples(machine, self.program, branches, self.request.samples)

    def _measured(self, scale: int, index: int, shots: int | None, measure: Measure) -> Any:
        """Run and measure; where branches are too many, in portions of shots that cannot have more."""
        if shots is None:
            machine, branches = self._run(scale, None, 0)
            return measure(machine, [branch.fork() for branch in branches])
        random = self._random(scale, index)
        try:
            return self._once(scale, random, shots, measure)
        except TooManyBranches:
            random = self._random(scale, index)
        portions = [self.max_branches] * (shots // self.max_branches)
        portions += [shots % self.max_branches] if shots % self.max_branches else []
        return _merged([self._once(scale, random, portion, measure) for portion in portions])

    def _once(self, scale: int, random: np.random.Generator, shots: int, measure: Measure) -> Any:
        machine, branches = self._run(scale, random, shots)
        return measure(machine, [branch.fork() for branch in branches])

    def _random(self, scale: int, index: int) -> np.random.Generator:
        sequence = np.random.SeedSequence(self.request.seed, spawn_key=(*self.request.stream, scale, index))
        return np.random.Generator(np.random.PCG64(sequence))

    def _machine(self, random: np.random.Generator | None) -> Machine:
        noise = self.request.noise
        machine = Machine(random, noise.readout if noise else None, max_branches=self.max_branches)
        if self.method == "trajectories" and noise is not None:
            choices = unravelling(noise)
            machine.unravel, machine.idle = choices.after, choices.idle
        return machine

    def _state(self) -> StateVector | DensityMatrix:
        if self.method == "density_matrix":
            return DensityMatrix(self.program.qubits, self.request.noise)
        return StateVector(self.program.qubits)

    def _run(self, scale: int, random: np.random.Generator | None, shots: int) -> tuple[Machine, list[Branch]]:
        """A machine and the branches at the end; what measures them must work on copies."""
        machine = self._machine(random)
        if self.kept is not None and self.kept_scale == scale:
            for branch in self.kept:
                branch.shots = shots
            return machine, self.kept
        if self.trace is None:
            branches = run(self.program, machine, self._state(), self.request.parameters, shots)
        elif self.kept is not None and self.kept_scale < scale:
            branches = self._advance(machine, scale, shots)
        else:
            branches = fold(machine, self._state(), self.trace, scale, shots)
        if not machine.draws and (random is None or len(branches) == 1):
            self.kept, self.kept_scale = branches, scale
        return machine, branches

    def _advance(self, machine: Machine, scale: int, shots: int) -> list[Branch]:
        """From the state of a smaller scale: longer foldings begin as shorter ones do."""
        assert self.trace is not None and self.kept is not None
        branches = self.kept
        for branch in branches:
            branch.pending, branch.shots = {}, shots
        for _ in range((scale - self.kept_scale) // 2):
            branches = replay(machine, replay(machine, branches, self.trace.backward), self.trace.forward)
        self.trace.finish(branches)
        return branches


def _merged(parts: list[Any]) -> Any:
    """Counts of portions added up."""
    if isinstance(parts[0], SettingOutcome):
        return replace(parts[0], counts=_added([part.counts for part in parts]))
    return tuple(replace(same[0], counts=_added([each.counts for each in same])) for same in zip(*parts, strict=True))


def _added(counts: list[Any]) -> dict[int, int]:
    total: dict[int, int] = {}
    for each in counts:
        for outcome, shots in each.items():
            total[outcome] = total.get(outcome, 0) + shots
    return dict(sorted(total.items()))
