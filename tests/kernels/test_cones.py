"""Light cones: what a set of wires executes, by its definition, and whatever the order in which the set grew."""

import numpy as np
import pytest

from qlang.kernels.cones import Cone, Links
from qlang.kernels.order import CX, ROTATION, TWIST, Order, order_of
from qlang.kernels.steps import Steps
from tests.kernels.planned_circuits import brickwork, fourier, random_steps, search, trotter

CIRCUITS = pytest.mark.parametrize(
    "steps",
    [brickwork(8, 9), trotter(8, 4), fourier(8), search(8, 3), random_steps(8, 300)],
    ids=["brickwork", "trotter", "fourier", "search", "random"],
)


def executed_by(order: Order, local: set[int]) -> set[int]:
    """Operations whose moved wire is local, if all those in earlier runs of their wires are executed."""
    stopped: dict[int, int] = {}  # wire → the first run that is not executed entirely
    found = set()
    for operation, (kind, wires, places) in enumerate(zip(order.kinds, order.wires, order.places, strict=True)):
        moved = {CX: wires[-1], ROTATION: wires[0], TWIST: wires[0]}.get(kind)
        reached = all(stopped.get(wire, place) >= place for wire, place in zip(wires, places, strict=True))
        if reached and (moved is None or moved in local):
            found.add(operation)
            continue
        for wire, place in zip(wires, places, strict=True):
            stopped[wire] = min(place, stopped.get(wire, place))
    return found


def grown(order: Order, wires: list[int]) -> Cone:
    links = Links.made(order)
    cone = Cone.start(links, links.front(), wires[:2], bytearray(len(order)))
    for wire in wires[2:]:
        cone.take(wire)
    return cone


@CIRCUITS
def test_a_set_of_wires_executes_all_that_it_can(steps: Steps) -> None:
    order = order_of(steps.rows(), 8, fresh=False)
    random = np.random.default_rng(7)
    for size in range(2, 9):
        wires = random.permutation(8)[:size].tolist()
        cone = grown(order, wires)
        assert set(cone.executed) == executed_by(order, set(wires))
        assert len(cone.executed) == len(set(cone.executed))


@CIRCUITS
def test_cones_of_the_same_wires_are_alike(steps: Steps) -> None:
    order = order_of(steps.rows(), 8, fresh=False)
    random = np.random.default_rng(8)
    wires = random.permutation(8)[:5].tolist()
    one, other = grown(order, wires), grown(order, wires[:2] + random.permutation(wires[2:]).tolist())
    assert (one.run, one.left, one.done, one.gain) == (other.run, other.left, other.done, other.gain)
    assert one.wanted() == other.wanted()
