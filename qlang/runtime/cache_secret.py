"""What the entries of a user's compile cache are signed with, so that none can come with a project."""

from __future__ import annotations

import secrets
from pathlib import Path

from qlang.runtime.errors import CannotRecord
from qlang.trust.errors import FileRefused
from qlang.trust.files import commit, private_directory, read_file, stage
from qlang.trust.locks import lock_file

_BYTES = 32
_PRIVATE = 0o077


def cache_secret(folder: Path, *, create: bool = True) -> bytes:
    """32 random bytes in a private file of the user's state folder, made when they are missing, if `create`.

    Raises: CannotRecord if the file cannot be made or is not the user's alone, or is missing.
    """
    path = folder / "cache-secret"
    try:
        if create and not path.exists():
            private_directory(folder)
            with lock_file(folder / ".cache.lock"):
                if not path.exists():
                    commit(stage(path, secrets.token_bytes(_BYTES)), path)
        found = read_file(path, limit=_BYTES, forbidden_mode=_PRIVATE)
    except FileRefused as error:
        raise CannotRecord(error.path, error.reason) from error
    except OSError as error:
        raise CannotRecord(path, error.strerror or type(error).__name__) from error
    if len(found) != _BYTES:
        raise CannotRecord(path, f"is not a secret of {_BYTES} bytes")
    return found
