"""Which physical qubits a circuit runs on.

Greedy growth: the logical qubits are taken in the order in which they interact with those already placed, and each
goes to the free neighbour of the occupied region where its gates cost least: Σ weight × cost of the cheapest path,
a hop beyond the first counted as a SWAP of three gates, plus the qubit's own one-qubit and readout error. A dead end
is avoided by looking one step ahead: a partner still to come that finds no free neighbour there costs a SWAP. This
is repeated from several starting points; the cheapest layout wins, ties going to the lower qubit numbers, so the
result is deterministic. One step costs O(candidates × partners); the paths are computed once per occupied qubit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf, log1p

from qlang.catalogue.errors import DoesNotFit
from qlang.catalogue.graph import CouplingGraph, components, coupling_graph, pessimistic_median
from qlang.catalogue.snapshot import Qubit, Snapshot

Interactions = Mapping[tuple[int, int], float]
"""How often two logical qubits meet in a two-qubit gate; either order of a pair, orders add up."""

PLACEMENTS = 3000
"""Logical qubits placed over all attempts: small circuits try every start, large ones a few good ones."""
FEWEST_STARTS = 4
SWAP_GATES = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """`physical[i]` is the device's qubit that carries logical qubit i."""

    physical: tuple[int, ...]


def choose_layout(snapshot: Snapshot, qubits: int, interactions: Interactions) -> Layout:
    """Places `qubits` ≥ 1 logical qubits on working physical ones.

    Raises `DoesNotFit` where no connected region of working qubits is large enough, and ValueError for an
    interaction of a qubit with itself or of a qubit that does not exist.
    """
    graph = coupling_graph(snapshot)
    regions = components(graph)
    largest = len(regions[0]) if regions else 0
    if qubits < 1 or largest < qubits:
        raise DoesNotFit(snapshot.device, qubits, largest)
    partners = _partners(qubits, interactions)
    own = _own_costs(snapshot)
    room = chain.from_iterable(region for region in regions if len(region) >= qubits)
    attempts = max(FEWEST_STARTS, PLACEMENTS // (2 * qubits))
    starts = sorted(room, key=lambda q: (_neighbourhood(graph, own, q), q))[:attempts]
    orders = {_order(partners, first) for first in _first_qubits(partners)}
    best: tuple[float, tuple[int, ...]] = (inf, ())
    for order in sorted(orders):
        for start in starts:
            best = min(best, _grow(graph, own, partners, order, start))
    return Layout(best[1])


def _partners(qubits: int, interactions: Interactions) -> list[dict[int, float]]:
    partners: list[dict[int, float]] = [{} for _ in range(qubits)]
    for (a, b), weight in interactions.items():
        if a == b or not (0 <= a < qubits and 0 <= b < qubits):
            raise ValueError(f"interaction of qubits {a} and {b} in a circuit of {qubits}")
        for one, other in ((a, b), (b, a)):
            partners[one][other] = partners[one].get(other, 0.0) + weight
    return partners


def _own_costs(snapshot: Snapshot) -> tuple[float, ...]:
    """−ln of the probability that one pulse and one readout go well; unknown values as the device's median."""
    pulse = pessimistic_median(q.gate_error_1q for q in snapshot.qubits)
    reading = pessimistic_median(q.readout_error for q in snapshot.qubits)

    def cost(qubit: Qubit) -> float:
        errors = (qubit.gate_error_1q, pulse), (qubit.readout_error, reading)
        known = (value if value is not None else median for value, median in errors)
        return sum(-log1p(-error) for error in known if error is not None)

    return tuple(cost(qubit) if qubit.operational else inf for qubit in snapshot.qubits)


def _neighbourhood(graph: CouplingGraph, own: Sequence[float], qubit: int) -> float:
    """How costly a start at `qubit` looks: itself and its cheapest coupler."""
    return own[qubit] + min((graph.edge(qubit, other).cost for other in graph.neighbours[qubit]), default=0.0)


def _first_qubits(partners: Sequence[Mapping[int, float]]) -> tuple[int, int]:
    """The busiest logical qubit and the least busy one: the middle and the end of a chain."""
    busy = [sum(each.values()) for each in partners]
    everyone = range(len(busy))
    return min(everyone, key=lambda q: (-busy[q], q)), min(everyone, key=lambda q: (busy[q], q))


def _order(partners: Sequence[Mapping[int, float]], first: int) -> tuple[int, ...]:
    """`first`, then always the qubit that interacts most with those before it; ties go to the busier, lower one."""
    busy = [sum(each.values()) for each in partners]
    pull = [0.0] * len(partners)
    waiting = set(range(len(partners)))
    order = []
    chosen = first
    while True:
        order.append(chosen)
        waiting.discard(chosen)
        if not waiting:
            return tuple(order)
        for other, weight in partners[chosen].items():
            pull[other] += weight
        chosen = min(waiting, key=lambda q: (-pull[q], -busy[q], q))


def _grow(
    graph: CouplingGraph,
    own: Sequence[float],
    partners: Sequence[Mapping[int, float]],
    order: Sequence[int],
    start: int,
) -> tuple[float, tuple[int, ...]]:
    """One greedy layout from `start`: its cost and the physical qubits."""
    place = {order[0]: start}
    taken = {start}
    frontier = set(graph.neighbours[start])
    swap = SWAP_GATES * (pessimistic_median(edge.cost for edge in graph.edges.values()) or 0.0)
    total = own[start]
    for logical in order[1:]:
        near = [(place[other], weight) for other, weight in partners[logical].items() if other in place]
        to_come = sorted((w for other, w in partners[logical].items() if other not in place), reverse=True)
        costs = {q: own[q] + _gates_cost(graph, near, q) for q in frontier}
        chosen = min(frontier, key=lambda q: (costs[q] + swap * _left_out(graph, taken, to_come, q), q))
        total += costs[chosen]
        place[logical] = chosen
        taken.add(chosen)
        frontier.discard(chosen)
        frontier.update(q for q in graph.neighbours[chosen] if q not in taken)
    return total, tuple(place[logical] for logical in range(len(order)))


def _left_out(graph: CouplingGraph, taken: set[int], to_come: Sequence[float], candidate: int) -> float:
    """Weight of the partners still to come that would find no free neighbour of `candidate`; heaviest come first."""
    free = sum(other not in taken for other in graph.neighbours[candidate])
    return sum(to_come[free:])


def _gates_cost(graph: CouplingGraph, near: Sequence[tuple[int, float]], candidate: int) -> float:
    """Cost of all gates between a qubit at `candidate` and its placed partners."""
    total = 0.0
    for other, weight in near:
        away = graph.paths(other).cost[candidate]
        adjacent = candidate in graph.neighbours[other]
        total += weight * (graph.edge(other, candidate).cost if adjacent else SWAP_GATES * away)
    return total
