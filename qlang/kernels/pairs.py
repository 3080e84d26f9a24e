"""Long blocks of steps on one pair of wires as one two-qubit gate in Cartan form.

A block is a sequence of steps that no step involving other wires interrupts on either wire. Whatever it does, its
Cartan form needs 6 rotations: one before and one after on each wire, which neighbouring one-qubit steps join, and two
about XX and YY between two CX. So a block is replaced if it has more; that is seen from the structure, and the form is
computed when angles are bound.
"""

from dataclasses import dataclass, field
from math import pi
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qlang.kernels.cartan import Complexes, Reals, cartan_form
from qlang.kernels.fuse import zyz
from qlang.kernels.steps import GLOBAL_PHASE_SLOT, Angles, Lowering, MappedLowering, Step, StepKind, Steps

ROTATIONS = 6
"""Of a Cartan form."""

_A, _B, _AB = 1, 2, 3
"""The wires of a form's steps: the first, the second, both."""

_FORM: tuple[tuple[StepKind, int], ...] = (
    (StepKind.PARITY, _A),
    (StepKind.ROTATION, _A),
    (StepKind.PARITY, _A),
    (StepKind.PARITY, _B),
    (StepKind.ROTATION, _B),
    (StepKind.PARITY, _B),
    (StepKind.CX, _AB),
    (StepKind.ROTATION, _A),
    (StepKind.PARITY, _A),
    (StepKind.PARITY, _AB),
    (StepKind.ROTATION, _A),
    (StepKind.CX, _AB),
    (StepKind.PARITY, _AB),
    (StepKind.PARITY, _A),
    (StepKind.ROTATION, _A),
    (StepKind.PARITY, _A),
    (StepKind.PARITY, _B),
    (StepKind.ROTATION, _B),
    (StepKind.PARITY, _B),
)
"""rxx(−2x), ryy(−2y) and rzz(−2z) as in `qlang.kernels.recipes` between RZ R RZ on either wire; inner CX cancelled."""

_FORM_SLOTS = sum(kind != StepKind.CX for kind, _ in _FORM)


@dataclass(frozen=True, slots=True)
class _Block:
    """Steps on a pair; `start` is the first that involves both wires."""

    wires: tuple[int, int]
    start: int
    members: list[int] = field(default_factory=list)


@dataclass(frozen=True, eq=False, slots=True)
class PairMap:
    """Angles where blocks are Cartan forms.

    `kept` (n,): the slots before of the first n slots; after these come those of block 0, of block 1, … factors, slots
    (blocks, longest block): the blocks' steps by number, and their slots before.
    """

    before: Angles
    kept: NDArray[np.int64]
    factors: NDArray[np.int8]
    slots: NDArray[np.int64]

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return self.before.parameters

    def angles(self, parameters: ArrayLike) -> Reals:
        """Angles (batch, slots) of parameters (batch, parameters) or (parameters,).

        Raises BadAngle, and ArithmeticError if a form misses its block.
        """
        before = self.before.angles(parameters)
        angles = before[:, self.kept]
        if not len(self.factors):
            return angles
        gates = _products(self.factors, before[:, self.slots])
        form = cartan_form(gates.reshape(-1, 4, 4))
        angles[:, GLOBAL_PHASE_SLOT] += form.phase.reshape(len(angles), -1).sum(axis=1)
        local = [zyz(part[:, wire, 0, 0], part[:, wire, 1, 0]) for part in (form.before, form.after) for wire in (0, 1)]
        local[0][:, 2] += pi / 2
        local[3][:, 0] += pi / 2
        x, y, z = -2 * form.angles.T
        quarter = np.full_like(x, -pi / 2)
        inner = np.stack([x, quarter, quarter, y, z], axis=1)
        rows = np.concatenate([*local[:2], inner, *local[2:]], axis=1)
        return np.concatenate([angles, rows.reshape(len(angles), -1)], axis=1)


def paired(lowering: Lowering | MappedLowering) -> MappedLowering:
    """The same circuit with long blocks on pairs of wires replaced by their Cartan forms."""
    steps = lowering.steps
    rows = list(steps.rows())
    blocks = _blocks(rows, steps.qubits)
    gone = np.zeros(len(steps), dtype=np.bool_)
    longest = max((len(block.members) for block in blocks), default=0)
    factors = np.zeros((len(blocks), longest), dtype=np.int8)
    slots = np.zeros((len(blocks), longest), dtype=np.int64)
    for number, block in enumerate(blocks):
        gone[block.members] = True
        for place, index in enumerate(block.members):
            factors[number, place] = _factor(rows[index], block.wires)
            slots[number, place] = max(rows[index][3], 0)
    kept = np.ones(steps.slot_count, dtype=np.bool_)
    kept[steps.slots[gone & (steps.slots >= 0)]] = False
    changed = PairMap(lowering.angle_map, np.flatnonzero(kept), factors, slots)
    return MappedLowering(_with_forms(steps, blocks, gone, kept), changed, lowering.parameters)


def _wires(row: Step) -> int:
    """Mask of the wires that a step involves."""
    kind, first, second, _ = row
    if kind in (StepKind.PARITY, StepKind.PATTERN):
        return first
    return 1 << first | 1 << second if kind in (StepKind.CX, StepKind.SWAP) else 1 << first


def _blocks(rows: list[Step], qubits: int) -> list[_Block]:
    """Blocks with more rotations than a Cartan form."""
    current: list[_Block | None] = [None] * qubits
    waiting: list[list[int]] = [[] for _ in range(qubits)]  # one-qubit steps that belong to no block yet
    found: list[_Block] = []
    for index, row in enumerate(rows):
        mask = _wires(row)
        wires = [wire for wire in range(mask.bit_length()) if mask >> wire & 1]
        block = current[wires[0]]
        if len(wires) == 1:
            (block.members if block else waiting[wires[0]]).append(index)
        elif len(wires) == 2 and block is not None and block is current[wires[1]]:
            block.members.append(index)
        else:
            for wire in wires:
                if (old := current[wire]) is not None:
                    current[old.wires[0]] = current[old.wires[1]] = None
            if len(wires) == 2:
                a, b = wires
                block = _Block((a, b), index, [*waiting[a], *waiting[b], index])
                current[a] = current[b] = block
                found.append(block)
            for wire in wires:
                waiting[wire] = []
    return [block for block in found if _rotations(rows, block) > ROTATIONS]


def _rotations(rows: list[Step], block: _Block) -> int:
    """Rotations of a block, those of a wire between two steps on both wires counting as one."""
    count, turned = 0, 0
    for index in block.members:
        mask = _wires(rows[index])
        if mask & (mask - 1):
            turned = 0
        elif rows[index][0] == StepKind.ROTATION and not turned & mask:
            turned |= mask
            count += 1
    return count


def _with_forms(steps: Steps, blocks: list[_Block], gone: NDArray[np.bool_], kept: NDArray[np.bool_]) -> Steps:
    """Forms where blocks began to involve both wires; other steps of blocks are left out."""
    counts = np.where(gone, 0, 1)
    starts = np.array([block.start for block in blocks], dtype=np.intp)
    counts[starts] = len(_FORM)
    places = (np.cumsum(counts) - counts)[starts]
    renumbered = np.where(steps.slots >= 0, (np.cumsum(kept) - 1)[steps.slots], -1)
    kinds, first, second, slots = (
        np.repeat(each, counts) for each in (steps.kinds, steps.first, steps.second, renumbered)
    )
    a, b = np.array([block.wires for block in blocks], dtype=np.int64).reshape(-1, 2).T
    next_slot = int(kept.sum()) + _FORM_SLOTS * np.arange(len(blocks))
    for offset, (kind, wires) in enumerate(_FORM):
        at = places + offset
        kinds[at] = kind
        second[at] = b if kind == StepKind.CX else 0
        if kind == StepKind.PARITY:
            first[at] = (np.left_shift(1, a) if wires & _A else 0) | (np.left_shift(1, b) if wires & _B else 0)
        else:
            first[at] = b if wires == _B else a
        slots[at] = -1 if kind == StepKind.CX else next_slot
        next_slot = next_slot + (kind != StepKind.CX)
    return Steps(
        steps.qubits, kinds, first, second, slots.astype(np.int32), int(kept.sum()) + _FORM_SLOTS * len(blocks)
    )


def _factor(row: Step, wires: tuple[int, int]) -> int:
    """The number in `_NUMBERS` of a step on these wires."""
    kind, first, second, _ = row
    a, b = wires
    mask = second if kind == StepKind.PATTERN else 1 << first if kind == StepKind.CX else _wires(row)
    return _NUMBERS[kind, (mask >> a & 1) * _A | (mask >> b & 1) * _B]


_Factor: TypeAlias = tuple[Complexes, Complexes, Complexes, float]
"""C, E, G (4, 4) and h: a step with angle θ is C + cos(hθ) E + sin(hθ) G."""


def _on(matrix: Complexes, wires: int) -> Complexes:
    """The matrix on each of some wires; the first wire is the most significant bit."""
    parts = [matrix if wires & wire else np.eye(2) for wire in (_A, _B)]
    return np.kron(parts[0], parts[1]).astype(np.complex128)


def _fixed(matrix: Complexes) -> _Factor:
    return matrix, 0 * matrix, 0 * matrix, 0.0


def _turning(generator: Complexes) -> _Factor:
    return 0 * generator, np.eye(4, dtype=np.complex128), generator, 0.5


def _pattern(ones: int) -> _Factor:
    """exp(iθ) where these wires are 1 and the others 0."""
    place = (2 if ones & _A else 0) + (1 if ones & _B else 0)
    entry = np.diag(np.eye(4, dtype=np.complex128)[place])
    return np.eye(4, dtype=np.complex128) - entry, entry, 1j * entry, 1.0


_TURN, _X, _Z = (np.array(m, dtype=np.complex128) for m in ([[0, -1], [1, 0]], [[0, 1], [1, 0]], [[1, 0], [0, -1]]))
_CX_AB, _CX_BA, _SWAP = (np.eye(4, dtype=np.complex128)[order] for order in ([0, 1, 3, 2], [0, 3, 2, 1], [0, 2, 1, 3]))

_FACTORS: dict[tuple[int, int], _Factor] = {
    **{(StepKind.ROTATION, wire): _turning(_on(_TURN, wire)) for wire in (_A, _B)},
    **{(StepKind.PARITY, wires): _turning(-1j * _on(_Z, wires)) for wires in (_A, _B, _AB)},
    **{(StepKind.PATTERN, ones): _pattern(ones) for ones in range(4)},
    **{(StepKind.X, wire): _fixed(_on(_X, wire)) for wire in (_A, _B)},
    **{(StepKind.Z, wire): _fixed(_on(_Z, wire)) for wire in (_A, _B)},
    (StepKind.CX, _A): _fixed(_CX_AB),
    (StepKind.CX, _B): _fixed(_CX_BA),
    (StepKind.SWAP, _AB): _fixed(_SWAP),
}
"""By kind and wires; of a PATTERN the wires with value 1, of a CX the control."""

_NUMBERS = {name: number for number, name in enumerate(_FACTORS, 1)}
"""0 is no step."""

_ROWS: list[_Factor] = [_fixed(np.eye(4, dtype=np.complex128)), *_FACTORS.values()]
_CONSTANT, _EVEN, _ODD = (np.array([row[part] for row in _ROWS]) for part in range(3))
_HALVES = np.array([row[3] for row in _ROWS])


def _products(factors: NDArray[np.int8], angles: Reals) -> Complexes:
    """The gates (batch, blocks, 4, 4) of blocks with angles (batch, blocks, longest block)."""
    product = np.broadcast_to(np.eye(4, dtype=np.complex128), (*angles.shape[:2], 4, 4))
    for step in range(factors.shape[1]):
        chosen = factors[:, step]
        angle = (_HALVES[chosen] * angles[:, :, step])[:, :, None, None]
        product = (_CONSTANT[chosen] + np.cos(angle) * _EVEN[chosen] + np.sin(angle) * _ODD[chosen]) @ product
    return product
