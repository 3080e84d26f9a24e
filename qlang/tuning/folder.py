"""Where records are, without importing what reads them."""

from __future__ import annotations

import os
from pathlib import Path


def tuning_folder() -> Path | None:
    """`qlang/tuning` under the user's cache folder (XDG Base Directory Specification); nothing is made.

    None for a user whose home the system does not know, as in containers.
    """
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        cache = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return cache / "qlang" / "tuning"


def tuned_folder() -> Path | None:
    """The same where it is there, and where this user may look into it."""
    folder = tuning_folder()
    try:
        return folder if folder is not None and folder.is_dir() else None
    except OSError:
        return None
