"""Ways to spoil a signed run: each takes a random source and a case, and changes something in it.

A case is a folder with hard links to the files of a genuine house; files are replaced, never changed in place.
"""

from __future__ import annotations

import base64
import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from qlang.trust.algorithms import SoftwareKey
from qlang.trust.canonical import canonical_json
from qlang.trust.envelope import Envelope, pae, parse_envelope
from qlang.trust.manifest import MANIFEST_NAME, RECEIPT_NAME
from tests.trust.verify.house import House, write


@dataclass(frozen=True)
class Case:
    """One run to spoil, with the keys and the ledger that it is verified with."""

    root: Path
    house: House
    strangers: tuple[SoftwareKey, ...]
    """Keys of an attacker, one for each algorithm of the run."""

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.sqlite"

    @property
    def manifest(self) -> Path:
        return self.run / MANIFEST_NAME

    @property
    def receipt(self) -> Path:
        return self.run / RECEIPT_NAME

    def other(self, name: str, run_id: str = "r0") -> bytes:
        """The content of the same file in another genuine run."""
        return (self.house.run(run_id) / name).read_bytes()


def new_case(root: Path, house: House, strangers: tuple[SoftwareKey, ...], ledger: bool) -> Case:
    """A genuine case, by links."""
    case = Case(root, house, strangers)
    for source, target in ((house.run(), case.run), (house.public, case.keys)):
        target.mkdir(parents=True)
        for path in source.iterdir():
            os.link(path, target / path.name)
    if ledger:
        case.ledger.write_bytes(house.ledger.read_bytes())
    return case


Spoil = Callable[[Random, Case], None]
Mutate = Callable[[Random, bytes], bytes]


def flip(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def overwrite(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + random.randbytes(random.randint(1, 8)) + data[at + 8 :]


def delete(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + data[at + random.randint(1, 8) :]


def insert(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    filler = random.choice(
        [random.randbytes(random.randint(1, 4)), b" ", b"\n", b'"', b"\0", b"{", b"]", b",", b"=", b"\\"]
    )
    return data[:at] + filler + data[at:]


def swap(random: Random, data: bytes) -> bytes:
    one, two = sorted(random.sample(range(len(data)), 2))
    return data[:one] + data[two : two + 1] + data[one + 1 : two] + data[one : one + 1] + data[two + 1 :]


def truncate(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data))]


def repeat(random: Random, data: bytes) -> bytes:
    start, end = sorted(random.sample(range(len(data) + 1), 2))
    return data[:end] + data[start:end] + data[end:]


MUTATIONS: tuple[Mutate, ...] = (flip, flip, overwrite, delete, insert, swap, truncate, repeat)


def mutated(random: Random, data: bytes) -> bytes:
    """Another content than `data`."""
    while (changed := random.choice(MUTATIONS)(random, data)) == data:
        pass
    return changed


def splice(random: Random, data: bytes, other: bytes) -> bytes:
    """A piece of another file in place of a piece of this one."""
    for _ in range(100):
        start, end = sorted(random.sample(range(len(data) + 1), 2))
        at = random.randrange(len(other))
        if (changed := data[:start] + other[at : at + end - start] + data[end:]) != data:
            return changed
    return other


# Values that a reader may stumble over.
ODD_VALUES: tuple[str, ...] = (
    "null", "true", "[]", "{}", '""', "0", "-1", "-0", "1.5", "1e400", "NaN", "9007199254740993", "1" + "0" * 400,
    '"\\ud800"', '"\\u0000"', '"' + "x" * 5000 + '"', "[" * 40 + "]" * 40, '{"a":1,"a":2}', '"sha256:' + "0" * 64 + '"',
    '"qkd"', '"classical"', '"development"', '"2026-02-30T00:00:00Z"', '"0000-01-01T00:00:00Z"', '"../plan.mlir"',
)  # fmt: skip


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of everything in a JSON value."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [found for key, child in inner for found in [(*path, key), *places(child, (*path, key))]]


def with_text(value: Any, path: tuple[str | int, ...], text: str) -> bytes:
    """The canonical JSON of a value, with any text in one place."""
    marker = "\ue000 here \ue000"
    parent = value = json.loads(json.dumps(value))
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = marker
    return canonical_json(value).replace(f'"{marker}"'.encode(), text.encode())


def without(value: Any, path: tuple[str | int, ...]) -> bytes:
    """The canonical JSON of a value, less one member."""
    parent = value = json.loads(json.dumps(value))
    for key in path[:-1]:
        parent = parent[key]
    del parent[path[-1]]
    return canonical_json(value)


def read(path: Path) -> Envelope:
    return parse_envelope(path.read_bytes())


def signed_by(keys: tuple[SoftwareKey, ...], payload: bytes) -> Envelope:
    """An envelope with valid signatures by keys of software."""
    from qlang.trust.algorithms import Signature

    message = pae(payload)
    return Envelope(payload, tuple(Signature(key.public.key_id, key.sign(message)) for key in keys))


def rewrite(path: Path, change: Callable[[Any], None]) -> None:
    """Edit the JSON of an envelope, and write it in its canonical form again."""
    value = json.loads(path.read_bytes())
    before = json.dumps(value)
    change(value)
    assert json.dumps(value) != before
    write(path, canonical_json(value))


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def edit_ledger(path: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """SQL against a ledger by someone who may write its file: the triggers are taken away and put back."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement, values in statements:
            connection.execute(statement, values)
        for _, sql in triggers:
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
