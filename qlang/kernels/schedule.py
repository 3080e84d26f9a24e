"""Steps → Program: the order of dependency, sweeps over memory, passes in each.

    plan(steps, qubits, options, fresh=True)

Pure structure: no angle is looked at. Linear in the number of steps for a given number of qubits.
"""

from collections.abc import Sequence
from dataclasses import replace

from qlang.kernels.blocks import apply_rest, passes_of_sweep
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
) -> Program:
    """Cut a circuit's steps into sweeps and passes.

    `fresh`: the state is |0…0⟩ and positions are chosen here; else it is a given one whose wire `w` stands at
    position `start[w]` (default: w). Raises ValueError if `start` is no permutation of the positions.
    """
    size = max(qubits, options.lane_bits)
    order = order_of(steps.rows(), size, fresh=fresh)
    placement = place_wires(order, options) if fresh and start is None else _given(start, size)
    walker = Walker.start(order, options, placement)
    fixed = sum(1 << label for label in placement.labels[: options.contiguous_bits])
    sweeps: list[Sweep] = []
    while not walker.finished or walker.pending.alive:
        local, executed = choose_local(order, walker.front, fixed, options, walker.done)
        rank_by_tail(order, executed, walker.ranks)
        passes = passes_of_sweep(walker, local)
        assert passes or walker.finished, "what comes first in the circuit can always be executed"
        if walker.finished:
            apply_rest(walker, passes)
        positions = sorted([placement.positions[label] for label in bits_of(local)])
        sweeps.append(Sweep(tuple(positions), tuple(passes)))
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
        terms=walker.terms.build(),
        groups=tuple(groups),
    )


def _given(start: Sequence[int] | None, size: int) -> Placement:
    positions = list(range(size)) if start is None else list(start)
    if sorted(positions) != list(range(size)):
        raise ValueError(f"start is no permutation of {size} positions")
    labels = [0] * size
    for label, position in enumerate(positions):
        labels[position] = label
    return Placement(positions, labels)


def _with_scale(sweep: Sweep) -> Sweep:
    """The sweep with the only group, which carries the scale, in its last pass."""
    last = replace(sweep.passes[-1], phase=0)
    return Sweep(sweep.local, (*sweep.passes[:-1], last))
