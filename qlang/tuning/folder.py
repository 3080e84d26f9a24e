"""Where records are, without importing what reads them."""

from __future__ import annotations

import os
from pathlib import Path


def tuning_folder() -> Path:
    """`qlang/tuning` under the user's cache folder (XDG Base Directory Specification); nothing is made."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    cache = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    return cache / "qlang" / "tuning"
