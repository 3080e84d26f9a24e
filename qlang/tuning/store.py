"""Records in the user's cache folder: one file for a kernel on a device, complete or absent.

    <cache>/qlang/tuning/<device>/<kernel>.json

A damaged file is said so by a `DamagedRecord` warning and removed, so that the next search writes it anew; so is what
is no plain file. A file of another version of this format is left alone and not used.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlang.tuning.device import Device
from qlang.tuning.errors import CannotStore, NoFolder
from qlang.tuning.folder import tuning_folder
from qlang.tuning.record import FORMAT, Best, Kernel, Record, best_from_json, record_from_json, record_json
from qlang.tuning.result import NotARecord
from qlang.tuning.space import Configuration, Space

_MAX_BYTES = 64 << 20
_DIGITS = 24
"""Of the digests, in names; the whole ones are in the record."""


class DamagedRecord(UserWarning):
    """A record that could not be read was removed."""


class UnusedRecord(UserWarning):
    """A record is whole, and says nothing about what is searched for now."""


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of records; any number of processes may use it at once, the last to write stays."""

    folder: Path

    def path(self, kernel: Kernel, device: Device) -> Path:
        """Where the record of a kernel on a device is."""
        return self.folder / device.digest[:_DIGITS] / f"{kernel.digest[:_DIGITS]}.json"

    def load(self, kernel: Kernel, device: Device, space: Space) -> Record | None:
        """The record, or `None` where there is none that can be used."""
        path = self.path(kernel, device)
        document = _read(path)
        if document is None:
            return None
        try:
            return record_from_json(document, kernel, device, space)
        except NotARecord as error:
            _damaged(path, document, str(error))
            return None

    def best(self, kernel: Kernel, device: Device, space: Space, default: Configuration) -> Best | None:
        """What the record says is better than this default; cheaper than `load`."""
        path = self.path(kernel, device)
        document = _read(path)
        if document is None:
            return None
        try:
            return best_from_json(document, kernel, device, space, default)
        except NotARecord as error:
            _damaged(path, document, str(error))
            return None

    def save(self, record: Record) -> Path:
        """Write the record; its place. Raises: CannotStore."""
        path = self.path(record.kernel, record.device)
        staged = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        data = json.dumps(record_json(record), indent=1, allow_nan=False).encode()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                staged.write_bytes(data)
                staged.replace(path)
            finally:
                staged.unlink(missing_ok=True)
        except OSError as error:
            raise CannotStore(path, error.strerror or type(error).__name__) from error
        return path


def user_store() -> Store:
    """The store in the user's cache folder. Raises: NoFolder."""
    folder = tuning_folder()
    if folder is None:
        raise NoFolder
    return Store(folder)


def unused(path: Path, reason: str) -> None:
    """Warn that the record there is left out."""
    warnings.warn(f"the tuning record {path} is not used: {reason}", UnusedRecord, stacklevel=4)


def _read(path: Path) -> Any:
    """The document of a file; `None` where there is no file, and after removing one that is no JSON."""
    try:
        # to open a pipe must not wait for someone to write to it
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
            data = file.read(_MAX_BYTES + 1) if plain else b""
    except FileNotFoundError:
        return None
    except OSError as error:
        warnings.warn(f"cannot read the tuning record {path}: {error.strerror}", DamagedRecord, stacklevel=4)
        return None
    if len(data) > _MAX_BYTES:
        _damaged(path, None, "it is too large")
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        _damaged(path, None, "it is no JSON")
        return None


def _damaged(path: Path, document: Any, reason: str) -> None:
    """Remove what nobody can use; a record of another version of the format is somebody's."""
    try:
        of_another_version = str(document["metadata"]["qlang"]["format"]) not in (FORMAT, "None")
    except (KeyError, TypeError):
        of_another_version = False
    if of_another_version:
        return
    warnings.warn(f"removed the damaged tuning record {path}: {reason}", DamagedRecord, stacklevel=5)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        warnings.warn(f"cannot remove it: {error.strerror}", DamagedRecord, stacklevel=5)
