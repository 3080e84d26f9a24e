"""The run ledger: a hash-chained file of JSON lines, appended to by many processes.

    {"body":{…},"digest":"sha256:…","index":0,"kind":"run","previous":"sha256:000…"}

`digest` covers the other four members in canonical JSON, `previous` is the digest of the line before.
A process killed while it appends leaves at most one line without its newline; the next append writes
over it and records that. An entry is acknowledged only after fsync.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.canonical import DIGEST, Json, canonical_json, load_json, sha256_digest
from qlang.trust.checks import Check
from qlang.trust.errors import FileRefused, JsonRefused, LedgerError
from qlang.trust.files import open_regular, sync_directory, write_all
from qlang.trust.locks import locked

GENESIS = "sha256:" + "0" * 64
"""`previous` of the first entry."""

MAX_LINE = 1 << 16
"""Longest line with its newline; what bounds the read at the tail."""

REPAIR = "repair"
"""Kind of the entry that records a torn line; its body has `removed_bytes` and `removed_digest`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    index: int
    previous: str
    kind: str
    body: Mapping[str, Json]
    digest: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where the next entry goes, and what it links to."""

    index: int
    previous: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a scan of a whole ledger found."""

    entries: int
    fault: str | None
    """The first broken link, in words."""
    torn_bytes: int
    wanted: Entry | None
    """The entry that was asked for, if it is intact in itself."""


class LockedLedger:
    """The ledger while this process alone may append; made by `locked_ledger`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._end, self.position, torn = _read_tail(path, descriptor)
        if torn:
            self.append(REPAIR, {"removed_bytes": len(torn), "removed_digest": sha256_digest(torn)})

    def append(self, kind: str, body: Mapping[str, Json]) -> Entry:
        """Write one entry durably. Raises: LedgerError if it is too long, JsonRefused, OSError."""
        entry = _entry(self.position, kind, body)
        line = _line(entry)
        if len(line) > MAX_LINE:
            raise LedgerError(self._path, entry.index, f"entry of {len(line)} bytes exceeds {MAX_LINE}")
        os.lseek(self._descriptor, self._end, os.SEEK_SET)
        write_all(self._descriptor, line)
        os.ftruncate(self._descriptor, self._end + len(line))  # what is left of a longer torn line
        os.fsync(self._descriptor)
        self._end += len(line)
        self.position = Position(entry.index + 1, entry.digest)
        return entry


@contextmanager
def locked_ledger(path: Path) -> Iterator[LockedLedger]:
    """Open the ledger for appending, made if absent, and keep other processes out meanwhile.

    Raises: LedgerError if the last entry is damaged: nothing is ever chained to a broken link.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o644)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise LedgerError(path, None, "is not a plain file")
        with locked(descriptor):
            if os.fstat(descriptor).st_size == 0:
                sync_directory(path.parent)
            yield LockedLedger(path, descriptor)
    finally:
        os.close(descriptor)


def append_entry(path: Path, kind: str, body: Mapping[str, Json]) -> Entry:
    """Append one entry. Raises: LedgerError, JsonRefused, OSError."""
    with locked_ledger(path) as ledger:
        return ledger.append(kind, body)


def scan_chain(path: Path, wanted: int | None = None) -> ChainReport:
    """Follow the chain from the first entry, in constant memory.

    Raises: FileRefused if the file cannot be read.
    """
    descriptor = open_regular(path)
    with os.fdopen(descriptor, "rb") as file:
        with locked(descriptor, exclusive=False):
            size = os.fstat(descriptor).st_size  # up to here, no append is in progress
        position = Position(0, GENESIS)
        fault: str | None = None
        found: Entry | None = None
        file.seek(0)
        while (offset := file.tell()) < size:
            line = file.readline(min(MAX_LINE, size - offset))
            if not line.endswith(b"\n") and offset + len(line) == size and fault is None:
                return ChainReport(position.index, None, len(line), found)
            try:
                entry = _parse_line(path, position.index, line)
                if position.index == wanted:
                    found = entry
                if fault is None and entry.previous != position.previous:
                    fault = (
                        f"entry {position.index}: previous is {entry.previous}, "
                        f"but entry {position.index - 1} has digest {position.previous}"
                    )
                position = Position(position.index + 1, entry.digest)
            except LedgerError as error:
                fault = fault or f"entry {position.index}: {error.reason}"
                position = Position(position.index + 1, GENESIS)
    return ChainReport(position.index, fault, 0, found)


def check_chain(path: Path) -> tuple[Check, ...]:
    """Check every link of the ledger; never raises for what the file contains."""
    try:
        report = scan_chain(path)
    except FileRefused as error:
        return (Check("ledger chain", False, str(error)),)
    return chain_checks(report)


def chain_checks(report: ChainReport) -> tuple[Check, ...]:
    """The verdicts on a scanned chain."""
    if report.fault:
        return (Check("ledger chain", False, report.fault),)
    checks = [Check("ledger chain", True, f"{report.entries} entries")]
    if report.torn_bytes:
        detail = f"{report.torn_bytes} bytes of an append that was interrupted; the next append records them"
        checks.append(Check("note ledger tail", True, detail))
    return tuple(checks)


def _read_tail(path: Path, descriptor: int) -> tuple[int, Position, bytes]:
    """End of the last whole line, the position after it, and the torn bytes behind; cost is O(1)."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - 2 * MAX_LINE)
    os.lseek(descriptor, start, os.SEEK_SET)
    data = bytearray()
    while len(data) < size - start and (chunk := os.read(descriptor, size - start - len(data))):
        data += chunk
    end = data.rfind(b"\n") + 1
    torn = bytes(data[end:])
    if len(torn) > MAX_LINE or (end == 0 and start > 0):
        raise LedgerError(path, None, "the last line is longer than any entry")
    if end == 0:
        return 0, Position(0, GENESIS), torn
    line = bytes(data[data.rfind(b"\n", 0, end - 1) + 1 : end])
    last = _parse_line(path, None, line)
    return start + end, Position(last.index + 1, last.digest), torn


def _members(entry: Entry) -> dict[str, Json]:
    return {"index": entry.index, "previous": entry.previous, "kind": entry.kind, "body": entry.body}


def _entry(position: Position, kind: str, body: Mapping[str, Json]) -> Entry:
    unsigned = Entry(position.index, position.previous, kind, dict(body), "")
    digest = sha256_digest(canonical_json(_members(unsigned)))
    return Entry(position.index, position.previous, kind, unsigned.body, digest)


def _line(entry: Entry) -> bytes:
    return canonical_json(_members(entry) | {"digest": entry.digest}) + b"\n"


def _parse_line(path: Path, index: int | None, line: bytes) -> Entry:
    """One whole line, intact in itself. Raises: LedgerError."""
    try:
        value = load_json(line, max_bytes=MAX_LINE)
    except JsonRefused as error:
        raise LedgerError(path, index, f"damaged line: {error}") from error
    match value:
        case {
            "index": int(number),
            "previous": str(previous),
            "kind": str(kind),
            "body": dict(body),
            "digest": str(digest),
            **others,
        } if not others and type(number) is int and DIGEST.fullmatch(previous):
            pass
        case _:
            raise LedgerError(path, index, "not a ledger entry")
    if index is not None and number != index:
        raise LedgerError(path, index, f"is numbered {number}")
    entry = _entry(Position(number, previous), kind, body)
    if entry.digest != digest:
        raise LedgerError(path, index, f"digest {digest[:71]!a} recorded, {entry.digest} found")
    if _line(entry) != line:
        raise LedgerError(path, index, "not in canonical form")
    return entry
