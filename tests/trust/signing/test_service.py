"""The signer's core: what it signs, what it refuses, and that every refusal is in the ledger."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qlang.trust.algorithms import signature_fault
from qlang.trust.canonical import sha256_digest
from qlang.trust.custody import DEFAULT_TENANT, DEVELOPMENT, RUN_MANIFEST
from qlang.trust.envelope import pae, parse_envelope
from qlang.trust.errors import (
    CustodyError,
    KeyRefused,
    ManifestError,
    PolicyError,
    PolicyRefused,
    QkdUnavailable,
    RequestConflict,
)
from qlang.trust.keys.life import Validity, create_key, revoke_key
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.ring import development_ring
from qlang.trust.keys.user import user_ring
from qlang.trust.ledger.deep import check_ledger_file
from qlang.trust.ledger.entries import entry_data
from qlang.trust.ledger.merkle import leaf_hash
from qlang.trust.ledger.notes import log_key
from qlang.trust.ledger.proof import parse_proof, verify_proof
from qlang.trust.ledger.store import open_ledger, open_reader
from qlang.trust.manifest import QkdGate, Statement, ledger_body, parse_statement
from qlang.trust.policy.load import load_policy
from qlang.trust.policy.model import POLICY_FILE
from qlang.trust.policy.questions import Peer
from qlang.trust.signing.opening import PolicySource, open_service
from qlang.trust.signing.peer import own_peer
from qlang.trust.signing.request import SignedManifest
from qlang.trust.signing.service import SigningService
from qlang.trust.signing.setup import SignerSetup
from tests.trust.signing.conftest import HYBRID, request_of


def statement_of(signed: SignedManifest) -> Statement:
    return parse_statement(parse_envelope(signed.envelope).payload)


def entries(setup: SignerSetup, kind: str) -> list[Mapping[str, Any]]:
    with open_reader(setup.ledger) as ledger:
        return [entry.body for entry in ledger.entries(kind=kind)]


def reasons(setup: SignerSetup) -> str:
    return "; ".join(entries(setup, "refusal")[-1]["reasons"])


def test_a_manifest_is_signed_recorded_and_provable(service: SigningService, setup: SignerSetup) -> None:
    service.sign_manifest(request_of("r0"))
    signed = service.sign_manifest(request_of("r1"), own_peer())
    envelope = parse_envelope(signed.envelope)
    predicate = statement_of(signed).predicate
    assert sha256_digest(envelope.payload) == signed.manifest_digest
    assert [key.public.algorithm for key in predicate.keys] == list(HYBRID)
    for key, signature in zip(predicate.keys, envelope.signatures, strict=True):
        assert key.public.key_id == signature.key_id
        assert signature_fault(key.public, pae(envelope.payload), signature.value) is None
    assert predicate.ledger.index == signed.ledger_index
    proof = parse_proof(signed.receipt.encode())
    log = [
        log_key(predicate.ledger.origin, record.public)
        for record in development_ring(setup.keys).contents().records
        if record.spec.purpose == "ledger-checkpoint"
    ]
    leaf = leaf_hash(entry_data("run", ledger_body(predicate, signed.manifest_digest)))
    assert proof.index == signed.ledger_index
    signed_by = [one.key.public.algorithm for one in verify_proof(proof, leaf, log)]
    assert signed_by == ["ed25519", "ml-dsa-44"], "a key of each kind, so that every crypto mode is served"
    assert all(check.ok for check in check_ledger_file(setup.ledger, deep=True))


def test_the_same_request_gets_the_same_answer(setup: SignerSetup) -> None:
    with open_service(setup) as service:
        first = service.sign_manifest(request_of("r1"))
        service.sign_manifest(request_of("r2"))
        assert service.sign_manifest(request_of("r1")) == first
    with open_service(setup) as another:
        assert another.sign_manifest(request_of("r1")) == first
    assert [body["run_id"] for body in entries(setup, "run")] == ["r1", "r2"]


def test_another_request_of_the_same_run_is_refused_and_audited(service: SigningService, setup: SignerSetup) -> None:
    first = service.sign_manifest(request_of("r1"))
    with pytest.raises(RequestConflict) as caught:
        service.sign_manifest(request_of("r1", seed="2"), Peer(7, "ada"))
    assert caught.value.index == first.ledger_index
    (refusal,) = entries(setup, "refusal")
    assert (refusal["run_id"], refusal["peer"]) == ("r1", {"uid": 7, "user": "ada"})
    assert refusal["request_digest"] == request_of("r1", seed="2").digest


def test_keys_are_recorded_when_made_and_at_first_use(tmp_path: Path) -> None:
    fresh = SignerSetup(tmp_path, tmp_path / "ledger.sqlite", KeyPaths(tmp_path / "keys", tmp_path / "state"))
    with open_service(fresh) as service:
        for run_id in ("r0", "r1"):
            service.sign_manifest(request_of(run_id))
    with open_reader(fresh.ledger) as ledger:
        kinds = [entry.kind for entry in ledger.entries()]
    assert kinds.count("key-created") == kinds.count("key-use") == 4  # two for manifests, two for checkpoints
    assert kinds.index("key-created") < kinds.index("key-use") < kinds.index("run")
    assert (kinds[0], kinds.count("policy"), kinds.count("run")) == ("policy", 1, 2)


def test_a_policy_is_recorded_when_it_changes(service: SigningService, setup: SignerSetup) -> None:
    policy = setup.policy_folder / POLICY_FILE
    service.sign_manifest(request_of("r0"))
    policy.write_text('schema = 1\n[defaults]\nbackends = ["sim"]\n')
    second = statement_of(service.sign_manifest(request_of("r1"))).predicate.policy
    policy.unlink()
    service.sign_manifest(request_of("r2"))
    recorded = [body["policy_digest"] for body in entries(setup, "policy")]
    assert len(recorded) == 3 and recorded[0] == recorded[2] != recorded[1]
    assert (second.name, second.digest) == (POLICY_FILE, recorded[1])


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ('backends = ["ibm.*"]', "backend `sim`"),
        ("production = true", "no ed25519 key|custody `development`"),
        ('sign = { hybrid = ["ed25519", "ml-dsa-87"] }', "ml-dsa-87"),
        ('modes = ["pqc_required"]', "crypto mode `hybrid`"),
        ('signers = ["nobody-else"]', "nobody-else"),
        ('max_clock_difference = "1min"', "apart"),
    ],
)
def test_what_the_policy_forbids_is_refused_and_audited(
    service: SigningService, setup: SignerSetup, rules: str, words: str
) -> None:
    (setup.policy_folder / POLICY_FILE).write_text(f"schema = 1\n[defaults]\n{rules}\n")
    with pytest.raises((PolicyRefused, KeyRefused), match=words):
        service.sign_manifest(request_of("r1"), Peer(7, "ada"))
    assert entries(setup, "run") == []
    refusal = entries(setup, "refusal")[-1]
    assert refusal["peer"] == {"uid": 7, "user": "ada"}
    assert (refusal["tenant"], refusal["crypto_mode"], refusal["backend_id"]) == (DEFAULT_TENANT, "hybrid", "sim")
    assert refusal["algorithms"] == list(HYBRID)
    assert refusal["policy_digest"] == load_policy(setup.policy_folder / POLICY_FILE).digest


def test_a_policy_that_refuses_is_in_the_ledger_before_what_it_refused(
    service: SigningService, setup: SignerSetup
) -> None:
    """Once for each policy, while every attempt is a refusal of its own."""
    policy = setup.policy_folder / POLICY_FILE
    service.sign_manifest(request_of("r0"))
    for rule in ('["ibm.*"]', '["ionq.*"]'):
        policy.write_text(f"schema = 1\n[defaults]\nbackends = {rule}\n")
        for _ in range(2):
            with pytest.raises(PolicyRefused):
                service.sign_manifest(request_of("r1"))
    with open_reader(setup.ledger) as ledger:
        told = [(entry.kind, entry.body.get("policy_digest")) for entry in ledger.entries()]
    first, second = (digest for kind, digest in told[-6:] if kind == "policy")
    assert told[-6:] == [
        *[("policy", first), ("refusal", first), ("refusal", first)],
        *[("policy", second), ("refusal", second), ("refusal", second)],
    ]
    assert first != second


def test_a_policy_that_cannot_be_read_signs_nothing(service: SigningService, setup: SignerSetup) -> None:
    (setup.policy_folder / POLICY_FILE).write_text("schema = 1\n[defaults]\nbackend = 1\n")
    with pytest.raises(PolicyError):
        service.sign_manifest(request_of("r1"))
    assert "backend" in reasons(setup)
    assert entries(setup, "refusal")[-1]["policy_digest"] is None
    assert entries(setup, "policy") == []
    assert not service.accepts(Peer(0, "root"))


def test_only_its_owner_may_ask_where_the_policy_names_nobody(service: SigningService, setup: SignerSetup) -> None:
    with pytest.raises(PolicyRefused, match="user `ada`"):
        service.sign_manifest(request_of("r1"), Peer(7, "ada"))
    (setup.policy_folder / POLICY_FILE).write_text('schema = 1\n[defaults]\nsigners = ["ada"]\n')
    service.sign_manifest(request_of("r1"), Peer(7, "ada"))


def test_runs_from_the_future_are_refused(setup: SignerSetup) -> None:
    with pytest.raises(PolicyRefused, match="after the signer's clock"), open_service(setup) as service:
        service.sign_manifest(request_of("r1", created_at="9000-01-01T00:00:00Z"))
    assert "after the signer's clock" in reasons(setup)


OWN = Validity("2024-01-01T00:00:00Z", "2024-06-01T00:00:00Z")


@pytest.mark.parametrize(
    ("created_at", "words"),
    [
        ("2023-12-31T23:59:59Z", "not yet on"),
        ("2024-02-01T00:00:00Z", "not valid after"),  # valid then, expired by now: a backdated run
        ("2024-06-02T00:00:00Z", "no more on"),
    ],
)
def test_keys_out_of_their_time(tmp_path: Path, created_at: str, words: str) -> None:
    setup = SignerSetup(tmp_path, tmp_path / "ledger.sqlite", KeyPaths(tmp_path / "keys", tmp_path / "state"))
    create_key(development_ring(setup.keys), "ed25519", RUN_MANIFEST, DEFAULT_TENANT, validity=OWN)
    with pytest.raises((KeyRefused, PolicyRefused), match=words), open_service(setup) as service:
        service.sign_manifest(request_of("r1", ("ed25519",), crypto_mode="classical", created_at=created_at))
    assert entries(setup, "run") == []
    assert len(entries(setup, "refusal")) == 1


def test_a_revoked_key_signs_no_more(tmp_path: Path) -> None:
    setup = SignerSetup(tmp_path, tmp_path / "ledger.sqlite", KeyPaths(tmp_path / "keys", tmp_path / "state"))
    ring = development_ring(setup.keys)
    record = create_key(ring, "ed25519", RUN_MANIFEST, DEFAULT_TENANT, validity=Validity("2024-01-01T00:00:00Z"))
    with open_service(setup) as service:
        service.sign_manifest(request_of("r0", ("ed25519",), crypto_mode="classical"))
        revoke_key(ring, record.public, "retired")
        with pytest.raises(KeyRefused) as caught:
            service.sign_manifest(request_of("r1", ("ed25519",), crypto_mode="classical"))
    assert caught.value.state == "revoked"
    assert "revoked" in reasons(setup)


def test_a_custody_that_fails_while_signing_leaves_no_entry_of_the_run(setup: SignerSetup) -> None:
    """As when a token is pulled out: the private half of a key is gone when its turn comes."""
    with open_service(setup) as service:
        service.sign_manifest(request_of("r0"))
        paths = KeyPaths(setup.keys.store, setup.policy_folder / "empty")
        paths.state.mkdir(mode=0o700)
        with open_service(replace(setup, keys=paths)) as broken, pytest.raises(Exception, match="unlock") as caught:
            broken.sign_manifest(request_of("r1"))
        assert type(caught.value).__name__ in ("KeyStoreError", CustodyError.__name__)
    assert [body["run_id"] for body in entries(setup, "run")] == ["r0"]
    assert entries(setup, "refusal")[-1]["run_id"] == "r1"


def test_an_answer_that_is_not_kept_any_more(setup: SignerSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qlang.trust.ledger.store.KEPT_ANSWERS", 2)
    with open_service(setup) as service:
        for run_id in ("r0", "r1", "r2"):
            service.sign_manifest(request_of(run_id))
        with pytest.raises(RequestConflict, match="not kept"):
            service.sign_manifest(request_of("r0"))
        service.sign_manifest(request_of("r2"))


def test_an_entry_by_somebody_else_between_two_runs(service: SigningService, setup: SignerSetup) -> None:
    service.sign_manifest(request_of("r0"))
    with open_ledger(setup.ledger) as other, other.transaction() as step:
        step.append("refusal", {"reasons": ["from elsewhere"]})
    signed = service.sign_manifest(request_of("r1"))
    assert statement_of(signed).predicate.ledger.index == signed.ledger_index
    assert all(check.ok for check in check_ledger_file(setup.ledger, deep=True))


def test_custody_and_probe_are_in_the_manifest(service: SigningService) -> None:
    predicate = json.loads(base64.b64decode(json.loads(service.sign_manifest(request_of("r1")).envelope)["payload"]))
    key = predicate["predicate"]["keys"][0]
    assert predicate["predicate"]["custody"] == key["custody"] == DEVELOPMENT
    assert key["probe"] == {"verdict": "non_extractable: not claimed", "flags": {}}


def test_mode_qkd_states_who_had_keys(setup: SignerSetup) -> None:
    gate = QkdGate("simulator", "kme-a", "kme-b", "2024-11-21T09:59:00Z")
    with open_ledger(setup.ledger) as ledger:
        ring, policy = user_ring(setup.policy_folder, paths=setup.keys), PolicySource(setup.policy_folder)
        service = SigningService(ledger, ring, policy, qkd=lambda: gate)
        assert statement_of(service.sign_manifest(request_of("r1", crypto_mode="qkd"))).predicate.qkd == gate
        assert statement_of(service.sign_manifest(request_of("r2"))).predicate.qkd is None


def test_mode_qkd_without_a_key_management_entity(service: SigningService, setup: SignerSetup) -> None:
    with pytest.raises(QkdUnavailable):
        service.sign_manifest(request_of("r1", crypto_mode="qkd"))
    assert "QKD_UNAVAILABLE" in reasons(setup)


@pytest.mark.parametrize("subjects", [{}, {f"f{n}": "sha256:" + "0" * 64 for n in range(1025)}])
def test_too_few_and_too_many_files(service: SigningService, subjects: dict[str, str]) -> None:
    with pytest.raises(ManifestError, match="subjects"):
        service.sign_manifest(replace(request_of("r1"), subjects=subjects))
