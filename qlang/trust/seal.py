"""Seal a run folder: digest its files, sign the manifest, enter it in the ledger.

The ledger is locked first, because the manifest names the entry before its own. Then: build and sign, write the
manifest under a temporary name, append the entry, give the manifest its name. A process killed on the way leaves
a folder without manifest, hence visibly unfinished, and at most an entry without a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qlang.trust.canonical import MAX_BYTES, sha256_digest
from qlang.trust.chained_ledger import locked_ledger
from qlang.trust.crypto_modes import unservable_reason
from qlang.trust.custody import NOT_CLAIMED
from qlang.trust.envelope import Envelope, dump_envelope, pae
from qlang.trust.errors import SealError
from qlang.trust.files import commit, file_digest, stage
from qlang.trust.ledger.entries import Position
from qlang.trust.manifest import (
    MANIFEST_NAME,
    RUN_ENTRY,
    ManifestKey,
    PolicyName,
    RunFacts,
    RunPredicate,
    Statement,
    ledger_body,
    parse_statement,
    plain_name,
    statement_bytes,
)
from qlang.trust.signer import Signer
from qlang.version import __version__

CORE_SUBJECTS = ("plan.mlir", "results.json")
"""Files without which a run proves nothing; the third is the source, `source.<extension>`."""


@dataclass(frozen=True, slots=True)
class SealedRun:
    """Where the manifest lies, the digest of its signed payload, and its entry in the ledger."""

    envelope_path: Path
    manifest_digest: str
    ledger_index: int


def missing_subjects(names: frozenset[str]) -> tuple[str, ...]:
    """The files that every run must have and `names` lacks."""
    missing = [name for name in CORE_SUBJECTS if name not in names]
    if not any(name.startswith("source.") for name in names):
        missing.append("source.qjob")
    return tuple(missing)


def seal_run(run_dir: Path, facts: RunFacts, signer: Signer, ledger_path: Path) -> SealedRun:
    """Sign everything in a run folder. Files written later, such as a trace, stay unsigned.

    Subjects are all plain files of the folder whose names do not start with a dot.

    Raises: SealError if the folder is incomplete or sealed already, cannot be written, or the signer cannot
    serve the crypto mode; ManifestError or JsonRefused for a malformed fact; FileRefused for a link or pipe in
    the folder; LedgerError for a damaged ledger; and what the signer raises. The folder has no manifest then.
    """
    if reason := unservable_reason(facts.crypto_mode, signer.algorithms):
        raise SealError(run_dir, reason)
    target = run_dir / MANIFEST_NAME
    try:
        if target.exists():
            raise SealError(run_dir, "is sealed already")
        subjects = _digest_files(run_dir)
        return _sign_and_record(target, subjects, facts, signer, ledger_path)
    except OSError as error:
        raise SealError(run_dir, f"{error.filename or ledger_path}: {error.strerror}") from error


def _sign_and_record(
    target: Path, subjects: dict[str, str], facts: RunFacts, signer: Signer, ledger_path: Path
) -> SealedRun:
    with locked_ledger(ledger_path) as ledger:
        keys = tuple(ManifestKey(key, signer.custody, NOT_CLAIMED) for key in signer.public_keys)
        position = Position("chain", ledger.position.index, ledger.position.previous)
        predicate = RunPredicate(
            facts, keys, position, PolicyName("none", sha256_digest(b"")), __version__, facts.created_at
        )
        payload = statement_bytes(Statement(subjects, predicate))
        parse_statement(payload)  # nothing is signed that `verify` could not read
        digest = sha256_digest(payload)
        content = dump_envelope(Envelope(payload, signer.sign(pae(payload))))
        if len(content) > MAX_BYTES:
            raise SealError(target.parent, f"a manifest of {len(content)} bytes exceeds {MAX_BYTES}")
        staged = stage(target, content, mode=0o644)
        try:
            entry = ledger.append(RUN_ENTRY, ledger_body(predicate, digest))
            commit(staged, target)
        finally:
            staged.unlink(missing_ok=True)
    return SealedRun(target, digest, entry.index)


def _digest_files(run_dir: Path) -> dict[str, str]:
    subjects: dict[str, str] = {}
    for path in sorted(run_dir.iterdir()):
        if path.name.startswith(".") or (path.is_dir() and not path.is_symlink()):
            continue
        if not plain_name(path.name):
            raise SealError(run_dir, f"{path.name!a} is not a plain file name")
        subjects[path.name] = file_digest(path)
    if missing := missing_subjects(frozenset(subjects)):
        raise SealError(run_dir, f"lacks {', '.join(missing)}")
    return subjects
