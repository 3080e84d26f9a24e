"""Object code kept on disk from one process to the next, and across versions of the project by what it is made from.

    <folder>/3f/3fa4….o       32 bytes of SHA-256 over the key and the object code, then that code

The folder is the user's: 0700, entries 0600, and it is used only where nobody else can write to it, since what lies in
it is executed. An entry that was cut off or changed is dropped and counted, and so is what is no entry but lies in the
place of one: a link, which is never followed, or a pipe. A folder there is let go if it is empty; else that entry alone
is not kept. Entries are complete or absent. Beyond the bound the entries that were written longest ago go.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

CHECKSUM_BYTES = 32
DEFAULT_BOUND = 64 << 20
"""Bytes; a kernel has about 3 KB."""
_PARTS = 256
"""Folders that entries are in, by the first byte of their keys."""
_USUAL_BYTES = 1 << 16
_BINARY = getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_OLD = os.O_RDONLY | _BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A link is no entry, and to open a pipe must not wait for someone to write to it."""


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
    """Entries that were dropped because their checksum was wrong, or because they were no files of the user's."""
    refused: str = ""
    """Why the folder is not used; empty where it is."""
    _ready: bool = False
    _trimmed: bool = False
    _parts: dict[str, bool] = field(default_factory=dict)
    """Whether each part that was looked at can be used."""

    def get(self, key: str) -> bytes | None:
        """The object code, or None where there is none (any more)."""
        if not self._open() or not self._open_part(key[:2]):
            return None
        path = f"{self.folder}/{key[:2]}/{key}.o"
        try:
            entry = _content(path, self.bound)
        except OSError:
            if not _in_the_way(path):
                return None
            entry = b""
        checksum, code = entry[:CHECKSUM_BYTES], entry[CHECKSUM_BYTES:]
        if _checksum(key, code) != checksum:
            self.corrupt += 1
            _drop(path)
            return None
        return code

    def put(self, key: str, code: bytes) -> None:
        """Keeps object code. A full or read-only disk is no error: the code is compiled again next time."""
        if not self._open() or not self._open_part(key[:2]):
            return
        path = self.folder / key[:2] / f"{key}.o"
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            written = path.with_name(f".{os.urandom(8).hex()}.new")
            try:
                with os.fdopen(os.open(written, _NEW, 0o600), "wb") as file:
                    file.write(_checksum(key, code) + code)
                written.replace(path)
            except BaseException:  # Ctrl-C too leaves nothing half-written
                written.unlink(missing_ok=True)
                raise
            self._trim_once(path.parent)
        except OSError as error:
            if not _in_the_way(path):
                self.refused = f"cannot be written: {error.strerror}"

    def _trim_once(self, part: Path) -> None:
        """Trims at the first entry that a process writes, if the part of the folder that it is in is large.

        Looking at all entries takes longer than compiling a program, and keys spread evenly.
        """
        if not self._trimmed:
            self._trimmed = True
            if _PARTS * sum(status.st_size for status, _ in _files(part)) > self.bound:
                self.trim()

    def trim(self) -> None:
        """Beyond the bound, drops the entries that were written longest ago: a quarter, so that it lasts a while.

        What processes have left that were killed while they wrote is among them.
        """
        if not self._open():
            return
        entries = [entry for part in _folders(self.folder) for entry in _files(part)]
        total = sum(status.st_size for status, _ in entries)
        excess = total - self.bound * 3 // 4 if total > self.bound else 0
        for status, path in sorted(entries, key=lambda each: each[0].st_mtime):
            if excess <= 0:
                return
            Path(path).unlink(missing_ok=True)
            excess -= status.st_size

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

    def _open_part(self, name: str) -> bool:
        """Whether a part can be used, or made; what is no folder is dropped."""
        known = self._parts.get(name)
        if known is None:
            known = self._parts[name] = self._usable(f"{self.folder}/{name}")
        return known

    def _usable(self, part: str) -> bool:
        try:
            status = os.lstat(part)
        except OSError:  # none is there
            return True
        if not stat.S_ISDIR(status.st_mode):
            self.corrupt += 1
            return _drop(part)
        return not _others(status)


def _content(path: str, most: int) -> bytes:
    """A file's bytes, in half the time that it takes to make a file object: there are a hundred for a program.

    Nothing where it is no file of the user's alone, or has more than `most`. Raises OSError, for a link too.
    """
    file = os.open(path, _OLD)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or _others(status) or status.st_size > most:
            return b""
        content = os.read(file, _USUAL_BYTES)
        while len(content) >= _USUAL_BYTES and (more := os.read(file, DEFAULT_BOUND)):
            content += more
        return content
    finally:
        os.close(file)


def _in_the_way(path: str | Path) -> bool:
    """Whether something that is no file is in the place of an entry."""
    try:
        return not stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _drop(path: str) -> bool:
    """Removes what is there, a folder only if it is empty; whether that could be done."""
    found = Path(path)
    try:
        found.unlink()
    except OSError:
        try:
            found.rmdir()
        except OSError:
            return False
    return True


def _folders(folder: Path) -> list[str]:
    """Its folders; links are none."""
    with os.scandir(folder) as found:
        return [each.path for each in found if each.is_dir(follow_symlinks=False)]


def _files(folder: str | Path) -> list[tuple[os.stat_result, str]]:
    """What is in a folder but folders, and what is known of it, without what another process has dropped meanwhile."""
    files = []
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as found:
        for each in found:
            with contextlib.suppress(FileNotFoundError):
                status = os.lstat(each.path)
                if not stat.S_ISDIR(status.st_mode):
                    files.append((status, each.path))
    return files


def _checksum(key: str, code: bytes) -> bytes:
    """Of an entry: with its key, so that one under another's name is not executed."""
    return hashlib.sha256(key.encode() + b"\0" + code).digest()


def _foreign(folder: Path) -> str:
    """Why code in this folder may be another user's; empty if it may not."""
    status = folder.lstat()
    return _others(status) if stat.S_ISDIR(status.st_mode) else "is no folder"


def _others(status: os.stat_result) -> str:
    """Why what is there may be another user's; empty if it may not."""
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        return "belongs to another user"
    if os.name == "posix" and status.st_mode & 0o022:
        return "can be written by other users"
    return ""
