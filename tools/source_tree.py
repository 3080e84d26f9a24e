"""The sources as one digest, from git where it is there."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.canonical import sha256_digest
from qlang.trust.files import file_digest

ROOT = Path(__file__).resolve().parent.parent
_TIMEOUT = 60


class NoRepository(Exception):
    """The folder is not a git checkout, or git is not installed."""


@dataclass(frozen=True, slots=True)
class SourceTree:
    """What was built or tested; `digest` covers names and contents of the tracked files as they are on disk."""

    digest: str
    commit: str
    epoch: int
    """Time of the commit, seconds since 1970: the time that builds use."""
    clean: bool
    """Whether the files on disk are those of the commit."""


def source_tree(root: Path = ROOT) -> SourceTree:
    """Digest the tracked files of a checkout. Raises: NoRepository."""
    names = sorted(name for name in _git(root, "ls-files", "-z").split("\0") if name)
    lines = "".join(f"{_digest(root / name)}  {name}\n" for name in names)
    return SourceTree(
        sha256_digest(lines.encode()),
        _git(root, "rev-parse", "HEAD").strip(),
        int(_git(root, "log", "-1", "--format=%ct")),
        not _git(root, "status", "--porcelain", "--untracked-files=no").strip(),
    )


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"link:{hashlib.sha256(str(path.readlink()).encode()).hexdigest()}"
    return file_digest(path) if path.exists() else "deleted"


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", "-C", root, *arguments],  # noqa: S607 - git is where the user has it
            capture_output=True,
            text=True,
            check=True,
            timeout=_TIMEOUT,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoRepository(f"git {arguments[0]} failed in {root}") from error
    return done.stdout
