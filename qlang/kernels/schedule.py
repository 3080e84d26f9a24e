"""Steps → Program: the order of dependency, sweeps over memory, passes in each.

    plan(steps, qubits, options, fresh=True)

Pure structure: no angle is looked at. Linear in the number of steps for a given number of qubits.
"""

from collections.abc import Sequence
from dataclasses import replace

from qlang.kernels.blocks import apply_rest, passes_of_sweep
from qlang.kernels.cones import Links
from qlang.kernels.growth import Growth, growth_of
from qlang.kernels.order import bits_of, order_of
from qlang.kernels.program import PhaseGroup, PlanOptions, Program, Sweep
from qlang.kernels.steps import Steps
from qlang.kernels.sweeps import Placement, choose_local, place_wires, rank_by_tail
from qlang.kernels.walker import Walker


def plan(
    steps: Steps,
    qubits: int,
    options: PlanOptions,
    *,
    fresh: bool,
    start: Sequence[int] | None = None,
    sizes: Sequence[int] | None = None,
) -> Program:
    """Cut a circuit's steps into sweeps and passes.

    `fresh`: the state is |0…0⟩ and positions are chosen here; else it is a given one whose wire `w` stands at
    position `start[w]` (default: w). `sizes` are how many wires a new state has from stage to stage, ending with all
    (default: what costs least). Raises ValueError if `start` is no permutation of the positions.
    """
    size = max(qubits, options.lane_bits)
    order = order_of(steps.rows(), size, fresh=fresh)
    made = fresh and start is None
    growth = growth_of(order, options, sizes) if made else None
    if growth is None:
        placement = place_wires(order, options) if made else _given(start, size)
        growth = Growth.none(placement.labels, len(order))
    else:
        placement = Placement.of(growth.labels)
    links = None if options.local_bits(size) == size else Links.made(order)
    walker = Walker.start(order, options, placement, growth.stages)
    sweeps: list[Sweep] = []
    operations: list[list[int]] = [[] for _ in growth.sizes]
    for operation, stage in enumerate(growth.stages):
        operations[stage].append(operation)
    joined = 0
    for stage, (wires, of_stage) in enumerate(zip(growth.sizes, operations, strict=True)):
        walker.begin_stage(stage, of_stage, placement.labels[joined:wires])
        joined = wires
        last = wires == size
        while not walker.idle or (last and walker.pending.alive):
            sweeps.append(_sweep(walker, links, of_stage, wires))
    groups = list(walker.groups)
    if walker.rotations and not groups:
        groups.append(PhaseGroup((), (), False))
        sweeps[-1] = _with_scale(sweeps[-1])
    return Program(
        qubits=size,
        wires=qubits,
        options=options,
        fresh=fresh,
        start=tuple(placement.positions),
        end=tuple([placement.positions[label] for label in order.end]),
        initial=tuple(map(tuple, order.initial)),
        sweeps=tuple(sweeps),
        rotations=tuple(walker.rotations),
        twists=tuple(walker.twists),
        terms=walker.pending.terms(placement.positions, steps.first.tolist()),
        groups=tuple(groups),
    )


def _sweep(walker: Walker, links: Links | None, operations: list[int], size: int) -> Sweep:
    """The next sweep over a state of `size` positions; `operations` are those of the stage, in circuit order."""
    joined = walker.placement.labels[:size]
    if links is None or walker.options.local_bits(size) == size:
        local, executed = sum([1 << wire for wire in joined]), operations
    else:
        local, executed = choose_local(links, walker.front, joined, walker.options, walker.done)
    rank_by_tail(walker.order, executed, walker.ranks)
    passes = passes_of_sweep(walker, local)
    assert passes or walker.finished, "what comes first in the circuit can always be executed"
    if walker.finished:
        apply_rest(walker, passes)
    positions = walker.placement.positions
    return Sweep(tuple(sorted([positions[label] for label in bits_of(local)])), tuple(passes), size)


def _given(start: Sequence[int] | None, size: int) -> Placement:
    positions = list(range(size)) if start is None else list(start)
    if sorted(positions) != list(range(size)):
        raise ValueError(f"start is no permutation of {size} positions")
    labels = [0] * size
    for label, position in enumerate(positions):
        labels[position] = label
    return Placement.of(labels)


def _with_scale(sweep: Sweep) -> Sweep:
    """The sweep with the only group, which carries the scale, in its last pass."""
    last = sweep.passes[-1]._replace(phase=0)
    return replace(sweep, passes=(*sweep.passes[:-1], last))
