"""Key stores for tests: one that is new, and material that is made once because it is slow."""

from pathlib import Path

import pytest

from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.ring import KeyRing, development_ring

NOW = "2026-11-21T12:00:00Z"
BOTH = ("ed25519", "ml-dsa-65")


@pytest.fixture
def paths(tmp_path: Path) -> KeyPaths:
    return KeyPaths(tmp_path / "keys", tmp_path / "state")


@pytest.fixture
def ring(paths: KeyPaths) -> KeyRing:
    return development_ring(paths)
