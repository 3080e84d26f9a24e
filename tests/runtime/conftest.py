"""One key store for the room, and `plans` importable."""

import sys
from pathlib import Path

import pytest

from qlang.trust.keys.development import DevelopmentSigner, KeyPaths, development_signer

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentSigner:
    home = tmp_path_factory.mktemp("keys")
    return development_signer(KeyPaths(home / "store", home / "state"), ("ed25519", "ml-dsa-65"))
