"""Open what a signer works with: ledger, keys and policy of one workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from qlang.trust.crypto_modes import NO_KME
from qlang.trust.errors import QkdUnavailable
from qlang.trust.keys.passphrase import source_of
from qlang.trust.keys.user import user_ring
from qlang.trust.ledger.store import open_ledger
from qlang.trust.manifest import QkdGate
from qlang.trust.policy.load import find_policy
from qlang.trust.policy.model import POLICY_FILE, Policy
from qlang.trust.signing.service import SigningService
from qlang.trust.signing.setup import SignerSetup


@contextmanager
def open_service(setup: SignerSetup) -> Iterator[SigningService]:
    """The core of a signer, in this process.

    Raises: LedgerError; PolicyError, FileRefused for a policy file; CustodyError for an odd passphrase source.
    """
    owner = os.getuid() if hasattr(os, "getuid") else None
    passphrase = None if setup.passphrase is None else source_of(setup.passphrase)
    ring = user_ring(setup.policy_folder, paths=setup.keys, passphrase=passphrase)
    with open_ledger(setup.ledger) as ledger:
        yield SigningService(
            ledger,
            ring,
            PolicySource(setup.policy_folder),
            qkd=lambda: _qkd_gate(setup.policy_folder / POLICY_FILE),
            owner_uid=owner,
        )


@dataclass(slots=True)
class PolicySource:
    """The policy of a folder as it is now: the file is read again when it has changed."""

    folder: Path
    _seen: tuple[object, Policy] | None = field(default=None, repr=False)

    def __call__(self) -> Policy:
        """Raises: PolicyError, FileRefused."""
        state = self._state()
        if self._seen is None or self._seen[0] != state:
            self._seen = (state, find_policy(self.folder))
        return self._seen[1]

    def _state(self) -> object:
        try:
            info = (self.folder / POLICY_FILE).lstat()
        except FileNotFoundError:
            return None
        except OSError as error:
            return error.errno
        return info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_mode  # who copies may set mtime


def _qkd_gate(policy_file: Path) -> QkdGate:
    """Ask the key management entity of a policy file for keys. Raises: QkdUnavailable, QkdConfigError."""
    from qlang.trust.qkd.client import probe
    from qlang.trust.qkd.config import configured

    config = configured(policy_file) if policy_file.exists() else None
    if config is None:
        raise QkdUnavailable(NO_KME)
    status = probe(config)
    return QkdGate(status.kind, status.source_kme, status.target_kme, status.probed_at)
