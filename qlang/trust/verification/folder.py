"""The first links: the manifest as a file, the files that it names, and the signatures over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from qlang.trust.algorithms import signature_fault
from qlang.trust.canonical import MAX_BYTES, sha256_digest
from qlang.trust.checks import Check
from qlang.trust.crypto_modes import MODES, unmet_demands
from qlang.trust.envelope import Envelope, dump_envelope, pae, parse_envelope
from qlang.trust.errors import EnvelopeError, FileRefused
from qlang.trust.files import file_digest, read_file
from qlang.trust.manifest import MANIFEST_NAME, RECEIPT_NAME, RunPredicate, Statement, missing_subjects

_NAMES_SHOWN = 10


def read_envelope(run_dir: Path) -> tuple[Envelope | None, Check]:
    """The manifest's envelope, if it is spelled in the one way in which it is written."""
    try:
        data = read_file(run_dir / MANIFEST_NAME, limit=MAX_BYTES)
        envelope = parse_envelope(data)
    except (FileRefused, EnvelopeError) as error:
        return None, Check("envelope", False, f"{MANIFEST_NAME}: {error.reason}")
    if dump_envelope(envelope) != data:
        return None, Check("envelope", False, f"{MANIFEST_NAME}: not spelled as signers write it (canonical JSON)")
    return envelope, Check("envelope", True, f"{len(envelope.signatures)} signatures")


def run_id_check(statement: Statement, run_id: str | None) -> Iterator[Check]:
    """Whether it is the run that was asked for: another genuine one in its place proves nothing about it."""
    found = statement.predicate.facts.run_id
    if run_id is not None and found != run_id:
        yield Check("run id", False, f"the run is {found}, asked for was {run_id!a:.140}")


def subject_checks(run_dir: Path, statement: Statement) -> Iterator[Check]:
    """Each file against its digest in the statement."""
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


def signature_checks(envelope: Envelope, predicate: RunPredicate) -> tuple[frozenset[str], tuple[Check, ...]]:
    """The algorithms of valid signatures by the manifest's own keys, and the verdicts.

    One signature by each key that the manifest names, in that order, and no other: so none can be stripped, added
    or exchanged unnoticed.
    """
    message, digest = pae(envelope.payload), sha256_digest(envelope.payload)
    by_key = {signature.key_id: signature.value for signature in envelope.signatures}
    valid, checks = set(), []
    for key in predicate.public_keys:
        value = by_key.get(key.key_id)
        fault = "missing from the envelope" if value is None else signature_fault(key, message, value)
        if fault is None:
            valid.add(key.algorithm)
        detail = f"{key.key_id} over {digest}" if fault is None else f"{key.key_id}: {fault}, manifest {digest}"
        checks.append(Check(f"signature {key.algorithm}", fault is None, detail))
    given = [signature.key_id for signature in envelope.signatures]
    named = [key.key_id for key in predicate.public_keys]
    if given != named:
        checks.append(Check("signatures", False, f"by {_shown(given)}, the manifest names {_shown(named)}"))
    return frozenset(valid), tuple(checks)


def algorithms_check(predicate: RunPredicate, required: tuple[str, ...], valid: frozenset[str]) -> Check:
    """What the crypto mode, the manifest and the verifier demand, against the algorithms of valid signatures."""
    mode = MODES[predicate.facts.crypto_mode]
    unmet = unmet_demands(mode, valid)
    demanded = dict.fromkeys((*predicate.algorithms, *required))
    missing = [*unmet, *(name for name in demanded if name not in valid)]
    if missing:
        return Check("algorithms", False, f"{mode.name}: no valid signature by {', '.join(missing)}")
    if mode.needs_kme and predicate.qkd is None:
        return Check("algorithms", False, f"{mode.name}: the manifest names no quantum-distributed keys")
    return Check("algorithms", True, f"{mode.name}: {', '.join(demanded)}")


def folder_notes(run_dir: Path, statement: Statement) -> Iterator[Check]:
    """What a reader should know of the folder though it breaks nothing."""
    try:
        present = sorted(path.name for path in run_dir.iterdir())
    except OSError as error:
        yield Check("run folder", False, f"cannot be listed: {error.strerror}")
        return
    covered = {*statement.subjects, MANIFEST_NAME, RECEIPT_NAME}
    if unsigned := [name for name in present if name not in covered]:
        yield Check("note unsigned files", True, f"not covered by the manifest: {_shown(unsigned)}")
    if run_dir.name and run_dir.name != statement.predicate.facts.run_id:
        yield Check("note run id", True, f"the manifest is of run {statement.predicate.facts.run_id!a:.80}")


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(f"{name!a:.80}" for name in names[:_NAMES_SHOWN]) + more
