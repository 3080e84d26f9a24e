"""Gates to steps, all gates of one kind at a time.

The recipe of a gate depends on its code and its controls only, so a circuit is sorted into few classes, and each
step of a class's recipe is written for all its gates by one NumPy expression. Structure and angles come out apart:
the structure is the same for all parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.gate_columns import QUBITS, GateCall, GateColumns
from qlang.kernels.merge import merged
from qlang.kernels.recipes import Recipe, recipe
from qlang.kernels.steps import GLOBAL_PHASE_SLOT, MOST_QUBITS, AngleMap, Lowering, StepKind, Steps

_MASKS = (StepKind.PARITY, StepKind.PATTERN)
_ANGLED = np.zeros(len(StepKind), dtype=np.bool_)
"""By kind of step, whether it has an angle."""
_ANGLED[[StepKind.ROTATION, *_MASKS]] = True


@dataclass(frozen=True, slots=True)
class _Class:
    """Gates with one recipe: places in the circuit (m,), wires (w, m), index of each gate's first parameter (m,)."""

    recipe: Recipe
    places: NDArray[np.int64]
    wires: NDArray[np.int64]
    parameters: NDArray[np.int64]


def steps_of(calls: Sequence[GateCall], qubits: int, *, merge: bool = True) -> Lowering:
    """Lower gates with controls, in order; the parameters are numbered as they come.

    Without `merge` every gate keeps steps of its own and `gate_ends` is known: for Paulis between the gates.
    Raises ValueError for a wire that is not one of the `qubits` wires, a gate with a wire twice, and too many qubits.
    """
    gates = GateColumns.of(calls)
    _check_wires(gates, qubits)
    widths, counts = gates.widths, gates.counts
    begins, first = np.cumsum(widths) - widths, np.cumsum(counts) - counts
    classes = []
    for places in _alike(gates):
        code, values = int(gates.codes[places[0]]), gates.controls[places[0]] if gates.controls else ""
        width = int(QUBITS[code]) + len(values)
        own = gates.wires[begins[places] + np.arange(width)[:, None]]
        classes.append(_Class(recipe(code, values), places, own, first[places]))
    return _lower(classes, len(gates), gates.parameters, qubits, merge)


def _alike(gates: GateColumns) -> list[NDArray[np.int64]]:
    """The places of gates with one code and controls, by the first of each."""
    if not len(gates):
        return []
    labels: NDArray[np.signedinteger[Any]] = gates.codes
    if gates.controls:
        known = {values: number for number, values in enumerate(dict.fromkeys(gates.controls))}
        numbers = np.fromiter(map(known.__getitem__, gates.controls), dtype=np.int64)
        labels = labels.astype(np.int64) * len(known) + numbers
    order = np.argsort(labels, kind="stable")
    labels = labels[order]
    ends = [*(np.flatnonzero(labels[1:] != labels[:-1]) + 1).tolist(), len(order)]
    members = [order[begin:end] for begin, end in pairwise([0, *ends])]
    return sorted(members, key=lambda places: int(places[0]))


def _lower(
    classes: Sequence[_Class], gates: int, parameters: NDArray[np.float64], qubits: int, merge: bool
) -> Lowering:
    lengths = np.zeros(gates, dtype=np.int64)
    for each in classes:
        lengths[each.places] = len(each.recipe.steps)
    offsets = np.cumsum(lengths) - lengths
    total = int(lengths.sum())
    kinds = np.zeros(total, dtype=np.int8)
    first, second = np.zeros(total, dtype=np.int64), np.zeros(total, dtype=np.int64)
    begins = [offsets[each.places] for each in classes]
    for each, begin in zip(classes, begins, strict=True):
        _write_steps(each, begin, kinds, first, second)
    angled = _ANGLED.take(kinds)
    slots = np.where(angled, np.cumsum(angled, dtype=np.int32), np.int32(-1))
    steps = Steps(qubits, kinds, first, second, slots, int(angled.sum()) + 1)
    angle_map = _angle_map(classes, begins, steps, len(parameters))
    lowering = Lowering(steps, angle_map, parameters, offsets + lengths)
    return merged(lowering) if merge else lowering


def _check_wires(gates: GateColumns, qubits: int) -> None:
    if qubits > MOST_QUBITS:
        raise ValueError(f"{qubits} qubits are more than the {MOST_QUBITS} that masks hold")
    if not gates.wires_within(qubits):
        wrong = gates.wires[(gates.wires < 0) | (gates.wires >= qubits)]
        raise ValueError(f"a gate is on wire {wrong[0]} of {qubits}")
    if gates.wires_twice:
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
        source, places = bits if step.kind in _MASKS else gates.wires, offsets + index
        kinds[places] = step.kind
        first[places] = _sum(source, step.first)
        if step.second:
            second[places] = _sum(source, step.second)


def _sum(rows: NDArray[np.int64], chosen: tuple[int, ...]) -> NDArray[np.int64]:
    found: NDArray[np.int64] = rows[chosen[0]] if len(chosen) == 1 else rows[list(chosen)].sum(axis=0)
    return found


def _angle_map(
    classes: Sequence[_Class], begins: Sequence[NDArray[np.int64]], steps: Steps, parameters: int
) -> AngleMap:
    """The affine map from the gates' parameters to the slots; `begins` are the first steps of each class's gates."""
    constants = np.zeros(steps.slot_count)
    rows, columns, coefficients = [], [], []
    for each, begin in zip(classes, begins, strict=True):
        # A product: each of many additions would round off a digit of the sum.
        constants[GLOBAL_PHASE_SLOT] += len(each.places) * each.recipe.phase[0]
        angles = [(np.full(len(each.places), GLOBAL_PHASE_SLOT, dtype=np.int32), each.recipe.phase)]
        for index, step in enumerate(each.recipe.steps):
            if step.angle is not None:
                slots = steps.slots[begin + index]
                if step.angle[0]:
                    constants[slots] += step.angle[0]
                angles.append((slots, step.angle))
        for slots, angle in angles:
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
