"""`qlangc seal` and `qlangc unseal` as scripts and people use them."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture
def files(in_workspace: Path) -> Path:
    (in_workspace / "data.csv").write_bytes(b"0.1,0.2\n" * 20_000)
    return in_workspace


def keygen(qlangc: Command, mode: str = "hybrid") -> dict[str, str]:
    made: dict[str, str] = qlangc("seal", "keygen", "--crypto", mode, "--json").data
    return made


@pytest.mark.parametrize("mode", ["classical", "hybrid", "pqc_required"])
def test_a_file_goes_there_and_back(qlangc: Command, files: Path, mode: str) -> None:
    key = keygen(qlangc, mode)
    sealed = qlangc("seal", "data.csv", "--to", key["path"], "--crypto", mode, "-o", "data.sealed", "--json").data
    assert sealed["recipients"] == [key["key_id"]]
    assert qlangc("unseal", "data.sealed", "--show").data == sealed
    opened = qlangc("unseal", "data.sealed", "-o", "back.csv", "--json").data
    assert (opened["key_id"], opened["files"]) == (key["key_id"], ["data.csv"])
    assert Path("back.csv").read_bytes() == Path("data.csv").read_bytes()
    assert stat.S_IMODE(Path("back.csv").stat().st_mode) == 0o600


def test_own_keys_are_listed_and_found_by_id(qlangc: Command, files: Path) -> None:
    key = keygen(qlangc)
    assert key["key_id"] in {row["key_id"] for row in qlangc("seal", "keys", "--json").data["keys"]}
    answer = qlangc("seal", "data.csv", "--to", key["key_id"], "-o", "s")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == f"s: the file, for {key['key_id']} (hybrid: mlkem768-x25519)\n"
    answer = qlangc("unseal", "s", "-o", "b")
    assert answer.out == f"b: 1 file, opened with {key['key_id']}\n"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("seal", "data.csv", "--to", "nobody", "-o", "s"), 3, "recipient key nobody: is no key of your store"),
        (("seal", "absent", "--to", "{key}", "-o", "s"), 2, "no run `absent`"),
        (("seal", "data.csv", "--to", "{key}", "-o", "data.csv"), 3, "data.csv: exists already"),
        (("seal", "data.csv", "--to", "{key}", "-o", "no/s"), 3, "No such file"),
        (("seal", "data.csv", "--to", "{key}", "--crypto", "pqc_required", "-o", "s"), 3, "demands mlkem1024-p384"),
        (("seal", "data.csv", "--to", "{key}", "--crypto", "qkd", "-o", "s"), 3, "QKD_UNAVAILABLE"),
        (("unseal", "data.csv", "-o", "b"), 1, "is not a file sealed by qlang"),
        (("unseal", "absent", "-o", "b"), 1, "absent: does not exist"),
        (("unseal", "data.csv"), 2, "either -o OUT or --show"),
    ],
)
def test_a_refusal_is_a_sentence_and_leaves_nothing(
    qlangc: Command, files: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    key = keygen(qlangc)["path"]
    before = sorted(files.iterdir())
    answer = qlangc(*(argument.format(key=key) for argument in arguments))
    assert answer.status == status
    assert words in answer.err
    assert answer.err.startswith("error: ")
    assert sorted(files.iterdir()) == before


def test_somebody_elses_file_and_a_changed_one_are_refused(
    qlangc: Command, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = keygen(qlangc)["path"]
    assert qlangc("seal", "data.csv", "--to", key, "-o", "s").status == 0
    data = bytearray(Path("s").read_bytes())
    data[-1] ^= 1
    Path("changed").write_bytes(data)
    answer = qlangc("unseal", "changed", "-o", "b")
    assert (answer.status, answer.out) == (1, "")
    assert "changed: was changed, cut or put together from parts" in answer.err
    other = files.parent / "other-home"
    other.mkdir()
    monkeypatch.setenv("HOME", str(other))
    answer = qlangc("unseal", "s", "-o", "b")
    assert answer.status == 1
    assert "is sealed for other keys: mlkem768-x25519:" in answer.err
    assert not Path("b").exists()


def test_a_run_is_sealed_under_its_mode_opened_and_verified(qlangc: Command, in_workspace: Path) -> None:
    assert qlangc("init", ".").status == 0
    (job,) = in_workspace.glob("*.qjob")
    run = qlangc("run", job, "--shots", "1000", "--json").data
    key = keygen(qlangc)
    sealed = qlangc("seal", "last", "--to", key["key_id"], "-o", "run.sealed", "--json").data
    assert (sealed["run_id"], sealed["content"], sealed["crypto_mode"]) == (run["run_id"], "run", "hybrid")
    assert qlangc("unseal", "run.sealed", "-o", "back", "--run", "last").status == 0
    assert {path.name for path in Path("back").iterdir()} >= {"results.json", "manifest.dsse.json"}
    for path in Path("back").iterdir():
        assert path.read_bytes() == (Path(run["run_dir"]) / path.name).read_bytes()
    qlangc("run", job, "--shots", "1001", "--json")
    answer = qlangc("unseal", "run.sealed", "-o", "again", "--run", "last")
    assert answer.status == 1
    assert f"belongs to run {run['run_id']}" in answer.err


def test_a_passphrase_is_asked_for_once(qlangc: Command, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = files.parent / "own-home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MINE", "correct horse battery")
    made = qlangc("seal", "keygen", "--passphrase", "env:MINE", "--json").data
    assert qlangc("seal", "data.csv", "--to", made["key_id"], "-o", "s").status == 0  # needs no secret
    assert qlangc("unseal", "s", "-o", "b", "--passphrase", "env:MINE").status == 0
    monkeypatch.setenv("MINE", "something else")
    answer = qlangc("unseal", "s", "-o", "c", "--passphrase", "env:MINE")
    assert answer.status == 3
    assert "wrong passphrase" in answer.err
    assert not Path("c").exists()


def test_a_key_is_backed_up_and_restored_elsewhere(
    qlangc: Command, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPY", "correct horse battery")
    key = keygen(qlangc)["key_id"]
    assert qlangc("seal", "data.csv", "--to", key, "-o", "s").status == 0
    assert qlangc("seal", "backup", key, "-o", "key.backup", "--backup-passphrase", "env:COPY").status == 0
    other = files.parent / "other-home"
    other.mkdir()
    monkeypatch.setenv("HOME", str(other))
    assert qlangc("unseal", "s", "-o", "b").status == 1
    answer = qlangc("seal", "restore", "key.backup", "--backup-passphrase", "env:COPY")
    assert (answer.status, answer.out) == (0, f"restored {key}\n")
    assert qlangc("unseal", "s", "-o", "b").status == 0
