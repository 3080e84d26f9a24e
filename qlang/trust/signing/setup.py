"""What a signer works with: ledger, keys and policy of one workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.ring import development_ring
from qlang.trust.ledger.store import open_ledger
from qlang.trust.policy.load import find_policy
from qlang.trust.policy.model import POLICY_FILE, Policy
from qlang.trust.signing.service import SigningService


@dataclass(frozen=True, slots=True)
class SignerSetup:
    """Where everything lies."""

    policy_folder: Path
    """The project's folder, with or without a `qlang-policy.toml`."""
    ledger: Path
    keys: KeyPaths


@contextmanager
def open_service(setup: SignerSetup) -> Iterator[SigningService]:
    """The core of a signer, in this process. Raises: LedgerError."""
    owner = os.getuid() if hasattr(os, "getuid") else None
    with open_ledger(setup.ledger) as ledger:
        policy = PolicySource(setup.policy_folder)
        yield SigningService(ledger, development_ring(setup.keys), policy, owner_uid=owner)


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
        return info.st_ino, info.st_size, info.st_mtime_ns, info.st_mode
