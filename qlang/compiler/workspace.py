"""The folder whose `.qlang/` holds runs, ledger and cache."""

from __future__ import annotations

from pathlib import Path

MARKER = "qlang.toml"
STATE = ".qlang"
CACHE = Path(STATE) / "cache"


def find_workspace(start: Path) -> Path:
    """The nearest folder from `start` upwards that has a `qlang.toml`; `start` itself where none has."""
    return next((folder for folder in (start, *start.parents) if (folder / MARKER).is_file()), start)
