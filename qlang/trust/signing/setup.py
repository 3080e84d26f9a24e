"""Where a signer's ledger, keys and policy lie. Light: whoever starts a signer imports this, and nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qlang.trust.keys.paths import KeyPaths


@dataclass(frozen=True, slots=True)
class SignerSetup:
    """Where everything lies."""

    policy_folder: Path
    """The project's folder, with or without a `qlang-policy.toml`."""
    ledger: Path
    keys: KeyPaths
    passphrase: str | None = None
    """Where that of the key store comes from, see `keys.passphrase.source_of`; None: the terminal, if it has one."""
