"""Noise by quantum trajectories: branches split where a Kraus operator is chosen.

Every shot follows its own random choice of Kraus operators (Dalibard, Castin, Mølmer, PRL 68, 580 (1992)); shots
that chose alike share a branch and its state, so that what is computed is every distinct history once. The shots
stay independent of each other.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from qlang.backends.branches import Branch, Machine
from qlang.backends.channels import Channel
from qlang.backends.gate_steps import Step, steps_of
from qlang.backends.noise import Applied, NoiseModel
from qlang.backends.state_vector import StateVector
from qlang.backends.states import GateCall


@dataclass(frozen=True, slots=True)
class Unravelling:
    """Chooses Kraus operators for the channels of a noise model."""

    noise: NoiseModel
    _steps: dict[int, tuple[Channel, tuple[tuple[Step, ...], ...]]]

    def after(self, machine: Machine, branch: Branch, call: GateCall) -> list[Branch]:
        """The noise after a gate."""
        code, wires, _, controls = call
        return self._all(machine, branch, self.noise.after(code, wires, len(controls)))

    def idle(self, machine: Machine, branch: Branch, seconds: float, wire: int) -> list[Branch]:
        """The noise of idling."""
        return self._all(machine, branch, self.noise.idle(seconds, wire))

    def _all(self, machine: Machine, branch: Branch, channels: tuple[Applied, ...]) -> list[Branch]:
        live = [branch]
        for channel, wires in channels:
            live = [part for each in live for part in self._choose(machine, each, channel, wires)]
        return live

    def _choose(self, machine: Machine, branch: Branch, channel: Channel, wires: tuple[int, ...]) -> list[Branch]:
        state = branch.state
        assert isinstance(state, StateVector)
        fixed = channel.probabilities
        probabilities = fixed or _probabilities(state, channel, wires)
        result = []
        for index, probability, part in machine.divide(branch, probabilities):
            if index or fixed is None:
                vector = part.state
                assert isinstance(vector, StateVector)
                vector.operator(self._operators(channel)[index], wires)
                vector.scale(1 / sqrt(probability))
            result.append(part)
        return result

    def _operators(self, channel: Channel) -> tuple[tuple[Step, ...], ...]:
        known = self._steps.get(id(channel))
        if known is None:  # the channel is kept too, so that its id stays its own
            known = self._steps[id(channel)] = channel, tuple(steps_of(operator) for operator in channel.kraus)
        return known[1]


def unravelling(noise: NoiseModel) -> Unravelling:
    """The trajectories of a noise model."""
    return Unravelling(noise, {})


def _probabilities(state: StateVector, channel: Channel, wires: tuple[int, ...]) -> tuple[float, ...]:
    """tr(K ρ K†) for each Kraus operator K, from the reduced density matrix of the wires."""
    rows = np.stack(state.amplitudes.parts(wires)).reshape(1 << len(wires), -1)
    reduced = rows @ rows.conj().T
    return tuple(float(np.real(np.vdot(operator, operator @ reduced))) for operator in channel.kraus)
