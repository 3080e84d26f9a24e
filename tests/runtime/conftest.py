"""One key store for the room, and `plans` importable."""

import sys
from pathlib import Path

import pytest

from qlang.trust.keys.paths import KeyPaths

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPaths:
    home = tmp_path_factory.mktemp("keys")
    return KeyPaths(home / "store", home / "state")
