"""The providers that a policy file names: who signs and checks for a signer, and that nobody takes their place."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from qlang.trust.algorithms import signature_fault, software_key
from qlang.trust.custody import DEVELOPMENT, RUN_MANIFEST
from qlang.trust.errors import AlgorithmUnavailable, CustodyError, PolicyError, SigningError
from qlang.trust.keys.custodian import DevelopmentCustodian
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.user import user_ring
from qlang.trust.ledger.store import open_reader
from qlang.trust.policy.model import POLICY_FILE
from qlang.trust.signing.opening import open_service
from qlang.trust.signing.setup import SignerSetup
from tests.trust.signing.conftest import request_of

SLH = "slh-dsa-sha2-128f"
NOW = "2026-11-21T12:00:00Z"


def without_liboqs() -> bool:
    try:
        distribution("liboqs-python")
    except PackageNotFoundError:
        return True
    return False


NO_LIBOQS = pytest.mark.skipif(not without_liboqs(), reason="liboqs-python is installed here")


def name(folder: Path, *providers: str) -> None:
    listed = ", ".join(f'"{provider}"' for provider in providers)
    (folder / POLICY_FILE).write_text(f"schema = 1\n[defaults]\nproviders = [{listed}]\n")


@pytest.fixture
def own(tmp_path: Path) -> SignerSetup:
    """A signer's setup whose key store is its own."""
    return SignerSetup(tmp_path, tmp_path / "ledger.sqlite", KeyPaths(tmp_path / "keys", tmp_path / "state"))


def test_development_keys_are_made_and_used_by_the_named_ones(own: SignerSetup) -> None:
    name(own.policy_folder, "pqcrypto", "pyca")
    ring = user_ring(own.policy_folder, paths=own.keys)
    (record,) = ring.select(RUN_MANIFEST, "default", (SLH,), NOW)
    signature = ring.sign(record, b"message")
    assert signature_fault(record.public, b"message", signature) is None
    custodian = ring.custodian(DEVELOPMENT)
    assert isinstance(custodian, DevelopmentCustodian)
    assert software_key(SLH, custodian.secret(record), providers=custodian.providers).provider == "pqcrypto"

    name(own.policy_folder, "pyca")
    narrowed = user_ring(own.policy_folder, paths=own.keys)
    assert SLH not in narrowed.custodian(DEVELOPMENT).algorithms()
    with pytest.raises(CustodyError, match="pyca: `cryptography` has no slh-dsa"):
        narrowed.sign(record, b"message")
    with pytest.raises(AlgorithmUnavailable):
        narrowed.select(RUN_MANIFEST, "lab", (SLH,), NOW)


@NO_LIBOQS
def test_the_signer_lets_the_preferred_one_check(own: SignerSetup) -> None:
    """`liboqs` would verify ML-DSA and is not here: `pyca` has signed, and its word alone is not enough."""
    name(own.policy_folder, "pqcrypto", "pyca")
    with open_service(own) as service:
        service.sign_manifest(request_of("r1"))
    name(own.policy_folder, "liboqs", "pyca")
    with open_service(own) as service, pytest.raises(SigningError, match="cannot verify with ml-dsa-65: liboqs: "):
        service.sign_manifest(request_of("r2"))
    with open_reader(own.ledger) as ledger:
        kinds = [entry.kind for entry in ledger.entries()]
        (refusal,) = ledger.entries(kind="refusal")
        assert "liboqs" in str(refusal.body["reasons"]) and kinds.count("run") == 1


def test_an_unknown_name_is_no_policy(own: SignerSetup) -> None:
    name(own.policy_folder, "pqcrpto")
    with pytest.raises(PolicyError, match=r"unknown provider `pqcrpto`; did you mean `pqcrypto`\?") as caught:
        user_ring(own.policy_folder, paths=own.keys)
    assert caught.value.suggestion == "pqcrypto"
