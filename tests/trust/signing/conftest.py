"""A signer's setup with keys that all tests share, and requests for it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qlang.trust.keys.paths import KeyPaths
from qlang.trust.signing.opening import open_service
from qlang.trust.signing.request import ManifestRequest
from qlang.trust.signing.service import SigningService
from qlang.trust.signing.setup import SignerSetup
from tests.trust.samples import DIGEST, FACTS

HYBRID = ("ed25519", "ml-dsa-65")
SUBJECTS = {"plan.mlir": DIGEST, "results.json": DIGEST, "source.qjob": DIGEST}


def request_of(run_id: str, algorithms: tuple[str, ...] = HYBRID, **changes: object) -> ManifestRequest:
    """`changes` are fields of `RunFacts`."""
    return ManifestRequest(replace(FACTS, run_id=run_id, **changes), SUBJECTS, algorithms)  # type: ignore[arg-type]


@pytest.fixture
def setup(tmp_path: Path, key_paths: KeyPaths) -> SignerSetup:
    return SignerSetup(tmp_path, tmp_path / "ledger.sqlite", key_paths)


@pytest.fixture
def service(setup: SignerSetup) -> Iterator[SigningService]:
    with open_service(setup) as opened:
        yield opened
