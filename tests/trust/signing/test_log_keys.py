"""The log's own keys: which of them sign, what the crypto mode demands of them, and what the policy says of theirs."""

from pathlib import Path

import pytest

from qlang.trust.custody import DEFAULT_TENANT, LEDGER_CHECKPOINT, RUN_MANIFEST
from qlang.trust.errors import KeyRefused, PolicyRefused
from qlang.trust.keys.life import create_key, revoke_key
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.ring import KeyRing, development_ring
from qlang.trust.ledger.proof import parse_proof
from qlang.trust.ledger.store import open_reader
from qlang.trust.policy.load import find_policy
from qlang.trust.policy.model import POLICY_FILE, Policy, Section
from qlang.trust.signing.log_keys import log_keys
from qlang.trust.signing.opening import open_service
from qlang.trust.signing.setup import SignerSetup
from qlang.trust.times import now
from qlang.trust.verification.chain import first_broken
from tests.trust.signing.conftest import HYBRID, request_of
from tests.trust.verify.house import House, build

BOTH = ("ed25519", "ml-dsa-44")
MODES = {"classical": ("ed25519",), "hybrid": HYBRID, "pqc_required": ("ml-dsa-65",)}


@pytest.fixture
def own(tmp_path: Path) -> SignerSetup:
    """A signer's setup whose key store is its own."""
    return SignerSetup(tmp_path, tmp_path / "ledger.sqlite", KeyPaths(tmp_path / "keys", tmp_path / "state"))


def sign(setup: SignerSetup, run_id: str, mode: str) -> int:
    """Sign a run; how many signatures its receipt has."""
    with open_service(setup) as service:
        signed = service.sign_manifest(request_of(run_id, MODES[mode], crypto_mode=mode))
    return len(parse_proof(signed.receipt.encode()).note.signatures)


def revoke(ring: KeyRing, algorithm: str) -> None:
    revoke_key(ring, ring.contents().of(LEDGER_CHECKPOINT, DEFAULT_TENANT, algorithm)[0].public, "retired")


def test_a_store_of_before_gets_the_second_key(own: SignerSetup) -> None:
    ring = development_ring(own.keys)
    create_key(ring, "ed25519", LEDGER_CHECKPOINT, DEFAULT_TENANT)
    assert sign(own, "r1", "classical") == 2
    assert [one.spec.algorithm for one in log_keys(ring, Policy(), DEFAULT_TENANT, now()).fit] == list(BOTH)
    with open_reader(own.ledger) as ledger:
        made = [entry.body["keyid"] for entry in ledger.entries(kind="key-created")]
    assert any(str(keyid).startswith("ml-dsa-44:") for keyid in made)


def test_every_valid_key_of_the_log_signs(own: SignerSetup) -> None:
    sign(own, "r0", "hybrid")
    create_key(development_ring(own.keys), "ecdsa-p256", LEDGER_CHECKPOINT, DEFAULT_TENANT)
    assert sign(own, "r1", "hybrid") == 3


@pytest.mark.parametrize(
    ("ended", "served"), [("ed25519", {"pqc_required"}), ("ml-dsa-44", {"classical"}), (None, set(MODES))]
)
def test_a_mode_needs_its_kind_of_key(ended: str | None, served: set[str], own: SignerSetup) -> None:
    """A retired key is not made anew without a word; whom the other one serves goes on."""
    sign(own, "r0", "hybrid")
    if ended is not None:
        revoke(development_ring(own.keys), ended)
    for mode in MODES:
        if mode in served:
            assert sign(own, f"r-{mode}", mode) == (2 if ended is None else 1)
            continue
        with pytest.raises(KeyRefused, match="retired") as caught:
            sign(own, f"r-{mode}", mode)
        assert f"the log cannot vouch for a {mode} run" in str(caught.value)
        assert f"`qlangc keys create --purpose ledger-checkpoint --algorithm {ended}`" in str(caught.value)


@pytest.mark.parametrize("rule", ["production = true", "enforced_probe = true", 'custody = ["token-native"]'])
def test_the_policy_judges_the_custody_of_the_log(rule: str, own: SignerSetup) -> None:
    """Before a run and after it; a run's keys in a token do not help a log whose key lies in a file."""
    sign(own, "r0", "hybrid")
    (own.policy_folder / POLICY_FILE).write_text(f"schema = 1\n[defaults]\n{rule}\n")
    found = log_keys(development_ring(own.keys), find_policy(own.policy_folder), DEFAULT_TENANT, now())
    assert found.fit == ()
    assert {type(why) for _, why in found.unfit} == {PolicyRefused}


def test_rules_about_the_keys_and_algorithms_of_runs_leave_the_log_alone(own: SignerSetup) -> None:
    sign(own, "r0", "hybrid")
    contents = development_ring(own.keys).contents()
    ids = [contents.of(RUN_MANIFEST, DEFAULT_TENANT, name)[0].public.key_id for name in HYBRID]
    rules = f"algorithms = {list(HYBRID)}\nkeys = {ids}\n"
    (own.policy_folder / POLICY_FILE).write_text(f"schema = 1\n[defaults]\n{rules}")
    assert sign(own, "r1", "hybrid") == 2


def test_a_verifier_judges_the_custody_of_the_log_too(tmp_path: Path) -> None:
    """What the key says of itself in its signed statement, by the verifier's own policy."""
    house: House = build(tmp_path / "house")
    checks = house.verify(policy=Policy(defaults=Section(custody=("development",))))
    assert first_broken(checks) is None
    for section in (Section(production=True), Section(custody=("token-native",)), Section(enforced_probe=True)):
        failed = {check.name: check for check in house.verify(policy=Policy(defaults=section)) if not check.ok}
        assert "key `ed25519:" in failed["checkpoint"].detail
        assert "a hybrid run needs the log's signature by a classical algorithm" in failed["checkpoint"].detail
