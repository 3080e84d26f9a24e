"""Asking before a run: the same verdict as when it is signed, and nothing signed."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from qlang.trust.canonical import Json, canonical_json, sha256_digest
from qlang.trust.errors import CustodyError, KeyRefused, ManifestError, PolicyRefused, QkdUnavailable, TrustError
from qlang.trust.keys.life import create_key, revoke_key
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.ring import development_ring
from qlang.trust.keys.unlocking import protect
from qlang.trust.keys.wrapping import LEAST
from qlang.trust.ledger.store import open_reader
from qlang.trust.policy.model import POLICY_FILE
from qlang.trust.policy.questions import Peer
from qlang.trust.signing import protocol
from qlang.trust.signing.child import ChildSigner
from qlang.trust.signing.dispatch import reply_to
from qlang.trust.signing.intent import SigningIntent, intent_json, parse_intent
from qlang.trust.signing.launch import spawned
from qlang.trust.signing.opening import open_service
from qlang.trust.signing.peer import own_peer
from qlang.trust.signing.setup import SignerSetup
from tests.trust.signing.conftest import HYBRID, request_of

INTENT = SigningIntent("default", "hybrid", HYBRID, "sim")


@pytest.fixture
def own(tmp_path: Path) -> SignerSetup:
    """A signer's setup whose key store is its own."""
    return SignerSetup(tmp_path, tmp_path / "ledger.sqlite", KeyPaths(tmp_path / "keys", tmp_path / "state"))


def kinds(setup: SignerSetup) -> list[str]:
    with open_reader(setup.ledger) as ledger:
        return [entry.kind for entry in ledger.entries()]


def prepared(setup: SignerSetup, **changes: object) -> None:
    with open_service(setup) as service:
        service.prepare(replace(INTENT, **changes), own_peer())  # type: ignore[arg-type]  # names vary


def test_keys_are_there_and_nothing_is_signed(own: SignerSetup) -> None:
    prepared(own)
    assert set(kinds(own)) == {"policy", "key-created"}
    records = development_ring(own.keys).contents().records
    assert sorted(record.spec.algorithm for record in records) == ["ed25519", "ed25519", "ml-dsa-44", "ml-dsa-65"]
    prepared(own)
    with open_service(own) as service:
        service.sign_manifest(request_of("r1"), own_peer())
    assert kinds(own).count("key-created") == 4, "the same keys sign"


RULES = {
    "modes = ['classical']": PolicyRefused,
    "backends = ['ibm.*']": PolicyRefused,
    "algorithms = ['ed25519']": PolicyRefused,
    "production = true": PolicyRefused,
    "signers = ['nobody here']": PolicyRefused,
    "max_calibration_age = '1d'": PolicyRefused,
    "keys = ['ed25519:0123456789abcdef']": PolicyRefused,
}


@pytest.mark.parametrize("rule", RULES)
def test_what_the_policy_would_refuse_is_refused_now(own: SignerSetup, rule: str) -> None:
    """With the reasons of then, and an entry for it; no key is made for it."""
    (own.policy_folder / POLICY_FILE).write_text(f"schema = 1\n[defaults]\n{rule}\n")
    with pytest.raises(RULES[rule]) as before:
        prepared(own, backend_id="sim like ibm.fez", calibration_at="2020-01-01T00:00:00Z")
    assert rule.partition(" ")[0] in str(before.value)
    assert kinds(own) == ["policy", "refusal"]
    with open_reader(own.ledger) as ledger:
        policy, refusal = (entry.body for entry in ledger.entries())
    intent = replace(INTENT, backend_id="sim like ibm.fez", calibration_at="2020-01-01T00:00:00Z")
    assert {name: refusal[name] for name in ("tenant", "crypto_mode", "algorithms", "backend_id")} == {
        name: value for name, value in intent_json(intent).items() if name != "calibration_at"
    }
    assert refusal["request_digest"] == sha256_digest(canonical_json(intent_json(intent)))
    assert refusal["policy_digest"] == policy["policy_digest"]
    assert not own.keys.store.exists() or not development_ring(own.keys).contents().records


def test_a_tenant_that_is_not_listed(own: SignerSetup) -> None:
    (own.policy_folder / POLICY_FILE).write_text("schema = 1\n[tenants.lab]\n")
    with pytest.raises(PolicyRefused, match="not listed"):
        prepared(own)
    prepared(own, tenant="lab")


def test_a_revoked_key(own: SignerSetup) -> None:
    ring = development_ring(own.keys)
    record = create_key(ring, "ml-dsa-65", "run-manifest", "default")
    revoke_key(ring, record.public, "retired")
    with pytest.raises(KeyRefused, match="retired"):
        prepared(own)
    assert kinds(own)[-1] == "refusal"


def test_a_mode_without_its_kme(own: SignerSetup) -> None:
    with pytest.raises(QkdUnavailable):
        prepared(own, crypto_mode="qkd")


class Known:
    """A passphrase for tests."""

    def read(self, question: str, *, new: bool = False) -> bytes:
        return b"correct horse"


@pytest.mark.skipif(sys.platform == "win32", reason="a child on pipes that inherits the environment")
def test_a_wrong_passphrase_is_met_by_the_child_before_the_run(
    own: SignerSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(own)
    protect(own.keys, None, Known(), LEAST)
    monkeypatch.setenv("QLANG_TEST_PASSPHRASE", "wrong horse")
    setup = replace(own, passphrase="env:QLANG_TEST_PASSPHRASE")
    with ChildSigner(setup, spawned) as signer, pytest.raises(CustodyError, match="wrong passphrase"):
        signer.prepare(INTENT)
    assert kinds(own)[-1] == "refusal"
    monkeypatch.setenv("QLANG_TEST_PASSPHRASE", "correct horse")
    with ChildSigner(setup, spawned) as signer:
        signer.prepare(INTENT)
        assert signer.sign_manifest(request_of("r1")).ledger_index > 0


def asked(setup: SignerSetup, intent: Json, peer: Peer | None) -> Json:
    frame = canonical_json({"protocol": protocol.PROTOCOL, "verb": "prepare", "request": intent})
    with open_service(setup) as service:
        return protocol.parse_answer_frame(reply_to(service, frame, peer).data)


def test_the_answer_holds_nothing_but_yes(own: SignerSetup) -> None:
    assert asked(own, intent_json(INTENT), own_peer()) == {"ready": True}
    assert parse_intent(intent_json(INTENT)) == INTENT
    with pytest.raises(PolicyRefused, match="no `signers` are named"):
        asked(own, intent_json(INTENT), Peer(54321, "mallory"))


BAD: list[Json] = [
    None,
    [],
    {},
    {**intent_json(INTENT), "payload": "AA=="},
    {**intent_json(INTENT), "algorithms": []},
    {**intent_json(INTENT), "algorithms": ["ed25519", "ed25519"]},
    {**intent_json(INTENT), "algorithms": [f"a{number}" for number in range(9)]},
    {**intent_json(INTENT), "tenant": 7},
    {**intent_json(INTENT), "backend_id": "x" * 2000},
]


@pytest.mark.parametrize("intent", BAD, ids=lambda intent: str(intent)[:50])
def test_a_malformed_intent_is_refused_and_audited(own: SignerSetup, intent: Json) -> None:
    with pytest.raises(TrustError) as caught:
        asked(own, intent, own_peer())
    assert isinstance(caught.value, ManifestError)
    assert kinds(own) == ["policy", "refusal"]


@pytest.mark.parametrize("changes", [{"crypto_mode": "rot13"}, {"algorithms": ("rot13",)}])
def test_what_nobody_knows_is_refused(own: SignerSetup, changes: dict[str, object]) -> None:
    with pytest.raises(TrustError):
        prepared(own, **changes)
    assert kinds(own)[-1] == "refusal"
