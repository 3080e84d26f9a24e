"""Reading the ledger: entries, roots and proofs, from a file that may be damaged."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from types import TracebackType
from typing import TypeVar

from qlang.trust.errors import JsonRefused, LedgerError
from qlang.trust.ledger import merkle
from qlang.trust.ledger.database import Database
from qlang.trust.ledger.entries import Entry, Position, Remembered, parse_entry, root_text

ORIGIN = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\-_/:]{0,254}", re.ASCII)
"""How the name of a log is spelled (use `fullmatch`): no spaces and no plus, as C2SP checkpoints want it."""

_PAGE = 256
_Self = TypeVar("_Self", bound="LedgerReader")


class LedgerReader:
    """An open ledger. Every method raises LedgerError for whatever the file may do."""

    def __init__(self, database: Database) -> None:
        self.path = database.path
        self.database = database
        self.origin = self._read_origin()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.database.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one state of the ledger throughout, whatever is appended meanwhile."""
        self.database.run("BEGIN")
        try:
            yield
        finally:
            if self.database.in_transaction:
                self.database.run("ROLLBACK")

    def size(self) -> int:
        """Number of entries."""
        top = self.database.one("SELECT max(idx) FROM entry")[0]
        if top is None:
            return 0
        if not isinstance(top, int) or not 0 <= top < merkle.MAX_SIZE:
            raise LedgerError(self.path, None, "has an impossible index")
        return top + 1

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` entries (default: all), from O(log n) stored nodes."""
        return merkle.tree_root(self._bounded(size), self.node)

    def position(self) -> Position:
        """Where the next entry would go now."""
        size = self.size()
        return Position(self.origin, size, root_text(self.root(size)))

    def entry(self, index: int) -> Entry:
        """One entry, intact in itself. Raises: LedgerError if it is absent or damaged."""
        row = self.database.one("SELECT leaf, kind, data FROM entry WHERE idx = ?", (index,), index=index)
        return self._entry(index, *row)

    def entries(self, start: int = 0, stop: int | None = None, *, kind: str | None = None) -> Iterator[Entry]:
        """Entries from `start` to before `stop`, all or of one kind. Raises: LedgerError at the first damaged one."""
        stop = self.size() if stop is None else stop
        while start < stop:
            rows = self._page(start, stop, kind)
            for index, leaf, of, data in rows:
                if not isinstance(index, int) or (kind is None and index != start):
                    raise LedgerError(self.path, start, "is missing")
                yield self._entry(index, leaf, of, data)
                start = index + 1
            if len(rows) < _PAGE:
                if kind is None and start < stop:
                    raise LedgerError(self.path, start, "is missing")
                return

    def last_entry(self, kind: str) -> Entry | None:
        """The newest entry of a kind. Raises: LedgerError if it is damaged."""
        index = self.database.one("SELECT max(idx) FROM entry WHERE kind = ?", (kind,))[0]
        if index is None:
            return None
        if not isinstance(index, int):
            raise LedgerError(self.path, None, "has an impossible index")
        return self.entry(index)

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """The audit path of entry `index` in the tree of the first `size` entries.

        Raises: LedgerError if there is no such entry.
        """
        whole = self._bounded(size)
        if not 0 <= index < whole:
            raise LedgerError(self.path, index, f"is not among {whole} entries")
        return merkle.inclusion_path(index, whole, self.node)

    def consistency_proof(self, old: int, size: int | None = None) -> list[bytes]:
        """That the first `size` entries continue the first `old` ones.

        Raises: LedgerError if there are not so many.
        """
        whole = self._bounded(size)
        if not 0 <= old <= whole:
            raise LedgerError(self.path, None, f"has {whole} entries, not {old}")
        return merkle.consistency_path(old, whole, self.node)

    def checkpoints(self, newest: int = -1) -> list[str]:
        """The stored checkpoint notes, all or the newest ones, oldest first."""
        rows = self.database.all("SELECT note FROM checkpoint ORDER BY number DESC LIMIT ?", (newest,))
        return [self._text(note) for (note,) in reversed(rows)]

    def checkpoints_above(self, index: int) -> Generator[str]:
        """The stored checkpoint notes of trees that hold entry `index`, the newest first."""
        select = "SELECT note FROM checkpoint WHERE size > ? ORDER BY number DESC"
        with closing(self.database.each(select, (index,))) as rows:
            for (note,) in rows:
                yield self._text(note)

    def last_checkpoint(self) -> str | None:
        """The stored checkpoint note of the greatest size."""
        rows = self.database.all("SELECT note FROM checkpoint ORDER BY size DESC, number DESC LIMIT 1")
        return self._text(rows[0][0]) if rows else None

    def recall(self, request_id: str) -> Remembered | None:
        """What became of a request, or None if it was never remembered."""
        rows = self.database.all("SELECT idx FROM request WHERE id = ?", (request_id,))
        if not rows:
            return None
        index = rows[0][0]
        answers = self.database.all("SELECT answer FROM answer WHERE id = ?", (request_id,))
        answer = answers[0][0] if answers else None
        if not isinstance(index, int) or not isinstance(answer, bytes | None):
            raise LedgerError(self.path, None, f"does not remember request {request_id[:40]!a} as it was written")
        return Remembered(index, answer)

    def node(self, level: int, index: int) -> bytes:
        """The stored hash of a full subtree (see `merkle`)."""
        first = index << level
        if level == 0:
            value = self.database.one("SELECT leaf FROM entry WHERE idx = ?", (index,), index=first)[0]
        else:
            select = "SELECT hash FROM node WHERE level = ? AND idx = ?"
            rows = self.database.all(select, (level, index))
            if not rows:
                raise LedgerError(self.path, first, f"has no node of level {level}")
            value = rows[0][0]
        if not isinstance(value, bytes) or len(value) != merkle.HASH_BYTES:
            raise LedgerError(self.path, first, f"has a damaged node of level {level}")
        return value

    def _page(self, start: int, stop: int, kind: str | None) -> list[tuple[object, ...]]:
        if kind is None:
            return self.database.all(
                "SELECT idx, leaf, kind, data FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx LIMIT ?",
                (start, stop, _PAGE),
            )
        return self.database.all(
            "SELECT idx, leaf, kind, data FROM entry WHERE kind = ? AND idx >= ? AND idx < ? ORDER BY idx LIMIT ?",
            (kind, start, stop, _PAGE),
        )

    def _read_origin(self) -> str:
        rows = self.database.all("SELECT name, value FROM meta LIMIT 2")
        origin = rows[0][1] if len(rows) == 1 and rows[0][0] == "origin" else None
        if not isinstance(origin, str) or ORIGIN.fullmatch(origin) is None:
            raise LedgerError(self.path, None, "has no name of a log")
        return origin

    def _entry(self, index: int, leaf: object, kind: object, data: object) -> Entry:
        if not isinstance(data, bytes):
            raise LedgerError(self.path, index, "has no data")
        try:
            entry = parse_entry(index, data)
        except JsonRefused as error:
            raise LedgerError(self.path, index, f"is damaged: {error}") from error
        if entry.leaf != leaf:
            raise LedgerError(self.path, index, "does not match its leaf hash")
        if entry.kind != kind:
            raise LedgerError(self.path, index, "is listed under another kind")
        return entry

    def _bounded(self, size: int | None) -> int:
        whole = self.size()
        if size is None:
            return whole
        if not 0 <= size <= whole:
            raise LedgerError(self.path, None, f"has {whole} entries, not {size}")
        return size

    def _text(self, value: object) -> str:
        if not isinstance(value, str):
            raise LedgerError(self.path, None, "has a checkpoint that is not text")
        return value
