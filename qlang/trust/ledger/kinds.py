"""What the ledger records, and what each record must say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from qlang.trust.canonical import DIGEST, Json
from qlang.trust.ledger.entries import Entry
from qlang.trust.times import is_time

RUN = "run"
REFUSAL = "refusal"
KEY_CREATED = "key-created"
KEY_ROTATED = "key-rotated"
KEY_REVOKED = "key-revoked"
KEY_USE = "key-use"
POLICY = "policy"
CHECKPOINT = "checkpoint"
WITNESS = "witness"

_MAX_TEXT = 1024


def _text(value: Json) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_TEXT


def _digest(value: Json) -> bool:
    return isinstance(value, str) and DIGEST.fullmatch(value) is not None


def _texts(value: Json) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0 and all(map(_text, value))


def _count(value: Json) -> bool:
    return type(value) is int and value >= 0


Shape = Callable[[Json], bool]

KINDS: Mapping[str, Mapping[str, tuple[str, Shape]]] = {
    RUN: {"run_id": ("a text", _text), "manifest_digest": ("a digest", _digest)},
    REFUSAL: {"reasons": ("a list of texts", _texts)},
    KEY_CREATED: {"keyid": ("a text", _text)},
    KEY_ROTATED: {"keyid": ("a text", _text)},
    KEY_REVOKED: {"keyid": ("a text", _text)},
    KEY_USE: {"keyid": ("a text", _text)},
    POLICY: {"policy_digest": ("a digest", _digest)},
    CHECKPOINT: {"size": ("a count", _count), "root": ("a digest", _digest)},
    WITNESS: {"witness": ("a text", _text), "size": ("a count", _count), "root": ("a digest", _digest)},
}
"""Kind → member that a body must have → what it is; other members are free. `at`, where present, is a time."""


def kind_fault(kind: str, body: Mapping[str, Json]) -> str | None:
    """Why this is not a well-formed entry of its kind, or None."""
    members = KINDS.get(kind)
    if members is None:
        return f"unknown kind {kind[:40]!a}"
    for name, (words, fits) in members.items():
        if name not in body:
            return f"{kind} entry without {name}"
        if not fits(body[name]):
            return f"{name} of a {kind} entry is not {words}"
    if "at" in body and not is_time(body["at"]):
        return "`at` is not a time in UTC"
    return None


def note_keys(origin: str, entry: Entry) -> Iterator[tuple[str, str]]:
    """Name and key id (hexadecimal) of the keys that an entry says have signed checkpoints: `note_keys`, if any."""
    told = entry.body.get("note_keys")
    name = entry.body.get("witness", origin)
    if isinstance(told, Sequence) and not isinstance(told, str):
        yield from ((str(name), str(key)) for key in told)
