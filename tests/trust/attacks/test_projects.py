"""A project from somebody else, with what its owner has put into `.qlang`."""

import json
from pathlib import Path

import pytest

from qlang.compiler.cli import main
from qlang.runtime.cache import CompileCache, Entry
from qlang.runtime.cache_secret import cache_secret
from qlang.runtime.errors import CannotRecord

JOB = "circuit c() { qubit[1] q; x q[0]; }\njob j { run c(); expect z = Z(q[0]); shots 100; seed 5; backend sim; }\n"


def plan_hash(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["run", "j.qjob", "--json"]) == 0
    return str(json.loads(capsys.readouterr().out)["plan_hash"])


def test_a_planted_compilation_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be executed and signed as the plan of a source that says something else."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    project = tmp_path / "project"
    (project / ".qlang").mkdir(parents=True)
    monkeypatch.chdir(project)
    Path("j.qjob").write_text(JOB)
    honest, folder = plan_hash(capsys), project / ".qlang" / "cache"
    (path,) = folder.glob("*/*.mlir")
    own = CompileCache(folder, secret=cache_secret(tmp_path / "state" / "qlang"))
    entry = own.get(path.stem)
    assert entry is not None
    planted = Entry(entry.text.replace("100", "7"), entry.metadata)
    for secret, found in ((b"", honest), (b"\0" * 32, honest), (own.secret, None)):
        CompileCache(folder, secret=secret).put(path.stem, planted)
        if found is not None:
            assert plan_hash(capsys) == found
    assert plan_hash(capsys) != honest  # what was planted would have worked


def test_the_secret_of_the_cache_is_the_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with pytest.raises(CannotRecord):
        cache_secret(folder, create=False)
    first = cache_secret(folder)
    assert (len(first), cache_secret(folder)) == (32, first)
    path = folder / "cache-secret"
    path.chmod(0o644)
    with pytest.raises(CannotRecord, match="open to group or others"):
        cache_secret(folder)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(CannotRecord):
        cache_secret(folder)
