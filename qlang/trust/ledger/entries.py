"""Entries of the ledger, and places in it.

The data of an entry, which its leaf hash covers, is the canonical JSON of `{"body": …, "kind": …}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qlang.trust.canonical import Json, canonical_json, load_json
from qlang.trust.errors import JsonRefused
from qlang.trust.ledger.merkle import leaf_hash

MAX_ENTRY = 1 << 16
"""Most bytes of an entry's data."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where the next entry goes: its index, and the root over all entries before it."""

    origin: str
    index: int
    """Also the number of entries before."""
    root: str
    """`sha256:<64 hex digits>`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log."""

    index: int
    kind: str
    body: Mapping[str, Json]
    leaf: bytes
    """RFC 6962 leaf hash of `entry_data(kind, body)`, 32 bytes."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What became of a request: the index of its entry, and the answer if it is recent enough to be kept."""

    index: int
    answer: bytes | None


def root_text(root: bytes) -> str:
    """A hash as manifests spell it: `sha256:<64 hex digits>`."""
    return f"sha256:{root.hex()}"


def entry_data(kind: str, body: Mapping[str, Json]) -> bytes:
    """The bytes that the leaf hash covers. Raises: JsonRefused if they are too many or have no canonical form."""
    data = canonical_json({"kind": kind, "body": body})
    if len(data) > MAX_ENTRY:
        raise JsonRefused(f"ledger entry of {len(data)} bytes exceeds {MAX_ENTRY}")
    return data


def parse_entry(index: int, data: bytes) -> Entry:
    """Read the data of an entry back. Raises: JsonRefused unless it is exactly what `entry_data` writes."""
    value = load_json(data, max_bytes=MAX_ENTRY)
    match value:
        case {"kind": str(kind), "body": dict(body), **others} if not others:
            pass
        case _:
            raise JsonRefused("not a ledger entry")
    if canonical_json(value) != data:
        raise JsonRefused("not in canonical form")
    return Entry(index, kind, body, leaf_hash(data))
