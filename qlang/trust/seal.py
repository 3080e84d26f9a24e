"""Seal a run folder: digest its files, have the manifest signed and recorded, put manifest and receipt beside them.

The signer records before it answers, so a process killed on the way leaves a folder without manifest, hence visibly
unfinished, and at most an entry without a run. Sealing the same folder again then gives the manifest of that entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qlang.trust.canonical import sha256_digest
from qlang.trust.envelope import parse_envelope
from qlang.trust.errors import EnvelopeError, ManifestError, SealError
from qlang.trust.files import commit, file_digest, stage
from qlang.trust.manifest import (
    MANIFEST_NAME,
    RECEIPT_NAME,
    RunFacts,
    missing_subjects,
    parse_statement,
    plain_name,
)
from qlang.trust.signing.request import ManifestRequest, ManifestSigner, SignedManifest


@dataclass(frozen=True, slots=True)
class SealedRun:
    """Where the manifest lies, the digest of its signed payload, and its entry in the ledger."""

    envelope_path: Path
    manifest_digest: str
    ledger_index: int


def seal_run(run_dir: Path, facts: RunFacts, algorithms: tuple[str, ...], signer: ManifestSigner) -> SealedRun:
    """Have everything in a run folder signed by `algorithms`. Files written later, such as a trace, stay unsigned.

    Subjects are all plain files of the folder whose names do not start with a dot.

    Raises: SealError if the folder is incomplete or sealed already, cannot be written, or the signer signed something
    else; FileRefused for a link or pipe in the folder; and what `ManifestSigner.sign_manifest` raises. The folder has
    no manifest then.
    """
    target = run_dir / MANIFEST_NAME
    try:
        if target.exists():
            raise SealError(run_dir, "is sealed already")
        request = ManifestRequest(facts, _digest_files(run_dir), algorithms)
        signed = signer.sign_manifest(request)
        _require_asked(run_dir, request, signed)
        receipt = run_dir / RECEIPT_NAME
        commit(stage(receipt, signed.receipt.encode(), mode=0o644), receipt)
        commit(stage(target, signed.envelope, mode=0o644), target)
    except OSError as error:
        raise SealError(run_dir, f"{error.filename or run_dir}: {error.strerror}") from error
    return SealedRun(target, signed.manifest_digest, signed.ledger_index)


def _require_asked(run_dir: Path, request: ManifestRequest, signed: SignedManifest) -> None:
    """That the answer is about this run: no signature is checked here, that is what `verify` is for."""
    try:
        payload = parse_envelope(signed.envelope).payload
        statement = parse_statement(payload)
    except (EnvelopeError, ManifestError) as error:
        raise SealError(run_dir, f"the signer's answer cannot be read: {error}") from error
    asked = ManifestRequest(statement.predicate.facts, statement.subjects, statement.predicate.algorithms)
    place = (statement.predicate.ledger.index, sha256_digest(payload))
    if asked.digest != request.digest or place != (signed.ledger_index, signed.manifest_digest):
        raise SealError(run_dir, "the signer signed something else than was asked")


def _digest_files(run_dir: Path) -> dict[str, str]:
    subjects: dict[str, str] = {}
    for path in sorted(run_dir.iterdir()):
        if path.name.startswith(".") or (path.is_dir() and not path.is_symlink()):
            continue
        if path.name == RECEIPT_NAME:  # of an earlier attempt that ended before its manifest was written
            continue
        if not plain_name(path.name):
            raise SealError(run_dir, f"{path.name!a} is not a plain file name")
        subjects[path.name] = file_digest(path)
    if missing := missing_subjects(frozenset(subjects)):
        raise SealError(run_dir, f"lacks {', '.join(missing)}")
    return subjects
