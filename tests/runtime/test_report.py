"""The report: well-formed, self-contained, everything escaped, plots where there is something to plot."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from plans import MEASURED, Parts, record

from qlang.runtime.plots import Sample, curves, histogram, ticks
from qlang.trust.keys.paths import KeyPaths

EVIL = "<script>alert('x')</script>&\\22"
PARTS = Parts(
    kernel=MEASURED,
    backend=f"sim {EVIL}",
    policy=f'method = "none", reason = "{EVIL}", considered = [{{method = "none", overhead = 1.0 : f64}}]',
    schedule=f'kind = "sim", rejected = [#plan.reason<"ibm.x", "{EVIL}">], score = 0.5 : f64',
    execute="scales = array<i64: 1>, shots = array<i64: 500>",
    samples='samples = [{label = "c", bits = "c"}]',
    sign=f'crypto = "hybrid", labels = {{note = "{EVIL}"}}',
    bounds='[#plan.bound<"stderr", "mix", "<=", 0.5, "">, #plan.bound<"stderr", "zz", "<=", 1.0e-30, "">]',
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, keys: KeyPaths) -> str:
    run = record(PARTS, tmp_path_factory.mktemp("report"), keys)
    return (run.run_dir / "report.html").read_text(encoding="utf-8")


def test_it_is_well_formed_and_escapes(report: str) -> None:
    root = ElementTree.fromstring(report.removeprefix("<!DOCTYPE html>\n"))
    assert root.tag == "html"
    assert "<script" not in report
    text = "".join(root.itertext())
    assert text.count("<script>alert('x')</script>&\"") >= 4


def test_it_needs_nothing_else(report: str) -> None:
    assert not re.search(r"""(src|href)\s*=|url\(|@import|<link""", report)
    assert "prefers-color-scheme:dark" in report


def test_it_has_every_section_and_the_plots(report: str) -> None:
    titles = re.findall(r"<h2>(.*?)</h2>", report)
    assert titles == ["Service level", "Plan", "Results", "Provenance"]
    root = ElementTree.fromstring(report.removeprefix("<!DOCTYPE html>\n"))
    pictures = root.findall(".//{http://www.w3.org/2000/svg}svg")
    assert len(pictures) == 2 + 3  # a curve for each expectation, a histogram for each point
    assert len(pictures[0].findall(".//{http://www.w3.org/2000/svg}circle")) == 3
    for digest in ("plan", "source", "results", "kernel"):
        assert re.search(rf"<dt>{digest}</dt><dd>sha256:[0-9a-f]{{64}}</dd>", report)


def test_long_results_are_cut_with_a_note(tmp_path: Path, keys: KeyPaths) -> None:
    values = ", ".join(f"{k / 100}" for k in range(130))
    run = record(replace(PARTS, points=f'plan.points ["theta"] array<f64: {values}>'), tmp_path, keys)
    report = (run.run_dir / "report.html").read_text(encoding="utf-8")
    assert "and 60 more rows" in report and "more histograms" in report


def test_plots_stay_inside_their_picture() -> None:
    picture = curves(
        {"a": [Sample(0.0, -1e9, 1e8), Sample(1e-9, 1e9, None)], "b": [Sample(0.5e-9, 0.0, 0.0)]}, "x", "y"
    )
    for x, y in re.findall(r'cx="([\d.e+-]+)" cy="([\d.e+-]+)"', picture):
        assert 0 <= float(x) <= 640 and 0 <= float(y) <= 320
    assert curves({"a": [Sample(0.0, float("nan"), None)]}, "x", "y") == ""
    assert curves({"a": [Sample(2.0, 3.0, None)]}, "x", "y").count("<circle") == 1
    assert histogram({}, "") == "" and "and 8 more outcomes" in histogram({str(k): 1.0 for k in range(40)}, "")


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.2, 17.9), (1e-9, 2e-9), (-1e6, 1e6)])
def test_ticks_are_few_and_within(low: float, high: float) -> None:
    found = ticks(low, high)
    slack = (high - low) * 1e-6
    assert 3 <= len(found) <= 11
    assert all(low - slack <= value <= high + slack for value in found)
