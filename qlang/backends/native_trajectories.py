"""Trajectories of noise that is a mixture of Paulis, as one batch: the program is the same, only its frames differ.

Every shot draws its Paulis for itself; shots that drew the same are one trajectory. This gives the same statistics
as the branches of `qlang.backends.trajectories`, by another stream of random numbers. What needs a choice on the way
(a measurement that is not at the end, a channel that is no mixture of Paulis) is refused, and done by those branches.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.backends.channels import Channel, paulis
from qlang.backends.native_batch import Items, run_items
from qlang.backends.native_readings import drawn
from qlang.backends.noise import Applied, NoiseModel
from qlang.backends.states import GateCall
from qlang.backends.unread import Unread
from qlang.ir.gates import BY_NAME
from qlang.kernels.cpu.host import Precision
from qlang.kernels.decompose import steps_of
from qlang.kernels.frames import PauliInsertions

MOST_SHOTS = 1 << 22
"""More are left to the branches, whose work does not grow with them."""
_PORTION = 4096
"""Shots whose errors are drawn together."""
_LISTED = 14
"""Qubits up to which a trajectory's shots are drawn from its whole distribution."""
_EXACT = 1e-12
_X = BY_NAME["x"].code

Integers: TypeAlias = NDArray[np.int64]
Place: TypeAlias = tuple[int, Channel, tuple[int, ...]]
"""Number of gates in front of a channel, the channel, its wires."""


class NeedsBranches(Exception):
    """Something that a batch of trajectories cannot do; the branches can."""


@dataclass(slots=True)
class PauliTrajectories(Unread):
    """Stands in for a state: keeps gates with their noise until shots are asked for. Raises `NeedsBranches`."""

    qubits: int
    noise: NoiseModel
    precision: Precision = "float64"
    threads: int = 1
    calls: list[GateCall] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    large: bool = False
    widest: int = -1

    def copy(self) -> "PauliTrajectories":
        """An independent copy."""
        return PauliTrajectories(
            self.qubits, self.noise, self.precision, self.threads, self.calls.copy(), self.places.copy()
        )

    def gates(self, calls: Sequence[GateCall]) -> None:
        """Keep gates, each with its noise."""
        for call in calls:
            code, wires, _, controls = call
            self.calls.append(call)
            self._add(self.noise.after(code, wires, len(controls)))

    def delay(self, seconds: float, wire: int) -> None:
        """Keep the noise of idling."""
        self._add(self.noise.idle(seconds, wire))

    def _add(self, channels: Sequence[Applied]) -> None:
        for channel, wires in channels:
            if pauli_indices(channel) is None:
                raise NeedsBranches
            self.places.append((len(self.calls), channel, wires))

    def flip(self, wire: int) -> None:
        """Pauli X without noise."""
        self.calls.append((_X, (wire,), (), ""))

    def drawn(self, wires: tuple[int, ...], shots: int, random: np.random.Generator) -> tuple[Integers, Integers]:
        """Outcomes of `wires` ascending, and how many of the shots gave them."""
        if shots > MOST_SHOTS:
            raise NeedsBranches
        lowering = steps_of(self.calls, self.qubits, merge=False)
        parameters = lowering.parameters[None, :]
        ends = np.concatenate([[0], lowering.gate_ends])
        outcomes: list[Integers] = []
        for first in range(0, shots, _PORTION):
            errors, counts = _drawn_errors(self.places, min(_PORTION, shots - first), random)
            inserted = PauliInsertions(ends[errors.gates], errors.wires, errors.x, errors.z)
            for items in run_items(lowering, parameters, self.precision, self.threads, inserted):
                outcomes += _readings(items, wires, counts, random)
        distinct, numbers = np.unique(np.concatenate(outcomes), return_counts=True)
        return distinct, numbers.astype(np.int64)

    def likely(self, wires: tuple[int, ...], least: float, most: int) -> tuple[Integers, NDArray[np.float64]]:
        """Never asked for: trajectories have shots."""
        self._refuse()

    def reset(self, wire: int) -> bool:
        """Nothing on a wire that is still in |0⟩, which only the branches know."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise NeedsBranches


@dataclass(frozen=True, slots=True)
class _Errors:
    """Paulis by trajectory: gates in front (m,), wires (m,), x and z (trajectories, m)."""

    gates: Integers
    wires: Integers
    x: NDArray[np.bool_]
    z: NDArray[np.bool_]


def _drawn_errors(places: Sequence[Place], shots: int, random: np.random.Generator) -> tuple[_Errors, Integers]:
    """The distinct trajectories of some shots, and how many of these follow each."""
    shot, place, x, z = _hits(places, shots, random)
    order = np.lexsort((place, shot))
    shot, place, x, z = shot[order], place[order], x[order], z[order]
    starts = np.flatnonzero(np.diff(shot, prepend=-1))
    ends = np.append(starts, len(shot))[1:]
    keys = np.stack([place, x, z], axis=1)
    rows: dict[bytes, list[int]] = {}
    for index, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        rows.setdefault(keys[start:end].tobytes(), []).append(index)
    firsts = np.array([members[0] for members in rows.values()], dtype=np.int64)
    counts = [len(members) for members in rows.values()]
    if len(starts) < shots:  # those without any error
        counts.append(shots - len(starts))
    lengths = (ends - starts)[firsts]
    row = np.repeat(np.arange(len(firsts)), lengths)
    entry = np.arange(int(lengths.sum())) + np.repeat(starts[firsts] - np.cumsum(lengths) + lengths, lengths)
    return _table(places, len(counts), row, place[entry], x[entry], z[entry]), np.array(counts, dtype=np.int64)


def _hits(
    places: Sequence[Place], shots: int, random: np.random.Generator
) -> tuple[Integers, Integers, Integers, Integers]:
    """Shot, place and Pauli (bit k of x and z: wire k of the channel) of everything that goes wrong.

    For each channel the number of hits among all its places and shots is binomial, and they lie anywhere.
    """
    groups: dict[int, list[int]] = {}
    for number, (_, channel, _) in enumerate(places):
        groups.setdefault(id(channel), []).append(number)
    found: list[tuple[Integers, ...]] = [(np.zeros(0, dtype=np.int64),) * 4]
    for members in groups.values():
        channel = places[members[0]][1]
        indices, probabilities = _mixture(channel)
        wrong = 1 - probabilities[0]
        if wrong <= 0:
            continue
        cells = shots * len(members)
        hits = random.choice(cells, random.binomial(cells, min(wrong, 1.0)), replace=False, shuffle=False)
        kinds = random.choice(len(indices) - 1, len(hits), p=probabilities[1:] / probabilities[1:].sum()) + 1
        x, z = _masks(indices[kinds], len(places[members[0]][2]))
        found.append((hits // len(members), np.array(members)[hits % len(members)], x, z))
    shot, place, x, z = (np.concatenate(column) for column in zip(*found, strict=True))
    return shot, place, x, z


def _mixture(channel: Channel) -> tuple[Integers, NDArray[np.float64]]:
    indices = pauli_indices(channel)
    assert indices is not None and channel.probabilities is not None
    weights = np.array(channel.probabilities)
    return np.array(indices), weights / weights.sum()


@lru_cache(maxsize=4096)
def pauli_indices(channel: Channel) -> tuple[int, ...] | None:
    """For a mixture of Paulis, which product each Kraus operator is, the identity first; None for any other channel."""
    if channel.probabilities is None:
        return None
    found = []
    products = paulis(len(channel.kraus[0]).bit_length() - 1)
    for probability, operator in zip(channel.probabilities, channel.kraus, strict=True):
        overlaps = np.abs(np.einsum("kij,ij->k", products.conj(), operator)) / len(operator)
        best = int(overlaps.argmax())
        if abs(overlaps[best] ** 2 - probability) > _EXACT:
            return None
        found.append(best if probability else 0)
    return tuple(found) if found[0] == 0 else None


def _masks(indices: Integers, wires: int) -> tuple[Integers, Integers]:
    """X and Z parts of Pauli products by index: digits I X Y Z = 0 1 2 3, the first wire most significant."""
    x, z = np.zeros_like(indices), np.zeros_like(indices)
    for wire in range(wires):
        digit = indices >> 2 * (wires - 1 - wire) & 3
        x |= ((digit == 1) | (digit == 2)).astype(np.int64) << wire
        z |= (digit >= 2).astype(np.int64) << wire
    return x, z


def _table(places: Sequence[Place], count: int, row: Integers, place: Integers, x: Integers, z: Integers) -> _Errors:
    """Errors as a table with a column for each wire of each place that occurs, and `count` rows."""
    occurring, column = np.unique(place, return_inverse=True)
    widths = np.array([len(places[number][2]) for number in occurring.tolist()], dtype=np.int64)
    first = np.cumsum(widths) - widths
    gates = np.repeat(np.array([places[number][0] for number in occurring.tolist()], dtype=np.int64), widths)
    wires = np.array([wire for number in occurring.tolist() for wire in places[number][2]], dtype=np.int64)
    bits_x = np.zeros((count, len(gates)), dtype=np.bool_)
    bits_z = np.zeros_like(bits_x)
    for k in range(int(widths.max(initial=0))):
        there = widths[column] > k
        at = row[there], first[column[there]] + k
        bits_x[at], bits_z[at] = x[there] >> k & 1, z[there] >> k & 1
    return _Errors(gates, wires, bits_x, bits_z)


def _readings(items: Items, wires: tuple[int, ...], counts: Integers, random: np.random.Generator) -> list[Integers]:
    """The outcome of every shot of some trajectories."""
    shots = counts[items.first : items.first + len(items)].tolist()
    if len(items.positions) > _LISTED:
        read = [drawn(items.view(item), wires, number, random) for item, number in enumerate(shots)]
        return [np.repeat(outcomes, numbers) for outcomes, numbers in read]
    sums = np.cumsum(items.probabilities(), axis=1)
    last = sums.shape[1] - 1
    found = [
        np.minimum(np.searchsorted(row, random.random(number) * row[-1], side="right"), last)
        for row, number in zip(sums, shots, strict=True)
    ]
    every = np.concatenate(found)
    return [sum(((every >> wire & 1) << k for k, wire in enumerate(wires)), np.zeros_like(every))]
