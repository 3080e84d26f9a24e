"""Whether a package is installed, without running it."""

from __future__ import annotations


def is_installed(module: str) -> bool:
    """Whether `module` can be found. Its parent packages are imported, itself it is not."""
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a parent is missing
        return False
