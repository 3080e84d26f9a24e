"""The command with keys in a real SoftHSM2 token, under a policy that takes no others."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from qlang.trust.custody import ENFORCED
from qlang.trust.token.session import close_tokens
from tests.trust.token.conftest import LABEL, PIN, PIN_VARIABLE

POLICY = """schema = 1
[defaults]
production = true
custody = ["token-native", "token-wrapped"]
sign.hybrid = ["ecdsa-p256", "ml-dsa-65"]
[tokens.lab]
module = "{module}"
label = "{label}"
pin = "env:{variable}"
"""


@pytest.fixture
def project(soft, qlangc, in_workspace, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    text = POLICY.format(module=soft.module, label=LABEL, variable=PIN_VARIABLE)
    (in_workspace / "qlang-policy.toml").write_text(text)
    (in_workspace / "qlang.toml").touch()
    example = Path(__file__).parents[3] / "examples" / "ising.qjob"
    (in_workspace / "job.qjob").write_text(example.read_text())
    return in_workspace


def test_a_run_is_signed_by_keys_of_a_token_or_not_at_all(project, qlangc, monkeypatch) -> None:
    refused = qlangc("run", "job.qjob")
    assert refused.status != 0 and not list((project / ".qlang" / "runs").glob("*/manifest.dsse.json"))
    for algorithm, custody, purpose in (
        ("ecdsa-p256", "token-native", "run-manifest"),
        ("ml-dsa-65", "token-wrapped", "run-manifest"),
        ("ed25519", "token-wrapped", "ledger-checkpoint"),
        ("ml-dsa-44", "token-wrapped", "ledger-checkpoint"),
    ):
        made = qlangc("keys", "create", "--custody", custody, "--algorithm", algorithm, "--purpose", purpose)
        assert made.status == 0, made.err
    close_tokens()
    assert qlangc("run", "job.qjob").status == 0
    (manifest,) = (project / ".qlang" / "runs").glob("*/manifest.dsse.json")
    predicate = json.loads(base64.b64decode(json.loads(manifest.read_text())["payload"]))["predicate"]
    stated = {key["algorithm"]: (key["custody"], key["probe"]["verdict"]) for key in predicate["keys"]}
    assert stated == {"ecdsa-p256": ("token-native", ENFORCED), "ml-dsa-65": ("token-wrapped", ENFORCED)}

    probed = qlangc("keys", "probe", "--json").data
    assert probed["ok"] and len(probed["probes"]) == 4
    found = {finding["name"]: finding for finding in qlangc("doctor", "--json").data["findings"]}
    assert found["token lab"]["state"] == "ok"
    keys = [finding["detail"] for name, finding in found.items() if name.startswith("key ") and ":" in name]
    assert keys == 4 * ["non_extractable: enforced (probed now)"]

    monkeypatch.setenv(PIN_VARIABLE, "a wrong PIN")
    close_tokens()
    wrong = qlangc("run", "job.qjob")
    assert wrong.status != 0 and "the PIN is wrong" in wrong.err and "a wrong PIN" not in wrong.err
    shown = qlangc("ledger", "show")
    assert "refusal" in shown.out and "the PIN is wrong" in shown.out
    for path in project.rglob("*"):
        assert not path.is_file() or b"a wrong PIN" not in path.read_bytes()


def made(qlangc, *more: str) -> list[str]:
    """Ids of the keys that a run under POLICY needs."""
    keys = []
    for algorithm, custody, purpose in (
        ("ecdsa-p256", "token-native", "run-manifest"),
        ("ml-dsa-65", "token-wrapped", "run-manifest"),
        ("ed25519", "token-wrapped", "ledger-checkpoint"),
        ("ml-dsa-44", "token-wrapped", "ledger-checkpoint"),
    ):
        options = ("--custody", custody, "--algorithm", algorithm, "--purpose", purpose, *more)
        (key,) = qlangc("keys", "create", *options, "--json").data["created"]
        keys.append(key["key_id"])
    return keys


def reasons(qlangc) -> list[str]:
    entries = qlangc("ledger", "show", "--json").data["entries"]
    return [reason for entry in entries if entry["kind"] == "refusal" for reason in entry["body"]["reasons"]]


def test_what_refuses_a_run_does_so_before_it(project, soft, qlangc, monkeypatch) -> None:
    """Nothing is executed, so nothing lies in the folder of runs; and every refusal is in the ledger."""

    def refused(words: str) -> None:
        close_tokens()
        answer = qlangc("run", "job.qjob")
        assert answer.status == 3
        assert words in answer.err
        assert not (project / ".qlang" / "runs").exists(), "nothing was executed"
        assert words in reasons(qlangc)[-1]

    made(qlangc)
    monkeypatch.setenv(PIN_VARIABLE, "a wrong PIN")
    refused("the PIN is wrong")
    monkeypatch.delenv(PIN_VARIABLE)
    refused(f"environment variable {PIN_VARIABLE}")
    monkeypatch.setenv(PIN_VARIABLE, PIN)
    soft.folder.rename(soft.folder.with_name("taken-out"))
    soft.folder.mkdir()
    refused("has no token with the label")
    soft.folder.rmdir()
    soft.folder.with_name("taken-out").rename(soft.folder)
    close_tokens()
    (ecdsa,) = [key for key in qlangc("keys", "list", "--json").data["keys"] if key["algorithm"] == "ecdsa-p256"]
    assert qlangc("keys", "revoke", ecdsa["key_id"], "--reason", "retired").status == 0
    refused("retired")
    assert qlangc("keys", "create", "--custody", "token-native", "--algorithm", "ecdsa-p256").status == 0
    close_tokens()
    assert qlangc("run", "job.qjob").status == 0


def test_an_expired_key_refuses_a_run_before_it(project, qlangc) -> None:
    made(qlangc, "--not-before", "2020-01-01T00:00:00Z", "--valid-days", "1")
    close_tokens()
    answer = qlangc("run", "job.qjob")
    assert answer.status == 3 and "2020-01-02" in answer.err
    assert not (project / ".qlang" / "runs").exists()


def test_a_wrong_pin_of_keys_create_is_in_the_ledger(project, qlangc, monkeypatch) -> None:
    made(qlangc)
    close_tokens()
    assert qlangc("run", "job.qjob").status == 0, "now there is a ledger"
    before = len(reasons(qlangc))
    monkeypatch.setenv(PIN_VARIABLE, "a wrong PIN")
    close_tokens()
    answer = qlangc("keys", "create", "--custody", "token-native", "--algorithm", "rsa-pss-3072")
    assert answer.status == 3 and "the PIN is wrong" in answer.err
    assert reasons(qlangc)[before:] == ["token qlang test: the PIN is wrong"]
    assert qlangc("ledger", "verify", "--deep").status == 0
    for path in project.rglob("*"):
        assert not path.is_file() or b"a wrong PIN" not in path.read_bytes()
