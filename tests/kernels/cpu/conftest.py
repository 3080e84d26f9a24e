"""One compiler for the tests, with a cache folder of its own; makes `pass_oracle` importable."""

import sys
from pathlib import Path

import pytest

from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.object_cache import ObjectCache

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def compiler(tmp_path_factory: pytest.TempPathFactory) -> Compiler:
    return Compiler(ObjectCache(tmp_path_factory.mktemp("objects") / "kernels"))
