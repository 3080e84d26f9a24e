"""Measurement inside circuits: feed-forward, deferral, branches, limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels import body, execute, histogram

from qlang.backends import errors
from qlang.backends.branches import drawable
from qlang.backends.protocol import Request, SampleSpec, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.ir.gates import BY_NAME
from qlang.ir.packed import pack

TELEPORT = """
%th = arith.constant 0.9 : f64  %ph = arith.constant 0.4 : f64  %la = arith.constant 0.0 : f64
kernel.gate "u" (%th, %ph, %la) [0]
kernel.sweep <h 1, cx 1 2, cx 0 1, h 0>
%m = kernel.measure [0, 1] : !circuit.bits<2>
%a = circuit.bits_get %m[%c1] : !circuit.bits<2>
scf.if %a { kernel.gate "x" () [2] }
%b = circuit.bits_get %m[%c0] : !circuit.bits<2>
scf.if %b { kernel.gate "z" () [2] }
"""


def test_teleportation_delivers_the_state() -> None:
    func = body(TELEPORT, 3, {"m": ("%m", 2)})
    outcome = execute(func, states=(StateSpec("s", (2,)),), samples=(SampleSpec("m", bits="m"),))
    amplitudes = np.array([np.cos(0.45), np.exp(0.4j) * np.sin(0.45)])
    np.testing.assert_allclose(outcome.states["s"], np.outer(amplitudes, amplitudes.conj()), atol=1e-13)
    assert outcome.samples[0].probabilities == pytest.approx(dict.fromkeys(range(4), 0.25))


def test_a_bit_that_is_only_moved_is_sampled_at_the_end() -> None:
    text = """kernel.sweep <h 0, h 1, cx 1 2>
    %m = kernel.measure [0, 1] : !circuit.bits<2>
    %z = circuit.bits_constant 5 : i64 : !circuit.bits<4>
    %r = circuit.bits_insert %z[%c1] = %m : !circuit.bits<4>, !circuit.bits<2>"""
    backend = ReferenceBackend(max_branches=1)  # splitting would be an error
    outcome = backend.execute(
        body(text, 3, {"r": ("%r", 4)}), Request(samples=(SampleSpec("r", bits="r"), SampleSpec("q", (2, 0))))
    )
    assert outcome.samples[0].probabilities == pytest.approx(dict.fromkeys((1, 3, 5, 7), 0.25))
    assert outcome.samples[1].probabilities == pytest.approx(dict.fromkeys(range(4), 0.25))


DYNAMIC = """
kernel.sweep <h 0, ry(1.1) 1, cx 0 2>
%m = kernel.measure [0, 1] : !circuit.bits<2>
%n = circuit.bits_to_int %m false : !circuit.bits<2> -> i64
%t = scf.for %i = %c0 to %n step %c1 iter_args(%k = %c0) -> (i64) : i64 {
  kernel.gate "ry" (%angle) [2]
  %k1 = arith.addi %k, %c1 : i64
  scf.yield %k1 : i64
}
kernel.reset [0]
kernel.sweep <h 0>
%l = kernel.measure [0, 2] : !circuit.bits<2>
%z = circuit.int_to_bits %t : i64 -> !circuit.bits<6>
%r = circuit.bits_insert %z[%c2] = %l : !circuit.bits<6>, !circuit.bits<2>
%u = circuit.bits_insert %r[%c4] = %m : !circuit.bits<6>, !circuit.bits<2>
"""


def _dynamic():
    constants = "%angle = arith.constant 0.7 : f64  %c4 = arith.constant 4 : i64"
    return body(constants + DYNAMIC, 3, {"c": ("%u", 6)})


def _dynamic_by_hand() -> dict[int, float]:
    result = {}
    for m in range(4):
        p = 0.5 * (np.cos(0.55) ** 2, np.sin(0.55) ** 2)[m >> 1]
        half = 0.7 * m / 2 + (np.pi / 2 if m & 1 else 0)  # wire 2 is a copy of wire 0
        one = np.sin(half) ** 2
        for low in (0, 1):
            for high, q in ((0, 1 - one), (1, one)):
                if p * q * 0.5 > 1e-15:
                    result[m | (low + 2 * high) << 2 | m << 4] = p * q * 0.5
    return result


def test_loops_bounded_by_measured_bits() -> None:
    assert histogram(_dynamic()) == pytest.approx(_dynamic_by_hand())


def test_shots_follow_the_exact_distribution() -> None:
    shots, exact = 20_000, _dynamic_by_hand()
    counts = histogram(_dynamic(), shots=(shots,), seed=3)
    assert sum(counts.values()) == shots and set(counts) <= set(exact)
    chi = sum((counts.get(k, 0) - shots * p) ** 2 / (shots * p) for k, p in exact.items())
    assert chi < len(exact) - 1 + 5 * np.sqrt(2 * (len(exact) - 1))  # false alarm below 1e-4, and the seed is fixed


def test_shots_in_portions_when_branches_are_too_many() -> None:
    request = Request(samples=(SampleSpec("c", bits="c"),), shots=(2000,), seed=5)
    (sample,) = ReferenceBackend(max_branches=3).execute(_dynamic(), request).samples
    assert sum(sample.counts.values()) == 2000
    for outcome, p in _dynamic_by_hand().items():  # 5 standard deviations, false alarm 6e-7 each
        assert abs(sample.counts.get(outcome, 0) - 2000 * p) <= 5 * np.sqrt(2000 * p * (1 - p))


def test_exact_branches_are_limited() -> None:
    text = (
        'scf.for %i = %c0 to %c5 step %c1 : i64 { kernel.gate "h" () [0]  %m = kernel.measure [0] : !circuit.bits<1> }'
    )
    with pytest.raises(errors.TooManyBranches) as caught:
        ReferenceBackend(max_branches=8).execute(body(text, 1), Request(samples=(SampleSpec("q", (0,)),)))
    assert caught.value.limit == 8


REPEAT = """
%t = arith.constant true
%r = scf.while (%k = %c0) : (i64) -> (i64) {
  kernel.gate "h" () [0]
  %m = kernel.measure [0] : !circuit.bits<1>
  %b = circuit.bits_get %m[%c0] : !circuit.bits<1>
  %again = arith.xori %b, %t : i1
  %n = arith.addi %k, %c1 : i64
  scf.condition(%again) %n : i64
} do {
^bb0(%v: i64):
  scf.yield %v : i64
}
%c = circuit.int_to_bits %r : i64 -> !circuit.bits<8>
"""


def test_repeat_until_success() -> None:
    probabilities = histogram(body(REPEAT, 1, {"c": ("%c", 8)}))
    # from |0⟩ or, never again, from |1⟩: each round succeeds with one half
    assert all(probabilities[k] == pytest.approx(0.5**k) for k in range(1, 40))
    counts = histogram(body(REPEAT, 1, {"c": ("%c", 8)}), shots=(1000,), seed=1)
    assert sum(counts.values()) == 1000
    assert abs(sum(k * n for k, n in counts.items()) / 1000 - 2) < 5 * np.sqrt(2 / 1000)  # false alarm 6e-7


def test_a_loop_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qlang.backends.control.MAX_ITERATIONS", 1000)
    text = """%t = arith.constant true
    scf.while () : () -> () { scf.condition(%t) } do { scf.yield }"""
    with pytest.raises(errors.LoopLimit):
        execute(body(text, 1), settings=("Z",))


def test_reset_of_an_entangled_wire_leaves_the_other_mixed() -> None:
    outcome = execute(body("kernel.sweep <h 0, cx 0 1>\nkernel.reset [0]", 2), states=(StateSpec("s", (0, 1)),))
    np.testing.assert_allclose(outcome.states["s"], np.diag([0.5, 0, 0.5, 0]), atol=1e-15)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True))
def test_deferred_measurement_equals_forced(seed: int, measured: list[int]) -> None:
    """Touching the wires with a gate and its inverse forces the split and changes nothing."""
    random = np.random.default_rng(seed)
    gates = [("u", (wire,), tuple(random.uniform(-3, 3, 3))) for wire in range(4)]
    gates += [("cx", (a, (a + 1) % 4), ()) for a in range(4)]
    sweep = f"kernel.sweep {pack((BY_NAME[name].code, on, angles) for name, on, angles in gates)}"
    sweep = sweep.replace("#circuit.gates", "")
    wires = ", ".join(map(str, measured))
    measure = f"%m = kernel.measure [{wires}] : !circuit.bits<{len(measured)}>"
    deferred = body(f"{sweep}\n{measure}", 4, {"c": ("%m", len(measured))})
    forced = body(f'{sweep}\n{measure}\nkernel.each "x" () [{wires}]', 4, {"c": ("%m", len(measured))})
    assert histogram(deferred) == pytest.approx(histogram(forced), abs=1e-14)


@pytest.mark.parametrize("shots", [None, (300,)])
def test_same_seed_same_outcome(shots: tuple[int, ...] | None) -> None:
    options = {"shots": shots, "settings": ("ZZI", "XXX"), "seed": 2**70 + 1, "stream": (4,)}
    first, second = (execute(_dynamic(), **options).scales[0].settings for _ in range(2))
    for one, two in zip(first, second, strict=True):
        assert one.counts == two.counts
        assert shots or (one.probabilities == two.probabilities).all()
    if shots:
        other = execute(_dynamic(), **{**options, "stream": (5,)}).scales[0].settings
        assert [each.counts for each in other] != [each.counts for each in first]


@pytest.mark.parametrize("rounding", [-1.5e-13, -3e-14, 3e-14, 1.5e-13])
def test_rounding_behind_a_rare_outcome_draws_the_same(rounding: float) -> None:
    for zero in (0.0, 0.25, 0.5, 1.0):
        share = min(max(zero + rounding, 0.0), 1.0)
        assert drawable(np.array([share, 1 - share])).tolist() == [zero, 1 - zero]
