"""Pages of notebooks: well-formed, complete, and nothing in them that a hostile name could make act."""

import copy
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from qlang.compiler.drawing import circuit_html, plan_html, result_html
from qlang.compiler.drawing.curve import curve_svg
from qlang.compiler.drawing.histogram import BARS, histogram_svg
from qlang.runtime.plots import Sample
from tests.compiler.test_render_tables import PLAN, RUN, SWEEP
from tests.drawing.circuits import circuit

Golden = Callable[[str, str], None]
HOSTILE = "<script>alert(1)</script>\"'&]]>\x00\x1b[2J\ud800"
ALLOWED = {"div", "p", "em", "strong", "table", "thead", "tbody", "tr", "th", "td",
           "svg", "g", "title", "desc", "path", "rect", "circle", "text", "polyline"}  # fmt: skip


def parsed(page: str) -> ElementTree.Element:
    """The page as XML, which is stricter than HTML; only plain elements and no handlers."""
    root = ElementTree.fromstring(page)
    for element in root.iter():
        assert element.tag.rpartition("}")[2] in ALLOWED
        assert not any(key.startswith("on") or key.endswith("href") or key == "src" for key in element.attrib)
    page.encode()
    return root


def said(root: ElementTree.Element) -> str:
    return " ".join(root.itertext())


def poisoned(value: Any) -> Any:
    """A report with every text of a user replaced by a hostile one, names included."""
    if isinstance(value, dict):
        return {
            (HOSTILE if key in ("mz", "zz", "c", "h", "J", "00000") else key): poisoned(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [poisoned(item) for item in value]
    return value


@pytest.mark.parametrize(("name", "report"), [("run", RUN), ("sweep", SWEEP)])
def test_a_result(name: str, report: dict[str, Any], golden: Golden) -> None:
    page = result_html(report)
    golden(page + "\n", f"page-{name}.html")
    text = said(parsed(page))
    for expected in (report["run_id"], report["job"], "missed", "unknown", "12.3 ms", "not applied", "±"):
        assert expected in text
    assert report["result_digest"][:19] in text and report["plan_hash"][:19] in text


def test_a_plan(golden: Golden) -> None:
    page = plan_html(PLAN)
    golden(page + "\n", "page-plan.html")
    text = said(parsed(page))
    for expected in (
        "sim like ibm.guadalupe",
        "zne[1,3],linear",
        "too few shots",
        "no adapter",
        "taken",
        "met",
        "missed",
    ):
        assert expected in text


@pytest.mark.parametrize("field", ["job", "backend", "run_id", "seed", "run_dir"])
def test_hostile_texts_in_a_result(field: str) -> None:
    page = result_html(poisoned(copy.deepcopy(RUN)) | {field: HOSTILE})
    assert "<script" not in page
    assert "alert(1)" in said(parsed(page)), "shown, not obeyed"


def test_hostile_texts_in_a_sweep_and_a_plan() -> None:
    parsed(result_html(poisoned(copy.deepcopy(SWEEP))))
    plan = poisoned(copy.deepcopy(PLAN)) | {"job": HOSTILE, "backend": HOSTILE}
    plan["mitigation"]["reason"] = HOSTILE
    plan["schedule"]["rejected"][0]["text"] = HOSTILE
    plan["sla"][0]["verdict"] = HOSTILE
    assert "<script" not in plan_html(plan)
    parsed(plan_html(plan))


def test_hostile_texts_in_a_circuit() -> None:
    """A comparison in a condition is the only markup that a checked circuit can hold."""
    found = circuit("qubit q;\nbit[4] c;\nc[0] = measure q;\nif (c < 3 && c > 1) { x q; }\n")
    page = circuit_html(found)
    assert "c &lt; 3 &amp;&amp; c &gt; 1" in page
    parsed(page)


def test_a_histogram_has_bars_in_proportion_and_error_bars() -> None:
    picture = histogram_svg({"00": 750, "11": 250}, "counts of c", counted=True)
    root = parsed(picture)
    widths = [float(e.attrib["width"]) for e in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert widths[0] / widths[1] == pytest.approx(3, rel=1e-2)
    assert sum(1 for _ in root.iter("{http://www.w3.org/2000/svg}path")) == 6, "a line and two caps for each bar"
    assert "75.0 %" in said(root)
    assert "path" not in histogram_svg({"0": 0.25, "1": 0.75}, "probabilities", counted=False)
    assert histogram_svg({}, "nothing", counted=True) == histogram_svg({"0": 0}, "nothing", counted=True) == ""


def test_a_histogram_says_what_it_leaves_out() -> None:
    entries = {f"{k:08b}": 10 for k in range(200)}
    picture = histogram_svg(entries, "counts", counted=True)
    assert f"and {200 - BARS} more outcomes, {100 * (200 - BARS) / 200:.1f} % together" in picture
    assert picture.count("<rect") == BARS


def test_curves_have_their_points_in_order_and_error_bars() -> None:
    samples = [Sample(3.0, 1.0, 0.1), Sample(1.0, -1.0, None), Sample(2.0, 0.0, 0.2), Sample(4.0, float("nan"), 0.1)]
    root = parsed(curve_svg({"mz": samples}, "h", "mz"))
    (path,) = root.iter("{http://www.w3.org/2000/svg}polyline")
    places = [tuple(map(float, pair.split(","))) for pair in path.attrib["points"].split()]
    assert len(places) == 3 and places == sorted(places), "sorted by x, what is not finite left out"
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True), "up is up"
    assert "2: 0 ± 0.2" in said(root)
    assert curve_svg({}, "h", "mz") == curve_svg({"a": []}, "h", "mz") == ""


def test_a_sweep_of_two_parameters_is_a_family_of_curves() -> None:
    points = [
        {"parameters": {"h": h, "J": j}, "expect": {"mz": {"value": h * j, "stderr": 0.1, "method": "none"}}}
        for j in (1.0, 2.0)
        for h in (0.0, 0.5, 1.0)
    ]
    root = parsed(result_html(RUN | {"points": points}))
    assert len(list(root.iter("{http://www.w3.org/2000/svg}polyline"))) == 2
    assert "J = 2" in said(root)
