"""Ledgers, keys and tampering for the tests of this room."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.algorithms import SoftwareKey, software_key
from qlang.trust.canonical import Json
from qlang.trust.errors import NoteError
from qlang.trust.ledger import schema
from qlang.trust.ledger.checkpoint import Checkpoint, sign_checkpoint
from qlang.trust.ledger.notes import Note, NoteKey, NoteSigner, claimed_keys, log_key, verify_note, witness_key
from qlang.trust.ledger.store import Ledger, open_ledger
from qlang.trust.ledger.vouching import Vouch
from qlang.trust.spki import PublicKey

ORIGIN = "qlang.local/0123456789abcdef"
WITNESS = "witness.example/w1"
TIME = 1_763_719_200
DIGEST = "sha256:" + "0" * 64


def signed_by(key: PublicKey) -> Vouch:
    """This key must have signed as the log, whatever else it is for."""

    def vouch(note: Note, checkpoint: Checkpoint) -> str | None:
        try:
            verified = verify_note(note, claimed_keys(note, checkpoint.origin, [key]))
        except NoteError as error:
            return str(error)
        fault = f"not signed by a trusted key of {checkpoint.origin}"
        return None if any(one.key.name == checkpoint.origin for one in verified) else fault

    return vouch


def run_body(number: int) -> dict[str, Json]:
    return {"run_id": f"r{number}", "manifest_digest": f"sha256:{hashlib.sha256(str(number).encode()).hexdigest()}"}


def fill(ledger: Ledger, count: int, start: int = 0) -> list[bytes]:
    """Append runs, one transaction each; their leaf hashes."""
    leaves = []
    for number in range(start, start + count):
        with ledger.transaction() as step:
            entry = step.append("run", run_body(number))
            step.remember(f"run:r{number}", entry.index, f"answer {number}".encode())
            leaves.append(entry.leaf)
    return leaves


def made(path: Path, count: int, *, start: int = 0) -> Path:
    """A closed ledger with some runs."""
    with open_ledger(path, origin=ORIGIN) as ledger:
        fill(ledger, count, start)
    return path


@dataclass(frozen=True)
class Signer:
    """A key in memory as a signer of notes."""

    key: NoteKey
    secret: SoftwareKey

    def sign(self, message: bytes) -> bytes:
        return self.secret.sign(message)


def secret_key(algorithm: str, number: int = 0) -> SoftwareKey:
    return software_key(algorithm, hashlib.sha256(f"{algorithm} {number}".encode()).digest())


def log_signer(algorithm: str = "ed25519", number: int = 0, origin: str = ORIGIN) -> Signer:
    secret = secret_key(algorithm, number)
    return Signer(log_key(origin, secret.public), secret)


def witness_signer(algorithm: str = "ml-dsa-44", number: int = 100, name: str = WITNESS) -> Signer:
    secret = secret_key(algorithm, number)
    return Signer(witness_key(name, secret.public), secret)


def state_note(ledger: Ledger, *signers: NoteSigner, size: int | None = None) -> str:
    """A checkpoint of the first `size` entries."""
    at = ledger.size() if size is None else size
    return sign_checkpoint(Checkpoint(ledger.origin, at, ledger.root(at)), signers or [log_signer()], timestamp=TIME)


@contextmanager
def forced(path: Path) -> Iterator[sqlite3.Connection]:
    """Write into a ledger as an attacker would: without the triggers, which are back afterwards."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = [statement for statement in schema.SCHEMA if statement.startswith("CREATE TRIGGER")]
        for statement in triggers:
            connection.execute(f"DROP TRIGGER {statement.split()[2]}")
        yield connection
        for statement in triggers:
            connection.execute(statement)


def tampered(path: Path, statements: Mapping[str, tuple[object, ...]]) -> None:
    with forced(path) as connection:
        for statement, values in statements.items():
            assert connection.execute(statement, values).rowcount > 0, statement
