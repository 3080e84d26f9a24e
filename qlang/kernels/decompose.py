"""Gates to steps, all gates of one kind at a time.

The recipe of a gate depends on its code and its controls only, so a circuit is sorted into few classes, and each
step of a class's recipe is written for all its gates by one NumPy expression. Structure and angles come out apart:
the structure is the same for all parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.ir.gates import BY_CODE
from qlang.kernels.merge import merged
from qlang.kernels.recipes import Recipe, recipe
from qlang.kernels.steps import GLOBAL_PHASE_SLOT, MOST_QUBITS, AngleMap, Lowering, StepKind, Steps

GateCall: TypeAlias = tuple[int, tuple[int, ...], tuple[float, ...], str]
"""Code of the primitive, wires with the controls first, parameters, values of the controls."""

_QUBITS = np.array([row.qubits for row in BY_CODE], dtype=np.int64)
_MASKS = (StepKind.PARITY, StepKind.PATTERN)
_ANGLED = np.zeros(len(StepKind), dtype=np.bool_)
"""By kind of step, whether it has an angle."""
_ANGLED[[StepKind.ROTATION, *_MASKS]] = True


@dataclass(frozen=True, slots=True)
class _Class:
    """Gates with one recipe: places in the circuit (m,), wires (m, w), index of each gate's first parameter (m,)."""

    recipe: Recipe
    places: NDArray[np.int64]
    wires: NDArray[np.int64]
    parameters: NDArray[np.int64]


def steps_of(calls: Sequence[GateCall], qubits: int, *, merge: bool = True) -> Lowering:
    """Lower gates with controls, in order; the parameters are numbered as they come.

    Without `merge` every gate keeps steps of its own and `gate_ends` is known: for Paulis between the gates.
    Raises ValueError for a wire that is not one of the `qubits` wires, a gate with a wire twice, and too many qubits.
    """
    codes, wires, numbers, controls = zip(*calls, strict=True) if calls else ((),) * 4
    parameters = np.fromiter(chain.from_iterable(numbers), dtype=np.float64)
    flat = np.fromiter(chain.from_iterable(wires), dtype=np.int64)
    counts = np.fromiter(map(len, numbers), dtype=np.int64)
    widths = np.fromiter(map(len, wires), dtype=np.int64)
    begins, first = np.cumsum(widths) - widths, np.cumsum(counts) - counts
    classes = []
    for places in _alike(codes, controls):
        code, values = codes[places[0]], controls[places[0]]
        width = _QUBITS[code] + len(values)
        if (wrong := widths[places] != width).any():
            raise ValueError(f"{BY_CODE[code].name} with {len(values)} controls is on {widths[places][wrong][0]} wires")
        own = flat[begins[places][:, None] + np.arange(width)]
        classes.append(_Class(recipe(code, values), places, own, first[places]))
    return _lower(classes, len(calls), parameters, qubits, merge)


def _alike(codes: Sequence[int], controls: Sequence[str]) -> list[NDArray[np.int64]]:
    """The places of gates with one code and controls, by the first of each."""
    known = {values: number for number, values in enumerate(dict.fromkeys(controls))}
    labels = np.fromiter(codes, dtype=np.int64)
    if len(known) > 1:
        labels = labels * len(known) + np.fromiter(map(known.__getitem__, controls), dtype=np.int64)
    order = np.argsort(labels, kind="stable")
    labels = labels[order]
    ends = [*(np.flatnonzero(labels[1:] != labels[:-1]) + 1).tolist(), len(order)]
    members = [order[begin:end] for begin, end in pairwise([0, *ends])]
    return sorted(members, key=lambda places: int(places[0])) if codes else []


def _lower(
    classes: Sequence[_Class], gates: int, parameters: NDArray[np.float64], qubits: int, merge: bool
) -> Lowering:
    if qubits > MOST_QUBITS:
        raise ValueError(f"{qubits} qubits are more than the {MOST_QUBITS} that masks hold")
    for each in classes:
        _check_wires(each.wires, qubits)
    lengths = np.zeros(gates, dtype=np.int64)
    for each in classes:
        lengths[each.places] = len(each.recipe.steps)
    offsets = np.cumsum(lengths) - lengths
    total = int(lengths.sum())
    kinds = np.zeros(total, dtype=np.int8)
    first, second = np.zeros(total, dtype=np.int64), np.zeros(total, dtype=np.int64)
    for each in classes:
        _write_steps(each, offsets[each.places], kinds, first, second)
    angled = _ANGLED[kinds]
    slots = np.where(angled, np.cumsum(angled), -1).astype(np.int32)
    steps = Steps(qubits, kinds, first, second, slots, int(angled.sum()) + 1)
    angle_map = _angle_map(classes, offsets, steps, len(parameters))
    lowering = Lowering(steps, angle_map, parameters, offsets + lengths)
    return merged(lowering) if merge else lowering


def _check_wires(wires: NDArray[np.int64], qubits: int) -> None:
    if not wires.size:
        return
    if wires.min() < 0 or wires.max() >= qubits:
        raise ValueError(f"a gate is on wire {wires.max() if wires.max() >= qubits else wires.min()} of {qubits}")
    if wires.shape[1] > 1 and not np.diff(np.sort(wires, axis=1), axis=1).all():
        raise ValueError("a gate has one wire twice")


def _write_steps(
    gates: _Class,
    offsets: NDArray[np.int64],
    kinds: NDArray[np.int8],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
) -> None:
    """Write the steps of a class at their places."""
    bits = np.left_shift(1, gates.wires)
    for index, step in enumerate(gates.recipe.steps):
        source = bits if step.kind in _MASKS else gates.wires
        kinds[offsets + index] = step.kind
        first[offsets + index] = source[:, step.first].sum(axis=1)
        if step.second:
            second[offsets + index] = source[:, step.second].sum(axis=1)


def _angle_map(classes: Sequence[_Class], offsets: NDArray[np.int64], steps: Steps, parameters: int) -> AngleMap:
    """The affine map from the gates' parameters to the slots."""
    constants = np.zeros(steps.slot_count)
    rows, columns, coefficients = [], [], []
    for each in classes:
        angles = [(steps.slots[offsets[each.places] + i], step.angle) for i, step in enumerate(each.recipe.steps)]
        # A product: each of many additions would round off a digit of the sum.
        constants[GLOBAL_PHASE_SLOT] += len(each.places) * each.recipe.phase[0]
        angles.append((np.full(len(each.places), GLOBAL_PHASE_SLOT, dtype=np.int32), (0.0, *each.recipe.phase[1:])))
        for slots, angle in angles:
            if angle is None:
                continue
            np.add.at(constants, slots, angle[0])
            for parameter, coefficient in enumerate(angle[1:]):
                if coefficient:
                    rows.append(slots)
                    columns.append(each.parameters + parameter)
                    coefficients.append(np.full(len(slots), coefficient))
    return AngleMap.of(
        parameters,
        constants,
        np.concatenate([np.zeros(0, dtype=np.int32), *rows]),
        np.concatenate([np.zeros(0, dtype=np.int64), *columns]),
        np.concatenate([np.zeros(0), *coefficients]),
    )
