"""One key store for all tests of this room, and sealed runs made with it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from qlang.trust.algorithms import PublicKey
from qlang.trust.checks import Check
from qlang.trust.keys.development import DevelopmentSigner, KeyPaths, development_signer
from qlang.trust.manifest import MANIFEST_NAME, RunFacts
from qlang.trust.seal import SealedRun, seal_run
from qlang.trust.signer import Signer
from qlang.trust.verify import verify_run
from tests.trust.samples import FACTS, FILES


@dataclass(frozen=True)
class House:
    """A project folder with sealed runs, of which `r1` is looked at."""

    root: Path
    signer: DevelopmentSigner

    @property
    def run_dir(self) -> Path:
        return self.root / "r1"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.jsonl"

    @property
    def manifest(self) -> Path:
        return self.run_dir / MANIFEST_NAME

    def new_run(self, run_id: str) -> Path:
        run_dir = self.root / run_id
        run_dir.mkdir(parents=True)
        for name, content in FILES.items():
            (run_dir / name).write_bytes(content)
        return run_dir

    def seal(self, run_id: str, signer: Signer | None = None, **changes: object) -> SealedRun:
        """Seal a new run; `changes` are fields of `RunFacts`."""
        facts = replace(FACTS, run_id=run_id, **changes)  # type: ignore[arg-type]  # names vary
        return seal_run(self.new_run(run_id), facts, signer or self.signer, self.ledger)

    def verify(
        self, required: tuple[str, ...] | None = None, trusted: Iterable[PublicKey] | None = None
    ) -> dict[str, Check]:
        keys = self.signer.public_keys if trusted is None else tuple(trusted)
        return {check.name: check for check in verify_run(self.run_dir, self.ledger, required, keys)}

    def failed(self, required: tuple[str, ...] | None = None, trusted: Iterable[PublicKey] | None = None) -> set[str]:
        return {check.name for check in self.verify(required, trusted).values() if not check.ok}


@pytest.fixture(scope="session")
def facts() -> RunFacts:
    return FACTS


@pytest.fixture(scope="session")
def key_paths(tmp_path_factory: pytest.TempPathFactory) -> KeyPaths:
    root = tmp_path_factory.mktemp("trust")
    return KeyPaths(root / "keys", root / "state")


@pytest.fixture(scope="session")
def signer(key_paths: KeyPaths) -> DevelopmentSigner:
    return development_signer(key_paths, ("ed25519", "ml-dsa-65"))


@pytest.fixture
def empty_house(tmp_path: Path, signer: DevelopmentSigner) -> House:
    return House(tmp_path, signer)


@pytest.fixture
def house(empty_house: House) -> House:
    """Three runs, so that the one looked at has neighbours in the ledger."""
    for run_id in ("r0", "r1", "r2"):
        empty_house.seal(run_id)
    return empty_house


@pytest.fixture(scope="session")
def build_house(signer: DevelopmentSigner) -> Callable[[Path], House]:
    """For tests that want one house for many examples."""

    def build(root: Path) -> House:
        house = House(root, signer)
        for run_id in ("r0", "r1", "r2"):
            house.seal(run_id)
        return house

    return build
