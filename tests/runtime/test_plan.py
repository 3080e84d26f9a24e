"""Plans are interpreted: estimates, error bars, mitigation, verdicts."""

from dataclasses import replace
from math import cos, sin, sqrt

import pytest
from plans import LAB, MEASURED, POINTS, Parts, checked, results

from qlang.backends import errors as backend_errors
from qlang.mitigation.errors import BadText
from qlang.runtime import errors

EXACT = Parts()
SHOTS = replace(EXACT, execute="scales = array<i64: 1>, shots = array<i64: 20000>")
NOISY = replace(EXACT, backend="sim with lab", schedule=f'kind = "sim with", noise = {LAB}')
THETA = (0.0, 0.8, 1.6)


def zz(theta: float) -> float:
    return 1.5


def mix(theta: float) -> float:
    return 0.5 * cos(theta) - 2 * sin(theta)


def test_exact_values_have_no_error_bar() -> None:
    found = results(EXACT)
    assert [point["parameters"] for point in found.points] == [{"theta": theta} for theta in THETA]
    for theta, point in zip(THETA, found.points, strict=True):
        assert point["expect"]["zz"] == {"value": pytest.approx(zz(theta)), "stderr": 0.0, "method": "exact"}
        assert point["expect"]["mix"]["value"] == pytest.approx(mix(theta))


def test_estimates_lie_within_their_error_bars() -> None:
    for theta, point in zip(THETA, results(SHOTS).points, strict=True):
        for label, value in (("zz", zz(theta)), ("mix", mix(theta))):
            found = point["expect"][label]
            assert found["method"] == "none"
            # five standard errors: six comparisons, false alarm below 4e-6
            assert abs(found["value"] - value) <= 5 * found["stderr"] + 1e-9


def test_the_error_bar_is_that_of_independent_settings() -> None:
    found = results(SHOTS).points[1]["expect"]["mix"]["stderr"]
    variance = 0.25 * sin(0.8) ** 2 + 4 * (1 - sin(0.8) ** 2)
    assert found == pytest.approx(sqrt(variance / 20_000), rel=0.05)


def test_readout_errors_are_inverted() -> None:
    zne_free = replace(NOISY, schedule=NOISY.schedule.replace("p = 0.02", "p = 0.0"))
    raw = results(zne_free).points[0]["expect"]["zz"]
    assert raw["value"] == pytest.approx(0.5 + (1 - 2 * 0.02) ** 2)
    for execute in (EXACT.execute, SHOTS.execute):
        found = results(replace(zne_free, policy='method = "readout"', execute=execute))
        for theta, point in zip(THETA, found.points, strict=True):
            entry = point["expect"]["mix"]
            assert entry["method"] == "readout"
            assert abs(entry["value"] - mix(theta)) <= 5 * entry["stderr"] + 1e-9  # false alarm below 2e-6
        assert found.core["methods_applied"] == [{"method": "readout", "outputs": ["zz", "mix"]}]


def test_zero_noise_extrapolation_removes_depolarizing() -> None:
    def worst(policy: str, execute: str) -> float:
        points = results(replace(NOISY, policy=policy, execute=execute)).points
        return max(abs(p["expect"]["mix"]["value"] - mix(t)) for t, p in zip(THETA, points, strict=True))

    raw = worst('method = "readout"', EXACT.execute)
    linear = worst('method = "readout + zne[1,3],linear"', "scales = array<i64: 1, 3>")
    richardson = worst('method = "readout + zne[1,3,5],richardson"', "scales = array<i64: 1, 3, 5>")
    # two gates' worth of 0.98: the leading terms of the bias are δ, 3δ²/2 and 5δ³/2 of the value
    assert raw > 0.03
    assert linear < raw / 10
    assert richardson < linear / 10


def test_extrapolation_in_shots_has_an_honest_error_bar() -> None:
    policy = 'method = "readout + zne[1,3,5],richardson"'
    execute = "scales = array<i64: 1, 3, 5>, shots = array<i64: 20000, 15000, 5000>"
    for theta, point in zip(THETA, results(replace(NOISY, policy=policy, execute=execute)).points, strict=True):
        found = point["expect"]["mix"]
        assert found["stderr"] > 0.02
        assert abs(found["value"] - mix(theta)) <= 5 * found["stderr"]  # three comparisons, false alarm 2e-6
        assert found["method"] == "readout + zne[1,3,5],richardson"


def test_what_is_not_applied_says_why() -> None:
    found = results(replace(EXACT, policy='method = "readout"'))
    assert found.core["methods_applied"] == []
    (note,) = found.core["not_applied"]
    assert "no readout errors" in note["not_applied"]
    hopeless = replace(NOISY, policy='method = "readout"', schedule=NOISY.schedule.replace("0.05", "0.99"))
    (note,) = results(hopeless).core["not_applied"]
    assert "cannot be inverted" in note["not_applied"]
    sampled = replace(
        NOISY, kernel=MEASURED, policy='method = "readout"', samples='samples = [{label = "c", bits = "c"}]'
    )
    assert "histograms" in results(sampled).core["not_applied"][0]["not_applied"]


def test_histograms_and_states() -> None:
    asked = 'samples = [{label = "c", bits = "c"}, {label = "q", wires = array<i64: 1>}]'
    state = 'states = [{label = "s", wires = array<i64: 1>}]'
    measured = replace(EXACT, kernel=MEASURED, samples=f"{asked}, {state}")
    point = results(measured).points[1]
    one = sin(0.4) ** 2
    assert point["probabilities"]["c"] == pytest.approx({"00": 1 - one, "11": one})
    assert point["probabilities"]["q"] == pytest.approx({"0": 1 - one, "1": one})
    assert point["states"]["s"]["density_matrix"][1][1] == pytest.approx([one, 0.0])
    counted = results(replace(measured, execute=SHOTS.execute, samples=asked)).points[1]["counts"]
    assert counted["c"].keys() == {"00", "11"} and sum(counted["c"].values()) == 20_000
    assert counted["q"] == {"0": counted["c"]["00"], "1": counted["c"]["11"]}  # from the same shots


def test_points_do_not_share_random_numbers() -> None:
    same = replace(SHOTS, points='plan.points ["theta"] array<f64: 0.8, 0.8>')
    first, second = (point["expect"]["mix"]["value"] for point in results(same).points)
    assert first != second


def test_same_plan_same_digest() -> None:
    asked = replace(SHOTS, kernel=MEASURED, samples='samples = [{label = "c", bits = "c"}]')
    digests = {results(asked).digest for _ in range(5)}
    assert len(digests) == 1
    assert results(replace(asked, seed="8")).digest not in digests
    assert results(replace(asked, seed=str(2**80))).digest not in digests


BOUNDS = """[#plan.bound<"stderr", "mix", "<=", 0.02, "">, #plan.bound<"stderr", "mix", "<=", 0.001, "">,
  #plan.bound<"fidelity", "", ">=", 0.85, "">, #plan.bound<"error", "zz", "<=", 0.2, "">,
  #plan.bound<"cost", "", "<=", 25.0, "usd">, #plan.bound<"latency", "", "<=", 1800.0, "min">,
  #plan.bound<"latency", "", "<=", 1.0e-9, "ns">, #plan.bound<"stderr", "nothing", "<=", 1.0, "">]"""


def test_the_sla_is_judged_by_what_happened() -> None:
    predicted = 'cost = #plan.interval<0.0, 0.0, 0.0>, fidelity = #plan.interval<0.9, 0.8, 0.95>, kind = "sim"'
    policy = 'method = "none", bias = {zz = 0.1 : f64}, stderr = {zz = 0.01 : f64}'
    found = checked(replace(SHOTS, bounds=BOUNDS, schedule=predicted, policy=policy)).sla
    assert [(each.metric, each.verdict, each.source) for each in found] == [
        ("stderr", "met", "measured"),
        ("stderr", "missed", "measured"),
        ("fidelity", "missed", "predicted"),  # by the low end of its interval
        ("error", "met", "predicted"),
        ("cost", "met", "measured"),
        ("latency", "met", "measured"),
        ("latency", "missed", "measured"),
        ("stderr", "unknown", "measured"),
    ]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"points": "plan.points [] array<f64>"}, errors.BadPlan, "theta"),
        ({"points": 'plan.points ["theta", "h"] array<f64: 1.0>'}, errors.BadPlan, "1 values for 2"),
        ({"policy": 'method = "zne[1,3],linear"'}, errors.BadPlan, "policy says"),
        ({"policy": 'method = "magic!"'}, BadText, "magic"),
        ({"execute": "scales = array<i64: 1, 3>"}, errors.BadPlan, "nothing to extrapolate"),
        ({"schedule": 'kind = "device"', "backend": "ibm.lima"}, errors.NoExecutor, "ibm.lima"),
        ({"schedule": 'kind = "sim like"'}, errors.BadPlan, "no noise"),
        ({"schedule": 'kind = "sim with", noise = {form = "odd"}'}, backend_errors.BadNoise, "odd"),
        ({"settings": 'settings = ["ZI", "XX"]'}, errors.BadPlan, "does not measure"),
        ({"settings": 'settings = ["ZZZ", "XX"]'}, backend_errors.BadRequest, "ZZZ"),
        ({"seed": "seven"}, errors.BadPlan, "seven"),
        ({"samples": 'samples = [{label = "d", bits = "d"}]'}, backend_errors.BadRequest, "`d`"),
        ({"kernel": "kernel.func @other() { kernel.return }"}, errors.BadPlan, "no kernel"),
        ({"end": "plan.record %g  %z = plan.points [] array<f64>"}, None, ""),
    ],
)
def test_plans_that_cannot_run_are_typed_errors(change: dict[str, str], error: type | None, words: str) -> None:
    parts = replace(EXACT, **change)
    if error is None:
        checked(parts)
        return
    with pytest.raises(error, match=words):
        checked(parts)


def test_one_shot_proves_nothing() -> None:
    found = results(replace(EXACT, points=POINTS, execute="scales = array<i64: 1>, shots = array<i64: 1>"))
    assert found.points[0]["expect"]["zz"]["stderr"] >= 0.5
