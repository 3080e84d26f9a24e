"""The circuit while it is scheduled: how far each wire is, which phases wait, and what was put into the program."""

from dataclasses import dataclass, field

from qlang.kernels.cones import Front
from qlang.kernels.order import CX, DIAGONAL, END, ROTATIONS, TURN, Order
from qlang.kernels.pending import Pending
from qlang.kernels.program import PhaseGroup, PlanOptions
from qlang.kernels.sweeps import Placement


@dataclass(slots=True)
class Walker:
    """The circuit as far as it has been scheduled, and what was scheduled."""

    order: Order
    options: PlanOptions
    placement: Placement
    front: Front
    done: bytearray
    """Operations that have been executed, or belong to a later stage of growth."""
    waiting: list[int]
    """For each operation the number of its wires that have not come to it; one more in front of its stage."""
    ranks: list[int]
    """For each operation how late it may be executed in its sweep: the lowest is the most urgent."""
    pending: Pending
    kind: list[int]
    """What the run that each wire has come to consists of."""
    turn: list[int]
    """For each wire the rotation that it and those that choose its angle have come to, or −1."""
    ready: list[list[int]]
    """For each wire the CX gates on it as a target that can be executed."""
    lane_labels: list[int]
    lane_mask: int
    """Over labels."""
    plain_registers: int = 0
    """Of the options, as far as they count in this sweep."""
    groups: list[PhaseGroup] = field(default_factory=list)
    rotations: list[int] = field(default_factory=list)
    twists: list[tuple[int, int]] = field(default_factory=list)
    grown: int = 0
    """Rotations since the last phase group."""

    @classmethod
    def start(cls, order: Order, options: PlanOptions, placement: Placement) -> "Walker":
        """Nothing is executed, and no stage has begun."""
        qubits = order.qubits
        lanes = placement.labels[: options.lane_bits]
        walker = cls(
            order,
            options,
            placement,
            Front(list(range(qubits)), [1] * qubits),
            bytearray(b"\1" * len(order)),
            [count + 1 for count in map(len, order.wires)],
            [0] * len(order),
            Pending(order, [0] * qubits),
            [END] * qubits,
            [-1] * qubits,
            [[] for _ in range(qubits)],
            lanes,
            sum(1 << label for label in lanes),
        )
        for wire in range(qubits):
            walker._arrive(wire)
        return walker

    def begin_stage(self, operations: list[int]) -> None:
        """Some operations may be executed from now on; each is given once."""
        for operation in operations:
            self.done[operation] = 0
        self._come_to(operations)

    def _arrive(self, wire: int) -> None:
        """A wire comes to its next run: its phases are issued and its CX gates become ready, if all wires agree."""
        order, waiting = self.order, self.waiting
        self.front.run[wire] = run = order.following[self.front.run[wire]]
        self.kind[wire] = kind = order.classes[run]
        self.turn[wire] = -1
        operations = order.runs[run]
        self.front.left[wire] = len(operations) or 1
        if kind == DIAGONAL:
            self._come_to(operations)
            return
        for operation in operations:
            waiting[operation] -= 1
            if not waiting[operation]:
                if kind == TURN:
                    self.turn[wire] = operation
                else:
                    self.ready[wire].append(operation)

    def _come_to(self, operations: list[int]) -> None:
        """One thing less that some operations wait for."""
        waiting, kinds, wires = self.waiting, self.order.kinds, self.order.wires
        for operation in operations:
            waiting[operation] -= 1
        for operation in [each for each in operations if not waiting[each]]:
            kind = kinds[operation]
            if kind == CX:
                self.ready[wires[operation][1]].append(operation)
            elif kind in ROTATIONS:
                self.turn[wires[operation][0]] = operation
            else:
                self.pending.issue(operation)
                self.leave(operation)

    def leave(self, operation: int) -> None:
        """An operation has been executed."""
        self.done[operation] = 1
        left = self.front.left
        for wire in self.order.wires[operation]:
            left[wire] -= 1
            if not left[wire]:
                self._arrive(wire)

    @property
    def idle(self) -> bool:
        """Whether every operation of the stages so far has been executed."""
        return 0 not in self.done

    @property
    def finished(self) -> bool:
        """Whether every operation has been executed."""
        return all(kind == END for kind in self.kind)

    def group(self, chosen: int) -> int:
        """Apply phases (as bits of the pending ones); the number of the group."""
        lanes = (1 << self.options.lane_bits) - 1
        self.groups.append(self.pending.take(chosen, self.placement.positions, lanes))
        self.grown = 0
        return len(self.groups) - 1
