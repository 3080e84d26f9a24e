"""What is inside a sealed file: an index of names and sizes, then the files one after the other.

length    4 bytes, big-endian
index     canonical JSON {"files":[{"name":"results.json","size":1234},…]}
contents  in the order of the index
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.canonical import Json, canonical_json, load_json, sha256_digest
from qlang.trust.envelope import parse_envelope
from qlang.trust.errors import EnvelopeError, FileRefused, JsonRefused, ManifestError, SealedFileRefused
from qlang.trust.files import open_regular, read_file
from qlang.trust.manifest import MANIFEST_NAME, RECEIPT_NAME, parse_statement, plain_name
from qlang.trust.sealing.header import Binding

MAX_FILES = 4096
MAX_INDEX = 1 << 20
_MAX_MANIFEST = 16 << 20
_MAX_NAME = 255
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class SignedRun:
    """What sealing needs to know of a run's manifest; its signatures are not looked at."""

    binding: Binding
    crypto_mode: str
    subjects: Mapping[str, str]
    """File name → `sha256:` digest."""


def read_signed_run(run_dir: Path) -> SignedRun:
    """The manifest of a run folder. Raises: SealedFileRefused if there is none that can be read."""
    try:
        payload = parse_envelope(read_file(run_dir / MANIFEST_NAME, limit=_MAX_MANIFEST)).payload
        statement = parse_statement(payload)
    except FileRefused as error:
        raise SealedFileRefused(run_dir, f"{MANIFEST_NAME} {error.reason}") from error
    except (EnvelopeError, ManifestError) as error:
        raise SealedFileRefused(run_dir, f"{MANIFEST_NAME}: {error}") from error
    facts = statement.predicate.facts
    return SignedRun(Binding(facts.run_id, sha256_digest(payload)), facts.crypto_mode, statement.subjects)


def run_file_name(name: str) -> bool:
    """Whether a run may have a file of this name, which stays in its folder on every system."""
    return plain_name(name) or name in (MANIFEST_NAME, RECEIPT_NAME)


def run_files(run_dir: Path) -> tuple[Path, ...]:
    """All files of a run but hidden ones. Raises: SealedFileRefused for names that no run has."""
    paths = []
    for path in sorted(run_dir.iterdir()):
        if path.name.startswith(".") or (path.is_dir() and not path.is_symlink()):
            continue
        if not run_file_name(path.name):
            raise SealedFileRefused(run_dir, f"{path.name!a} is not a plain file name")
        paths.append(path)
    return tuple(paths)


def pack(paths: tuple[Path, ...], expected: Mapping[str, str]) -> Iterator[bytes]:
    """Index and contents in pieces; files in `expected` must have these digests.

    Raises: FileRefused, SealedFileRefused if a file changes meanwhile or differs from its digest, OSError.
    """
    if missing := sorted(set(expected) - {path.name for path in paths}):
        raise SealedFileRefused(paths[0].parent, f"lacks {missing[0]}, which its manifest names")
    sizes = [_size(path) for path in paths]
    index = canonical_json(
        {"files": [{"name": path.name, "size": size} for path, size in zip(paths, sizes, strict=True)]}
    )
    if len(paths) > MAX_FILES or len(index) > MAX_INDEX:
        raise SealedFileRefused(paths[0].parent, f"has more than {MAX_FILES} files")
    yield len(index).to_bytes(4, "big") + index
    for path, size in zip(paths, sizes, strict=True):
        digest = hashlib.sha256()
        with os.fdopen(open_regular(path), "rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size -= len(piece)
                yield piece
        if size:
            raise SealedFileRefused(path, "changed while it was being sealed")
        if path.name in expected and f"sha256:{digest.hexdigest()}" != expected[path.name]:
            raise SealedFileRefused(path, "is not the file that was signed")


class Unpacker:
    """Takes the packed bytes in pieces and says to which file each belongs."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self._held = bytearray()
        self._files: list[tuple[str, int]] | None = None
        self._at = 0

    def take(self, piece: bytes) -> Iterator[tuple[str, bytes]]:
        """Pairs of file name and next bytes; an empty file comes with empty bytes, once.

        Raises: SealedFileRefused for an index that is malformed, or bytes beyond the last file.
        """
        self._held += piece
        if self._files is None and not self._read_index():
            return
        assert self._files is not None
        while self._at < len(self._files):
            name, left = self._files[self._at]
            part = bytes(self._held[:left])
            del self._held[: len(part)]
            if part or not left:
                yield name, part
            if len(part) < left:
                self._files[self._at] = (name, left - len(part))
                return
            self._at += 1
        if self._held:
            raise SealedFileRefused(self._source, "holds more than its index says")

    def finish(self) -> tuple[str, ...]:
        """The names of all files. Raises: SealedFileRefused if bytes are missing."""
        if self._files is None or self._at < len(self._files):
            raise SealedFileRefused(self._source, "holds less than its index says")
        return tuple(name for name, _ in self._files)

    def _read_index(self) -> bool:
        length = int.from_bytes(self._held[:4], "big")
        if len(self._held) >= 4 and length > MAX_INDEX:
            raise SealedFileRefused(self._source, f"has an index of more than {MAX_INDEX} bytes")
        if len(self._held) < 4 + length:
            return False
        try:
            index = load_json(bytes(self._held[4 : 4 + length]))
        except JsonRefused as error:
            raise SealedFileRefused(self._source, f"has a malformed index: {error}") from error
        del self._held[: 4 + length]
        self._files = _index_files(index, self._source)
        return True


def _index_files(index: Json, source: Path) -> list[tuple[str, int]]:
    match index:
        case {"files": [*items]} if 0 < len(items) <= MAX_FILES:
            files = dict(_index_entry(item, source) for item in items)
            if len(files) == len(items):
                return list(files.items())
    raise SealedFileRefused(source, "has an index without files, with too many, or with one twice")


def _index_entry(item: Json, source: Path) -> tuple[str, int]:
    match item:
        case {"name": str(name), "size": int(size)} if not isinstance(size, bool) and size >= 0:
            if 0 < len(name) <= _MAX_NAME and "\0" not in name:
                return name, size
    raise SealedFileRefused(source, "has an index entry without name and size")


def _size(path: Path) -> int:
    descriptor = open_regular(path)
    try:
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
