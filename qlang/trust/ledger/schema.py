"""The ledger's SQLite file: its schema, how it is made, and how one is opened that may come from an attacker.

The triggers keep honest programs from changing what is written. They are no protection against someone who
can write the file: the hashes are what tells.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from urllib.parse import quote

from qlang.trust.errors import LedgerError
from qlang.trust.files import create_file, sync_directory
from qlang.trust.locks import lock_file

APPLICATION_ID = 0x714C6467
"""`qLdg` in the file's header."""
SCHEMA_VERSION = 1
MAX_VALUE = 1 << 20
"""Most bytes of one value or row."""

FAILURES = (sqlite3.Error, UnicodeDecodeError, OverflowError)
"""What SQLite's module raises: for a damaged file even its own messages may not be UTF-8."""

_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_NO_SHARED_MEMORY = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
_BESIDE = ("-wal", "-shm", "-journal")
_READ_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE entry (idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL CHECK (length(leaf) = 32), "
    "kind TEXT NOT NULL, data BLOB NOT NULL)",
    "CREATE INDEX entry_kind ON entry (kind)",
    "CREATE TABLE node (level INTEGER NOT NULL, idx INTEGER NOT NULL, "
    "hash BLOB NOT NULL CHECK (length(hash) = 32), PRIMARY KEY (level, idx)) WITHOUT ROWID",
    "CREATE TABLE checkpoint (number INTEGER PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL)",
    "CREATE INDEX checkpoint_size ON checkpoint (size)",
    "CREATE TABLE request (id TEXT PRIMARY KEY NOT NULL, idx INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE answer (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, answer BLOB NOT NULL)",
)
_APPEND_ONLY = ("meta", "entry", "node", "checkpoint", "request")
_NO_REPLACE = {  # INSERT OR REPLACE deletes without asking the triggers for DELETE
    "meta": "EXISTS (SELECT 1 FROM meta WHERE name = NEW.name)",
    "entry": "NEW.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM entry)",
    "node": "EXISTS (SELECT 1 FROM node WHERE level = NEW.level AND idx = NEW.idx)",
    "checkpoint": "EXISTS (SELECT 1 FROM checkpoint WHERE number = NEW.number)",
    "request": "EXISTS (SELECT 1 FROM request WHERE id = NEW.id)",
}
_TRIGGERS = tuple(
    f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
    "BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END"
    for table in _APPEND_ONLY
    for event in ("UPDATE", "DELETE")
) + tuple(
    f"CREATE TRIGGER {table}_only_append BEFORE INSERT ON {table} WHEN {condition} "
    "BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END"
    for table, condition in _NO_REPLACE.items()
)
SCHEMA = _TABLES + _TRIGGERS

_GUARDS = (
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",
    "PRAGMA temp_store = MEMORY",
)
_DURABILITY = (
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA checkpoint_fullfsync = ON",
)


def connect(path: Path, *, write: bool, busy_seconds: float) -> sqlite3.Connection:
    """A connection to a ledger file whose schema is exactly ours; transactions are begun by hand.

    Raises: LedgerError for a missing, linked, empty, damaged or foreign file.
    """
    _inspect(path)
    try:
        connection = _open(path, "rw" if write else "ro", busy_seconds)
        try:
            _harden(connection)
            _require_schema(path, connection)
            if write:
                _require_wal(path, connection)
        except (*FAILURES, LedgerError):
            connection.close()
            raise
    except FAILURES as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if not write and code in _NO_SHARED_MEMORY and not _sibling(path, "-wal").exists():
            return _connect_unchanging(path)
        raise explained(path, error) from error
    return connection


def create(path: Path, origin: str) -> None:
    """Make an empty ledger, unless there is one: complete, or not at all. Raises: LedgerError, OSError."""
    if os.path.lexists(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with lock_file(path.with_name(f"{path.name}.lock")):
        if os.path.lexists(path):
            return
        for suffix in ("-wal", "-journal"):
            left = _sibling(path, suffix)
            if os.path.lexists(left) and left.lstat().st_size:
                raise LedgerError(path, None, f"is gone, but {left.name} is there: restore it, or move that away")
        fresh = path.with_name(f".{path.name}.new")
        for left in (fresh, *(_sibling(fresh, suffix) for suffix in _BESIDE)):
            left.unlink(missing_ok=True)  # by a process that was killed
        try:
            _write_fresh(fresh, origin)
        except FAILURES as error:
            raise explained(path, error) from error
        fresh.rename(path)
        sync_directory(path.parent)


def explained(path: Path, error: Exception, index: int | None = None) -> LedgerError:
    """One of `FAILURES` in the words of this room."""
    if isinstance(error, OverflowError):
        return LedgerError(path, index, "was asked for an index beyond 64 bits")
    if isinstance(error, UnicodeDecodeError):
        return LedgerError(path, index, "is damaged: text that is not UTF-8")
    text = str(error).encode("ascii", "backslashreplace").decode()[:200]
    if "decode" in text:
        return LedgerError(path, index, "is damaged: text that is not UTF-8")
    if "locked" in text or "busy" in text:
        return LedgerError(path, index, "is in use by another process for too long")
    if "malformed" in text or "not a database" in text:
        return LedgerError(path, index, f"is damaged: {text}")
    return LedgerError(path, index, text)


def _sibling(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _inspect(path: Path) -> None:
    """Look at the file, and at what SQLite would open beside it, before SQLite does."""
    for suffix in _BESIDE:
        beside = _sibling(path, suffix)
        if os.path.lexists(beside) and not stat.S_ISREG(beside.lstat().st_mode):
            raise LedgerError(path, None, f"{beside.name} is not a plain file")
    if os.path.lexists(_sibling(path, "-journal")):  # it may name any file for SQLite to delete
        raise LedgerError(path, None, f"has a rollback journal {path.name}-journal, which no ledger has")
    try:
        descriptor = os.open(path, _READ_FLAGS)
    except FileNotFoundError as error:
        raise LedgerError(path, None, "does not exist") from error
    except (OSError, ValueError) as error:
        reason = "is a symbolic link" if path.is_symlink() else str(getattr(error, "strerror", None) or error)
        raise LedgerError(path, None, reason) from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise LedgerError(path, None, "is not a plain file")
        try:
            header = file.read(_HEADER_BYTES)
        except OSError as error:
            raise LedgerError(path, None, error.strerror or "cannot be read") from error
    if not header:
        raise LedgerError(path, None, "is empty: it was truncated")
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise LedgerError(path, None, "is not a SQLite file")


def _open(path: Path, mode: str, busy_seconds: float, extra: str = "") -> sqlite3.Connection:
    uri = f"file:{quote(os.fspath(path.absolute()))}?mode={mode}{extra}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=busy_seconds)


def _connect_unchanging(path: Path) -> sqlite3.Connection:
    """On a medium or in a folder that cannot be written, where SQLite cannot make its shared memory."""
    try:
        connection = _open(path, "ro", 0, "&immutable=1")
        try:
            _harden(connection)
            _require_schema(path, connection)
        except (*FAILURES, LedgerError):
            connection.close()
            raise
    except FAILURES as error:
        raise explained(path, error) from error
    return connection


def _harden(connection: sqlite3.Connection) -> None:
    for limit, value in (
        (sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE),
        (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 1 << 16),
        (sqlite3.SQLITE_LIMIT_COLUMN, 64),
        (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 32),
        (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
        (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 4),
        (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
    ):
        connection.setlimit(limit, value)
    for statement in (*_GUARDS, *_DURABILITY):
        connection.execute(statement).close()


def _require_schema(path: Path, connection: sqlite3.Connection) -> None:
    """Nothing of the file is used before its schema is known to be ours, to the letter."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise LedgerError(path, None, "is a SQLite file, but not a ledger")
    if version != SCHEMA_VERSION:
        raise LedgerError(path, None, f"has schema version {version}; this program knows {SCHEMA_VERSION}")
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema LIMIT 100").fetchall()
    found = {sql for _, _, sql in rows if sql is not None}
    automatic = {name for _, name, sql in rows if sql is None}
    if found != set(SCHEMA) or len(rows) != len(SCHEMA) + len(automatic) or automatic != _AUTOMATIC:
        raise LedgerError(path, None, "has another schema than a ledger's")


_AUTOMATIC = {"sqlite_autoindex_answer_1"}


def _require_wal(path: Path, connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal":
        raise LedgerError(path, None, f"is in journal mode {mode!a}, not in WAL mode")


def _write_fresh(path: Path, origin: str) -> None:
    os.close(create_file(path))
    connection = _open(path, "rw", 0)
    try:
        _harden(connection)
        connection.execute("PRAGMA journal_mode = WAL").close()
        connection.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA:
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('origin', ?)", (origin,))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    finally:
        connection.close()  # the last connection: everything goes into the one file
