"""The signer with keys in a token: custody and probe in the manifest, production policy, a token pulled out mid-run."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qlang.trust.custody import DEFAULT_TENANT, ENFORCED, LEDGER_CHECKPOINT, RUN_MANIFEST, TOKEN_NATIVE, TOKEN_WRAPPED
from qlang.trust.envelope import parse_envelope
from qlang.trust.errors import CustodyError, KeyRefused, PolicyRefused
from qlang.trust.keys.life import Validity, create_key
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.ring import development_ring
from qlang.trust.keys.trust import load_trust_store
from qlang.trust.keys.user import user_ring
from qlang.trust.ledger.store import open_reader
from qlang.trust.manifest import parse_statement
from qlang.trust.policy.load import find_policy
from qlang.trust.policy.model import POLICY_FILE
from qlang.trust.seal import seal_run
from qlang.trust.signing.child import ChildSigner
from qlang.trust.signing.opening import open_service
from qlang.trust.signing.setup import SignerSetup
from qlang.trust.token.session import close_tokens
from qlang.trust.verification.chain import first_broken
from qlang.trust.verify import verify_run
from tests.trust.samples import FACTS, FILES
from tests.trust.signing.conftest import request_of
from tests.trust.token.conftest import LABEL, PIN_VARIABLE, Soft

ALGORITHMS = ("ecdsa-p256", "ml-dsa-65")


@pytest.fixture
def setup(soft: Soft, tmp_path: Path) -> Iterator[SignerSetup]:
    """A project under production rules, with keys in the token: ECDSA natively, ML-DSA wrapped."""
    project = tmp_path / "project"
    project.mkdir()
    token = f'[tokens.test]\nmodule = "{soft.module}"\nlabel = "{LABEL}"\npin = "env:{PIN_VARIABLE}"\n'
    (project / POLICY_FILE).write_text(f"schema = 1\n[defaults]\nproduction = true\n{token}")
    made = SignerSetup(project, project / "ledger.sqlite", KeyPaths(tmp_path / "keys", tmp_path / "state"))
    ring, always = user_ring(project, paths=made.keys), Validity("2024-01-01T00:00:00Z")
    for purpose, algorithm, custody in (
        (RUN_MANIFEST, "ecdsa-p256", TOKEN_NATIVE),
        (RUN_MANIFEST, "ml-dsa-65", TOKEN_WRAPPED),
        (LEDGER_CHECKPOINT, "ed25519", TOKEN_NATIVE),
        (LEDGER_CHECKPOINT, "ml-dsa-44", TOKEN_WRAPPED),
    ):
        create_key(ring, algorithm, purpose, DEFAULT_TENANT, custody=custody, validity=always)
    yield made
    close_tokens()


def reasons(setup: SignerSetup) -> list[str]:
    with open_reader(setup.ledger) as ledger:
        return [json.dumps(entry.body["reasons"]) for entry in ledger.entries(kind="refusal")]


def test_custody_and_probe_stand_in_the_manifest(setup: SignerSetup) -> None:
    with open_service(setup) as service:
        envelope = parse_envelope(service.sign_manifest(request_of("r1", ALGORITHMS)).envelope)
    predicate = parse_statement(envelope.payload).predicate
    assert [(key.custody, key.probe) for key in predicate.keys] == [(TOKEN_NATIVE, ENFORCED), (TOKEN_WRAPPED, ENFORCED)]
    assert predicate.custody == TOKEN_WRAPPED
    assert predicate.keys[0].flags["NEVER_EXTRACTABLE"]


def test_no_key_is_made_where_production_would_refuse_it(setup: SignerSetup) -> None:
    with open_service(setup) as service, pytest.raises(KeyRefused, match="qlangc keys create"):
        service.sign_manifest(request_of("r1", ("ecdsa-p256", "ml-dsa-87")))
    assert "ml-dsa-87" in reasons(setup)[0]
    assert not list(setup.keys.store.glob("*ml-dsa-87*"))


def remove_log_keys(setup: SignerSetup, pattern: str) -> None:
    for path in setup.keys.store.glob(f"*ledger-checkpoint.{pattern}*"):
        path.unlink()


@pytest.mark.parametrize(
    ("algorithm", "command"),
    [
        ("ed25519", "`qlangc keys create --purpose ledger-checkpoint --algorithm ed25519 --custody token-native"),
        ("ml-dsa-44", "`qlangc keys create --purpose ledger-checkpoint --algorithm ml-dsa-44 --custody token-wrapped"),
    ],
)
@pytest.mark.parametrize("in_a_file", [True, False])
def test_the_key_of_the_log_is_in_the_token_too(
    algorithm: str, command: str, in_a_file: bool, setup: SignerSetup
) -> None:
    """Before the run and when it is signed; no key is made in a file where production refuses such."""
    remove_log_keys(setup, algorithm)
    if in_a_file:
        create_key(development_ring(setup.keys), algorithm, LEDGER_CHECKPOINT, DEFAULT_TENANT)
    intent = request_of("r1", ALGORITHMS).intent
    with open_service(setup) as service:
        for ask in (lambda: service.prepare(intent), lambda: service.sign_manifest(request_of("r1", ALGORITHMS))):
            with pytest.raises(PolicyRefused if in_a_file else KeyRefused) as caught:
                ask()
            assert command in str(caught.value)
    assert all(command in reason for reason in reasons(setup))
    assert len(list(setup.keys.store.glob(f"*ledger-checkpoint.{algorithm}*.key.json"))) == in_a_file


def test_a_run_under_production_rules_verifies_under_them(setup: SignerSetup, tmp_path: Path) -> None:
    """Its keys and those of the log are in the token, and say so in their signed statements."""
    folder = tmp_path / "r1"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    with open_service(setup) as service:
        seal_run(folder, replace(FACTS, run_id="r1"), ALGORITHMS, service)
    policy, trust = find_policy(setup.policy_folder), load_trust_store(setup.keys.store)
    assert first_broken(verify_run(folder, ledger=setup.ledger, policy=policy, trusted=trust)) is None


def test_a_token_that_is_pulled_out(setup: SignerSetup, soft: Soft) -> None:
    with open_service(setup) as service:
        service.sign_manifest(request_of("r1", ALGORITHMS))
        shutil.move(soft.folder, f"{soft.folder}.away")
        soft.folder.mkdir()
        close_tokens()
        with pytest.raises(CustodyError):
            service.sign_manifest(request_of("r2", ALGORITHMS))
        soft.folder.rmdir()
        shutil.move(f"{soft.folder}.away", soft.folder)
        close_tokens()
        service.sign_manifest(request_of("r3", ALGORITHMS))
    with open_reader(setup.ledger) as ledger:
        assert [entry.body["run_id"] for entry in ledger.entries(kind="run")] == ["r1", "r3"]
    assert len(reasons(setup)) == 1


def test_a_wrong_pin_is_refused_and_audited(setup: SignerSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    close_tokens()
    monkeypatch.setenv(PIN_VARIABLE, "not-the-pin-77")
    with ChildSigner(setup) as signer, pytest.raises(CustodyError, match="PIN") as caught:
        signer.sign_manifest(request_of("r1", ALGORITHMS))
    assert "not-the-pin-77" not in str(caught.value) + "".join(reasons(setup))
    assert "PIN" in reasons(setup)[0]


def test_a_child_signs_with_the_token(setup: SignerSetup) -> None:
    with ChildSigner(setup) as signer:
        assert signer.sign_manifest(request_of("r1", ALGORITHMS)).ledger_index > 0
