"""Files as a key store and a verifier may read and write them.

No symbolic links, no pipes or devices, no size surprises; private files belong to the user alone;
written files are complete and on disk, or absent.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from pathlib import Path

from qlang.trust.errors import FileRefused

_READ = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe in place of a file must not hang us
    | getattr(os, "O_BINARY", 0)
)
_CREATE = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)
_CHUNK = 1 << 20
_HAS_MODES = os.name == "posix"


def _refused(path: Path, error: OSError) -> FileRefused:
    if isinstance(error, FileNotFoundError):
        return FileRefused(path, "does not exist", missing=True)
    if error.errno == errno.ELOOP:
        return FileRefused(path, "is a symbolic link")
    return FileRefused(path, error.strerror or type(error).__name__)


def _exposure(info: os.stat_result, forbidden: int) -> str | None:
    if not _HAS_MODES:
        return None
    if info.st_uid not in (0, os.geteuid()):
        return "belongs to another user"
    if info.st_mode & forbidden:
        return f"is open to group or others (mode {stat.S_IMODE(info.st_mode):04o})"
    return None


def open_regular(path: Path, *, forbidden_mode: int = 0) -> int:
    """A read-only descriptor of a plain file; the caller closes it.

    `forbidden_mode`: permission bits that must not be set (0o077 for secrets); if any is asked for,
    the file must also belong to the user.

    Raises: FileRefused.
    """
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        raise _refused(path, error) from error
    except ValueError as error:  # a zero byte in the name
        raise FileRefused(path, "is not a possible file name") from error
    info = os.fstat(descriptor)
    reason = None
    if not stat.S_ISREG(info.st_mode):
        reason = "is not a plain file"
    elif forbidden_mode:
        reason = _exposure(info, forbidden_mode)
    if reason:
        os.close(descriptor)
        raise FileRefused(path, reason)
    return descriptor


def read_file(path: Path, *, limit: int, forbidden_mode: int = 0) -> bytes:
    """The whole content, at most `limit` bytes. Raises: FileRefused."""
    with os.fdopen(open_regular(path, forbidden_mode=forbidden_mode), "rb") as file:
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise _refused(path, error) from error
    if len(data) > limit:
        raise FileRefused(path, f"is larger than {limit} bytes")
    return data


def file_digest(path: Path) -> str:
    """`sha256:<hex>` of the content of a plain file of any size. Raises: FileRefused."""
    digest = hashlib.sha256()
    with os.fdopen(open_regular(path), "rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        except OSError as error:
            raise _refused(path, error) from error
    return f"sha256:{digest.hexdigest()}"


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte at the current offset. Raises: OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def create_file(path: Path, *, mode: int = 0o600) -> int:
    """A descriptor that writes a new file, bytes as they are; the caller closes it. Raises: OSError if there is one."""
    return os.open(path, _CREATE, mode)


def stage(path: Path, data: bytes, *, mode: int = 0o600) -> Path:
    """Write `data` durably beside `path` under a temporary name, and return that name.

    Raises: OSError; nothing is left behind then.
    """
    staged = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = create_file(staged, mode=mode)
    try:
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        staged.unlink()
        raise
    return staged


def commit(staged: Path, path: Path) -> None:
    """Give a staged file its name, in one step that survives a crash. Raises: OSError."""
    staged.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make created and renamed names in a folder durable, where the system can."""
    if not _HAS_MODES:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private_directory(path: Path) -> None:
    """Make sure of a folder of mode 0700 that belongs to the user; missing folders above it are made so too.

    Raises: FileRefused.
    """
    try:
        for folder in reversed([path, *path.parents]):  # `parents=True` would ignore the mode
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
        info = path.lstat()
    except OSError as error:
        raise _refused(path, error) from error
    if not stat.S_ISDIR(info.st_mode):
        raise FileRefused(path, "is a symbolic link, not a folder")
    if reason := _exposure(info, 0o077):
        raise FileRefused(path, reason)
