"""Which signer a run is signed by: the one that the project or the command names, else a child of this process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.compiler.workspace import MARKER, STATE
from qlang.trust.errors import FileRefused

if TYPE_CHECKING:
    from qlang.trust.signing.child import ChildSigner
    from qlang.trust.signing.client import SignerClient
    from qlang.trust.signing.setup import SignerSetup
    from qlang.trust.signing.shared import SharedSigner

SOCKET = Path(STATE) / "signer" / "socket"
"""Where `qlangc signer serve` listens if nothing else is said."""
_MEMBERS = ("socket", "passphrase")
_MAX_BYTES = 256 << 10


def signer_for(
    workspace: Path, socket: Path | None = None, passphrase: str | None = None, *, may_fork: bool = False
) -> SignerClient | ChildSigner | SharedSigner:
    """A signer for runs of a workspace; a context manager.

    A socket is used if one is given or `[signer] socket = "…"` stands in `qlang.toml`; without, a child process is
    started, which gets ready while the caller goes on. `passphrase`: where that of the key store comes from.
    `may_fork`: whether this process is the command's own, with no program of anybody else in it; another's keeps its
    child for the next run.

    Raises: FileRefused for a `qlang.toml` that cannot be used, SignerUnavailable.
    """
    path = socket or configured_socket(workspace)
    if path is not None:
        from qlang.trust.signing.client import socket_signer

        return socket_signer(path)
    setup = setup_of(workspace, passphrase)
    if may_fork:
        from qlang.trust.signing.child import ChildSigner
        from qlang.trust.signing.launch import forked

        return ChildSigner(setup, forked)
    from qlang.trust.signing.shared import SharedSigner

    return SharedSigner(setup)


def setup_of(workspace: Path, passphrase: str | None = None) -> SignerSetup:
    """Ledger, policy and keys of runs in a workspace. Raises: FileRefused."""
    from qlang.trust.keys.paths import default_key_paths
    from qlang.trust.signing.setup import SignerSetup

    source = passphrase or _signer_section(workspace).get("passphrase")
    return SignerSetup(workspace, workspace / STATE / "ledger.sqlite", default_key_paths(), source)


def configured_socket(workspace: Path) -> Path | None:
    """`socket` of `[signer]` in `qlang.toml`, from the folder of that file. Raises: FileRefused."""
    socket = _signer_section(workspace).get("socket")
    return None if socket is None else workspace / socket


def _signer_section(workspace: Path) -> Mapping[str, str]:
    """`[signer]` of `qlang.toml`. Raises: FileRefused."""
    path = workspace / MARKER
    if not path.is_file():
        return {}
    from qlang.trust.files import read_file

    data = read_file(path, limit=_MAX_BYTES)
    if b"signer" not in data:  # saves loading a TOML parser for almost everyone
        return {}
    import tomllib

    try:
        section = tomllib.loads(data.decode("utf-8")).get("signer", {})
    except ValueError as error:
        raise FileRefused(path, f"cannot be read: {error}") from error
    if not isinstance(section, dict) or set(section) - set(_MEMBERS):
        raise FileRefused(path, f"`[signer]` has the members {', '.join(_MEMBERS)} and no others")
    if not all(isinstance(text, str) and text for text in section.values()):
        raise FileRefused(path, "a member of `[signer]` is not a text")
    return section
