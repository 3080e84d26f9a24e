"""Compiled modules by the content that they come from.

    <folder>/3f/3fa4….mlir    {"format": "qlang.cache/3", "key": …, "digest": …, "metadata": {…}}
                              builtin.module { … }

An entry is one line of JSON and the text of the module; the digest covers both, so that a damaged entry is noticed,
removed and made again. It is keyed (HMAC-SHA256) with a secret of the user: an entry that came with somebody's project
could hold another plan than that of its source. Entries are complete or absent. When the cache outgrows its bound,
those that were not used for the longest time go first.
"""

import hmac
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from qlang.runtime.errors import CannotRecord
from qlang.trust.canonical import Json, canonical_json, load_json, sha256_digest
from qlang.trust.errors import FileRefused, JsonRefused
from qlang.trust.files import commit, read_file, stage

FORMAT = "qlang.cache/3"
MAX_BYTES = 256 << 20
_MAX_ENTRY = 64 << 20
_STALE_SECONDS = 3600.0
"""Age at which a temporary file belongs to a process that was killed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A compiled module as text, and what belongs to it (timings, diagnostics, hashes)."""

    text: str
    metadata: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies in a cache."""

    entries: int
    bytes: int
    damaged: tuple[Path, ...]
    """Entries whose digest does not fit; the next use removes them."""


def cache_key(*, source: str, options: Mapping[str, Json], version: str, snapshots: Mapping[str, str]) -> str:
    """64 hexadecimal digits of everything that decides a compilation.

    `source`: the text with everything that it imports; `snapshots`: device → id of the calibration used. Raises
    `JsonRefused` for options without canonical form.
    """
    parts: Json = {"source": source, "options": options, "version": version, "snapshots": snapshots}
    return sha256_digest(canonical_json(parts)).removeprefix("sha256:")


@dataclass(frozen=True, slots=True)
class CompileCache:
    """A cache in a folder; any number of processes may use it at once."""

    folder: Path
    max_bytes: int = MAX_BYTES
    secret: bytes = field(default=b"", repr=False)
    """Of the user, see `cache_secret`."""

    def get(self, key: str) -> Entry | None:
        """The entry, or None where there is none or it was damaged; a damaged one is removed."""
        path = self._path(key)
        try:
            entry = self._parse(key, read_file(path, limit=_MAX_ENTRY))
        except FileRefused as error:
            if not error.missing:
                path.unlink(missing_ok=True)
            return None
        if entry is None:
            path.unlink(missing_ok=True)
        else:
            os.utime(path)
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Store an entry, and drop what is beyond the bound; entries above 64 MiB are not kept.

        Raises `CannotRecord` where the folder cannot be written.
        """
        data = self._dump(key, entry)
        if len(data) > min(_MAX_ENTRY, self.max_bytes):
            return
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            commit(stage(path, data, mode=0o644), path)
            self._trim()
        except OSError as error:
            raise CannotRecord(path, error.strerror or type(error).__name__) from error

    def contents(self) -> Contents:
        """Count, size and damage of the entries; every one is read, nothing is changed."""
        sizes, damaged = [], []
        for path in sorted(self.folder.glob("*/*.mlir")):
            try:
                data = read_file(path, limit=_MAX_ENTRY)
            except FileRefused as error:
                if not error.missing:
                    damaged.append(path)
                continue
            sizes.append(len(data))
            if self._parse(path.stem, data) is None:
                damaged.append(path)
        return Contents(len(sizes), sum(sizes), tuple(damaged))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.mlir"

    def _trim(self) -> None:
        """Oldest out. A file that another process has removed meanwhile is gone as wished."""
        now, found = time.time(), []
        for path in self.folder.glob("*/*"):
            try:
                info = path.stat()
            except FileNotFoundError:
                continue
            if path.name.startswith(".") and now - info.st_mtime > _STALE_SECONDS:
                path.unlink(missing_ok=True)
            elif path.suffix == ".mlir":
                found.append((info.st_mtime_ns, info.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self.max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size

    def _digest(self, key: str, metadata: Mapping[str, Json], text: str) -> str:
        content = canonical_json({"key": key, "metadata": metadata}) + b"\n" + text.encode()
        return f"hmac-sha256:{hmac.digest(self.secret, content, 'sha256').hex()}"

    def _dump(self, key: str, entry: Entry) -> bytes:
        digest = self._digest(key, entry.metadata, entry.text)
        head = {"format": FORMAT, "key": key, "digest": digest, "metadata": dict(entry.metadata)}
        return json.dumps(head, ensure_ascii=False, allow_nan=False).encode() + b"\n" + entry.text.encode()

    def _parse(self, key: str, data: bytes) -> Entry | None:
        first, _, rest = data.partition(b"\n")
        try:
            head, text = load_json(first), rest.decode("utf-8")
        except (JsonRefused, UnicodeDecodeError):
            return None
        if not isinstance(head, Mapping) or head.get("format") != FORMAT or head.get("key") != key:
            return None
        metadata, digest = head.get("metadata"), head.get("digest")
        if not isinstance(metadata, Mapping) or not isinstance(digest, str):
            return None
        fits = hmac.compare_digest(digest.encode(), self._digest(key, metadata, text).encode())
        return Entry(text, metadata) if fits else None
