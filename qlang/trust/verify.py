"""Verify a run folder offline, and name what broke.

Nothing in the folder or the ledger is believed: every file may be missing, forged, huge or not a file at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from qlang.trust.algorithms import PublicKey, signature_fault
from qlang.trust.canonical import MAX_BYTES, sha256_digest
from qlang.trust.checks import Check
from qlang.trust.crypto_modes import MODES
from qlang.trust.envelope import Envelope, pae, parse_envelope
from qlang.trust.errors import EnvelopeError, FileRefused, LedgerError, ManifestError
from qlang.trust.files import file_digest, read_file
from qlang.trust.ledger.deep import check_ledger_file
from qlang.trust.ledger.entries import Entry, root_text
from qlang.trust.ledger.store import open_reader
from qlang.trust.manifest import (
    MANIFEST_NAME,
    RUN_ENTRY,
    RunPredicate,
    Statement,
    ledger_body,
    missing_subjects,
    parse_statement,
)

_NAMES_SHOWN = 10


def verify_run(
    run_dir: Path,
    ledger: Path,
    required: tuple[str, ...] | None = None,
    trusted: Collection[PublicKey] | None = None,
) -> tuple[Check, ...]:
    """All verdicts on a run; it is genuine if every one is ok.

    `required`: algorithms that must have signed, beyond those of the run's own crypto mode.
    `trusted`: the keys that may have signed; None accepts any, and a check says so. What the folder and the
    ledger contain never raises.
    """
    try:
        envelope = parse_envelope(read_file(run_dir / MANIFEST_NAME, limit=MAX_BYTES))
    except (FileRefused, EnvelopeError) as error:
        reason = error.reason
        return (Check("envelope", False, f"{MANIFEST_NAME}: {reason}"), *_chain(ledger, None)[1])
    checks = [Check("envelope", True, f"{len(envelope.signatures)} signatures")]
    try:
        statement = parse_statement(envelope.payload)
    except ManifestError as error:
        checks.append(Check("statement", False, str(error)))
        return (*checks, *_chain(ledger, None)[1])
    predicate = statement.predicate
    digest = sha256_digest(envelope.payload)
    checks.append(Check("statement", True, f"run {predicate.facts.run_id!a}, manifest {digest}"))
    valid = _valid_keys(envelope, predicate.public_keys)
    checks.extend(_signature_checks(envelope, predicate, required or (), valid))
    checks.append(_algorithms_check(predicate, required or (), valid))
    checks.append(_key_check(predicate.public_keys, trusted))
    checks.extend(_subject_checks(run_dir, statement))
    found, chain = _chain(ledger, predicate.ledger.index)
    checks.extend(chain)
    checks.append(_entry_check(found, predicate, digest))
    checks.extend(_notes(run_dir, statement, envelope))
    return tuple(checks)


def _valid_keys(envelope: Envelope, keys: tuple[PublicKey, ...]) -> dict[str, str | None]:
    """For each key id that has a signature: None if all of them are valid, or what is wrong."""
    message = pae(envelope.payload)
    known = {key.key_id: key for key in keys}
    verdicts: dict[str, str | None] = {}
    for signature in envelope.signatures:
        key = known.get(signature.key_id)
        if key is not None:
            fault = signature_fault(key, message, signature.value)
            verdicts[key.key_id] = verdicts.get(key.key_id) or fault
    return verdicts


def _signature_checks(
    envelope: Envelope, predicate: RunPredicate, required: tuple[str, ...], valid: dict[str, str | None]
) -> Iterator[Check]:
    digest = sha256_digest(envelope.payload)
    for key in predicate.public_keys:
        fault = valid.get(key.key_id, "missing from the envelope")
        detail = f"{key.key_id} over {digest}" if fault is None else f"{key.key_id}: {fault}, manifest {digest}"
        yield Check(f"signature {key.algorithm}", fault is None, detail)
    for name in _demanded(predicate, required):
        if name not in predicate.algorithms:
            yield Check(f"signature {name}", False, "demanded, but no such key is named in the manifest")


def _demanded(predicate: RunPredicate, required: tuple[str, ...]) -> tuple[str, ...]:
    own = MODES[predicate.facts.crypto_mode].default
    return tuple(dict.fromkeys((*own, *required)))


def _algorithms_check(predicate: RunPredicate, required: tuple[str, ...], valid: dict[str, str | None]) -> Check:
    mode = MODES[predicate.facts.crypto_mode]
    if mode.needs_kme:
        return Check("algorithms", False, f"crypto mode {mode.name} cannot be verified by this version")
    signed = {key.algorithm for key in predicate.public_keys if valid.get(key.key_id, "missing") is None}
    demanded = dict.fromkeys((*_demanded(predicate, required), *predicate.algorithms))
    missing = [name for name in demanded if name not in signed]
    if missing:
        return Check("algorithms", False, f"{mode.name}: no valid signature by {', '.join(missing)}")
    return Check("algorithms", True, f"{mode.name}: {', '.join(demanded)}")


def _key_check(keys: tuple[PublicKey, ...], trusted: Collection[PublicKey] | None) -> Check:
    if trusted is None:
        return Check("key", True, "not checked: no trusted keys given, the manifest's own keys were used")
    strangers = [key.key_id for key in keys if key not in trusted]
    if strangers:
        return Check("key", False, f"not trusted here: {', '.join(strangers)}")
    return Check("key", True, ", ".join(key.key_id for key in keys))


def _subject_checks(run_dir: Path, statement: Statement) -> Iterator[Check]:
    for name, expected in statement.subjects.items():
        try:
            found = file_digest(run_dir / name)
        except FileRefused as error:
            yield Check(f"subject {name}", False, f"{name} {error.reason}; expected {expected}")
            continue
        same = found == expected
        yield Check(f"subject {name}", same, expected if same else f"expected {expected}, found {found}")
    for name in missing_subjects(frozenset(statement.subjects)):
        yield Check(f"subject {name}", False, f"{name} is not covered by the manifest")


def _chain(ledger: Path, wanted: int | None) -> tuple[tuple[Entry, str] | None, tuple[Check, ...]]:
    """The wanted entry and the root before it, if they are intact."""
    checks = check_ledger_file(ledger, deep=True)
    if wanted is None or not all(check.ok for check in checks):
        return None, checks
    try:
        with open_reader(ledger) as opened:
            return (opened.entry(wanted), root_text(opened.root(wanted))), checks
    except LedgerError:
        return None, checks


def _entry_check(found: tuple[Entry, str] | None, predicate: RunPredicate, digest: str) -> Check:
    index = predicate.ledger.index
    if found is None:
        return Check("ledger entry", False, f"no intact entry {index}; manifest {digest}")
    entry, root = found
    if root != predicate.ledger.root:
        detail = f"entry {index} follows a tree of root {root}, the manifest says {predicate.ledger.root}"
        return Check("ledger entry", False, detail)
    if entry.kind != RUN_ENTRY or entry.body.get("manifest_digest") != digest:
        recorded = entry.body.get("manifest_digest")
        return Check("ledger entry", False, f"entry {index} records manifest {recorded!a:.80}, found {digest}")
    if entry.body != ledger_body(predicate, digest):
        return Check("ledger entry", False, f"entry {index} differs from the manifest {digest}")
    return Check("ledger entry", True, f"entry {index}, leaf {entry.leaf.hex()}")


def _notes(run_dir: Path, statement: Statement, envelope: Envelope) -> Iterator[Check]:
    known = {key.key_id for key in statement.predicate.public_keys}
    strangers = [signature.key_id for signature in envelope.signatures if signature.key_id not in known]
    if strangers:
        yield Check("note signatures", True, f"ignored, by unknown keys: {_shown(strangers)}")
    try:
        present = sorted(path.name for path in run_dir.iterdir())
    except OSError as error:
        yield Check("run folder", False, f"cannot be listed: {error.strerror}")
        return
    unsigned = [name for name in present if name not in statement.subjects and name != MANIFEST_NAME]
    if unsigned:
        yield Check("note unsigned files", True, f"not covered by the manifest: {_shown(unsigned)}")
    if run_dir.name and run_dir.name != statement.predicate.facts.run_id:
        yield Check("note run id", True, f"the manifest is of run {statement.predicate.facts.run_id!a:.80}")


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(f"{name!a:.80}" for name in names[:_NAMES_SHOWN]) + more
