"""Branches of a run: what differs between shots that measured differently.

All shots share one branch until a measured bit is needed. A measurement only notes that its wire is pending and
hands out a token for the bit; the branch splits when the wire is touched again or the bit is read, and otherwise the
bit is sampled at the end together with all others (principle of deferred measurement). With shots, a branch carries
a number of them and splits it binomially; without, it carries its probability.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.backends.errors import TooManyBranches
from qlang.backends.states import GateCall, SimulatedState

MAX_BRANCHES = 1 << 16
NEGLIGIBLE = 1e-15
"""Exact branches of smaller probability are dropped."""
_GRID_BITS = 40
"""Of the grid that shots are drawn with: finer than any number of shots can tell, coarser than rounding, also where a
measurement on the way was rare and its share of the state is scaled up."""

Confusion: TypeAlias = Callable[[int], tuple[float, float]]
"""Wire → P(read 1 | 0), P(read 0 | 1)."""

Bits: TypeAlias = tuple[int, ...]
"""A bit register, bit 0 first. Entries are 0, 1 or a token, which is larger."""

_FIRST_TOKEN = 2


@dataclass(slots=True)
class Branch:
    """A state with everything classical that goes with it."""

    state: SimulatedState
    env: list[Any]
    """The value of each slot; values are never changed in place."""
    weight: float = 1.0
    """Probability of the branch; it does not change where shots are counted."""
    shots: int = 0
    pending: dict[int, int] = field(default_factory=dict)
    """Measured wires that nothing touched since → token of the bit."""
    known: dict[int, int] = field(default_factory=dict)
    """Token → bit as read, once split."""

    def fork(self) -> "Branch":
        """An independent copy."""
        return Branch(
            self.state.copy(), self.env.copy(), self.weight, self.shots, self.pending.copy(), self.known.copy()
        )

    def bit(self, entry: int) -> int | None:
        """The value of an entry of a register; None while its wire is pending."""
        return entry if entry < _FIRST_TOKEN else self.known.get(entry)


def drawable(distribution: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distribution on a grid, of sum one: what two simulators round differently draws the same.

    The draw of a multinomial jumps where a probability is zero or one half of what is left, and those are the usual
    ones: ±1e-16 there would give other counts for a seed.
    """
    bits = max(_GRID_BITS, 2 * len(distribution).bit_length() + 2)  # no sum of roundings is as large as an outcome
    positive = np.maximum(distribution, 0)
    grid = np.rint(positive * (2.0**bits / positive.sum()))
    grid[grid.argmax()] += 2.0**bits - grid.sum()
    return np.asarray(grid * 2.0**-bits, dtype=np.float64)


Unravel: TypeAlias = Callable[["Machine", Branch, GateCall], list[Branch]]
"""Noise after a gate, by splitting a branch."""


@dataclass(slots=True)
class Machine:
    """Executes elementary operations on branches."""

    random: np.random.Generator | None
    """None: exact, branches carry probabilities."""
    confusion: Confusion | None = None
    unravel: Unravel | None = None
    idle: Callable[["Machine", Branch, float, int], list[Branch]] | None = None
    """Noise of idling, where it splits."""
    max_branches: int = MAX_BRANCHES
    branches: int = 1
    """Branches alive. More than one at the end: the outcome depends on the random numbers drawn on the way."""
    draws: int = 0
    """How often randomness decided something."""
    next_token: int = _FIRST_TOKEN

    def fork(self, branch: Branch) -> Branch:
        """A copy of a branch. Raises `TooManyBranches`."""
        if self.branches >= self.max_branches:
            raise TooManyBranches(self.max_branches)
        self.branches += 1
        return branch.fork()

    def divide(self, branch: Branch, probabilities: Sequence[float]) -> list[tuple[int, float, Branch]]:
        """Split into alternatives of these probabilities: index, probability and branch of each that occurs.

        The branch itself becomes the last alternative, so a certain one costs no copy. Exact alternatives of
        negligible probability are dropped, so that loops which end with probability one end.
        """
        total = sum(probabilities)
        shares = [max(p, 0.0) / total for p in probabilities]
        if self.random is None:
            chosen = [(i, branch.weight * p, 0) for i, p in enumerate(shares) if branch.weight * p > NEGLIGIBLE]
        else:
            drawn = drawable(np.array(shares))
            certain = bool(drawn.max() == 1)
            counts = (
                (branch.shots * (drawn == 1)).tolist()
                if certain
                else self.random.multinomial(branch.shots, drawn).tolist()
            )
            self.draws += not certain
            chosen = [(i, branch.weight, count) for i, count in enumerate(counts) if count]
        copies = [*[self.fork(branch) for _ in chosen[1:]], branch][: len(chosen)]
        for (_, weight, shots), copy in zip(chosen, copies, strict=True):
            copy.weight, copy.shots = weight, shots
        return [(i, shares[i], copy) for (i, _, _), copy in zip(chosen, copies, strict=True)]

    def split(self, branch: Branch, wire: int) -> list[Branch]:
        """Choose the outcome of a measurement of `wire`; a pending token becomes known."""
        one = branch.state.probability_of_one(wire)
        token = branch.pending.pop(wire, None)
        result = []
        for outcome, probability, part in self.divide(branch, (1 - one, one)):
            part.state.collapse(wire, outcome, probability)
            result += [part] if token is None else self._read(part, wire, token, outcome)
        return result

    def _read(self, branch: Branch, wire: int, token: int, outcome: int) -> list[Branch]:
        wrong = self.confusion(wire)[outcome] if self.confusion else 0.0
        if not wrong:
            branch.known[token] = outcome
            return [branch]
        parts = self.divide(branch, (1 - wrong, wrong))
        for flipped, _, part in parts:
            part.known[token] = outcome ^ flipped
        return [part for _, _, part in parts]

    def settle(self, branch: Branch, wires: Iterable[int]) -> list[Branch]:
        """Split until none of the wires is pending."""
        live = [branch]
        for wire in wires:
            if wire in branch.pending:
                live = [part for each in live for part in self.split(each, wire)]
        return live

    def read(self, branch: Branch, entries: Bits) -> list[Branch]:
        """Split until all entries have values."""
        tokens = {entry for entry in entries if branch.bit(entry) is None}
        if not tokens:
            return [branch]
        return self.settle(branch, [wire for wire, token in branch.pending.items() if token in tokens])

    def measure(self, branch: Branch, wires: Sequence[int]) -> tuple[list[Branch], Bits]:
        """Tokens for the wires' bits; they are the same in all branches that this returns."""
        live = self.settle(branch, wires) if self.confusion else [branch]  # each reading errs for itself
        tokens = []
        for wire in wires:
            token = live[0].pending.get(wire)
            if token is None:
                token = self.next_token
                self.next_token += 1
                for each in live:
                    each.pending[wire] = token
            tokens.append(token)
        return live, tuple(tokens)

    def reset(self, branch: Branch, wire: int) -> list[Branch]:
        """Put a wire into |0⟩."""
        result = []
        for each in self.settle(branch, (wire,)):
            if each.state.reset(wire):
                result.append(each)
                continue
            for outcome, probability, part in self.divide(each, _outcomes(each, wire)):
                part.state.collapse(wire, outcome, probability)
                if outcome:
                    part.state.flip(wire)
                result.append(part)
        return result

    def delay(self, branch: Branch, seconds: float, wire: int) -> list[Branch]:
        """Let a wire idle."""
        live = self.settle(branch, (wire,)) if self.noisy else [branch]
        for each in live:
            each.state.delay(seconds, wire)
        if self.idle is not None:
            live = [part for each in live for part in self.idle(self, each, seconds, wire)]
        return live

    @property
    def noisy(self) -> bool:
        """Whether anything may go wrong."""
        return self.confusion is not None

    def gates(self, branches: list[Branch], calls: Sequence[GateCall]) -> list[Branch]:
        """Apply gates in order to every branch."""
        if self.unravel is None and not any(branch.pending for branch in branches):
            for branch in branches:
                branch.state.gates(calls)
            return branches
        for call in calls:
            branches = [part for branch in branches for part in self._gate(branch, call)]
        return branches

    def _gate(self, branch: Branch, call: GateCall) -> list[Branch]:
        live = [branch] if branch.pending.keys().isdisjoint(call[1]) else self.settle(branch, call[1])
        for each in live:
            each.state.gates((call,))
        if self.unravel is not None:
            live = [part for each in live for part in self.unravel(self, each, call)]
        return live


def _outcomes(branch: Branch, wire: int) -> tuple[float, float]:
    one = branch.state.probability_of_one(wire)
    return 1 - one, one
