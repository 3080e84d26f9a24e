"""Object code kept on disk from one process to the next, and across versions of the project by what it is made from.

    <folder>/3f/3fa4….o       32 bytes of SHA-256 over the key and the object code, then that code

The folder is the user's: 0700, entries 0600, and it is used only where nobody else can write to it, since what lies in
it is executed. An entry that was cut off or changed is dropped and counted. Entries are complete or absent. Beyond the
bound the entries that were written longest ago go.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

CHECKSUM_BYTES = 32
DEFAULT_BOUND = 64 << 20
"""Bytes; a kernel has about 3 KB."""
_PARTS = 256
"""Folders that entries are in, by the first byte of their keys."""
_USUAL_BYTES = 1 << 16
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_BINARY = getattr(os, "O_BINARY", 0)


def default_cache_folder() -> Path | None:
    """`qlang/kernels` under the user's cache folder (XDG Base Directory Specification); None for who has no home."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        cache = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # a user that the system does not know, as in containers
        return None
    return cache / "qlang" / "kernels"


@dataclass(slots=True)
class ObjectCache:
    """A folder of object code by key (a hexadecimal digest)."""

    folder: Path
    bound: int = DEFAULT_BOUND
    corrupt: int = 0
    """Entries that were dropped because their checksum was wrong."""
    refused: str = ""
    """Why the folder is not used; empty where it is."""
    _ready: bool = False
    _trimmed: bool = False

    def get(self, key: str) -> bytes | None:
        """The object code, or None where there is none (any more)."""
        if not self._open():
            return None
        try:
            entry = _content(f"{self.folder}/{key[:2]}/{key}.o")
        except OSError:
            return None
        checksum, code = entry[:CHECKSUM_BYTES], entry[CHECKSUM_BYTES:]
        if _checksum(key, code) != checksum:
            self.corrupt += 1
            with contextlib.suppress(OSError):  # a folder that cannot be written to: the entry is dropped for now
                self._path(key).unlink()
            return None
        return code

    def put(self, key: str, code: bytes) -> None:
        """Keeps object code. A full or read-only disk is no error: the code is compiled again next time."""
        if not self._open():
            return
        path = self._path(key)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            written = path.with_name(f".{os.urandom(8).hex()}.new")
            try:
                with os.fdopen(os.open(written, _NEW | _BINARY, 0o600), "wb") as file:
                    file.write(_checksum(key, code) + code)
                written.replace(path)
            except BaseException:  # Ctrl-C too leaves nothing half-written
                written.unlink(missing_ok=True)
                raise
            self._trim_once(path.parent)
        except OSError as error:
            self.refused = f"cannot be written: {error.strerror}"

    def _trim_once(self, part: Path) -> None:
        """Trims at the first entry that a process writes, if the part of the folder that it is in is large.

        Looking at all entries takes longer than compiling a program, and keys spread evenly.
        """
        if not self._trimmed:
            self._trimmed = True
            if _PARTS * sum(status.st_size for status, _ in _files(part, "*")) > self.bound:
                self.trim()

    def trim(self) -> None:
        """Beyond the bound, drops the entries that were written longest ago: a quarter, so that it lasts a while.

        What processes have left that were killed while they wrote is among them.
        """
        if not self._open():
            return
        entries = _files(self.folder, "*/*")
        total = sum(status.st_size for status, _ in entries)
        excess = total - self.bound * 3 // 4 if total > self.bound else 0
        for status, path in sorted(entries, key=lambda each: each[0].st_mtime):
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= status.st_size

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.o"

    def _open(self) -> bool:
        """Whether the folder can be used; makes it where it is missing."""
        if self._ready or self.refused:
            return self._ready and not self.refused
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.refused = _foreign(self.folder)
        except OSError as error:
            self.refused = f"cannot be made: {error.strerror}"
        self._ready = not self.refused
        return self._ready


def _content(path: str) -> bytes:
    """A file's bytes, in half the time that it takes to make a file object: there are a hundred for a program."""
    file = os.open(path, os.O_RDONLY | _BINARY)
    try:
        content = os.read(file, _USUAL_BYTES)
        while len(content) >= _USUAL_BYTES and (more := os.read(file, DEFAULT_BOUND)):
            content += more
        return content
    finally:
        os.close(file)


def _files(folder: Path, pattern: str) -> list[tuple[os.stat_result, Path]]:
    """Files and what is known of them, without those that another process has dropped meanwhile."""
    found = []
    for path in folder.glob(pattern):
        with contextlib.suppress(FileNotFoundError):
            found.append((path.stat(), path))
    return found


def _checksum(key: str, code: bytes) -> bytes:
    """Of an entry: with its key, so that one under another's name is not executed."""
    return hashlib.sha256(key.encode() + b"\0" + code).digest()


def _foreign(folder: Path) -> str:
    """Why code in this folder may be another user's; empty if it may not."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        return "is no folder"
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        return "belongs to another user"
    if os.name == "posix" and status.st_mode & 0o022:
        return "can be written by other users"
    return ""
