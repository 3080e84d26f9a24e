"""The keys that a command works with, where it records what it did, and asking before it does it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.compiler.console import Console
from qlang.compiler.exit_codes import EXECUTION
from qlang.compiler.failure import Failure
from qlang.compiler.passphrases import passphrase_from
from qlang.compiler.workspace import find_workspace

if TYPE_CHECKING:
    from qlang.trust.canonical import Json
    from qlang.trust.custody import KeyRecord
    from qlang.trust.keys.ring import KeyRing
    from qlang.trust.ledger.store import Transaction
    from qlang.trust.spki import PublicKey

SCHEMA = "qlang.keys/1"


def ring_of(options: Namespace) -> KeyRing:
    """The user's keys, with the tokens of the project's policy. Raises: TrustError."""
    from qlang.trust.keys.user import user_ring

    return user_ring(
        find_workspace(Path.cwd()),
        passphrase=passphrase_from(getattr(options, "passphrase", None)),
        token=getattr(options, "token", None),
        on_event=lambda kind, body: _audited(options, kind, body),
    )


def unlock(ring: KeyRing, custody: str) -> None:
    """Ask for the passphrase or the PIN where keys are made, before the ledger is held. Raises: TrustError."""
    ring.custodian(custody).unlock()


def tell(ring: KeyRing, console: Console) -> None:
    """What was put right on the way."""
    for notice in ring.notices:
        console.note(notice)
    ring.notices.clear()


def find_record(ring: KeyRing, options: Namespace) -> KeyRecord:
    """The one key of the store that the options name. Raises: Failure, TrustError."""
    records = _records(ring, options)
    public = _one(ring, [record.public for record in records], options.key)
    return next(record for record in records if record.public == public)


def find_key(ring: KeyRing, options: Namespace) -> PublicKey:
    """The one trusted key that the options name, here or elsewhere. Raises: Failure, TrustError."""
    narrowed = options.purpose or options.tenant
    keys = [record.public for record in _records(ring, options)] if narrowed else list(ring.contents().trust.trusted)
    return _one(ring, keys, options.key)


def _records(ring: KeyRing, options: Namespace) -> list[KeyRecord]:
    """The keys of the store, of the purpose and the tenant that the options name."""
    return [
        record
        for record in ring.contents().records
        if options.purpose in (None, record.spec.purpose) and options.tenant in (None, record.spec.tenant)
    ]


def ledger_path(options: Namespace) -> Path:
    """The ledger that the options name, else that of the project."""
    from qlang.runtime.run_folder import LEDGER

    given = getattr(options, "ledger", None)
    return Path(given) if given else find_workspace(Path.cwd()) / LEDGER


def _audited(options: Namespace, kind: str, body: Mapping[str, Json]) -> None:
    """Record a refused PIN, where there is a ledger. Raises: LedgerError."""
    from qlang.trust.ledger.store import open_ledger
    from qlang.trust.times import now

    path = ledger_path(options)
    if path.exists():
        with open_ledger(path, create=False) as ledger, ledger.transaction() as step:
            step.append(kind, {"at": now(), **body})


@contextmanager
def ledger_step(options: Namespace, console: Console) -> Iterator[Transaction | None]:
    """One transaction of the ledger, or None where the project has none yet. Raises: LedgerError."""
    from qlang.trust.ledger.store import open_ledger

    path = ledger_path(options)
    if not getattr(options, "ledger", None) and not path.exists():
        yield None
        console.note("there is no ledger here: the event is kept beside the keys only")
        return
    with open_ledger(path, create=False) as ledger, ledger.transaction() as step:
        yield step


def confirmed(options: Namespace, question: str) -> None:
    """Ask before something dangerous, where a person sits at a terminal. Raises: Failure if the answer is no."""
    if options.yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Failure("nothing was changed", status=EXECUTION)


def _one(ring: KeyRing, keys: list[PublicKey], text: str) -> PublicKey:
    if not text:
        raise Failure("which key? Its id is empty", "`qlangc keys list` shows all")
    found = [key for key in keys if key.key_id.startswith(text) or key.key_id.partition(":")[2].startswith(text)]
    exact = [key for key in keys if key.key_id == text] or found
    if len(exact) == 1:
        return exact[0]
    if not exact:
        raise Failure(f"there is no key `{text}`", "`qlangc keys list` shows all")
    purposes = {record.public.key_id: record.spec.purpose for record in ring.contents().records}
    listed = ", ".join(f"{key.key_id} ({purposes.get(key.key_id, 'not yours')})" for key in exact[:5])
    help_ = "give more of the id, or say `--purpose` or `--tenant`"
    raise Failure(f"`{text}` is the beginning of several keys: {listed}", help_)
