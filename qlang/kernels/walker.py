"""The circuit while it is scheduled: how far each wire is, which phases wait, and what was put into the program."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qlang.kernels.cones import Front
from qlang.kernels.order import CX, END, PARITY, PATTERN, Order
from qlang.kernels.pending import Pending
from qlang.kernels.program import PhaseGroup, PlanOptions
from qlang.kernels.sweeps import Placement

_PHASES = (PARITY, PATTERN)


@dataclass(slots=True)
class Walker:
    """The circuit as far as it has been scheduled, and what was scheduled."""

    order: Order
    options: PlanOptions
    placement: Placement
    run: list[int]
    """For each wire the run that it has come to."""
    left: list[int]
    """For each wire how many operations of that run are left, 1 in an END."""
    done: bytearray
    """Operations that have been executed, or belong to a later stage of growth."""
    waiting: list[int]
    """For each operation the number of its wires that have not come to it."""
    stages: Sequence[int]
    """For each operation the stage of growth that executes it."""
    ranks: list[int]
    """For each operation how late it may be executed in its sweep: the lowest is the most urgent."""
    pending: Pending
    turn: list[int]
    """For each wire the rotation that it and those that choose its angle have come to, or −1."""
    ready: list[list[int]]
    """For each wire the CX gates on it as a target that can be executed."""
    lane_labels: list[int]
    lane_mask: int
    """Over labels."""
    groups: list[PhaseGroup] = field(default_factory=list)
    rotations: list[int] = field(default_factory=list)
    twists: list[tuple[int, int]] = field(default_factory=list)
    stage: int = -1
    parked: dict[int, list[int]] = field(default_factory=dict)
    """Operations that all their wires have come to, by the later stage that executes them."""
    grown: int = 0
    """Rotations since the last phase group."""

    @classmethod
    def start(cls, order: Order, options: PlanOptions, placement: Placement, stages: Sequence[int]) -> "Walker":
        """Nothing is executed, no stage has begun, and no wire has joined."""
        qubits = order.qubits
        lanes = placement.labels[: options.lane_bits]
        return cls(
            order,
            options,
            placement,
            list(range(qubits)),
            [1] * qubits,
            bytearray(b"\1" * len(order)),
            list(map(len, order.wires)),
            stages,
            [0] * len(order),
            Pending(order, [0] * qubits),
            [-1] * qubits,
            [[] for _ in range(qubits)],
            lanes,
            sum(1 << label for label in lanes),
        )

    def begin_stage(self, stage: int, operations: list[int], wires: Iterable[int]) -> None:
        """The operations of a stage may be executed from now on; some wires have joined the state."""
        self.stage = stage
        for operation in operations:
            self.done[operation] = 0
        self._set_free(sorted(self.parked.pop(stage, [])))
        for wire in wires:
            self._arrive(wire)

    def _arrive(self, wire: int) -> None:
        """A wire comes to its next run that has operations, or to its END; parities of it alone are issued."""
        order, waiting = self.order, self.waiting
        following, phases = order.following, order.phases
        place = following[self.run[wire]]
        while True:
            if place in phases:
                self.pending.issue_on(wire, phases[place])
            operations = order.runs[place]
            if operations or following[place] == place:
                break
            place = following[place]
        self.run[wire] = place
        self.left[wire] = len(operations) or 1
        self.turn[wire] = -1
        free: list[int] = []
        for operation in operations:
            waiting[operation] = more = waiting[operation] - 1
            if not more:
                free.append(operation)
        if free:
            self._set_free(free)

    def _set_free(self, operations: list[int]) -> None:
        """All wires have come to some operations: phases are issued, others can be executed, if their stage began."""
        kinds, wires_of, stages, stage = self.order.kinds, self.order.wires, self.stages, self.stage
        for operation in operations:
            if stages[operation] > stage:
                self.parked.setdefault(stages[operation], []).append(operation)
                continue
            kind, wires = kinds[operation], wires_of[operation]
            if kind in _PHASES:
                self.pending.issue(self.order.steps[operation], wires, kind == PATTERN)
                self.leave(operation)
            elif kind == CX:
                self.ready[wires[1]].append(operation)
            else:
                self.turn[wires[0]] = operation

    def leave(self, operation: int) -> None:
        """An operation has been executed."""
        self.done[operation] = 1
        left = self.left
        for wire in self.order.wires[operation]:
            left[wire] -= 1
            if not left[wire]:
                self._arrive(wire)

    @property
    def front(self) -> Front:
        """How far each wire is."""
        return Front(self.run, self.left)

    @property
    def idle(self) -> bool:
        """Whether every operation of the stages so far has been executed."""
        return 0 not in self.done

    @property
    def finished(self) -> bool:
        """Whether every operation has been executed."""
        return all(self.order.classes[place] == END for place in self.run)

    def group(self, chosen: int) -> int:
        """Apply phases (as bits of the pending ones); the number of the group."""
        lanes = (1 << self.options.lane_bits) - 1
        self.groups.append(self.pending.take(chosen, self.placement.positions, lanes))
        self.grown = 0
        return len(self.groups) - 1
