"""`qlangc ledger` checkpoint and witness: what signs a state of the ledger."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qlang.compiler import exit_codes
from qlang.compiler.console import Console
from qlang.compiler.failure import Failure
from qlang.compiler.ledger.common import SCHEMA, deliver, ledger_path, read, reader
from qlang.compiler.passphrases import passphrase_from
from qlang.compiler.workspace import find_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from qlang.trust.canonical import Json
    from qlang.trust.custody import KeyRecord
    from qlang.trust.keys.ring import KeyRing
    from qlang.trust.ledger.notes import NoteKey, NoteSigner
    from qlang.trust.ledger.reader import LedgerReader
    from qlang.trust.spki import PublicKey
    from qlang.trust.verification.renewal import Renewed


def checkpoint(options: Namespace, console: Console) -> int:
    """Sign the present state, keep the note, and record that it was made."""
    from qlang.trust.canonical import sha256_digest
    from qlang.trust.ledger.checkpoint import Checkpoint, sign_checkpoint
    from qlang.trust.ledger.entries import root_text
    from qlang.trust.ledger.kinds import CHECKPOINT
    from qlang.trust.ledger.notes import log_key, parse_note, verify_note
    from qlang.trust.ledger.store import open_ledger
    from qlang.trust.times import written

    moment = datetime.now(UTC)
    at = written(moment)
    reader(options).close()  # says what is wrong before any key is asked for
    with open_ledger(ledger_path(options), create=False) as ledger:
        ring = _ring(options)
        signers = _signers(ring, log_key, ledger.origin, _log_records(ring, at, root=options.root))
        with ledger.transaction() as step:
            now = Checkpoint(ledger.origin, step.position.index, ledger.root())
            note = sign_checkpoint(now, signers, timestamp=int(moment.timestamp()))
            verify_note(parse_note(note.encode()), [signer.key for signer in signers])
            step.add_checkpoint(note)
            keyids = [signer.key.public.key_id for signer in signers]
            digest = sha256_digest(note.encode())
            note_keys = [signer.key.key_id.hex() for signer in signers]
            told: dict[str, Json] = {"at": at, "size": now.size, "root": root_text(now.root)}
            step.append(CHECKPOINT, {**told, "note_digest": digest, "keyids": keyids, "note_keys": note_keys})
    if options.json:
        keys = [signer.key.vkey for signer in signers]
        about = {"schema": SCHEMA, "origin": now.origin, "size": now.size, "root": root_text(now.root)}
        console.result_json({**about, "note": note, "keys": keys})
    else:
        deliver(note, options.output, console)
    return exit_codes.OK


def log_keys(options: Namespace, console: Console) -> int:
    """The log's public keys, for its witnesses."""
    from qlang.trust.ledger.notes import log_key
    from qlang.trust.times import now

    with reader(options) as ledger:
        records = _log_records(_ring(options), now(), root=options.root)
        keys = [log_key(ledger.origin, record.public) for record in records]
    deliver("".join(f"{key.vkey}\n" for key in keys), options.output, console)
    return exit_codes.OK


def request(options: Namespace, console: Console) -> int:
    """Ask a witness to cosign the newest checkpoint."""
    from qlang.trust.ledger.checkpoint import checkpoint_of
    from qlang.trust.ledger.witness import dump_request

    with reader(options) as ledger, ledger.snapshot():
        note = ledger.last_checkpoint()
        if note is None:
            raise Failure("there is no checkpoint to cosign yet", "`qlangc ledger checkpoint` makes one")
        size = checkpoint_of(note.encode()).size
        old = min(_last_witnessed(ledger), size) if options.old is None else options.old
        text = dump_request(old, ledger.consistency_proof(old, size), note)
    deliver(text, options.output, console)
    return exit_codes.OK


def create(options: Namespace, console: Console) -> int:
    """Set up a witness."""
    from qlang.trust.ledger.witness import create_witness

    keys = _vkeys(options.log_key)
    try:
        create_witness(Path(options.state), options.name, options.origin or keys[0].name, keys)
    except OSError as error:
        raise Failure(f"{options.state}: {error.strerror}") from error
    console.note(f"{options.state} is a witness of {keys[0].name}")
    return exit_codes.OK


def witness_keys(options: Namespace, console: Console) -> int:
    """The witness's public keys, for the log and for verifiers."""
    from qlang.trust.ledger.notes import witness_key
    from qlang.trust.ledger.witness import load_witness
    from qlang.trust.times import now

    name = load_witness(Path(options.state)).name
    keys = [witness_key(name, record.public) for record in _witness_records(_ring(options), now())]
    deliver("".join(f"{key.vkey}\n" for key in keys), options.output, console)
    return exit_codes.OK


def cosign(options: Namespace, console: Console) -> int:
    """Answer a log's request, or refuse it."""
    from qlang.trust.errors import WitnessRefused
    from qlang.trust.ledger.notes import witness_key
    from qlang.trust.ledger.witness import MAX_REQUEST, cosign, load_witness
    from qlang.trust.times import now

    state = Path(options.state)
    name = load_witness(state).name
    ring = _ring(options)
    signers = _signers(ring, witness_key, name, _witness_records(ring, now()))
    asked = read(options.request, MAX_REQUEST)
    try:
        lines = cosign(state, asked, signers, timestamp=int(datetime.now(UTC).timestamp()))
    except WitnessRefused as error:
        hint = f"ask again with `--old {error.size}`" if error.verdict == "stale" else ""
        raise Failure(f"not cosigned: {error}", hint, exit_codes.DIAGNOSTICS) from error
    except OSError as error:
        raise Failure(f"{state}: {error.strerror}", status=exit_codes.EXECUTION) from error
    deliver(lines, options.output, console)
    return exit_codes.OK


def add(options: Namespace, console: Console) -> int:
    """Take a witness's answer into the ledger."""
    from qlang.trust.ledger.checkpoint import checkpoint_of
    from qlang.trust.ledger.entries import root_text
    from qlang.trust.ledger.kinds import WITNESS
    from qlang.trust.ledger.notes import MAX_NOTE, parse_note, verify_note
    from qlang.trust.ledger.store import open_ledger
    from qlang.trust.times import now

    keys, answer = _vkeys(options.witness_key), read(options.answer, MAX_NOTE).decode("utf-8", "replace")
    with open_ledger(ledger_path(options), create=False) as ledger, ledger.transaction() as step:
        note = _cosigned(ledger.checkpoints(), answer, keys)
        step.add_checkpoint(note)
        shown = checkpoint_of(note.encode())
        place: dict[str, Json] = {"at": now(), "size": shown.size, "root": root_text(shown.root)}
        signed = {(one.key.name, one.key.key_id.hex()) for one in verify_note(parse_note(note.encode()), keys)}
        for name, key_id in sorted(signed):
            step.append(WITNESS, {**place, "witness": name, "note_keys": [key_id]})
    _tell(renewed(options, note), console)
    deliver(note, options.output, console)
    return exit_codes.OK


def receipts(options: Namespace, console: Console) -> int:
    """Write the receipts of the project's runs anew, from the newest checkpoint."""
    with reader(options) as ledger:
        note = ledger.last_checkpoint()
    if note is None:
        raise Failure("there is no checkpoint yet", "`qlangc ledger checkpoint` makes one", exit_codes.DIAGNOSTICS)
    found = renewed(options, note)
    if options.json:
        left = [{"run": run, "reason": reason} for run, reason in found.left]
        console.result_json({"schema": SCHEMA, "renewed": list(found.written), "left": left})
    else:
        _tell(found, console)
    return exit_codes.OK


def renewed(options: Namespace, note: str) -> Renewed:
    """Give the runs beside the ledger receipts with this checkpoint. Raises: Failure, TrustError."""
    from qlang.trust.manifest import MANIFEST_NAME
    from qlang.trust.verification.renewal import renew_receipts

    runs = [path.parent for path in sorted(ledger_path(options).parent.glob(f"runs/*/{MANIFEST_NAME}"))]
    try:
        with reader(options) as ledger, ledger.snapshot():
            return renew_receipts(ledger, runs, note, _signed_by(note))
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}", status=exit_codes.EXECUTION) from error


def _signed_by(note: str) -> frozenset[str] | None:
    """The algorithms of the log's own keys that signed a checkpoint; None where there is no key store."""
    from qlang.trust.keys.paths import default_key_paths
    from qlang.trust.keys.trust import load_trust_store
    from qlang.trust.ledger.checkpoint import checkpoint_of
    from qlang.trust.ledger.notes import parse_note
    from qlang.trust.ledger.vouching import signers_of

    store = default_key_paths().store
    if not store.is_dir():
        return None
    data = note.encode()
    found = signers_of(load_trust_store(store), parse_note(data), checkpoint_of(data), alone=True)
    return frozenset(key.algorithm for key in found.keys)


def _tell(found: Renewed, console: Console) -> None:
    console.note(f"{len(found.written)} receipts written anew")
    for run, reason in found.left:
        console.note(f"the receipt of run {run} stays as it is: {reason}")


def _cosigned(notes: list[str], answer: str, keys: list[NoteKey]) -> str:
    """The newest checkpoint that the answer cosigns. Raises: Failure."""
    from qlang.trust.errors import NoteError
    from qlang.trust.ledger.witness import add_cosignatures

    reason = "there is no checkpoint"
    for note in reversed(notes):
        try:
            return add_cosignatures(note, answer, keys)
        except NoteError as error:
            reason = str(error)
    raise Failure(f"the answer cosigns no checkpoint of this ledger: {reason}", status=exit_codes.DIAGNOSTICS)


def _last_witnessed(ledger: LedgerReader) -> int:
    """The size that a witness saw last, as far as the ledger knows."""
    from qlang.trust.ledger.kinds import WITNESS

    entry = ledger.last_entry(WITNESS)
    size = 0 if entry is None else entry.body.get("size")
    return size if isinstance(size, int) else 0


def _vkeys(path: str) -> list[NoteKey]:
    """The verifier keys in a file, one a line. Raises: Failure, FileRefused, NoteError."""
    from qlang.trust.ledger.notes import parse_vkey

    lines = read(path, 1 << 16).decode("utf-8", "replace").splitlines()
    keys = [parse_vkey(line) for line in lines if line.strip()]
    if not keys:
        raise Failure(f"{path} has no verifier key")
    return keys


def _ring(options: Namespace) -> KeyRing:
    from qlang.trust.keys.user import user_ring

    return user_ring(find_workspace(Path.cwd()), passphrase=passphrase_from(options.passphrase))


def _signers(
    ring: KeyRing, key_of: Callable[[str, PublicKey], NoteKey], name: str, records: list[KeyRecord]
) -> list[NoteSigner]:
    from qlang.trust.ledger.notes import CustodySigner

    return [CustodySigner(key_of(name, one.public), ring.custodian(one.custody), one) for one in records]


def _log_records(ring: KeyRing, at: str, *, root: bool) -> list[KeyRecord]:
    """The keys that sign checkpoints: the newest valid one of each algorithm whose custody the policy allows.

    With `root` the root's too. Raises: Failure, KeyRefused, PolicyRefused.
    """
    from qlang.trust.custody import DEFAULT_TENANT, LEDGER_CHECKPOINT
    from qlang.trust.policy.load import find_policy
    from qlang.trust.signing.log_keys import log_keys

    of_log = log_keys(ring, find_policy(find_workspace(Path.cwd())), DEFAULT_TENANT, at)
    if all(one.spec.purpose != LEDGER_CHECKPOINT for one in ring.contents().records):
        hint = f"a first run makes one, or `qlangc keys create --purpose {LEDGER_CHECKPOINT}`"
        raise Failure(f"there is no key for `{LEDGER_CHECKPOINT}`", hint)
    records = list(of_log.fit)
    if not records:
        raise of_log.unfit[0][1]
    if root:
        found = ring.root(at)
        if found is None:
            raise Failure("there is no root key", "`qlangc keys create --purpose root` makes one")
        records.append(found)
    return records


def _witness_records(ring: KeyRing, at: str) -> list[KeyRecord]:
    from qlang.trust.custody import WITNESS

    return _records(ring, WITNESS, at, "`qlangc keys create --purpose %s --algorithm ml-dsa-44` makes one")


def _records(ring: KeyRing, purpose: str, at: str, hint: str) -> list[KeyRecord]:
    """The newest key of each algorithm that there is for a purpose. Raises: Failure, KeyRefused."""
    from qlang.trust.custody import DEFAULT_TENANT

    of = {one.spec.algorithm for one in ring.contents().records if one.spec.purpose == purpose}
    if not of:
        raise Failure(f"there is no key for `{purpose}`", hint % purpose)
    return list(ring.select(purpose, DEFAULT_TENANT, sorted(of), at, create=False))
