"""Distributions and counts from the branches at the end of a run."""

from collections.abc import Sequence
from math import fsum

import numpy as np
from numpy.typing import NDArray

from qlang.backends.branches import Branch, Confusion, Machine, drawable
from qlang.backends.errors import BadRequest, TooLarge
from qlang.backends.program import Program
from qlang.backends.protocol import SampleOutcome, SampleSpec, SettingOutcome
from qlang.backends.states import ROUNDINGS, DrawsShots, GateCall, PureState, Rounded
from qlang.ir.gates import BY_NAME

_BASIS = {"I": (), "Z": (), "X": ("h",), "Y": ("sdg", "h")}
NEGLIGIBLE = 1e-15
_PURE = 1e-10
"""What an amplitude of a product of states may be off."""
_MAX_ENTRIES = 1 << 22
_MAX_MIXED = 12
"""Qubits of the largest density matrix that is given out: 256 MiB."""
WIDEST = 20
"""Wires whose whole distribution is made of a large state: 8 MiB."""


def basis_change(basis: str, qubits: int) -> tuple[tuple[GateCall, ...], tuple[int, ...]]:
    """The gates that turn a setting's bases into Z, which bear noise like all gates, and the measured wires."""
    if len(basis) != qubits or set(basis) - set(_BASIS):
        raise BadRequest(f"measurement setting `{basis}` for {qubits} qubits")
    calls = [(BY_NAME[name].code, (wire,), (), "") for wire, axis in enumerate(basis) for name in _BASIS[axis]]
    return tuple(calls), tuple(wire for wire, axis in enumerate(basis) if axis != "I")


def misread(
    distribution: NDArray[np.float64], wires: Sequence[int], confusion: Confusion | None
) -> NDArray[np.float64]:
    """The distribution of readings, each bit wrong with its wire's probabilities."""
    if confusion is None:
        return distribution
    for k, wire in enumerate(wires):
        p01, p10 = confusion(wire)
        if p01 or p10:
            grid = distribution.reshape(-1, 2, 1 << k)
            zero, one = grid[:, 0], grid[:, 1]
            distribution = np.stack([(1 - p01) * zero + p10 * one, p01 * zero + (1 - p10) * one], 1).reshape(-1)
    return distribution


def draw(machine: Machine, shots: int, distribution: NDArray[np.float64]) -> NDArray[np.int64]:
    """How often each outcome was read."""
    assert machine.random is not None
    return machine.random.multinomial(shots, drawable(distribution))


def setting(
    machine: Machine, branches: Sequence[Branch], wires: tuple[int, ...], products: Sequence[tuple[int, ...]] = ()
) -> SettingOutcome:
    """Read wires of branches, whose states stay as they are; `products` as in `Request`."""
    if machine.random is None and products and _too_wide(branches, wires):
        means = [branch.state.means(products) for branch in branches]
        weights = [branch.weight for branch in branches]
        totals = [fsum(w * mean for w, mean in zip(weights, each, strict=True)) for each in zip(*means, strict=True)]
        return SettingOutcome(wires, means=dict(zip(products, totals, strict=True)))
    probabilities = np.zeros(1 << len(wires)) if machine.random is None else None
    counts: dict[int, int] = {}
    for branch in branches:
        if probabilities is not None:
            probabilities += branch.weight * misread(branch.state.marginal(wires), wires, machine.confusion)
        else:
            for outcome, count in zip(*(each.tolist() for each in read(machine, branch, wires)), strict=True):
                counts[outcome] = counts.get(outcome, 0) + count
    if probabilities is not None:
        return SettingOutcome(wires, probabilities=probabilities)
    return SettingOutcome(wires, counts=dict(sorted(counts.items())))


def _too_wide(branches: Sequence[Branch], wires: Sequence[int]) -> bool:
    return branches[0].state.large and len(wires) > WIDEST


def read(machine: Machine, branch: Branch, wires: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Outcomes that the shots of a branch read, ascending, and how often.

    Wide readings are drawn without a list of all outcomes; a reading error then flips the bits of each shot.
    """
    assert machine.random is not None
    if not isinstance(branch.state, DrawsShots) or len(wires) <= branch.state.widest:
        distribution = misread(branch.state.marginal(wires), wires, machine.confusion)
        drawn = draw(machine, branch.shots, distribution)
        outcomes = np.flatnonzero(drawn)
        return outcomes, drawn[outcomes]
    outcomes, counts = branch.state.drawn(wires, branch.shots, machine.random)
    if machine.confusion is None:
        return outcomes, counts
    return misread_shots(machine.random, outcomes, counts, [machine.confusion(wire) for wire in wires])


def misread_shots(
    random: np.random.Generator,
    outcomes: NDArray[np.int64],
    counts: NDArray[np.int64],
    errors: Sequence[tuple[float, float]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Flip each bit of each shot with its probabilities P(1 | 0), P(0 | 1): binomially for the shots of an outcome."""
    for k, (p01, p10) in enumerate(errors):
        if p01 or p10:
            flipped = random.binomial(counts, np.where(outcomes >> k & 1, p10, p01))
            both = np.concatenate([outcomes, outcomes ^ (1 << k)])
            outcomes, inverse = np.unique(both, return_inverse=True)
            totals = np.zeros(len(outcomes), dtype=np.int64)
            np.add.at(totals, inverse, np.concatenate([counts - flipped, flipped]))
            outcomes, counts = outcomes[totals > 0], totals[totals > 0]
    return outcomes, counts


def samples(
    machine: Machine, program: Program, branches: Sequence[Branch], specs: Sequence[SampleSpec]
) -> tuple[SampleOutcome, ...]:
    """All histograms, from the same shots. Raises `BadRequest` for an exact one beyond 2²² entries."""
    sizes = dict(program.registers)
    widths = [len(spec.wires) or sizes.get(spec.bits or "", 0) for spec in specs]
    totals: list[dict[int, float]] = [{} for _ in specs]
    for branch in branches:
        sources = [_sources(program, branch, spec) for spec in specs]
        wires = tuple(sorted({source for each in sources for source, _ in each if source is not None}))
        indices, weights = _seen(machine, branch, wires)
        for each, width, total in zip(sources, widths, totals, strict=True):
            _accumulate(total, indices, weights, each, wires, width)
    kept = [dict(sorted(total.items())) for total in totals]
    pairs = list(zip(specs, widths, kept, strict=True))
    if machine.random is None:
        return tuple(
            SampleOutcome(spec.label, width, probabilities=total, values=spec.values) for spec, width, total in pairs
        )
    return tuple(
        SampleOutcome(spec.label, width, counts={k: int(n) for k, n in total.items()}, values=spec.values)
        for spec, width, total in pairs
    )


def _sources(program: Program, branch: Branch, spec: SampleSpec) -> list[tuple[int | None, int]]:
    """For each bit: the wire that decides it, or None and its value."""
    if spec.bits is None:
        return [(wire, 0) for wire in spec.wires]
    wire_of = {token: wire for wire, token in branch.pending.items()}
    sources: list[tuple[int | None, int]] = []
    register = program.register(branch, spec.bits)
    for entry in [register[bit] for bit in spec.wires] if spec.wires else register:
        value = branch.bit(entry)
        sources.append((wire_of[entry], 0) if value is None else (None, value))
    return sources


def _seen(machine: Machine, branch: Branch, wires: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Outcomes of the wires that occur, with their probability or count."""
    if machine.random is not None:
        outcomes, counts = read(machine, branch, wires)
        return outcomes, counts.astype(np.float64)
    least = max(NEGLIGIBLE / branch.weight, (ROUNDINGS * roundoff_of(branch.state)) ** 2)
    if isinstance(branch.state, DrawsShots) and machine.confusion is None and len(wires) > WIDEST:
        indices, found = branch.state.likely(wires, least, _MAX_ENTRIES)
    else:
        distribution = misread(branch.state.marginal(wires), wires, machine.confusion)
        indices = np.flatnonzero(distribution > least)
        found = distribution[indices]
    if len(indices) > _MAX_ENTRIES:
        raise BadRequest(f"an exact histogram has more than {_MAX_ENTRIES} entries; ask for `shots`")
    return indices, branch.weight * found


def _accumulate(
    total: dict[int, float],
    indices: NDArray[np.int64],
    weights: NDArray[np.float64],
    sources: Sequence[tuple[int | None, int]],
    wires: tuple[int, ...],
    width: int,
) -> None:
    outcomes = np.zeros(len(indices), dtype=np.int64 if width < 63 else object)
    for k, (wire, value) in enumerate(sources):
        if wire is not None:
            outcomes = outcomes + ((indices >> wires.index(wire) & 1).astype(outcomes.dtype) << k)
        elif value:
            outcomes = outcomes + (1 << k)
    distinct, inverse = np.unique(outcomes, return_inverse=True)
    for outcome, weight in zip(distinct.tolist(), np.bincount(inverse, weights).tolist(), strict=True):
        total[outcome] = total.get(outcome, 0.0) + weight


def state(machine: Machine, branches: Sequence[Branch], wires: tuple[int, ...]) -> NDArray[np.complex128]:
    """Amplitudes of `wires`, or their density matrix where they are mixed; bit k of an index is wire k of the list.

    Raises `TooLarge` for a mixed state of more than 12 wires.
    """
    live = [part for branch in branches for part in machine.settle(branch, tuple(branch.pending))]
    if len(live) == 1 and isinstance(live[0].state, PureState):
        pure = _factor(live[0].state.by_wires(wires), max(_PURE, ROUNDINGS * roundoff_of(live[0].state)))
        if pure is not None:
            return pure / np.linalg.norm(pure)
    if len(wires) > _MAX_MIXED:
        raise TooLarge(len(wires), 16 << 2 * len(wires), 16 << 2 * _MAX_MIXED, growth=4)
    total = np.zeros((1 << len(wires),) * 2, dtype=np.complex128)
    for branch in live:
        total += branch.weight * branch.state.reduced(wires)
    return total


def roundoff_of(state: object) -> float:
    """The unit roundoff of a state's amplitudes."""
    return state.roundoff if isinstance(state, Rounded) else 2.0**-53


def _factor(matrix: NDArray[np.complex128], close: float) -> NDArray[np.complex128] | None:
    """The right factor of rank one, phase included where the left is one amplitude; None for a higher rank."""
    if len(matrix) == 1:
        return matrix.reshape(-1)
    norms = np.linalg.norm(matrix, axis=1)
    largest = int(norms.argmax())
    pure = (matrix[largest] / norms[largest]).astype(np.complex128)
    rest = float(np.abs(matrix - np.outer(matrix @ pure.conj(), pure)).max())
    return pure if rest < close else None
