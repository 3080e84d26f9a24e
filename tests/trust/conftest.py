"""One key store for all tests of this room, and sealed runs made with it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from qlang.trust.keys.paths import KeyPaths
from qlang.trust.manifest import MANIFEST_NAME, RECEIPT_NAME, RunFacts
from qlang.trust.seal import SealedRun, seal_run
from tests.trust.samples import FACTS, FILES
from tests.trust.signing.local import LocalSigner

HYBRID = ("ed25519", "ml-dsa-65")


@dataclass(frozen=True)
class House:
    """A project folder with sealed runs, of which `r1` is looked at."""

    root: Path
    keys: KeyPaths

    @property
    def run_dir(self) -> Path:
        return self.root / "r1"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.sqlite"

    @property
    def manifest(self) -> Path:
        return self.run_dir / MANIFEST_NAME

    @property
    def receipt(self) -> Path:
        return self.run_dir / RECEIPT_NAME

    @property
    def signer(self) -> LocalSigner:
        return LocalSigner(self.root, self.ledger, self.keys)

    def new_run(self, run_id: str) -> Path:
        run_dir = self.root / run_id
        run_dir.mkdir(parents=True)
        for name, content in FILES.items():
            (run_dir / name).write_bytes(content)
        return run_dir

    def seal(self, run_id: str, algorithms: tuple[str, ...] = HYBRID, **changes: object) -> SealedRun:
        """Seal a new run; `changes` are fields of `RunFacts`."""
        facts = replace(FACTS, run_id=run_id, **changes)  # type: ignore[arg-type]  # names vary
        return seal_run(self.new_run(run_id), facts, algorithms, self.signer)


@pytest.fixture(scope="session")
def facts() -> RunFacts:
    return FACTS


@pytest.fixture(scope="session")
def key_paths(tmp_path_factory: pytest.TempPathFactory) -> KeyPaths:
    root = tmp_path_factory.mktemp("trust")
    return KeyPaths(root / "keys", root / "state")


@pytest.fixture
def empty_house(tmp_path: Path, key_paths: KeyPaths) -> House:
    return House(tmp_path, key_paths)


@pytest.fixture
def house(empty_house: House) -> House:
    """Three runs, so that the one looked at has neighbours in the ledger."""
    for run_id in ("r0", "r1", "r2"):
        empty_house.seal(run_id)
    return empty_house


@pytest.fixture(scope="session")
def build_house(key_paths: KeyPaths) -> Callable[[Path], House]:
    """For tests that want one house for many examples."""

    def build(root: Path) -> House:
        house = House(root, key_paths)
        for run_id in ("r0", "r1", "r2"):
            house.seal(run_id)
        return house

    return build
