"""Notes about keys that are being made in a token, written before the token makes them.

A key pair in a token and its key file cannot be written in one step. A process killed between them leaves a pair that
no key file speaks of; its note tells the next creation what that is. A token may be shared with other key stores, so
nothing is removed by its name alone: the note holds a random word that is part of the objects' CKA_LABEL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.canonical import Json, canonical_json, load_json
from qlang.trust.custody import TOKEN_NATIVE, KeyRecord
from qlang.trust.errors import CustodyError, FileRefused, JsonRefused
from qlang.trust.files import commit, private_directory, read_file, stage, sync_directory

_MAX_NOTE = 4096
_PRIVATE = 0o077


@dataclass(frozen=True, slots=True)
class Note:
    """One key pair on its way: where it will be found."""

    token_label: str
    token_serial: str
    object_label: str
    object_id: str
    """In hexadecimal."""

    @classmethod
    def of(cls, record: KeyRecord) -> Note:
        """What was noted about a key that has a key file."""
        return cls(*(str(record.protection.get(name)) for name in cls.__slots__))

    @property
    def members(self) -> dict[str, Json]:
        """As in the note's file, and in the key's own."""
        return {name: getattr(self, name) for name in self.__slots__}


def write_note(folder: Path, note: Note) -> None:
    """Note a key pair durably, before it is made. Raises: CustodyError."""
    try:
        private_directory(folder)
        path = _path(folder, note)
        commit(stage(path, canonical_json(note.members)), path)
    except FileRefused as error:
        raise CustodyError(TOKEN_NATIVE, str(error)) from error
    except OSError as error:
        raise CustodyError(TOKEN_NATIVE, f"{folder}: {error.strerror}") from error


def read_notes(folder: Path) -> tuple[Note, ...]:
    """All notes of a folder. Raises: CustodyError for one that cannot be read."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            value = load_json(read_file(path, limit=_MAX_NOTE, forbidden_mode=_PRIVATE))
        except (FileRefused, JsonRefused) as error:
            raise CustodyError(TOKEN_NATIVE, f"{path}: {error}") from error
        if not isinstance(value, Mapping) or set(value) != set(Note.__slots__):
            raise CustodyError(TOKEN_NATIVE, f"{path}: is no note about a key that is being made")
        found.append(Note(**{name: str(value[name]) for name in Note.__slots__}))
    return tuple(found)


def remove_note(folder: Path, note: Note) -> None:
    """Forget a key pair that has its key file, or is gone. Raises: CustodyError."""
    try:
        _path(folder, note).unlink(missing_ok=True)
        if folder.is_dir():
            sync_directory(folder)
    except OSError as error:
        raise CustodyError(TOKEN_NATIVE, f"{folder}: {error.strerror}") from error


def _path(folder: Path, note: Note) -> Path:
    return folder / f"{hashlib.sha256(canonical_json(note.members)).hexdigest()[:32]}.json"
