"""`replay` explains what came out differently, and what has changed around the run."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qlang.compiler import cli, replaying
from qlang.compiler.authority import Authority
from qlang.compiler.replaying import ReplayReport
from qlang.compiler.run_folders import read_run
from qlang.trust.manifest import RunPredicate
from qlang.trust.policy.model import Policy, Section

Capture = pytest.CaptureFixture[str]
JOB = """circuit turn(float a) {
  qubit q;
  ry(a) q;
}

job turning {
  run      turn(a = 1.0);
  expect   z = Z(q);
  sample   q;
  shots    2000;
  seed     11;
  backend  sim like ibm.guadalupe;
}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Path:
    """The folder of a run that was just made."""
    (tmp_path / "turning.qjob").write_text(JOB)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run", "turning.qjob", "--json"]) == 0
    return Path(json.loads(capsys.readouterr().out)["run_dir"])


def signed_in(run: Path, **changes: Any) -> RunPredicate:
    """What the manifest says, with other facts."""
    statement = read_run(run).statement
    assert statement is not None
    return replace(statement.predicate, facts=replace(statement.predicate.facts, **changes))


def edit(path: Path, change: Callable[[Any], None]) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def places(report: ReplayReport) -> dict[str, str]:
    return {difference.place: difference.kind for difference in report.differences}


def test_nothing_differs(run: Path) -> None:
    report = replaying.replay(run, signed_in(run))
    assert (report.ok, report.differences, report.surroundings) == (True, (), ())


def test_the_operation_of_the_plan_that_differs(run: Path) -> None:
    """As if the compiler of today decided for other shots than the recorded plan has."""
    edit(run / "inputs.json", lambda value: value["overrides"].update(shots=500))
    report = replaying.replay(run, signed_in(run))
    assert not report.ok
    hashes, line = report.differences
    assert (hashes.kind, hashes.place) == ("plan", "plan hash")
    assert (hashes.recorded, hashes.now) == (signed_in(run).facts.plan_hash, report.plan_hash)
    assert line.kind == "plan"
    assert line.place.startswith("line ")
    assert "plan.policy {" in line.place
    assert "shots" in line.place
    assert [text[0] for text in line.detail.splitlines()[-2:]] == ["-", "+"]
    assert "array<i64: 2000>" in line.detail


def test_a_source_that_compiles_no_more(run: Path) -> None:
    (run / "source.qjob").write_text(JOB.replace("ry(a) q", "ry(a) r"))
    report = replaying.replay(run, signed_in(run))
    (difference,) = report.differences
    assert difference.kind == "source"
    assert "does not compile any more: QJ" in difference.detail


def test_the_result_that_differs_and_by_how_much(run: Path) -> None:
    def change(value: Any) -> None:
        value["points"][0]["expect"]["z"]["value"] += 0.125
        counts = value["points"][0]["counts"]["q"]
        counts["0"], counts["1"] = counts["0"] + 20, counts["1"] - 20

    edit(run / "results.json", change)
    report = replaying.replay(run, signed_in(run))
    assert set(places(report).values()) == {"result"}
    value = next(each for each in report.differences if each.place == "points.0.expect.z.value")
    assert value.detail.startswith("by -0.125")
    assert "standard errors" in value.detail
    counts = next(each for each in report.differences if each.place.startswith("points.0.counts.q"))
    assert counts.detail == "2 outcomes differ, total variation distance 0.01"


def test_files_that_agree_with_each_other_but_not_with_the_manifest(run: Path) -> None:
    other = "sha256:" + "0" * 64
    report = replaying.replay(run, signed_in(run, plan_hash=other, result_digest=other))
    assert places(report) == {"plan hash in the manifest": "plan", "result digest in the manifest": "result"}


def test_what_changed_around_the_run(run: Path) -> None:
    passes = signed_in(run).facts.passes
    was = signed_in(run, compiler_version="0.0.1", calibration_snapshot_id="sha256:0", passes=("sign",))
    report = replaying.replay(run, was)
    assert report.ok  # another compiler that decides the same is no difference
    around = {each.place: (each.kind, each.recorded) for each in report.surroundings}
    assert around["compiler version"] == ("compiler", "0.0.1")
    assert around["calibration snapshot of sim like ibm.guadalupe"] == ("catalogue", "sha256:0")
    assert around["pass schedule"][0].startswith("passes")
    backwards = replaying.replay(run, signed_in(run, passes=passes[::-1]))
    assert [each.place for each in backwards.surroundings] == ["order of the passes"]
    elsewhere = replaying.replay(run, signed_in(run, backend_id="sim"))
    assert [each.place for each in elsewhere.surroundings] == ["backend chosen"]


def test_the_command_says_what_changed(run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(replaying, "__version__", "99.0")
    assert cli.main(["replay", "last", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [each["kind"] for each in report["surroundings"]] == ["compiler"]
    assert cli.main(["replay", "last"]) == 0
    out = capsys.readouterr().out
    assert "the same bits" in out
    assert f"compiler version: recorded {signed_in(run).facts.compiler_version}, now 99.0" in out


def test_another_policy_and_another_tenant(run: Path, capsys: Capture) -> None:
    """What is in force here now is compared with what was signed; the run is compiled under its own policy again."""
    (run.parents[2] / "qlang-policy.toml").write_text('schema = 1\n[defaults]\nmodes = ["hybrid"]\n')
    (run.parents[2] / "qlang.toml").write_text("")
    today = Authority(Policy(defaults=Section(modes=("hybrid",))), "lab")
    report = replaying.replay(run, signed_in(run), today)
    assert report.ok
    around = {each.kind: each for each in report.surroundings}
    assert set(around) == {"policy", "tenant"}
    assert (around["tenant"].recorded, around["tenant"].now) == ("default", "lab")
    assert str(around["policy"].now).endswith(today.policy.digest)
    assert cli.main(["replay", "last", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["kind"] for each in found["surroundings"]] == ["policy"]


@pytest.mark.parametrize("content", [{}, {"file": "x.qjob", "overrides": {"unknown": 1}, "seed": "1", "imports": []}])
def test_inputs_of_another_form(content: Any, run: Path) -> None:
    (run / "inputs.json").write_text(json.dumps(content))
    with pytest.raises(Exception, match="is not what this version records"):
        replaying.replay(run, signed_in(run))
