"""Opening the ledger and appending to it.

Any number of processes may append; SQLite lets one at a time. What a transaction has committed is on disk
(WAL mode, synchronous FULL), and a process killed at any point leaves all of a transaction or nothing of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from qlang.trust.canonical import Json
from qlang.trust.errors import JsonRefused, LedgerError, NoteError
from qlang.trust.ledger import merkle, schema
from qlang.trust.ledger.checkpoint import Checkpoint, checkpoint_of
from qlang.trust.ledger.database import Database
from qlang.trust.ledger.entries import Entry, Position, Remembered, entry_data, root_text
from qlang.trust.ledger.kinds import kind_fault
from qlang.trust.ledger.reader import ORIGIN, LedgerReader

KEPT_ANSWERS = 1024
"""Answers to this many last requests are kept; that a request was answered is kept for ever."""
MAX_ANSWER = 1 << 18
"""Most bytes of an answer."""
MAX_REQUEST_ID = 128
BUSY_SECONDS = 20.0


def new_origin() -> str:
    """A name that no other log has: `qlang.local/<16 hex digits>`."""
    return f"qlang.local/{secrets.token_hex(8)}"


def open_reader(path: Path, *, busy_seconds: float = BUSY_SECONDS) -> LedgerReader:
    """Open a ledger for reading only; the file may come from an attacker.

    Raises: LedgerError for a missing, damaged or foreign file.
    """
    return _opened(path, LedgerReader, write=False, busy_seconds=busy_seconds)


def open_ledger(
    path: Path, *, create: bool = True, origin: str | None = None, busy_seconds: float = BUSY_SECONDS
) -> Ledger:
    """Open a ledger to append to it; a context manager, or `.close()` it.

    `create` makes it if it is absent, with `origin` or a new one.

    Raises: LedgerError for a missing, damaged or foreign file, and if it has another origin than `origin`.
    """
    if origin is not None and ORIGIN.fullmatch(origin) is None:
        raise LedgerError(path, None, f"{origin[:80]!a} cannot be the name of a log")
    if create:
        try:
            schema.create(path, origin or new_origin())
        except OSError as error:
            raise LedgerError(path, None, error.strerror or type(error).__name__) from error
    ledger = _opened(path, Ledger, write=True, busy_seconds=busy_seconds)
    if origin is not None and ledger.origin != origin:
        ledger.close()
        raise LedgerError(path, None, f"is the log {ledger.origin}, not {origin}")
    return ledger


class Ledger(LedgerReader):
    """An open ledger that can be appended to; made by `open_ledger`."""

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Append as one step: committed at the end, and taken back if the block raises.

        Raises: LedgerError, also if the last entry or the newest checkpoint does not match what is stored:
        nothing is added to a ledger that shows damage.
        """
        self.database.run("BEGIN IMMEDIATE")
        try:
            yield Transaction(self)
            self.database.run("COMMIT")
        finally:
            if self.database.in_transaction:
                self.database.run("ROLLBACK")


_Opened = TypeVar("_Opened", bound=LedgerReader)


def _opened(path: Path, kind: Callable[[Database], _Opened], *, write: bool, busy_seconds: float) -> _Opened:
    try:
        connection = schema.connect(path, write=write, busy_seconds=busy_seconds)
    except OSError as error:
        raise LedgerError(path, None, error.strerror or type(error).__name__) from error
    try:
        return kind(Database(path, connection))
    except LedgerError:
        connection.close()
        raise


class Transaction:
    """The ledger while this process alone may append; made by `Ledger.transaction`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._database = ledger.database
        self._tree = merkle.RunningRoot.resumed(ledger.size(), ledger.node)
        self.position: Position = self._position()
        """Where the next `append` goes."""
        if self.position.index:
            ledger.entry(self.position.index - 1)
        note = ledger.last_checkpoint()
        if note is not None:
            self._require_true(note)

    def recall(self, request_id: str) -> Remembered | None:
        """What became of a request, or None if it was never remembered."""
        return self._ledger.recall(request_id)

    def append(self, kind: str, body: Mapping[str, Json]) -> Entry:
        """Add an entry. Raises: LedgerError if it is too large, has no canonical form or is not well-formed."""
        index = self.position.index
        try:
            fault = kind_fault(kind, body)
            data = entry_data(kind, body)
        except JsonRefused as error:
            raise LedgerError(self._ledger.path, index, f"cannot be written: {error}") from error
        if fault:
            raise LedgerError(self._ledger.path, index, f"cannot be written: {fault}")
        entry = Entry(index, kind, dict(body), merkle.leaf_hash(data))
        self._database.run("INSERT INTO entry VALUES (?, ?, ?, ?)", (index, entry.leaf, kind, data))
        for node in self._tree.add(entry.leaf):
            self._database.run("INSERT INTO node VALUES (?, ?, ?)", node)
        self.position = self._position()
        return entry

    def remember(self, request_id: str, index: int, answer: bytes) -> None:
        """Keep that a request led to entry `index`, for ever, and its answer among the last `KEPT_ANSWERS`.

        Raises: LedgerError if it was remembered before, or for an impossible id, index or answer.
        """
        if not 0 < len(request_id) <= MAX_REQUEST_ID or not request_id.isascii() or not request_id.isprintable():
            raise LedgerError(self._ledger.path, None, f"cannot remember a request as {request_id[:40]!a}")
        if not 0 <= index < self.position.index or len(answer) > MAX_ANSWER:
            raise LedgerError(self._ledger.path, index, f"cannot be the answer to a request ({len(answer)} bytes)")
        self._database.run("INSERT INTO request VALUES (?, ?)", (request_id, index))
        self._database.run("INSERT INTO answer (id, answer) VALUES (?, ?)", (request_id, answer))
        self._database.run("DELETE FROM answer WHERE number <= (SELECT max(number) FROM answer) - ?", (KEPT_ANSWERS,))

    def add_checkpoint(self, note: str) -> None:
        """Keep a signed or cosigned checkpoint. Raises: LedgerError unless it is true of this ledger."""
        checkpoint = self._require_true(note)
        self._database.run("INSERT INTO checkpoint (size, note) VALUES (?, ?)", (checkpoint.size, note))

    def _position(self) -> Position:
        return Position(self._ledger.origin, self._tree.size, root_text(self._tree.root()))

    def _require_true(self, note: str) -> Checkpoint:
        """Compare a checkpoint with the stored tree."""
        try:
            checkpoint = checkpoint_of(note.encode())
        except (NoteError, UnicodeEncodeError) as error:
            raise LedgerError(self._ledger.path, None, f"has a damaged checkpoint: {error}") from error
        if checkpoint.origin != self._ledger.origin:
            raise LedgerError(self._ledger.path, None, f"is not the log {checkpoint.origin} of a checkpoint")
        if checkpoint.size > self.position.index:
            reason = f"has {self.position.index} entries, but a checkpoint says {checkpoint.size}: it was rolled back"
            raise LedgerError(self._ledger.path, self.position.index, reason)
        now = checkpoint.size == self._tree.size
        if checkpoint.root != (self._tree.root() if now else self._ledger.root(checkpoint.size)):
            raise LedgerError(self._ledger.path, None, f"differs from its checkpoint at size {checkpoint.size}")
        return checkpoint
