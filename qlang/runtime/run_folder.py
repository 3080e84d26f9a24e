"""Run folders: made under a hidden name, renamed when complete.

    .qlang/runs/.partial-20261121-100000-123-1a2b3c4d/   while the run is under way, or after it was killed
    .qlang/runs/20261121-100000-123-1a2b3c4d/            complete, with a signed manifest

A folder with a plain name is complete, whatever happened to the process or the machine.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qlang.runtime.errors import BadRun, CannotRecord
from qlang.trust.canonical import MAX_BYTES, load_json
from qlang.trust.errors import FileRefused, JsonRefused
from qlang.trust.files import create_file, read_file, sync_directory, write_all
from qlang.trust.manifest import MANIFEST_NAME

STATE = ".qlang"
RUNS = Path(STATE) / "runs"
LEDGER = Path(STATE) / "ledger.sqlite"
PARTIAL = ".partial-"
_OWNER = ".pid"
"""Which process works on a partial folder; never part of a complete one."""


def new_run_id(now: datetime) -> str:
    """Sorts by time (UTC, milliseconds); unique by a random end."""
    moment = now.astimezone(UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{moment.microsecond // 1000:03}-{secrets.token_hex(4)}"


@dataclass(slots=True)
class RunFolder:
    """A folder that a run is being written to."""

    root: Path
    run_id: str
    written: list[str] = field(default_factory=list)
    complete: bool = False

    @property
    def partial(self) -> Path:
        """Where files go until the run is complete."""
        return self.root / RUNS / f"{PARTIAL}{self.run_id}"

    @property
    def path(self) -> Path:
        """Where they are afterwards."""
        return self.root / RUNS / self.run_id

    def write(self, name: str, content: bytes | str) -> None:
        """Write a file durably. Raises `CannotRecord`."""
        data = content.encode() if isinstance(content, str) else content
        try:
            descriptor = create_file(self.partial / name, mode=0o644)
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise CannotRecord(self.partial / name, error.strerror or type(error).__name__) from error
        self.written.append(name)

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write plain data, readable, without NaN or infinities. Raises `CannotRecord`."""
        self.write(name, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")

    def finish(self) -> Path:
        """Give the folder its name. Raises `CannotRecord`."""
        try:
            (self.partial / _OWNER).unlink()
            sync_directory(self.partial)
            self.partial.rename(self.path)
            sync_directory(self.path.parent)
        except OSError as error:
            raise CannotRecord(self.path, error.strerror or type(error).__name__) from error
        self.complete = True
        return self.path


@contextmanager
def run_folder(root: Path, now: datetime) -> Iterator[RunFolder]:
    """A new folder for a run; removed if the block ends without `finish`. Raises `CannotRecord`."""
    folder = RunFolder(root, new_run_id(now))
    try:
        folder.partial.mkdir(parents=True)
        (folder.partial / _OWNER).write_text(str(os.getpid()), encoding="ascii")
    except OSError as error:
        raise CannotRecord(folder.partial, error.strerror or type(error).__name__) from error
    try:
        yield folder
    finally:
        if not folder.complete:
            shutil.rmtree(folder.partial, ignore_errors=True)  # what stays is reported by `partial_runs`


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A complete run folder as it presents itself; nothing is verified here."""

    run_id: str
    path: Path

    def text(self, name: str) -> str:
        """The content of a file. Raises `BadRun`."""
        try:
            return read_file(self.path / name, limit=1 << 30).decode("utf-8")
        except FileRefused as error:
            raise BadRun(error.path, error.reason) from error
        except UnicodeDecodeError as error:
            raise BadRun(self.path / name, "is not UTF-8") from error

    def json(self, name: str, limit: int = 16 * MAX_BYTES) -> Mapping[str, Any]:
        """The object in a JSON file. Raises `BadRun`."""
        try:
            value = load_json(self.text(name).encode(), max_bytes=limit)
        except JsonRefused as error:
            raise BadRun(self.path / name, error.reason) from error
        if not isinstance(value, Mapping):
            raise BadRun(self.path / name, "is not an object")
        return value


def list_runs(root: Path) -> list[StoredRun]:
    """Complete runs of a workspace, the oldest first."""
    runs = root / RUNS
    folders = sorted(path for path in runs.iterdir() if _complete(path)) if runs.is_dir() else []
    return [StoredRun(path.name, path) for path in folders]


def load_run(path: Path) -> StoredRun:
    """A complete run by its folder. Raises `BadRun`."""
    if not _complete(path):
        raise BadRun(path, f"is not a complete run: it has no {MANIFEST_NAME}")
    return StoredRun(path.name, path)


def partial_runs(root: Path) -> list[Path]:
    """Folders of runs that were killed: their process is gone."""
    runs = root / RUNS
    if not runs.is_dir():
        return []
    return sorted(path for path in runs.iterdir() if path.name.startswith(PARTIAL) and not _alive(path))


def _complete(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".") and (path / MANIFEST_NAME).is_file()


def _alive(partial: Path) -> bool:
    try:
        owner = int((partial / _OWNER).read_text(encoding="ascii"))
        os.kill(owner, 0)
    except (OSError, ValueError) as error:
        return isinstance(error, PermissionError)  # somebody else's process
    return True
