"""The ledger as JSON lines, for anyone to verify without SQLite and without us.

    {"entries":2,"format":"qlang-ledger-1","origin":"qlang.local/…"}
    {"body":{…},"kind":"run"}            exactly the bytes that leaf hash 0 covers
    {"body":{…},"kind":"refusal"}
    {"checkpoint":"qlang.local/…\\n1\\n…"}  every stored checkpoint, then any given one

An export is verified as it stands; nothing is ever imported into a ledger.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from qlang.trust.canonical import canonical_json, load_json
from qlang.trust.checks import Check
from qlang.trust.errors import FileRefused, JsonRefused, LedgerError
from qlang.trust.files import create_file, open_regular, sync_directory
from qlang.trust.ledger import merkle
from qlang.trust.ledger.compare import Known, known_check, sizes_of, stored_checks
from qlang.trust.ledger.entries import MAX_ENTRY, entry_data, parse_entry, root_text
from qlang.trust.ledger.kinds import kind_fault
from qlang.trust.ledger.notes import MAX_NOTE
from qlang.trust.ledger.reader import ORIGIN, LedgerReader
from qlang.trust.ledger.vouching import Vouch

FORMAT = "qlang-ledger-1"
_MAX_LINE = 2 * max(MAX_ENTRY, MAX_NOTE)


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds, recomputed from its lines."""

    origin: str
    leaves: tuple[bytes, ...]
    notes: tuple[str, ...]


def export_ledger(ledger: LedgerReader, path: Path, notes: Sequence[str] = ()) -> int:
    """Write the whole ledger into a new file; returns the number of entries.

    `notes`: checkpoints beside those that the ledger keeps. Raises: LedgerError at a damaged entry,
    FileExistsError, OSError; nothing is left behind then.
    """
    descriptor = create_file(path)
    try:
        with os.fdopen(descriptor, "wb") as file, ledger.snapshot():
            size = ledger.size()
            file.writelines(_lines(ledger, size, notes))
            file.flush()
            os.fsync(file.fileno())
    except (LedgerError, OSError):
        path.unlink()
        raise
    sync_directory(path.parent)
    return size


def read_export(path: Path) -> Exported:
    """Read an export that may come from an attacker. Raises: LedgerError naming the first bad entry."""
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            return _read(path, file)
    except FileRefused as error:
        raise LedgerError(path, None, error.reason) from error
    except OSError as error:
        raise LedgerError(path, None, error.strerror or "cannot be read") from error


def check_export(path: Path, *, known: Sequence[Known] = (), vouch: Vouch | None = None) -> tuple[Check, ...]:
    """Check an export as `deep.check_ledger_file` checks a ledger; never raises for what it contains."""
    try:
        exported = read_export(path)
    except LedgerError as error:
        return (Check("ledger export", False, str(error)),)
    size = len(exported.leaves)
    roots = _roots(exported.leaves, sizes_of(exported.notes, known) | {size})

    def leaf_at(index: int) -> bytes | None:
        return exported.leaves[index] if 0 <= index < size else None

    return (
        Check("ledger export", True, f"{exported.origin}, {size} entries, root {root_text(roots[size])}"),
        *stored_checks(exported.origin, size, exported.notes, roots.get, vouch),
        *(known_check(exported.origin, size, item, roots.get, leaf_at, vouch) for item in known),
    )


def _roots(leaves: Sequence[bytes], sizes: frozenset[int]) -> dict[int, bytes]:
    """The roots at some sizes, in one pass."""
    tree = merkle.RunningRoot()
    roots = {0: tree.root()}
    for leaf in leaves:
        tree.add(leaf)
        if tree.size in sizes:
            roots[tree.size] = tree.root()
    return roots


def _lines(ledger: LedgerReader, size: int, notes: Sequence[str]) -> Iterator[bytes]:
    yield canonical_json({"format": FORMAT, "origin": ledger.origin, "entries": size}) + b"\n"
    for entry in ledger.entries(0, size):
        yield entry_data(entry.kind, entry.body) + b"\n"
    for note in (*ledger.checkpoints(), *notes):
        yield canonical_json({"checkpoint": note}) + b"\n"


def _read(path: Path, file: BinaryIO) -> Exported:
    origin, size = _header(path, file.readline(_MAX_LINE))
    leaves = []
    for index in range(size):
        line = file.readline(_MAX_LINE)
        if not line.endswith(b"\n"):
            raise LedgerError(path, index, f"is missing: {size} entries announced")
        try:
            entry = parse_entry(index, line[:-1])
        except JsonRefused as error:
            raise LedgerError(path, index, f"is damaged: {error}") from error
        if fault := kind_fault(entry.kind, entry.body):
            raise LedgerError(path, index, fault)
        leaves.append(entry.leaf)
    return Exported(origin, tuple(leaves), tuple(_notes(path, file)))


def _header(path: Path, line: bytes) -> tuple[str, int]:
    try:
        value = load_json(line, max_bytes=1024)
    except JsonRefused as error:
        raise LedgerError(path, None, f"is not an exported ledger: {error}") from error
    match value:
        case {"format": str(form), "origin": str(origin), "entries": int(size), **others} if (
            form == FORMAT and not others and ORIGIN.fullmatch(origin) and type(size) is int and size >= 0
        ):
            return origin, size
    raise LedgerError(path, None, f"is not an exported ledger of format {FORMAT}")


def _notes(path: Path, file: BinaryIO) -> Iterator[str]:
    while line := file.readline(_MAX_LINE):
        try:
            value = load_json(line, max_bytes=_MAX_LINE)
        except JsonRefused as error:
            raise LedgerError(path, None, f"has a damaged checkpoint: {error}") from error
        match value:
            case {"checkpoint": str(note), **others} if not others and line.endswith(b"\n"):
                yield note
            case _:
                raise LedgerError(path, None, "has something else than checkpoints after its entries")
