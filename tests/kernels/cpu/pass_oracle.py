"""Random programs with random tables, and their passes executed in NumPy by index arithmetic."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from qlang.kernels.cpu.arguments import MOST_REGISTERS
from qlang.kernels.layout import TWIST_NUMBERS, GroupLayout, LaneTable, Mixed, Selector, choice_bytes
from qlang.kernels.program import Pass, Sweep
from qlang.kernels.spectra import SMALL, factor_sizes, low_bits_of


class FakeLayout(SimpleNamespace):
    """The parts of a layout that native code reads."""

    __hash__ = object.__hash__


@dataclass
class Bound:
    """As `BoundProgram`, with numbers that no circuit gave."""

    layout: Any
    precision: str
    batch: int
    data: np.ndarray
    values: np.ndarray
    bits: np.ndarray
    initial: None = None


class Case:
    """A random program of a few sweeps, with everything that a pass can have."""

    def __init__(
        self, seed: int, qubits: int, tile: int, lane_bits: int, precision: str, batch: int = 1, registers: int = 0
    ) -> None:
        """Each pass has at least so many registers, if there are."""
        self.registers = registers
        self.random = np.random.default_rng(seed)
        self.qubits, self.tile, self.lane_bits = qubits, min(tile, qubits), lane_bits
        self.batch = batch
        self.dtype = np.dtype(precision)
        self.size = 0
        self.bits_size = 0
        self.groups: list[GroupLayout] = []
        self.rotations = 0
        self.twists: list[tuple[int, int]] = []
        self.scaled: list[int] = []
        self.value_masks: list[int] = []
        sweeps = tuple(self.sweep() for _ in range(3))
        options = SimpleNamespace(lane_bits=lane_bits)
        identity = tuple(range(qubits))
        program = SimpleNamespace(
            qubits=qubits, sweeps=sweeps, options=options, start=identity, end=identity, twists=tuple(self.twists)
        )
        first, twists = self.room(self.rotations), self.room(TWIST_NUMBERS * len(self.twists))
        scaled = SimpleNamespace(twists=np.array(self.scaled, dtype=np.int64))
        layout = FakeLayout(program=program, rotations=first, twists=twists, groups=tuple(self.groups), scaled=scaled)
        angles = self.random.normal(size=(batch, self.size))
        data = np.where(np.arange(self.size) < first, np.cos(angles), np.clip(angles, -1, 1)).astype(self.dtype)
        halves = self.random.uniform(-np.pi / 2, np.pi / 2, size=(batch, 2 * len(self.twists)))
        numbers = np.stack([np.tan(halves / 2), np.sin(halves), np.cos(halves), 0 * halves], axis=-1)
        alone = np.stack([np.sin(halves), np.sin(halves), 0 * halves + 1, 0 * halves], axis=-1)
        chosen = [place for twist in self.scaled for place in (2 * twist, 2 * twist + 1)]
        numbers[:, chosen] = alone[:, chosen]
        data[:, twists : twists + TWIST_NUMBERS * len(self.twists)] = numbers.reshape(batch, -1)
        values = self.random.integers(0, 1 << qubits, size=(batch, len(self.value_masks)))
        if self.value_masks:
            # Half of the values are those of the tile at 0, so that patterns match often.
            values = np.where(self.random.random(values.shape) < 0.5, 0, values & np.array(self.value_masks))
        bits = self.random.integers(0, 256, size=(int(self.random.choice([1, batch])), self.bits_size), dtype=np.uint8)
        self.bound = Bound(layout, precision, batch, data, values.astype(np.int64), bits)

    def room(self, count: int) -> int:
        place = self.size
        self.size += -(-count // 16) * 16
        return place

    def chance(self, p: float = 0.5) -> bool:
        return bool(self.random.random() < p)

    def some(self, candidates: list[int], least: int, most: int) -> list[int]:
        count = min(len(candidates), int(self.random.integers(least, most + 1)))
        return sorted(int(each) for each in self.random.choice(candidates, count, replace=False)) if count else []

    def rotation(self) -> int:
        self.rotations += 1
        return self.rotations - 1

    def sweep(self) -> Sweep:
        fixed = list(range(min(self.lane_bits + 1, self.tile)))
        rest = [position for position in range(self.qubits) if position not in fixed]
        chosen = self.random.choice(rest, self.tile - len(fixed), replace=False) if rest else []
        local = tuple(sorted([*fixed, *(int(each) for each in chosen)]))
        return Sweep(local, tuple(self.pass_(local) for _ in range(4)), self.qubits)

    def pass_(self, local: tuple[int, ...]) -> Pass:
        rows = list(range(self.lane_bits, len(local)))
        registers = self.some(rows, self.registers, MOST_REGISTERS)
        share = float(self.random.choice([0.0, 0.6, 1.0]))
        rotations = tuple(self.rotation() if self.chance(share) else -1 for _ in registers)
        lanes = tuple(self.rotation() if self.chance() else -1 for _ in range(self.lane_bits))
        lanes = lanes if self.chance() else ()
        self.twist(rotations, lanes, registers, local)
        targets = [bit for bit in registers if self.chance(1 - share / 2)] if self.chance() or not share else []
        return Pass(
            tuple(registers),
            rotations,
            lanes,
            self.permutation(targets, registers, local),
            self.lane_cx(registers, local) if self.chance() else (),
            self.group(local) if self.chance() else -1,
            self.exchange(registers, local) if self.chance() else (),
        )

    def twist(self, rotations: tuple[int, ...], lanes: tuple[int, ...], registers: list[int], local: Any) -> None:
        """Let other positions choose the angles of some rotations, in half of the passes without their cosines."""
        turned = [local[bit] for bit, rotation in zip(registers, rotations, strict=True) if rotation >= 0]
        turned += [lane for lane, rotation in enumerate(lanes) if rotation >= 0]
        free = [position for position in range(self.qubits) if position not in turned]
        scaled = self.chance()
        for rotation in (*rotations, *lanes):
            if rotation >= 0 and self.chance(0.4):
                self.scaled += [len(self.twists)] * scaled
                self.twists.append((rotation, sum(1 << position for position in free if self.chance())))

    def exchange(self, registers: list[int], local: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        """Parities that are their own inverse."""
        targets = [bit for bit in registers if self.chance(0.7)]
        free = [p for p in range(self.lane_bits, self.qubits) if p not in [local[bit] for bit in targets]]
        return tuple(
            (bit, 1 << local[bit] | sum(1 << position for position in free if self.chance(0.3))) for bit in targets
        )

    def permutation(self, targets: list[int], registers: list[int], local: tuple[int, ...]) -> tuple[Any, ...]:
        """Any parities that keep the map invertible: triangular in the registers."""
        free = [p for p in range(self.lane_bits, self.qubits) if p not in [local[bit] for bit in registers]]
        result = []
        for i, bit in enumerate(targets):
            mask = 1 << local[bit] | sum(1 << local[other] for other in targets[:i] if self.chance())
            mask |= sum(1 << position for position in free if self.chance(0.3))
            result.append((bit, mask))
        return tuple(result)

    def lane_cx(self, registers: list[int], local: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        gates = []
        lanes = list(range(self.lane_bits))
        for _ in range(int(self.random.integers(0, 9))):
            target = int(self.random.choice([*lanes, *registers]))
            controls = lanes if target in registers else [p for p in range(self.qubits) if p != target]
            controls = [p for p in controls if p != target]
            if controls:
                gates.append((int(self.random.choice(controls)), target))
        return tuple(gates)

    def condition(self, outer: list[int]) -> tuple[bool, int, int]:
        mask = sum(1 << position for position in outer if self.chance())
        if self.chance(0.3):
            self.value_masks.append(mask)
            return True, mask, len(self.value_masks) - 1
        return False, mask, -1

    def group(self, local: tuple[int, ...]) -> int:
        rows = 1 << len(local) - self.lane_bits
        outer = [position for position in range(self.qubits) if position not in local]
        lanes = []
        for _ in range(int(self.random.choice([0, 1, 2, 10], p=[0.4, 0.3, 0.2, 0.1]))):
            selectors = tuple(Selector(*self.condition(outer)) for _ in range(int(self.random.integers(0, 4))))
            place = -1
            if selectors and self.chance(0.8):
                place, self.bits_size = self.bits_size, self.bits_size + rows
            lanes.append(LaneTable(self.room(2 << len(selectors) + self.lane_bits), selectors, place))
        count, entries, choice = int(self.random.integers(0, 4)), rows, -1
        if self.chance():
            entries, choice = (256, 1 << 16)[self.chance(0.3)], self.bits_size + self.bits_size % 2
            self.bits_size = choice + choice_bytes(entries) * rows
        mixed = tuple(Mixed(*self.condition(outer), self.room(2 * entries)) for _ in range(count))
        bits, width, rank = entries.bit_length() - 1, choice_bytes(entries), 0
        if not mixed and low_bits_of(bits) >= SMALL and bits > SMALL:
            rank = int(self.random.choice([0, 1, 2, 4]))
        place = self.room(2 * sum(factor_sizes(bits, rank)) if rank else 2 * entries)
        self.groups.append(GroupLayout(entries, place, rank, choice, width, True, mixed, tuple(lanes)))
        return len(self.groups) - 1

    def state(self) -> np.ndarray:
        shape = (self.batch, 1 << self.qubits)
        vector = self.random.normal(size=shape) + 1j * self.random.normal(size=shape)
        return vector / np.linalg.norm(vector, axis=1)[:, None]

    def expected(self, states: np.ndarray) -> np.ndarray:
        return np.array([self.execute(item, state) for item, state in enumerate(states)])

    def execute(self, item: int, state: np.ndarray) -> np.ndarray:
        index = np.arange(1 << self.qubits)
        for sweep in self.bound.layout.program.sweeps:
            for each in sweep.passes:
                state = self.moved(each, sweep.local, state, index)
                if each.phase >= 0:
                    state = state * self.factors(item, self.groups[each.phase], sweep.local, index)
                state = self.rotated(item, each, sweep.local, state, index)
                state = self.taken(each.exchange, sweep.local, state, index)
        return state

    def moved(self, each: Pass, local: tuple[int, ...], state: np.ndarray, index: np.ndarray) -> np.ndarray:
        state = self.taken(each.permutation, local, state, index)
        for control, target in each.lane_cx:
            state = state[index ^ ((index >> control & 1) << local[target])]
        return state

    def taken(self, rows: Any, local: tuple[int, ...], state: np.ndarray, index: np.ndarray) -> np.ndarray:
        source = index.copy()
        for bit, mask in rows:
            position = local[bit]
            source = source & ~(1 << position) | (np.bitwise_count(index & mask).astype(np.int64) & 1) << position
        return state[source]

    def rotated(
        self, item: int, each: Pass, local: tuple[int, ...], state: np.ndarray, index: np.ndarray
    ) -> np.ndarray:
        masks = dict(self.bound.layout.program.twists)
        turns = [*zip(each.registers, each.rotations, strict=True), *enumerate(each.lane_rotations)]
        for bit, rotation in turns:
            if rotation in masks:
                place = self.bound.layout.twists + TWIST_NUMBERS * list(masks).index(rotation)
                numbers = self.bound.data[item, place : place + TWIST_NUMBERS].astype(np.float64).reshape(2, -1)
                chosen = numbers[np.bitwise_count(index & masks[rotation]) & 1]
                signs = 2.0 * (index >> local[bit] & 1) - 1.0
                state = chosen[:, 2] * state + chosen[:, 1] * signs * state[index ^ 1 << local[bit]]
            elif rotation >= 0:
                tangent = float(self.bound.data[item, self.bound.layout.rotations + rotation])
                signs = 2.0 * (index >> local[bit] & 1) - 1.0
                state = state + tangent * signs * state[index ^ 1 << local[bit]]
        return state

    def table(self, item: int, offset: int, *shape: int) -> np.ndarray:
        count = int(np.prod(shape))
        numbers = self.bound.data[item, offset : offset + 2 * count].astype(np.float64)
        return (numbers[:count] + 1j * numbers[count:]).reshape(shape)

    def row_table(self, item: int, group: GroupLayout) -> np.ndarray:
        if not group.factors:
            return self.table(item, group.row_offset, group.entries)
        low = 1 << low_bits_of(group.entries.bit_length() - 1)
        high = group.entries // low
        left = self.table(item, group.row_offset, high, group.factors)
        right = self.table(item, group.row_offset + 2 * high * group.factors, group.factors, low)
        return (left @ right).ravel()

    def holds(self, item: int, condition: Mixed | Selector, index: np.ndarray) -> np.ndarray:
        inside = index & condition.outer
        if condition.pattern:
            return inside == self.bound.values[item, condition.value]
        return np.bitwise_count(inside) % 2 == 1

    def factors(self, item: int, group: GroupLayout, local: tuple[int, ...], index: np.ndarray) -> np.ndarray:
        buffer = sum((index >> position & 1) << bit for bit, position in enumerate(local))
        rows, lane = buffer >> self.lane_bits, buffer & (1 << self.lane_bits) - 1
        bits = self.bound.bits[item % len(self.bound.bits)]
        entries = rows
        if group.choice >= 0:
            entries = bits[group.choice + group.choice_bytes * rows].astype(np.int64)
            if group.choice_bytes == 2:
                entries = entries | bits[group.choice + 2 * rows + 1].astype(np.int64) << 8
        result = self.row_table(item, group)[entries]
        for mixed in group.mixed:
            values = self.table(item, mixed.offset, group.entries)[entries]
            holds = self.holds(item, mixed, index)
            other = result * (values if mixed.pattern else values.conj())
            result = np.where(holds, other, result if mixed.pattern else result * values)
        for each in group.lane_tables:
            chosen = np.zeros_like(index)
            for j, condition in enumerate(each.selectors):
                bit = bits[each.bits_offset + rows] >> j & 1 if each.bits_offset >= 0 else 0 * rows
                holds = self.holds(item, condition, index)
                chosen |= (bit & holds if condition.pattern else bit ^ holds).astype(np.int64) << j
            values = self.table(item, each.offset, 1 << len(each.selectors), 1 << self.lane_bits)
            result = result * values[chosen, lane]
        return result
