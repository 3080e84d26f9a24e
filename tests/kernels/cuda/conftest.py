"""The stand-in for a GPU, and the helpers beside the tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "emulation"))

from emulated import COMPILER  # found on the path that is set above


@pytest.fixture(scope="session")
def emulation_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compiled stand-ins are kept for the session."""
    if COMPILER is None:
        pytest.skip("no C++ compiler: the stand-in for a GPU cannot be built")
    return tmp_path_factory.mktemp("stand_in")
