"""SQL on the ledger's file, with its errors in the words of this room."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from pathlib import Path

from qlang.trust.errors import LedgerError
from qlang.trust.ledger.schema import FAILURES, explained

Row = tuple[object, ...]
Values = tuple[object, ...]


class Database:
    """A connection whose every failure is a LedgerError."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def close(self) -> None:
        try:
            self._connection.close()
        except FAILURES as error:
            raise explained(self.path, error) from error

    def run(self, statement: str, values: Values = ()) -> None:
        """Execute a statement that gives no rows."""
        try:
            self._connection.execute(statement, values).close()
        except FAILURES as error:
            raise explained(self.path, error) from error

    def all(self, statement: str, values: Values = ()) -> list[Row]:
        """All rows of a statement."""
        try:
            return self._connection.execute(statement, values).fetchall()
        except FAILURES as error:
            raise explained(self.path, error) from error

    def one(self, statement: str, values: Values = (), *, index: int | None = None) -> Row:
        """The first row of a statement; LedgerError at `index` if there is none."""
        rows = self.all(statement, values)
        if not rows:
            raise LedgerError(self.path, index, "is missing")
        return rows[0]

    def each(self, statement: str, values: Values = ()) -> Generator[Row]:
        """The rows of a statement one by one, for tables that need not fit into memory."""
        try:
            cursor = self._connection.execute(statement, values)
            try:
                yield from cursor
            finally:
                cursor.close()
        except FAILURES as error:
            raise explained(self.path, error) from error
