"""runs and verify on sealed folders: finding a run, listing, tampering, strangers' keys."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from qlang.compiler import cli
from qlang.runtime.run_folder import LEDGER, RUNS
from qlang.trust.custody import DEFAULT_TENANT, RUN_MANIFEST
from qlang.trust.keys.paths import KeyPaths, default_key_paths
from qlang.trust.keys.ring import development_ring
from qlang.trust.manifest import MANIFEST_NAME, RunFacts
from qlang.trust.seal import seal_run
from tests.trust.samples import FACTS, FILES
from tests.trust.signing.local import LocalSigner

Capture = pytest.CaptureFixture[str]

HYBRID = ("ed25519", "ml-dsa-65")
IDS = ("20261121-100000-aaaa", "20261121-110000-bbbb", "20261121-110000-bbcc")


def facts(run_id: str, hour: int) -> RunFacts:
    return replace(
        FACTS, run_id=run_id, backend_id="sim like ibm.lima", created_at=f"2024-11-21T{hour:02}:00:00Z", passes=()
    )


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPaths:
    home = tmp_path_factory.mktemp("home")
    return KeyPaths(home / ".qlang" / "keys", home / "state" / "qlang")


@pytest.fixture
def workspace(tmp_path: Path, keys: KeyPaths, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with three finished runs and one that was stopped, seen from a folder below its root."""
    monkeypatch.setenv("HOME", str(keys.store.parent.parent))
    monkeypatch.setenv("XDG_STATE_HOME", str(keys.state.parent))
    assert default_key_paths() == keys
    signer = LocalSigner(tmp_path, tmp_path / LEDGER, keys)
    for hour, run_id in enumerate(IDS, 10):
        folder = tmp_path / RUNS / run_id
        folder.mkdir(parents=True)
        for name, content in FILES.items():
            (folder / name).write_bytes(content)
        seal_run(folder, facts(run_id, hour), HYBRID, signer)
    (tmp_path / RUNS / ".partial-20261121-120000-cccc").mkdir()
    (tmp_path / RUNS / "20261121-130000-dddd").mkdir()
    (tmp_path / "qlang.toml").write_text('[project]\nname = "test"\n')
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path


def test_runs_are_listed_in_order(workspace: Path, capsys: Capture) -> None:
    assert cli.main(["runs"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    names = [line.split()[0] for line in out.splitlines()]
    assert names == ["run", "20261121-120000-cccc", *IDS]
    assert "stopped before its end" in out
    assert cli.main(["runs", "list", "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [run["run_id"] for run in runs if run["complete"]] == list(IDS)
    assert runs[-1]["seed"] == "18446744073709551615"


def test_no_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["runs"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "no runs" in err
    assert cli.main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == []
    assert cli.main(["verify", "last"]) == 2
    assert "no finished run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "found"), [("last", IDS[2]), (IDS[1], IDS[1]), ("20261121-10", IDS[0]), ("20261121-110000-bbc", IDS[2])]
)
def test_a_run_is_found_by_what_names_it(name: str, found: str, workspace: Path, capsys: Capture) -> None:
    assert cli.main(["runs", "show", name, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["run_id"] == found
    assert shown["results"] == {"counts": {"00": 51, "11": 49}}
    assert cli.main(["runs", "show", str(workspace / RUNS / found)]) == 0
    assert found in capsys.readouterr().out


@pytest.mark.parametrize("verb", [["verify"], ["replay"], ["runs", "show"]])
@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("20261121-11", 2, "begins 2 runs"),
        ("nothing", 2, "there is no run `nothing`"),
        ("", 2, "a run is named by"),
        ("bad\0name", 2, "a run is named by"),
        ("../../../../etc/passwd", 2, "is not the folder of a run"),
        ("../../../../../../../../etc", 1, "is no finished run"),
        ("..", 1, "is no finished run"),
        ("~", 2, "there is no run"),
        ("*", 2, "there is no run"),
        ("20261121-130000-dddd", 2, "there is no run"),
        (".partial-20261121-120000-cccc", 2, "there is no run"),
        ("../.qlang/runs/20261121-130000-dddd", 1, "is no finished run"),
    ],
)
def test_names_of_no_run(verb: list[str], name: str, status: int, words: str, workspace: Path, capsys: Capture) -> None:
    assert cli.main([*verb, name]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert "QJ99" not in err


def test_verify_a_genuine_run(workspace: Path, capsys: Capture) -> None:
    assert cli.main(["verify", "last"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[-1] == f"run {IDS[2]} is genuine"
    assert cli.main(["verify", "last", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"schema", "ok", "first_broken", "checks"}
    assert (report["ok"], report["first_broken"]) == (True, None)
    assert all(set(check) == {"name", "ok", "detail", "link"} for check in report["checks"])
    assert {"signature ed25519", "signature ml-dsa-65"} <= {check["name"] for check in report["checks"]}


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["results.json", "plan.mlir", "source.qjob", MANIFEST_NAME, "ledger"])
def test_verify_names_what_broke(name: str, workspace: Path, capsys: Capture) -> None:
    if name == "ledger":
        content = (workspace / LEDGER).read_bytes()
        assert IDS[1].encode() in content
        (workspace / LEDGER).write_bytes(content.replace(IDS[1].encode(), IDS[2].encode()))
    else:
        flip(workspace / RUNS / IDS[1] / name)
    assert cli.main(["verify", IDS[1], "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    broken = [check for check in report["checks"] if not check["ok"]]
    assert broken
    assert name == MANIFEST_NAME or any(name in check["name"] or name in check["detail"] for check in broken)
    assert cli.main(["verify", IDS[1]]) == 1
    out = capsys.readouterr().out
    assert "FAIL" in out
    assert "NOT genuine" in out


def test_verify_trusts_only_known_keys(workspace: Path, tmp_path: Path, capsys: Capture) -> None:
    strangers = KeyPaths(tmp_path / "strangers", tmp_path / "strangers-state")
    development_ring(strangers).select(RUN_MANIFEST, DEFAULT_TENANT, HYBRID, "2024-11-21T10:00:00Z")
    assert cli.main(["verify", "last", "--keys", str(strangers.store)]) == 1
    out = capsys.readouterr().out
    assert "is not among the trusted keys" in out
    assert out.splitlines()[-1].startswith("first broken link: key: key ed25519:")
    assert cli.main(["verify", "last", "--any-key"]) == 0
    assert cli.main(["verify", "last", "--keys", str(tmp_path / "nowhere")]) == 2
    assert "--any-key" in capsys.readouterr().err


def test_verify_a_copy_elsewhere(workspace: Path, tmp_path: Path, capsys: Capture) -> None:
    """By its receipt; with a ledger, that one must hold it too."""
    copy = tmp_path / "copy" / "runs" / "mine"
    shutil.copytree(workspace / RUNS / IDS[0], copy)
    assert cli.main(["verify", str(copy)]) == 0
    assert "ledger" not in {line.split()[1].rstrip(":") for line in capsys.readouterr().out.splitlines()[:-1]}
    assert cli.main(["verify", str(copy), "--ledger", str(workspace / LEDGER)]) == 0
    assert cli.main(["verify", str(copy), "--ledger", str(tmp_path / "none.sqlite")]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("first broken link: ledger: ")
    (copy / "receipt.tlog-proof").unlink()
    assert cli.main(["verify", str(copy)]) == 1
    assert "qlangc ledger proof" in capsys.readouterr().out


def test_the_ledger_of_a_project_must_be_there(workspace: Path, capsys: Capture) -> None:
    (workspace / LEDGER).unlink()
    assert cli.main(["verify", IDS[0], "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["first_broken"]["link"] == "ledger"


def test_verify_under_a_policy(workspace: Path, capsys: Capture) -> None:
    """Of the project, or of a file that is named."""
    (workspace / "qlang-policy.toml").write_text("schema = 1\n[defaults]\nproduction = true\n")
    assert cli.main(["verify", IDS[0], "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["first_broken"]["link"], report["first_broken"]["check"]) == ("policy", "policy defaults.production")
    assert "qlang-policy.toml:3" in report["first_broken"]["detail"]
    (workspace / "other.toml").write_text('schema = 1\n[defaults]\nmodes = ["hybrid"]\n')
    assert cli.main(["verify", IDS[0], "--policy", str(workspace / "other.toml")]) == 0
    capsys.readouterr()
    assert cli.main(["verify", IDS[0], "--policy", str(workspace / "none.toml")]) == 1
    assert "none.toml" in capsys.readouterr().err


def test_show_of_a_broken_manifest_points_to_verify(workspace: Path, capsys: Capture) -> None:
    (workspace / RUNS / IDS[0] / MANIFEST_NAME).write_text("{")
    assert cli.main(["runs", "show", IDS[0]]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "`qlangc verify`" in err
    assert cli.main(["runs"]) == 0


def test_wrong_usage_of_runs(workspace: Path, capsys: Capture) -> None:
    assert cli.main(["runs", "show"]) == 2
    assert cli.main(["runs", "list", "last"]) == 2
    assert cli.main(["runs", "remove"]) == 2
