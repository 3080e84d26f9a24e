"""What a circuit sees of a device: the noise of its logical qubits and of the pairs that meet.

Plain numbers; turning them into channels is another room's work. Unrouted: a two-qubit gate between qubits that are
not neighbours is charged as the chain of SWAPs that would bring them together, without moving anything. Only two-qubit
gates are counted in a SWAP (three), one after the other, and nothing is charged for bringing the qubits back.
"""

from dataclasses import dataclass, field
from math import expm1, inf
from operator import attrgetter

from qlang.catalogue.errors import NotConnected
from qlang.catalogue.graph import CouplingGraph, coupling_graph, pessimistic_median
from qlang.catalogue.layout import SWAP_GATES, Layout
from qlang.catalogue.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class QubitNoise:
    """One logical qubit. None where the device's source says nothing about any of its qubits."""

    t1_s: float | None
    t2_s: float | None
    p01: float | None
    p10: float | None
    error_1q: float | None
    time_1q_s: float | None
    readout_time_s: float | None


@dataclass(frozen=True, slots=True)
class PairNoise:
    """A two-qubit gate between two logical qubits, the SWAPs before it included."""

    error: float
    """1 − the product of the successes 1 − ε of all two-qubit gates on the way."""
    time_s: float | None
    swaps: int


@dataclass(frozen=True, slots=True, eq=False)
class DeviceNoise:
    """A snapshot seen through a layout; index = logical qubit."""

    device: str
    snapshot_id: str
    physical: tuple[int, ...]
    qubits: tuple[QubitNoise, ...]
    notes: tuple[str, ...]
    graph: CouplingGraph
    known_pairs: dict[tuple[int, int], PairNoise] = field(default_factory=dict, repr=False)

    def two_qubit(self, a: int, b: int) -> PairNoise:
        """The noise of a two-qubit gate on logical qubits a ≠ b; symmetric, remembered.

        Raises `NotConnected` where no working couplers join the two, IndexError for a qubit out of range.
        """
        pair = (a, b) if a < b else (b, a)
        if pair not in self.known_pairs:
            self.known_pairs[pair] = _pair(self.graph, self.physical[pair[0]], self.physical[pair[1]])
        return self.known_pairs[pair]


_WORSE_WHEN_LARGER = {
    "t1_s": False,
    "t2_s": False,
    "readout_p01": True,
    "readout_p10": True,
    "gate_error_1q": True,
    "gate_time_1q_s": True,
    "readout_time_s": True,
}


def device_noise(snapshot: Snapshot, layout: Layout) -> DeviceNoise:
    """The noise of every logical qubit; an unknown value becomes the device's pessimistic median, and is noted."""
    graph = coupling_graph(snapshot)
    notes = list(graph.assumed)
    columns = []
    for name, larger_is_worse in _WORSE_WHEN_LARGER.items():
        read = attrgetter(name)
        median = pessimistic_median(map(read, snapshot.qubits), larger_is_worse)
        values = [read(snapshot.qubits[q]) for q in layout.physical]
        unknown = [str(q) for q, value in zip(layout.physical, values, strict=True) if value is None]
        if unknown and median is None:
            notes.append(f"{name} unknown on this device, left out")
        elif unknown:
            notes.append(f"{name} unknown, the device's median taken, qubits: {', '.join(unknown)}")
        columns.append([median if value is None else value for value in values])
    return DeviceNoise(
        snapshot.device,
        snapshot.id,
        layout.physical,
        tuple(QubitNoise(*row) for row in zip(*columns, strict=True)),
        tuple(notes),
        graph,
    )


def _pair(graph: CouplingGraph, a: int, b: int) -> PairNoise:
    """Along the most successful path the gate itself runs on the worst coupler, the SWAPs on all others."""
    if b in graph.neighbours[a]:
        edge = graph.edge(a, b)
        return PairNoise(edge.error, edge.time_s, 0)
    paths = graph.paths(a)
    if paths.cost[b] == inf:
        raise NotConnected(graph.device, (a, b))
    edges = []
    while b != a:
        edges.append(graph.edge(b, paths.previous[b]))
        b = paths.previous[b]
    edges.sort(key=lambda edge: edge.cost)
    *swapped, last = edges
    cost = last.cost + SWAP_GATES * sum(edge.cost for edge in swapped)
    gates = [last, *swapped * SWAP_GATES]
    times = [edge.time_s for edge in gates if edge.time_s is not None]
    return PairNoise(-expm1(-cost), sum(times) if len(times) == len(gates) else None, len(swapped))
