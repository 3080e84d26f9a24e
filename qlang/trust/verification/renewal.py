"""Write the receipts of runs anew, from a later checkpoint: one that witnesses have cosigned, or that new keys signed.

Receipts are no subjects of a manifest: they prove that it is recorded, and any checkpoint that covers it will do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.canonical import MAX_BYTES, sha256_digest
from qlang.trust.crypto_modes import MODES, unmet_demands
from qlang.trust.envelope import parse_envelope
from qlang.trust.errors import FileRefused, TrustError
from qlang.trust.files import commit, read_file, stage
from qlang.trust.ledger.checkpoint import Checkpoint, checkpoint_of
from qlang.trust.ledger.merkle import verify_inclusion
from qlang.trust.ledger.proof import MAX_BYTES as MAX_RECEIPT
from qlang.trust.ledger.proof import dump_proof
from qlang.trust.ledger.reader import LedgerReader
from qlang.trust.manifest import MANIFEST_NAME, RECEIPT_NAME, parse_statement
from qlang.trust.verification.recorded import Recorded


@dataclass(frozen=True, slots=True)
class Renewed:
    """What became of the receipts of some runs, each by the name of its folder."""

    written: tuple[str, ...]
    left: tuple[tuple[str, str], ...]
    """Those that stay as they are, and why."""


def renew_receipts(
    ledger: LedgerReader, runs: Iterable[Path], note: str, algorithms: Collection[str] | None
) -> Renewed:
    """Replace the receipt of each run that the checkpoint `note` covers by one with that checkpoint.

    `algorithms`: those by which trusted keys of the log have signed it; a run whose crypto mode demands more keeps its
    receipt. None does not ask.

    Raises: NoteError, LedgerError; OSError if a receipt cannot be written. Whole files are replaced, one after the
    other.
    """
    checkpoint = checkpoint_of(note.encode())
    written, left = [], []
    for run_dir in runs:
        try:
            receipt = _receipt(ledger, run_dir, checkpoint, note, algorithms)
        except _Left as why:
            left.append((run_dir.name, str(why)))
            continue
        if receipt != _present(run_dir):
            target = run_dir / RECEIPT_NAME
            commit(stage(target, receipt, mode=0o644), target)
            written.append(run_dir.name)
    return Renewed(tuple(written), tuple(left))


class _Left(Exception):
    """A run keeps its receipt."""


def _receipt(
    ledger: LedgerReader, run_dir: Path, checkpoint: Checkpoint, note: str, algorithms: Collection[str] | None
) -> bytes:
    """Raises: _Left, LedgerError."""
    run, leaf = _recorded(run_dir)
    place, mode = run.predicate.ledger, MODES[run.predicate.facts.crypto_mode]
    if place.origin != checkpoint.origin or place.origin != ledger.origin:
        raise _Left(f"it is recorded in {place.origin!a:.80}")
    if place.index >= checkpoint.size:
        raise _Left(f"the checkpoint of size {checkpoint.size} does not cover its entry {place.index}")
    if algorithms is not None and (unmet := unmet_demands(mode, algorithms)):
        raise _Left(f"a {mode.name} run needs the log's signature by {' and '.join(unmet)}")
    path = ledger.inclusion_proof(place.index, checkpoint.size)
    if not verify_inclusion(place.index, checkpoint.size, leaf, path, checkpoint.root):
        raise _Left(f"entry {place.index} does not record its manifest")
    return dump_proof(place.index, path, note).encode()


def _recorded(run_dir: Path) -> tuple[Recorded, bytes]:
    """Raises: _Left."""
    if run_dir.is_symlink():
        raise _Left("its folder is a symbolic link")
    try:
        payload = parse_envelope(read_file(run_dir / MANIFEST_NAME, limit=MAX_BYTES)).payload
        run = Recorded(parse_statement(payload).predicate, sha256_digest(payload))
        return run, run.leaf
    except TrustError as error:
        raise _Left(str(error)) from error


def _present(run_dir: Path) -> bytes | None:
    """The receipt as it is; None where there is none that could be one."""
    try:
        return read_file(run_dir / RECEIPT_NAME, limit=MAX_RECEIPT)
    except FileRefused:
        return None
