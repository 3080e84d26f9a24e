"""Angles in words; that the gates in words are the circuit is tested with the pass `plan-sweeps`."""

from math import pi

import pytest

from qlang.kernels.decompose import steps_of
from qlang.kernels.listing import Listing, angle_in_pi
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan
from tests.kernels.step_circuits import call


@pytest.mark.parametrize(
    ("angle", "text"),
    [
        (0.0, "0"),
        (pi, "pi"),
        (-pi, "-pi"),
        (pi / 2, "pi/2"),
        (-3 * pi / 4, "-3pi/4"),
        (2 * pi, "2pi"),
        (0.3, "0.095493pi"),
        (1e-9, "3.1831e-10pi"),
    ],
)
def test_angles_are_written_in_units_of_pi(angle: float, text: str) -> None:
    assert angle_in_pi(angle) == text


def test_angles_that_are_not_known_are_written_over_their_names() -> None:
    gates = [call("x", 0), call("ry", 0, parameters=(0.0,)), call("rz", 0, parameters=(0.0,)), call("h", 0)]
    lowering = steps_of(gates, 1)
    options = PlanOptions(lane_bits=0, contiguous_bits=0, tile_bits=1)
    program = plan(lowering.steps, 1, options, fresh=False)
    listing = Listing.of(program, lowering.steps, lowering.angle_map, [0.0, 0.0], ["a", "b"])
    (sweep,) = program.sweeps
    texts = [listing.pass_text(sweep.local, entry) for entry in sweep.passes]
    assert texts[0].turns == ("ry(-a) 0",)
    assert texts[1].phases == ("rz(-b) 0",)
