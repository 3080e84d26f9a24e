"""One request under way: runs of a decoded kernel, and what is measured at their ends. The same for all simulators."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from qlang.backends import outputs
from qlang.backends.branches import Branch, Machine
from qlang.backends.errors import TooManyBranches
from qlang.backends.folding import Trace, fold, record, replay, undo
from qlang.backends.interpreter import run
from qlang.backends.program import Program
from qlang.backends.protocol import Outcome, Request, SampleOutcome, ScaleOutcome, SettingOutcome
from qlang.backends.states import GateCall, SimulatedState
from qlang.backends.trajectories import unravelling

Measure: TypeAlias = Callable[[Machine, list[Branch]], Any]
"""Uses up branches and gives an outcome."""


@dataclass(slots=True)
class Execution:
    """One request under way. A run that no randomness touched is kept, and measured again and again."""

    program: Program
    request: Request
    method: str
    max_branches: int
    start: Callable[[], SimulatedState]
    """Makes the state |0…0⟩."""
    unravels: bool = True
    """Whether noise of trajectories splits branches; otherwise the state carries it."""
    trace: Trace | None = None
    kept: list[Branch] | None = None
    kept_scale: int = 0
    left: int = 0
    """Measurements that are still to come."""

    def outcome(self) -> Outcome:
        """Everything that was asked for."""
        request = self.request
        self.left = bool(request.samples) + bool(request.states) + len(request.scales) * len(request.settings)
        if request.scales != (1,):
            self.trace = record(self.program, request.parameters)
        samples: tuple[SampleOutcome, ...] = ()
        states = {}
        if request.samples:
            samples = self._measured(1, len(request.settings), self._shots(1), self._samples)
        if request.states:
            self.left -= 1
            machine, branches = self._run(1, None, 0)
            if any(branch.pending for branch in branches):
                branches = self._own(branches)
            states = {spec.label: outputs.state(machine, branches, spec.wires) for spec in request.states}
        ascending = sorted(range(len(request.scales)), key=request.scales.__getitem__)
        done = {position: self._scale(position) for position in ascending}
        return Outcome(self.method, tuple(done[position] for position in range(len(done))), samples, states)

    def _scale(self, position: int) -> ScaleOutcome:
        scale = self.request.scales[position]
        shots = self.request.shots[position] if self.request.shots else None
        settings = tuple(
            self._measured(scale, index, shots, partial(self._setting, index=index, basis=basis))
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
        self.left -= 1
        if shots is None:
            return measure(*self._run(scale, None, 0))
        random = self._random(scale, index)
        try:
            return self._once(scale, random, shots, measure)
        except TooManyBranches:
            random = self._random(scale, index)
        portions = [self.max_branches] * (shots // self.max_branches)
        portions += [shots % self.max_branches] if shots % self.max_branches else []
        return _merged([self._once(scale, random, portion, measure) for portion in portions])

    def _once(self, scale: int, random: np.random.Generator, shots: int, measure: Measure) -> Any:
        return measure(*self._run(scale, random, shots))

    def _setting(self, machine: Machine, branches: list[Branch], index: int, basis: str) -> SettingOutcome:
        """Measure in other bases on copies, or, where states are too large to be copied, there and back."""
        calls, wires = outputs.basis_change(basis, self.program.qubits)
        products = self.request.products[index] if self.request.products else ()
        back: tuple[GateCall, ...] = ()
        if calls and branches is self.kept and self.left:
            if len(branches) == 1 and branches[0].state.large and not branches[0].pending:
                back = undo(calls)
            else:
                branches = self._own(branches)
        live = machine.gates(list(branches), calls)
        outcome = outputs.setting(machine, live, wires, products)
        if back:
            machine.gates(branches, back)
        return outcome

    def _own(self, branches: list[Branch]) -> list[Branch]:
        """The branches themselves, or copies where they are needed again."""
        return [branch.fork() for branch in branches] if branches is self.kept and self.left else branches

    def _random(self, scale: int, index: int) -> np.random.Generator:
        sequence = np.random.SeedSequence(self.request.seed, spawn_key=(*self.request.stream, scale, index))
        return np.random.Generator(np.random.PCG64(sequence))

    def _machine(self, random: np.random.Generator | None) -> Machine:
        noise = self.request.noise
        machine = Machine(random, noise.readout if noise else None, max_branches=self.max_branches)
        if self.method == "trajectories" and noise is not None and self.unravels:
            choices = unravelling(noise)
            machine.unravel, machine.idle = choices.after, choices.idle
        return machine

    def _run(self, scale: int, random: np.random.Generator | None, shots: int) -> tuple[Machine, list[Branch]]:
        """A machine and the branches at the end; what changes them while they are kept must work on copies."""
        machine = self._machine(random)
        if self.kept is not None and self.kept_scale == scale:
            for branch in self.kept:
                branch.shots = shots
            return machine, self.kept
        if self.trace is None:
            branches = run(self.program, machine, self.start(), self.request.parameters, shots)
        elif self.kept is not None and self.kept_scale < scale:
            branches = self._advance(machine, scale, shots)
        else:
            branches = fold(machine, self.start(), self.trace, scale, shots)
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
