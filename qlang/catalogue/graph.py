"""The working part of a device as a weighted graph.

An edge's cost is −ln(1 − error), so that the cheapest path is the one with the largest product of successes.
Unknown errors get the device's pessimistic median (see `pessimistic_median`), and are listed.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf, log1p

from qlang.catalogue.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Edge:
    """A working coupler."""

    error: float
    time_s: float | None
    cost: float


@dataclass(frozen=True, slots=True)
class Paths:
    """Cheapest paths from one qubit to all others: costs (inf where unreachable) and the previous qubit."""

    cost: tuple[float, ...]
    previous: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CouplingGraph:
    """Working qubits and couplers of one snapshot; index = physical qubit."""

    device: str
    neighbours: tuple[tuple[int, ...], ...]
    """In ascending order; empty for a qubit that does not work."""
    edges: Mapping[tuple[int, int], Edge]
    """Keyed by the pair in ascending order."""
    working: tuple[int, ...]
    assumed: tuple[str, ...] = ()
    """Which unknown values were replaced, in words."""
    known_paths: dict[int, Paths] = field(default_factory=dict, repr=False)

    def edge(self, a: int, b: int) -> Edge:
        """The coupler between two neighbours; KeyError for a pair that has none."""
        return self.edges[(a, b) if a < b else (b, a)]

    def paths(self, start: int) -> Paths:
        """Dijkstra's cheapest paths from `start`, remembered; O(E·log V)."""
        if start not in self.known_paths:
            self.known_paths[start] = _dijkstra(self, start)
        return self.known_paths[start]


def coupling_graph(snapshot: Snapshot) -> CouplingGraph:
    """The graph of the snapshot's operational qubits and couplers."""
    alive = [qubit.operational for qubit in snapshot.qubits]
    couplers = [c for c in snapshot.couplers if c.operational and all(alive[q] for q in c.qubits)]
    error = pessimistic_median(c.error for c in couplers)
    time = pessimistic_median(c.time_s for c in couplers)
    neighbours: list[list[int]] = [[] for _ in alive]
    edges = {}
    unknown = 0
    for coupler in couplers:
        low, high = coupler.qubits
        this = coupler.error if coupler.error is not None else error
        unknown += coupler.error is None
        if this is None:
            continue  # nothing is known of any two-qubit gate of this device: no edge can be weighed
        edges[low, high] = Edge(this, coupler.time_s if coupler.time_s is not None else time, -log1p(-this))
        neighbours[low].append(high)
        neighbours[high].append(low)
    assumed = (f"error of {unknown} couplers unknown, the device's median taken",) if unknown else ()
    return CouplingGraph(
        snapshot.device,
        tuple(tuple(sorted(each)) for each in neighbours),
        edges,
        tuple(index for index, works in enumerate(alive) if works),
        assumed,
    )


def pessimistic_median(values: Iterable[float | None], larger_is_worse: bool = True) -> float | None:
    """The median of the known values, the worse of the two middle ones where their number is even.

    None where no value is known.
    """
    known = sorted((value for value in values if value is not None), reverse=not larger_is_worse)
    return known[len(known) // 2] if known else None


def hops(graph: CouplingGraph, start: int) -> tuple[int | None, ...]:
    """Number of couplers on the shortest way from `start` to every qubit, None where there is none."""
    found: list[int | None] = [None] * len(graph.neighbours)
    found[start] = 0
    queue = deque([(start, 0)])
    while queue:
        here, steps = queue.popleft()
        for there in graph.neighbours[here]:
            if found[there] is None:
                found[there] = steps + 1
                queue.append((there, steps + 1))
    return tuple(found)


def distance(graph: CouplingGraph, a: int, b: int) -> int | None:
    """Couplers between two physical qubits on the shortest way; None where they are not connected."""
    return hops(graph, a)[b]


def components(graph: CouplingGraph) -> tuple[tuple[int, ...], ...]:
    """The connected regions of working qubits, largest first, then by lowest qubit."""
    seen: set[int] = set()
    found = []
    for start in graph.working:
        if start not in seen:
            region = tuple(q for q, steps in enumerate(hops(graph, start)) if steps is not None)
            seen.update(region)
            found.append(region)
    return tuple(sorted(found, key=lambda region: (-len(region), region)))


def _dijkstra(graph: CouplingGraph, start: int) -> Paths:
    cost = [inf] * len(graph.neighbours)
    previous = [-1] * len(cost)
    cost[start] = 0.0
    queue = [(0.0, start)]
    while queue:
        so_far, here = heappop(queue)
        if so_far > cost[here]:
            continue
        for there in graph.neighbours[here]:
            reached = so_far + graph.edge(here, there).cost
            if reached < cost[there]:
                cost[there] = reached
                previous[there] = here
                heappush(queue, (reached, there))
    return Paths(tuple(cost), tuple(previous))
