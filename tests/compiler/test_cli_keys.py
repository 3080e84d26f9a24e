"""`qlangc keys` as scripts and people use it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture
def keys(qlangc: Command, in_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The verb, with a key store of this test alone."""
    home = in_workspace.parent / "own-home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return lambda *arguments: qlangc("keys", *arguments)


def listed(keys: Command) -> dict[str, dict[str, Any]]:
    return {entry["key_id"]: entry for entry in keys("list", "--json").data["keys"]}


def created(keys: Command, *options: object) -> str:
    (entry,) = keys("create", "--algorithm", "ed25519", "--json", *options).data["created"]
    return str(entry["key_id"])


def test_no_keys_yet(keys: Command) -> None:
    answer = keys("list")
    assert (answer.status, answer.out) == (0, "")
    assert "no keys in" in answer.err
    assert keys("list", "--json").data["keys"] == []


def test_create_makes_what_the_purpose_needs(keys: Command) -> None:
    answer = keys("create")
    assert answer.status == 0
    assert [line.split(":")[0] for line in answer.out.splitlines()[::2]] == ["created ed25519", "created ml-dsa-65"]
    keys("create", "--purpose", "ledger-checkpoint", "--tenant", "lab")
    assert sorted((key["purpose"], key["algorithm"], key["tenant"]) for key in listed(keys).values()) == [
        ("ledger-checkpoint", "ed25519", "lab"),
        ("ledger-checkpoint", "ml-dsa-44", "lab"),
        ("run-manifest", "ed25519", "default"),
        ("run-manifest", "ml-dsa-65", "default"),
    ]


def test_a_root_key_is_made_to_last(keys: Command) -> None:
    from qlang.trust.algorithms import available_algorithms

    (entry,) = keys("create", "--purpose", "root", "--json").data["created"]
    assert entry["algorithm"] == (available_algorithms(("slh-dsa-sha2-128s",)) or ("ml-dsa-87",))[0]


def test_validity(keys: Command) -> None:
    key = created(keys, "--not-before", "2020-01-01T00:00:00Z", "--valid-days", 31)
    entry = listed(keys)[key]
    assert (entry["not_after"], entry["state"]) == ("2020-02-01T00:00:00Z", "expired")
    later_key = created(keys, "--not-before", "2999-01-01T00:00:00Z")
    later = listed(keys)[later_key]
    assert (later["generation"], later["state"]) == (2, "not yet valid")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--algorithm", "rot13"), "unknown algorithm"),
        (("--purpose", "fun"), "unknown purpose"),
        (("--tenant", "../x"), "not a tenant's name"),
        (("--custody", "token-native"), "`[tokens.NAME]` in qlang-policy.toml"),
        (("--valid-days", "0"), "a day at least"),
        (("--valid-days", "99999999"), "beyond the calendar"),
        (("--not-before", "tomorrow"), "YYYY-MM-DD"),
        (("--token", "x"), "has no [tokens.x]"),
        (("--passphrase", "hunter2hunter2"), "never as the passphrase"),
    ],
)
def test_what_cannot_be_created(keys: Command, options: tuple[str, ...], words: str) -> None:
    given = () if options[0] == "--algorithm" else ("--algorithm", "ed25519")
    answer = keys("create", *given, *options)
    assert answer.status in (2, 3)
    assert words in answer.err
    assert "hunter2" not in answer.err
    assert "there is no ledger here" not in answer.err, "nothing was kept"
    assert not answer.out
    assert listed(keys) == {}


def test_rotate_and_revoke(keys: Command) -> None:
    old = created(keys)
    rotated = keys("rotate", old, "--json").data["rotated"]
    new = rotated["new"]["key_id"]
    assert rotated["signed_by"] == [old, new]
    assert listed(keys)[new]["generation"] == 2
    answer = keys("revoke", new, "--reason", "compromised", "--since", "2026-01-01T00:00:00Z")
    assert answer.status == 0
    assert f"revoked {new}: compromised" in answer.out
    assert listed(keys)[new]["state"] == "compromised"
    again = keys("rotate", new)
    assert again.status == 3
    assert "is compromised since 2026-01-01T00:00:00Z" in again.err


def test_keys_by_the_beginning_of_their_names(keys: Command) -> None:
    first = created(keys)
    assert "its id is empty" in keys("revoke", "", "--reason", "retired").err.lower()
    created(keys, "--tenant", "lab")
    assert "beginning of several keys" in keys("revoke", "ed25519", "--reason", "retired").err
    assert "there is no key `rsa`" in keys("revoke", "rsa", "--reason", "retired").err
    assert keys("revoke", first.partition(":")[2][:6], "--reason", "retired").status == 0


@pytest.mark.parametrize("reason", ["stolen", ""])
def test_reasons(keys: Command, reason: str) -> None:
    answer = keys("revoke", created(keys), "--reason", reason)
    assert answer.status == 3
    assert "known are compromised, superseded, lost, retired" in answer.err


def test_since_an_entry_needs_a_ledger(keys: Command, in_workspace: Path) -> None:
    from qlang.trust.ledger.store import open_ledger

    key = created(keys)
    revoke = ("revoke", key, "--reason", "compromised", "--since-entry", "0")
    assert "needs a ledger" in keys(*revoke).err
    path = in_workspace / "ledger.sqlite"
    with open_ledger(path):
        pass
    assert "has no entry 0" in keys(*revoke, "--ledger", path).err
    created(keys, "--tenant", "lab", "--ledger", path)
    assert keys(*revoke, "--ledger", path).status == 0
    with open_ledger(path, create=False) as ledger:
        assert [entry.kind for entry in ledger.entries(0, ledger.size())] == ["key-created", "key-revoked"]


def test_public_keys_travel(keys: Command, in_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = created(keys)
    new = keys("rotate", first, "--json").data["rotated"]["new"]["key_id"]
    assert keys("export-public", "for-bob").status == 0
    (in_workspace / "bob").mkdir()
    monkeypatch.setenv("HOME", str(in_workspace / "bob"))
    answer = keys("import-public", "for-bob")
    assert answer.status == 0
    assert "trusted: 2 keys, 3 events" in answer.out
    assert f"{first}\n  SHA-256 {first.partition(':')[2]}" in answer.out
    entries = listed(keys)
    assert {name: entry["here"] for name, entry in entries.items()} == {first: False, new: False}
    assert "trusted: 0 keys, 0 events" in keys("import-public", "for-bob").out


def test_a_forged_event_is_not_taken_in(keys: Command, in_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = created(keys)
    keys("revoke", key, "--reason", "retired")
    keys("export-public", "public")
    (event,) = (in_workspace / "public").glob("*.revoked.*")
    value = json.loads(event.read_text())
    value["signatures"][0]["sig"] = "A" * 86 + "=="
    event.write_text(json.dumps(value, separators=(",", ":"), sort_keys=True))
    assert "trusted: 0 keys, 0 events" in keys("import-public", event).out
    assert listed(keys)[key]["state"] == "revoked", "the genuine event stands"
    (in_workspace / "bob").mkdir()
    monkeypatch.setenv("HOME", str(in_workspace / "bob"))
    answer = keys("import-public", "public")
    assert answer.status == 0
    assert "not believed: revoked" in answer.err
    assert "trusted: 1 keys, 1 events" in answer.out
    (in_workspace / "public" / "bad.pub.pem").write_text("nothing")
    broken = keys("import-public", "public")
    assert broken.status == 1
    assert "nothing was imported" in broken.err


def test_a_backup_says_which_passphrase_it_lacks(keys: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    created(keys)
    monkeypatch.setenv("STORE", "correct horse battery")
    monkeypatch.setattr("qlang.trust.secret_sources.has_terminal", lambda: False)
    answer = keys("backup", "keys.backup", "--passphrase", "env:STORE")
    assert answer.status == 3
    assert "`--backup-passphrase` names" in answer.err


def test_backup_and_restore(keys: Command, in_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHT", "correct horse battery")
    monkeypatch.setenv("WRONG", "correct horse batterx")
    key = created(keys)
    assert keys("backup", "keys.backup", "--backup-passphrase", "env:RIGHT").out == "keys.backup: 1 keys\n"
    (in_workspace / "elsewhere").mkdir()
    monkeypatch.setenv("HOME", str(in_workspace / "elsewhere"))
    wrong = keys("restore", "keys.backup", "--backup-passphrase", "env:WRONG")
    assert wrong.status == 3
    assert "wrong passphrase of the backup" in wrong.err
    assert listed(keys) == {}
    assert keys("restore", "keys.backup", "--backup-passphrase", "env:RIGHT").status == 0
    assert keys("rotate", key).status == 0


def test_a_passphrase_for_the_store(keys: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHRASE", "correct horse battery")
    monkeypatch.setattr("qlang.trust.secret_sources.has_terminal", lambda: False)
    key = created(keys)
    assert keys("protect", "--new-passphrase", "env:PHRASE").status == 0
    assert "no terminal" in keys("rotate", key).err
    assert keys("rotate", key, "--passphrase", "env:PHRASE").status == 0
    assert keys("protect", "--unlock-secret", "--passphrase", "env:PHRASE").status == 0
    assert keys("probe").status == 0


def test_probe(keys: Command) -> None:
    key = created(keys)
    report = keys("probe", key, "--json").data
    assert report["ok"]
    (probe,) = report["probes"]
    assert probe["verdict"] == probe["recorded"] == "non_extractable: not claimed"
    assert [attempt["yielded"] for attempt in probe["attempts"]] == [True]
    assert "yielded" in keys("probe").out


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")
@pytest.mark.parametrize(("typed", "status"), [(b"n\n", 3), (b"\n", 3), (b"y\n", 0)])
def test_a_terminal_is_asked(keys: Command, typed: bytes, status: int) -> None:
    key = created(keys)
    terminal, its_end = os.openpty()
    command = [sys.executable, "-m", "qlang.compiler.cli", "keys", "revoke", key, "--reason", "retired"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        command, stdin=its_end, stderr=its_end, stdout=subprocess.PIPE, env=environment, close_fds=True
    )
    os.close(its_end)
    os.write(terminal, typed)
    process.communicate(timeout=60)
    os.close(terminal)
    assert process.returncode == status
    store = Path.home() / ".qlang" / "keys"
    assert len(list(store.glob("*.revoked.*"))) == (1 if status == 0 else 0)


def test_a_damaged_store_is_a_sentence(keys: Command, in_workspace: Path) -> None:
    created(keys)
    (path,) = (in_workspace.parent / "own-home" / ".qlang" / "keys").glob("*.key.json")
    path.write_bytes(path.read_bytes()[:50])
    answer = keys("list")
    assert answer.status == 3
    assert "is damaged" in answer.err
    assert "Traceback" not in answer.err
