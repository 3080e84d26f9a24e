"""Which ledger a command means, and files that it reads and writes."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.compiler.console import Console
from qlang.compiler.exit_codes import DIAGNOSTICS
from qlang.compiler.failure import Failure
from qlang.compiler.workspace import find_workspace

if TYPE_CHECKING:
    from qlang.trust.ledger.reader import LedgerReader

SCHEMA = "qlang.ledger/1"


def ledger_path(options: Namespace) -> Path:
    """`--ledger`, or the project's."""
    from qlang.runtime.run_folder import LEDGER

    return Path(options.ledger) if options.ledger else find_workspace(Path.cwd()) / LEDGER


def reader(options: Namespace) -> LedgerReader:
    """The ledger, for reading. Raises: Failure where there is none, LedgerError."""
    from qlang.trust.ledger.store import open_reader

    path = ledger_path(options)
    if not path.is_symlink() and not path.exists():
        raise Failure(f"there is no ledger {path}", "a first run makes one; --ledger names another", DIAGNOSTICS)
    return open_reader(path)


def read(path: str, limit: int) -> bytes:
    """A small file that the user names. Raises: FileRefused."""
    from qlang.trust.files import read_file

    return read_file(Path(path), limit=limit)


def deliver(text: str, target: str | None, console: Console) -> None:
    """Write a result to a new file, or to standard output. Raises: Failure, FileRefused."""
    if target is None:
        console.result(text)
        return
    from qlang.trust.files import commit, stage

    path = Path(target)
    try:
        commit(stage(path, text.encode(), mode=0o644), path)
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from error
    console.note(f"written to {path}")
