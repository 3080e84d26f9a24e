"""A workspace with signed and recorded runs, of which one is looked at, and copies of it to spoil."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from qlang.trust.checks import Check
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.ring import KeyRing, development_ring
from qlang.trust.keys.trust import TrustStore, load_trust_store
from qlang.trust.manifest import MANIFEST_NAME, RECEIPT_NAME
from qlang.trust.policy.model import Policy
from qlang.trust.seal import SealedRun, seal_run
from qlang.trust.signing.opening import open_service
from qlang.trust.signing.service import SigningService
from qlang.trust.signing.setup import SignerSetup
from qlang.trust.verification.chain import first_broken
from qlang.trust.verify import verify_run
from tests.trust.samples import FACTS, FILES

HYBRID = ("ed25519", "ml-dsa-65")


@dataclass(frozen=True)
class House:
    """Runs under `runs`, a ledger, a key store, and a folder with what a third party would be given of it."""

    root: Path

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.sqlite"

    @property
    def paths(self) -> KeyPaths:
        return KeyPaths(self.root / "keys", self.root / "state")

    @property
    def public(self) -> Path:
        """Public keys and key events, as they are given to others."""
        return self.root / "public"

    def run(self, run_id: str = "r1") -> Path:
        return self.root / "runs" / run_id

    def manifest(self, run_id: str = "r1") -> Path:
        return self.run(run_id) / MANIFEST_NAME

    def receipt(self, run_id: str = "r1") -> Path:
        return self.run(run_id) / RECEIPT_NAME

    @property
    def ring(self) -> KeyRing:
        return development_ring(self.paths)

    @contextmanager
    def service(self) -> Iterator[SigningService]:
        with open_service(SignerSetup(self.root, self.ledger, self.paths)) as service:
            yield service

    def seal(self, run_id: str, algorithms: tuple[str, ...] = HYBRID, **changes: object) -> SealedRun:
        """Seal a new run; `changes` are fields of `RunFacts`."""
        folder = self.run(run_id)
        folder.mkdir(parents=True)
        for name, content in FILES.items():
            (folder / name).write_bytes(content)
        facts = replace(FACTS, run_id=run_id, **changes)  # type: ignore[arg-type]  # names vary
        with self.service() as service:
            sealed = seal_run(folder, facts, algorithms, service)
        self.publish()
        return sealed

    def publish(self) -> None:
        """Copy what is public of the key store."""
        self.public.mkdir(exist_ok=True)
        for pattern in ("*.pub.pem", "*.event.dsse.json"):
            for path in self.paths.store.glob(pattern):
                shutil.copy(path, self.public)

    @property
    def trust(self) -> TrustStore:
        return load_trust_store(self.public)

    def verify(
        self,
        run_id: str = "r1",
        *,
        policy: Policy | None = None,
        any_key: bool = False,
        with_ledger: bool = True,
    ) -> tuple[Check, ...]:
        ledger = self.ledger if with_ledger else None
        return verify_run(self.run(run_id), ledger=ledger, policy=policy, trusted=None if any_key else self.trust)

    def failed(self, run_id: str = "r1", **options: object) -> set[str]:
        return {check.name for check in self.verify(run_id, **options) if not check.ok}  # type: ignore[arg-type]

    def copy(self, root: Path) -> House:
        """The same house elsewhere, by hard links where files are never changed in place."""
        shutil.copytree(self.root, root, copy_function=os.link, symlinks=True)
        return House(root)


def broken(checks: tuple[Check, ...]) -> tuple[str, str] | None:
    """The first broken link and the check that failed."""
    found = first_broken(checks)
    return None if found is None else (found.link, found.check.name)


def build(root: Path) -> House:
    """Three runs, so that the one looked at, `r1`, has neighbours in the ledger."""
    house = House(root)
    root.mkdir(parents=True, exist_ok=True)
    for run_id in ("r0", "r1", "r2"):
        house.seal(run_id)
    return house


def write(path: Path, content: bytes) -> None:
    """Replace a file, never its content: it may be linked from elsewhere."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)
