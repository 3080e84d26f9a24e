"""Random kernel programs with everything that a pass may hold, and their execution by definition in NumPy."""

from random import Random

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.angles import ProgramAngles
from qlang.kernels.frames import Frame
from qlang.kernels.program import Pass, PhaseGroup, PlanOptions, Program, Sweep, Terms

Vector = NDArray[np.complex128]


def random_program(
    seed: int, qubits: int, tile_bits: int, *, sweeps: int = 3, contiguous_bits: int = 2, fresh: bool = True
) -> Program:
    """A program that no scheduler made: passes, permutations, phases of every kind, anywhere."""
    random = Random(seed)
    tile_bits = min(tile_bits, qubits)
    contiguous_bits = min(contiguous_bits, tile_bits)
    made = _Maker(random, qubits)
    done = tuple(made.sweep(_local(random, qubits, tile_bits, contiguous_bits)) for _ in range(sweeps))
    identity = tuple(range(qubits))
    terms = len(made.patterned)
    bits = tuple(tuple((p, p) for p in range(qubits) if mask >> p & 1) for mask in made.patterned)
    return Program(
        qubits=qubits,
        wires=qubits,
        options=PlanOptions(
            lane_bits=0, contiguous_bits=contiguous_bits, tile_bits=max(tile_bits, contiguous_bits + 1)
        ),
        fresh=fresh,
        start=identity,
        end=identity,
        initial=((),) * qubits,
        sweeps=done,
        rotations=tuple(range(made.rotations)),
        terms=Terms(tuple(range(terms)), (1.0,) * terms, (0,) * terms, bits),
        groups=tuple(made.groups),
    )


def _local(random: Random, qubits: int, tile_bits: int, contiguous_bits: int) -> tuple[int, ...]:
    count = random.randint(max(contiguous_bits, tile_bits - 1), tile_bits)
    high = random.sample(range(contiguous_bits, qubits), count - contiguous_bits)
    return tuple(sorted([*range(contiguous_bits), *high]))


class _Maker:
    def __init__(self, random: Random, qubits: int) -> None:
        self.random, self.qubits = random, qubits
        self.rotations = 0
        self.patterned: list[int] = []
        self.groups: list[PhaseGroup] = []

    def sweep(self, local: tuple[int, ...]) -> Sweep:
        return Sweep(local, tuple(self._pass(local) for _ in range(self.random.randint(1, 5))), self.qubits)

    def _pass(self, local: tuple[int, ...]) -> Pass:
        random = self.random
        registers = tuple(sorted(random.sample(range(len(local)), random.randint(0, min(3, len(local))))))
        rotations = []
        for _ in registers:
            rotations.append(self.rotations if random.random() < 0.8 else -1)
            self.rotations += rotations[-1] >= 0
        phase = self._group() if random.random() < 0.7 else -1
        return Pass(registers, tuple(rotations), permutation=self._permutation(local, registers), phase=phase)

    def _permutation(self, local: tuple[int, ...], registers: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        """An invertible linear map onto some registers: what CX gates in a row and outer controls make."""
        if not registers or self.random.random() < 0.4:
            return ()
        masks = {register: 1 << local[register] for register in registers}
        for _ in range(self.random.randint(1, 4)):
            target = self.random.choice(registers)
            other = self.random.choice([r for r in registers if r != target] or [-1])
            if other >= 0 and self.random.random() < 0.5:
                masks[target] ^= masks[other]
            elif free := [p for p in range(self.qubits) if p not in {local[r] for r in registers}]:
                masks[target] ^= 1 << self.random.choice(free)
        return tuple((target, mask) for target, mask in masks.items() if mask != 1 << local[target])

    def _group(self) -> int:
        random, pattern = self.random, []
        sizes = [random.choice((0, 1, 1, 2, 3)) for _ in range(random.randint(0, 5))]
        parity = [(self._mask(size), self._term(0)) for size in sizes]
        for _ in range(random.randint(0, 3)):
            mask = self._mask(random.choice((1, 2, 2, 3, 4, 5)))
            pattern.append((mask, random.getrandbits(self.qubits) & mask, self._term(mask)))
        self.groups.append(PhaseGroup(tuple(parity), tuple(pattern), lanes=False))
        return len(self.groups) - 1

    def _mask(self, bits: int) -> int:
        return sum(1 << p for p in self.random.sample(range(self.qubits), min(bits, self.qubits)))

    def _term(self, mask: int) -> int:
        self.patterned.append(mask)
        return len(self.patterned) - 1


def random_angles(seed: int, program: Program, batch: int) -> ProgramAngles:
    """Angles of a batch; values of patterns differ by item, as under Pauli frames."""
    random = np.random.default_rng(seed)
    terms = len(program.terms.steps)
    factors = random.normal(size=(batch, program.qubits, 2)) + 1j * random.normal(size=(batch, program.qubits, 2))
    return ProgramAngles(
        tangents=random.uniform(-1, 1, (batch, len(program.rotations))),
        terms=random.uniform(-7, 7, (batch, terms)),
        values=random.integers(0, 1 << program.qubits, (batch, terms)),
        scales=random.uniform(0.5, 1, (batch, len(program.groups))),
        factors=factors / np.linalg.norm(factors, axis=2, keepdims=True),
        frame=Frame.none(batch),
    )


def product(angles: ProgramAngles, item: int) -> Vector:
    """The state that a fresh program begins with."""
    state = np.ones(1, dtype=np.complex128)
    for factor in angles.factors[item]:
        state = np.concatenate([state * factor[0], state * factor[1]])
    return state


def execute(program: Program, angles: ProgramAngles, item: int, state: Vector) -> Vector:
    """The program by the definitions of `qlang.kernels.program`, pass by pass over the whole state."""
    for sweep in program.sweeps:
        for each in sweep.passes:
            state = _executed(program, angles, item, sweep, each, state)
    return state


def _executed(program: Program, angles: ProgramAngles, item: int, sweep: Sweep, each: Pass, state: Vector) -> Vector:
    index = np.arange(len(state))
    source = index.copy()
    for target, mask in each.permutation:
        position = sweep.local[target]
        source = source & ~(1 << position) | (np.bitwise_count(index & mask) & 1).astype(np.int64) << position
    state = state[source]
    if each.phase >= 0:
        group = program.groups[each.phase]
        total = np.zeros(len(state))
        for mask, term in group.parity:
            total -= angles.terms[item, term] / 2 * (1 - 2.0 * (np.bitwise_count(index & mask) & 1))
        for mask, _, term in group.pattern:
            total += angles.terms[item, term] * ((index & mask) == (angles.values[item, term] & mask))
        state = state * angles.scales[item, each.phase] * np.exp(1j * total)
    for register, rotation in zip(each.registers, each.rotations, strict=True):
        if rotation >= 0:
            position, tangent = sweep.local[register], angles.tangents[item, rotation]
            sign = np.where(index >> position & 1, tangent, -tangent)
            state = state + sign * state[index ^ 1 << position]
    return state
