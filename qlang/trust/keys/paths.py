"""Where keys, what unlocks them and counters of wrong secrets lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.custody import NAME, PURPOSES, KeySpec
from qlang.trust.errors import NoHome

_PUBLIC = ".pub.pem"
_EVENT = ".event.dsse.json"
_PRIVATE = ".key.json"


@dataclass(frozen=True, slots=True)
class KeyPaths:
    """Where the keys are, and where what unlocks them is. The two must not be one folder."""

    store: Path
    state: Path

    @property
    def unlock(self) -> Path:
        """The file with the unlock secret."""
        return self.state / "unlock"

    @property
    def kek(self) -> Path:
        """The file with the wrapped key that encrypts all development keys of the store."""
        return self.store / "development.kek.json"

    @property
    def lock(self) -> Path:
        """Held while the store changes."""
        return self.store / ".lock"

    def counter(self, secret: str) -> Path:
        """The counter of wrong `passphrase`s or `pin`s, see `qlang.trust.backoff`."""
        return self.state / "tries" / f"{secret}.json"

    def private(self, spec: KeySpec) -> Path:
        """The key file: what is kept of a key, its secret wrapped or elsewhere."""
        return self.store / f"{file_stem(spec)}{_PRIVATE}"

    def public(self, spec: KeySpec) -> Path:
        """Its public half."""
        return self.store / f"{file_stem(spec)}{_PUBLIC}"


def default_key_paths() -> KeyPaths:
    """`~/.qlang/keys`, and `qlang` under the user's state folder (XDG Base Directory Specification).

    Raises: NoHome.
    """
    given = os.environ.get("XDG_STATE_HOME", "")
    try:
        home = Path.home()
    except RuntimeError:  # a user that the system does not know, as in containers
        raise NoHome from None
    state = Path(given) if Path(given).is_absolute() else home / ".local" / "state"
    return KeyPaths(home / ".qlang" / "keys", state / "qlang")


def file_stem(spec: KeySpec) -> str:
    """`TENANT.PURPOSE.ALGORITHM.GENERATION`: the same for the key file and the public key."""
    return f"{spec.tenant}.{spec.purpose}.{spec.algorithm}.{spec.generation}"


def private_files(folder: Path) -> list[Path]:
    """Key files by their names, sorted."""
    return sorted(folder.glob(f"*{_PRIVATE}"))


def public_files(folder: Path) -> list[Path]:
    """Public keys by their names, sorted."""
    return sorted(folder.glob(f"*{_PUBLIC}"))


def event_files(folder: Path) -> list[Path]:
    """Key events by their names, sorted."""
    return sorted(folder.glob(f"*{_EVENT}"))


def event_name(key_id: str, event: str, digest: str) -> str:
    """The file name of an event: key, kind and the beginning of the digest of what was signed."""
    return f"{key_id.replace(':', '.')}.{event}.{digest.removeprefix('sha256:')[:12]}{_EVENT}"


def public_name(key_id: str) -> str:
    """The file name of a public key outside the store that made it."""
    return f"{key_id.replace(':', '.')}{_PUBLIC}"


def spec_fault(spec: KeySpec) -> str | None:
    """Why a key cannot be made for `spec` under a file name of its own, or None."""
    if spec.purpose not in PURPOSES:
        return f"unknown purpose {spec.purpose!a:.60}; known are {', '.join(PURPOSES)}"
    if not NAME.fullmatch(spec.tenant):
        return f"{spec.tenant!a:.80} is not a tenant's name: letters, digits and . _ - only, at most 64, no sign first"
    if not 1 <= spec.generation <= 999_999:
        return f"{spec.generation} is not a generation"
    return None
