"""Noise scaling by folding."""

import numpy as np
import pytest
from kernels import body, execute, packed

from qlang.backends import errors
from qlang.backends.noise import noise_model
from qlang.backends.protocol import SampleSpec
from qlang.ir.gates import BY_CODE

SCALES = (1, 3, 5)
ALL = [(row.name, ((1, 0, 2)[: row.qubits]), (0.3, -0.8, 1.4)[: row.parameters]) for row in BY_CODE for _ in range(2)]
NOISE = noise_model({"form": "named", "rules": [{"channel": "depolarizing", "p": 0.03, "targets": ["2q"]}]})


def test_folding_without_noise_changes_nothing() -> None:
    outcome = execute(packed(ALL, 3), scales=SCALES, settings=("XYZ",))
    first, *others = [scale.settings[0].probabilities for scale in outcome.scales]
    for other in others:
        np.testing.assert_allclose(other, first, atol=1e-12)


@pytest.mark.parametrize("method", ["density_matrix", "trajectories"])
def test_depolarizing_decays_with_the_scale(method: str) -> None:
    gates = [("rx", (0,), (0.4,)), ("cx", (0, 1), ()), ("ry", (1,), (1.0,)), ("cx", (1, 0), ())]
    shots = None if method == "density_matrix" else (40_000,) * 3
    ideal = execute(packed(gates, 2), settings=("ZZ",)).scales[0].settings[0].probabilities
    outcome = execute(packed(gates, 2), scales=SCALES, settings=("ZZ",), noise=NOISE, method=method, shots=shots)
    for scale in outcome.scales:
        kept = 0.97 ** (2 * scale.scale)
        expected = kept * ideal + (1 - kept) / 4  # depolarizing on both wires commutes with everything
        found = scale.settings[0]
        if shots is None:
            np.testing.assert_allclose(found.probabilities, expected, atol=1e-12)
        else:  # 5 standard deviations, false alarm below 12 · 6e-7
            counts = np.array([found.counts.get(k, 0) for k in range(4)])
            assert (abs(counts - 40_000 * expected) <= 5 * np.sqrt(40_000 * expected)).all()


def test_scales_come_back_in_the_order_asked() -> None:
    gates = [("cx", (0, 1), ())]
    asked = execute(packed(gates, 2), scales=(5, 1, 3), settings=("ZZ",), noise=NOISE).scales
    sorted_ = execute(packed(gates, 2), scales=SCALES, settings=("ZZ",), noise=NOISE).scales
    assert [scale.scale for scale in asked] == [5, 1, 3]
    for scale in asked:
        same = next(each for each in sorted_ if each.scale == scale.scale)
        np.testing.assert_allclose(scale.settings[0].probabilities, same.settings[0].probabilities, atol=1e-14)


LOOP = """
scf.for %i = %c0 to %c5 step %c1 : i64 {
  %x = arith.sitofp %i : i64 to f64
  kernel.gate "ry" (%x) [0]
  kernel.gate "s" () [0]
  kernel.gate "cx" controls "0" () [2, 0, 1]
}
%m = kernel.measure [0, 1] : !circuit.bits<2>
"""


def test_loops_are_undone_and_terminal_measurements_stay() -> None:
    func = body(LOOP, 3, {"c": ("%m", 2)})
    outcome = execute(func, scales=SCALES, settings=("ZXI",), samples=(SampleSpec("c", bits="c"),))
    plain = execute(func, settings=("ZXI",), samples=(SampleSpec("c", bits="c"),))
    assert outcome.samples[0].probabilities == pytest.approx(plain.samples[0].probabilities)
    for scale in outcome.scales:
        np.testing.assert_allclose(
            scale.settings[0].probabilities, plain.scales[0].settings[0].probabilities, atol=1e-12
        )


@pytest.mark.parametrize(
    "text",
    [
        "kernel.sweep <h 0>\nkernel.reset [0]",
        "%m = kernel.measure [0] : !circuit.bits<1>\nkernel.sweep <h 0>",
        "%m = kernel.measure [0] : !circuit.bits<1>\n%n = circuit.bits_to_int %m false : !circuit.bits<1> -> i64",
    ],
)
def test_what_cannot_be_undone_is_refused(text: str) -> None:
    with pytest.raises(errors.NotUnitary):
        execute(body(text, 1), scales=(1, 3), settings=("Z",))


def test_a_reset_of_a_fresh_wire_is_no_obstacle() -> None:
    outcome = execute(body("kernel.reset [0]\nkernel.sweep <x 0>", 1), scales=(1, 3), settings=("Z",))
    np.testing.assert_allclose(outcome.scales[1].settings[0].probabilities, [0, 1], atol=1e-15)


@pytest.mark.parametrize("scales", [(2,), (0,), (), (-1,), (1, 4)])
def test_scales_are_odd_and_positive(scales: tuple[int, ...]) -> None:
    with pytest.raises(errors.BadRequest):
        execute(packed([("x", (0,), ())], 1), scales=scales, settings=("Z",))
