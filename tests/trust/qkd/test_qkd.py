"""The client of ETSI GS QKD 014 against a simulator, and its configuration."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qkdsec.client import ETSI014Client

from qlang.trust.crypto_modes import ECDSA_P256
from qlang.trust.errors import QkdConfigError, QkdUnavailable
from qlang.trust.qkd.client import KmeClient, probe
from qlang.trust.qkd.config import configured
from qlang.trust.qkd.source import KmeSource
from qlang.trust.sealing.recipients import create_recipient_key, recipient_secret
from qlang.trust.sealing.seal import seal_file
from qlang.trust.sealing.unseal import unseal
from qlang.trust.secret_files import SecretStore
from qlang.trust.tls.certificates import CLIENT, Validity, issue
from tests.trust.qkd.conftest import CONFIG, Papers, Site
from tests.trust.tls.parties import key_pem, pem

KEY_ID = "550e8400-e29b-41d4-a716-446655440000"


def test_both_sides_get_the_same_keys_once(site: Site) -> None:
    master, slave = KmeClient(site.config("sae-a")), KmeClient(site.config("sae-b"))
    keys = master.new_keys(3)
    assert len({key.value for key in keys}) == 3
    assert {len(key.value) for key in keys} == {32}
    ids = [key.key_id for key in reversed(keys)]
    assert slave.keys_by_id(ids) == tuple(reversed(keys))
    with pytest.raises(QkdUnavailable, match="status 400"):
        slave.keys_by_id(ids[:1])


def test_a_probe_says_what_the_kme_has_and_what_it_is(site: Site) -> None:
    status = probe(site.config())
    assert (status.kind, status.stored_key_count, status.source_kme) == ("simulator", 100, "simulator-a")
    assert probe(site.config(), need=100) == replace(status, probed_at=probe(site.config()).probed_at)


@pytest.mark.parametrize(("stored", "need"), [(1, 1), (0, 1), (50, 51)])
def test_too_few_keys_are_none(site: Site, stored: int, need: int) -> None:
    site.simulator.stored = stored
    with pytest.raises(QkdUnavailable, match=f"QKD_UNAVAILABLE: the KME has {stored} keys, {max(need, 2)} are needed"):
        probe(site.config(), need)
    with pytest.raises(QkdUnavailable):
        KmeSource(replace(site.config(), minimum_stored_keys=max(need, 2))).fresh()
    assert not site.simulator.keys


def test_a_kme_that_is_away_is_unavailable(site: Site) -> None:
    config = replace(site.config(), port=1)
    with pytest.raises(QkdUnavailable, match="KME at localhost port 1: ConnectionRefusedError") as caught:
        probe(config)
    assert caught.value.code == "QKD_UNAVAILABLE"


def test_a_kme_under_another_root_or_name_is_unavailable(site: Site) -> None:
    config = site.config()
    with pytest.raises(QkdUnavailable, match="certificate"):
        probe(replace(config, ca=config.ca.with_name("stranger.pem")))
    with pytest.raises(QkdUnavailable, match=r"127\.0\.0\.1"):
        probe(replace(config, host="127.0.0.1"))
    assert not site.simulator.requests


def test_an_sae_that_the_kme_does_not_know_gets_nothing(site: Site) -> None:
    with pytest.raises(QkdUnavailable):
        probe(site.config("sae-x"))
    assert not site.simulator.requests


@pytest.mark.parametrize("name", ["ca.pem", "sae-a.pem", "sae-a.key.json"])
def test_a_missing_file_is_unavailable(site: Site, name: str) -> None:
    with pytest.raises(QkdUnavailable, match="absent"):
        probe(site.config(change=lambda text: text.replace(name, f"absent-{name}")))


def _answer(status: int, body: Any) -> Callable[[str, int, Any], tuple[int, Any]]:
    return lambda path, found, content: (status, body)


def _changed(**members: Any) -> Callable[[str, int, Any], tuple[int, Any]]:
    def change(path: str, status: int, body: Any) -> tuple[int, Any]:
        changed = {**body, **members}
        return status, {name: value for name, value in changed.items() if value is not ...}

    return change


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (_answer(503, {"message": "out of service"}), "status 503: 'out of service'"),
        (_answer(401, {"message": 5}), "status 401$"),
        (_answer(401, {"message": "\x1b[2J" + "x" * 9999}), r"status 401: '\\x1b\[2Jx{196}'$"),
        (_answer(302, {}), "status 302"),
        (_answer(200, b"<html>"), "not in JSON"),
        (_answer(200, b'{"a":1,"a":2}'), "duplicate key"),
        (_answer(200, b"[" * 100_000), "nested deeper"),
        (_answer(200, b" " * (1 << 20) + b"{}"), "larger than 1048576"),
        (_answer(200, []), "not a JSON object"),
        (_changed(stored_key_count="100"), "no stored_key_count, or not as a number"),
        (_changed(stored_key_count=True), "no stored_key_count"),
        (_changed(stored_key_count=-1), "no stored_key_count"),
        (_changed(stored_key_count=1e3), "no stored_key_count"),
        (_changed(source_KME_ID=...), "no source_KME_ID"),
        (_changed(slave_SAE_ID="sae-c"), "answers for another slave_SAE_ID"),
        (_changed(master_SAE_ID="sae-c"), "answers for another master_SAE_ID"),
        (_changed(max_key_size=128), "keys of 64 to 128 bits"),
        (_changed(min_key_size=512), "keys of 512 to 1024 bits"),
    ],
)
def test_a_status_that_is_not_one_is_unavailable(site: Site, answer: Any, reason: str) -> None:
    site.simulator.answer = answer
    with pytest.raises(QkdUnavailable, match=reason):
        probe(site.config())
    assert len(site.simulator.requests) == 1  # no redirect is followed, nothing is tried again


def _keys(*keys: Any) -> Callable[[str, int, Any], tuple[int, Any]]:
    return _answer(200, {"keys": list(keys)})


def _item(key: bytes = bytes(32), key_id: str = KEY_ID) -> dict[str, str]:
    return {"key_ID": key_id, "key": base64.b64encode(key).decode()}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (_keys(), "gave 0 keys where 1"),
        (_keys(_item(), _item(b"1" * 32, KEY_ID.replace("5", "6"))), "gave 2 keys where 1"),
        (_keys(_item(bytes(31))), "248 bits, not of 256"),
        (_keys(_item(bytes(64))), "512 bits"),
        (_keys(_item(key_id="1")), "not a UUID"),
        (_keys(_item(key_id="../../etc/passwd")), "not a UUID"),
        (_keys({"key_ID": KEY_ID}), "without an id"),
        (_keys({"key_ID": KEY_ID, "key": "secretsecret!"}), "not base64"),
        (_keys("text"), "without an id"),
        (_answer(200, {"keys": "x"}), "no list of keys"),
        (_answer(200, {}), "no list of keys"),
        (_keys(*[_item()] * 200), "no list of keys"),
        (_answer(503, {"message": "no keys"}), "status 503"),
    ],
)
def test_keys_that_are_none_are_unavailable_and_not_shown(site: Site, answer: Any, reason: str) -> None:
    site.simulator.answer = answer
    with pytest.raises(QkdUnavailable, match=reason) as caught:
        KmeClient(site.config()).new_keys()
    assert "secret" not in str(caught.value)


def test_a_key_is_never_taken_twice(site: Site) -> None:
    client = KmeClient(site.config())
    site.simulator.answer = _keys(_item(), _item())
    with pytest.raises(QkdUnavailable, match="gave a key twice"):
        client.new_keys(2)
    site.simulator.answer = _keys(_item(), _item(key_id=KEY_ID.replace("5", "6")))
    with pytest.raises(QkdUnavailable, match="gave a key twice"):  # two ids, one value
        client.new_keys(2)
    site.simulator.answer = _keys(_item())
    assert client.new_keys()[0].key_id == KEY_ID
    with pytest.raises(QkdUnavailable, match="gave a key twice"):
        client.new_keys()


def test_other_keys_than_asked_for_are_refused(site: Site) -> None:
    site.simulator.answer = _keys(_item(key_id=KEY_ID.replace("5", "6")))
    with pytest.raises(QkdUnavailable, match="other keys than were asked for"):
        KmeClient(site.config("sae-b")).keys_by_id([KEY_ID])
    with pytest.raises(QkdUnavailable, match="is not a UUID"):
        KmeClient(site.config("sae-b")).keys_by_id(["../status"])


def test_a_kme_that_drips_is_cut_off_in_time(site: Site) -> None:
    """Each byte comes within the time for one reading; the whole does not."""
    site.simulator.drip = 0.05
    begin = time.monotonic()
    with pytest.raises(QkdUnavailable):
        probe(replace(site.config(), timeout=0.5))
    assert time.monotonic() - begin < 8, "the whole answer takes longer"


def test_no_key_is_in_words_or_representations(site: Site) -> None:
    (key,) = KmeClient(site.config()).new_keys()
    for text in (repr(key), str(key)):
        assert key.key_id in text
        assert key.value.hex() not in text and repr(key.value) not in text


_MEMBERS = st.sampled_from(["keys", "key_ID", "key", "stored_key_count", "message"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_MEMBERS, inner, max_size=3),
    max_leaves=8,
)


@given(_JSON)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_answered_with_unavailable(site: Site, body: Any) -> None:
    site.simulator.answer = _answer(200, json.dumps(body).encode())
    for ask in (lambda: probe(site.config()), lambda: KmeClient(site.config()).new_keys()):
        with pytest.raises(QkdUnavailable):
            ask()


def test_a_file_is_sealed_on_one_side_and_opened_on_the_other(site: Site, tmp_path: Path) -> None:
    store = SecretStore()
    key = create_recipient_key("mlkem768-x25519", store)
    (tmp_path / "data").write_bytes(b"over the quantum link")
    sealed = seal_file(
        tmp_path / "data", tmp_path / "sealed", [key], crypto_mode="qkd", qkd=KmeSource(site.config("sae-a"))
    )
    assert sealed.header.qkd is not None
    assert sealed.header.qkd.kme == "simulator"
    slave = KmeSource(site.config("sae-b"))
    unseal(tmp_path / "sealed", tmp_path / "out", lambda key_id: recipient_secret(key_id, store), qkd=slave)
    assert (tmp_path / "out").read_bytes() == b"over the quantum link"
    with pytest.raises(QkdUnavailable):
        unseal(tmp_path / "sealed", tmp_path / "again", lambda key_id: recipient_secret(key_id, store), qkd=slave)
    assert not (tmp_path / "again").exists()


def test_without_the_kme_nothing_is_sealed(site: Site, tmp_path: Path) -> None:
    key = create_recipient_key("mlkem768-x25519", SecretStore())
    (tmp_path / "data").write_bytes(b"x")
    site.simulator.stored = 0
    with pytest.raises(QkdUnavailable):
        seal_file(tmp_path / "data", tmp_path / "sealed", [key], crypto_mode="qkd", qkd=KmeSource(site.config()))
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


def test_a_client_that_others_wrote_agrees_with_the_simulator_and_with_ours(
    site: Site, papers: Papers, tmp_path: Path
) -> None:
    """Otherwise client and simulator could share one misreading of the specification."""
    clients = {}
    for sae in ("sae-a", "sae-b"):
        identity = issue(papers.root, ECDSA_P256, (sae,), CLIENT, Validity.days(1))
        (tmp_path / f"{sae}.pem").write_text(pem(identity))
        (tmp_path / f"{sae}.key").write_text(key_pem(identity))
        clients[sae] = ETSI014Client(
            f"https://localhost:{site.simulator.port}",
            client_cert=(str(tmp_path / f"{sae}.pem"), str(tmp_path / f"{sae}.key")),
            verify=str(papers.folder / "ca.pem"),
        )
    status = clients["sae-a"].status("sae-b")
    assert status.stored_key_count == probe(site.config()).stored_key_count == 100
    (theirs,) = clients["sae-a"].get_enc_keys("sae-b", number=1, size=256, method="POST")
    (fetched,) = KmeClient(site.config("sae-b")).keys_by_id([theirs.key_id])
    assert fetched.value == theirs.key
    (ours,) = KmeClient(site.config("sae-a")).new_keys()
    (found,) = clients["sae-b"].get_dec_keys("sae-a", key_ids=[ours.key_id])
    assert found.key == ours.value
    for client in clients.values():
        client.close()


def test_no_file_and_no_section_configure_nothing(tmp_path: Path) -> None:
    assert configured(tmp_path / "absent.toml") is None
    (tmp_path / "q.toml").write_text("[other]\nx = 1\n")
    assert configured(tmp_path / "q.toml") is None


def test_a_configuration_is_read(tmp_path: Path) -> None:
    (tmp_path / "q.toml").write_text(CONFIG.format(port=8443, sae="sae-a"))
    config = configured(tmp_path / "q.toml")
    assert config is not None
    assert (config.host, config.port, config.kind, config.minimum_stored_keys) == ("localhost", 8443, "simulator", 2)
    assert config.ca == tmp_path / "ca.pem"
    text = CONFIG.format(port=1, sae="a").replace("localhost:1", "[::1]").replace("minimum_stored_keys = 2\n", "")
    (tmp_path / "q.toml").write_text(text)
    config = configured(tmp_path / "q.toml")
    assert config is not None
    assert (config.host, config.port, config.minimum_stored_keys) == ("::1", 443, 1)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("https://", "http://", "url"),
        ("localhost:8443", "localhost:99999", "url"),
        ("localhost:8443", "user:password@localhost", "url"),
        ("localhost:8443", "localhost/../x", "url"),
        ('"sae-b"', '"sae-a"', "slave_sae"),
        ('"sae-b"', '"a/../b"', "slave_sae"),
        ('master_sae = "sae-a"', "", "master_sae"),
        ('"simulator"', '"real"', "kind"),
        ("minimum_stored_keys = 2", "minimum_stored_keys = 0", "minimum_stored_keys"),
        ("minimum_stored_keys = 2", "minimum_stored_keys = 1.5", "minimum_stored_keys"),
        ("minimum_stored_keys = 2", "minimum_stored_keys = true", "minimum_stored_keys"),
        ("timeout_seconds = 5", "timeout_seconds = nan", "timeout_seconds"),
        ("timeout_seconds = 5", "timeout_seconds = 1000", "timeout_seconds"),
        ("timeout_seconds = 5", "fallback = true", "fallback"),
        ("[qkd]", "qkd = 1\n[x]", ""),
        ("[qkd]", "[qkd", ""),
    ],
)
def test_a_wrong_configuration_names_its_member(tmp_path: Path, old: str, new: str, key: str) -> None:
    path = tmp_path / "q.toml"
    text = CONFIG.format(port=8443, sae="sae-a")
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(QkdConfigError) as caught:
        configured(path)
    assert caught.value.key == key
    assert str(path) in str(caught.value)
