"""What differs between a record and running again, in words and numbers."""

from typing import Any

import pytest

from qlang.runtime.differences import result_differences, text_difference

PLAN = """plan.job "maxcut" seed "5" {
  %0 = plan.points ["gamma"] array<f64: 1.0>
  %1 = plan.policy @qaoa over %0 {method = "none", shots = array<i64: 4000>, fidelity = #plan.interval<1.0, 0.9, 1.0>}
  %2 = plan.schedule @qaoa, %1 "sim" {kind = "sim, {exact}", snapshot = "sha256:00"}
}
"""


def found(old: Any, new: Any) -> list[tuple[str, str | None, str | None, str]]:
    return [(each.place, each.recorded, each.now, each.detail) for each in result_differences(old, new)]


def test_equal_results() -> None:
    value = {"points": [{"expect": {"zz": {"value": 0.5, "stderr": 0.1}}, "counts": {"q": {"0": 3}}}]}
    assert found(value, value) == []
    assert found({**value, "sla": []}, value) == []  # only the record has it: no result


def test_a_value_with_its_distance() -> None:
    old = {"points": [{"expect": {"zz": {"value": 0.5, "stderr": 0.1}}}]}
    new = {"points": [{"expect": {"zz": {"value": 0.25, "stderr": 0.1}}}]}
    place = "points.0.expect.zz.value"
    assert found(old, new) == [(place, "0.5", "0.25", "by -0.25, 0.5 of it, 2.5 standard errors")]
    new["points"][0]["expect"]["zz"]["stderr"] = None
    assert ("points.0.expect.zz.stderr", "0.1", "None", "") in found(old, new)


def test_a_histogram_as_a_whole() -> None:
    old = {"counts": {"q": {"00": 50, "11": 50}}}
    new = {"counts": {"q": {"00": 40, "01": 10, "11": 50}}}
    assert found(old, new) == [("counts.q.00", "50", "40", "2 outcomes differ, total variation distance 0.1")]
    filed = {"counts": {"q": {"file": "counts-0-0.npy", "digest": "sha256:0"}}}
    other = {"counts": {"q": {"file": "counts-0-0.npy", "digest": "sha256:1"}}}
    assert found(filed, other) == [("counts.q.digest", "sha256:0", "sha256:1", "")]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ({"points": [1]}, {"points": [1, 2]}, "points"),
        ({}, {"simulation": "x"}, "simulation"),
        ({"simulation": "x"}, {"simulation": "y" * 1000}, "simulation"),
        ({"counts": 3}, {"counts": {}}, "counts"),
        ({"counts": {"q": 3}}, {"counts": {"q": {"0": 1}}}, "counts.q"),
        ({"points": {}}, {"points": []}, "points"),
        ({"value": True}, {"value": False}, "value"),
    ],
)
def test_what_is_of_another_form(old: Any, new: Any, place: str) -> None:
    ((where, _, now, _),) = found(old, new)
    assert where == place
    assert now is not None
    assert len(now) < 200


def test_the_first_line_of_a_plan_that_differs() -> None:
    assert text_difference(PLAN, PLAN) is None
    changed = PLAN.replace("0.9, 1.0>", "0.8, 1.0>").replace("sha256:00", "sha256:11")
    difference = text_difference(PLAN, changed)
    assert difference is not None
    assert difference.place == "line 3, plan.policy {fidelity}"
    lines = difference.detail.splitlines()
    assert [line[0] for line in lines] == [" ", " ", "-", "+"]
    assert lines[1] == "  " + PLAN.splitlines()[1]


def test_several_attributes_and_the_end_of_a_plan() -> None:
    changed = PLAN.replace('"sim, {exact}", snapshot = "sha256:00"', '"sim", noisy = true')
    difference = text_difference(PLAN, changed)
    assert difference is not None
    assert difference.place == "line 4, plan.schedule {kind, snapshot, noisy}"
    longer = text_difference(PLAN, PLAN + "plan.record %g\n")
    assert longer is not None
    assert (longer.place, longer.detail.splitlines()[-1]) == ("line 6, plan.record", "+ plan.record %g")
