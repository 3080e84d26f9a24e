"""Outputs that appear complete or not at all, and never in place of something else. Mode 0600, folders 0700."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from qlang.trust.errors import SealedFileRefused
from qlang.trust.files import create_file, sync_directory


@contextmanager
def new_output(target: Path) -> Iterator[BinaryIO]:
    """A file that gets the name `target` when the block ends well, and vanishes otherwise.

    Raises: SealedFileRefused if `target` exists, OSError.
    """
    _refuse_existing(target)
    staged = _beside(target)
    with create_private(staged) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            _link(staged, target)
        finally:
            staged.unlink(missing_ok=True)
    sync_directory(target.parent)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder that gets the name `target` when the block ends well, and vanishes otherwise. Raises: as above."""
    _refuse_existing(target)
    staged = _beside(target)
    staged.mkdir(mode=0o700)
    try:
        yield staged
        sync_directory(staged)
        _refuse_existing(target)  # renaming a folder replaces an empty one without a word
        staged.rename(target)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    sync_directory(target.parent)


def create_private(path: Path) -> BinaryIO:
    """A new file of mode 0600. Raises: OSError if there is one."""
    return os.fdopen(create_file(path), "wb")


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(8)}")


def _link(staged: Path, target: Path) -> None:
    """Give the name without taking it from a file that appeared meanwhile, where the file system has hard links."""
    try:
        os.link(staged, target)
    except FileExistsError as error:
        raise SealedFileRefused(target, "exists already") from error
    except OSError:
        _refuse_existing(target)
        staged.rename(target)


def _refuse_existing(target: Path) -> None:
    if target.name in ("", ".", ".."):
        raise SealedFileRefused(target, "is not a name for a new file")
    if os.path.lexists(target):
        raise SealedFileRefused(target, "exists already")
