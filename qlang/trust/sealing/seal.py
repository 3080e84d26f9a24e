"""Seal a file, or the files of a run, for recipients."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from qlang.trust.errors import FileRefused, KeyFormatError, RecipientKeyError, SealedFileRefused
from qlang.trust.sealing.content import pack, read_signed_run, run_files
from qlang.trust.sealing.header import (
    FILE,
    MAX_RECIPIENTS,
    RUN,
    Binding,
    QkdReference,
    SealedHeader,
    body_key,
    dump_head,
    info_of,
)
from qlang.trust.sealing.output import new_output
from qlang.trust.sealing.recipients import RecipientKey
from qlang.trust.sealing.stream import seal_chunks
from qlang.trust.sealing.suites import SUITE_OF_MODE, SUITES, seal_bytes

_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "classical": ("classical", "hybrid", "pqc_required", "qkd"),
    "hybrid": ("hybrid", "pqc_required", "qkd"),
    "pqc_required": ("pqc_required",),
    "qkd": ("qkd",),
}
"""Crypto mode of a run → modes that it may be sealed under: its own, or one that leaves nothing of it out."""


def fitting_mode(least: str, recipients: Sequence[RecipientKey]) -> str:
    """The crypto mode `least`, or the next stronger one that all recipients' keys are made for; never `qkd` unasked."""
    suites = {key.suite for key in recipients}
    modes = [mode for mode in _ALLOWED[least] if mode == least or mode != "qkd"]
    return next((mode for mode in modes if suites == {SUITE_OF_MODE[mode]}), least)


class QkdSource(Protocol):
    """Where quantum-distributed keys come from."""

    @property
    def kind(self) -> str:
        """`simulator` or `vendor`."""

    def fresh(self) -> tuple[str, bytes]:
        """A new key: its id and value. Raises: QkdUnavailable."""

    def fetch(self, key_id: str) -> bytes:
        """The key that the other side got as new. Raises: QkdUnavailable."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a sealed file says of itself."""

    path: Path
    header: SealedHeader


def seal_file(
    source: Path,
    target: Path,
    recipients: Sequence[RecipientKey],
    *,
    crypto_mode: str = "hybrid",
    binding: Binding = Binding(),  # noqa: B008 - immutable
    qkd: QkdSource | None = None,
) -> Sealed:
    """Seal one file of any size. `target` must not exist.

    Raises: RecipientKeyError for a key of another suite than the crypto mode's, SealedFileRefused if a path cannot
    be read or written, QkdUnavailable.
    """
    return _seal(target, (source,), {}, recipients, SealedHeader(crypto_mode, FILE, binding, None, {}), qkd)


def seal_run(
    run_dir: Path,
    target: Path,
    recipients: Sequence[RecipientKey],
    *,
    crypto_mode: str | None = None,
    qkd: QkdSource | None = None,
) -> Sealed:
    """Seal the files of a run, its manifest among them, under the run's crypto mode or a stronger one.

    Files that the manifest names must be those that were signed; the signatures themselves are not checked.

    Raises: as `seal_file`.
    """
    run = read_signed_run(run_dir)
    mode = crypto_mode or run.crypto_mode
    if mode not in _ALLOWED[run.crypto_mode]:
        raise SealedFileRefused(run_dir, f"was signed under crypto mode {run.crypto_mode}; {mode} would weaken that")
    try:
        files = run_files(run_dir)
    except OSError as error:
        raise SealedFileRefused(run_dir, error.strerror or type(error).__name__) from error
    return _seal(target, files, run.subjects, recipients, SealedHeader(mode, RUN, run.binding, None, {}), qkd)


def _seal(
    target: Path,
    files: tuple[Path, ...],
    expected: Mapping[str, str],
    recipients: Sequence[RecipientKey],
    draft: SealedHeader,
    qkd: QkdSource | None,
) -> Sealed:
    _check(recipients, draft.suite, qkd, draft.crypto_mode)
    content_key = secrets.token_bytes(32)
    try:
        with new_output(target) as staged:
            reference, qkd_key = _fresh(qkd)
            sealed = {key.key_id: _sealed_key(key, content_key, draft.binding) for key in recipients}
            header = SealedHeader(draft.crypto_mode, draft.content, draft.binding, reference, sealed)
            head = dump_head(header, content_key)
            chunks = seal_chunks(body_key(head, content_key, qkd_key), pack(files, expected))
            staged.write(head)
            staged.writelines(chunks)
    except FileRefused as error:
        raise SealedFileRefused(error.path, error.reason) from error
    except OSError as error:
        raise SealedFileRefused(target, error.strerror or type(error).__name__) from error
    return Sealed(target, header)


def _check(recipients: Sequence[RecipientKey], suite: str, qkd: QkdSource | None, mode: str) -> None:
    if not 0 < len(recipients) <= MAX_RECIPIENTS:
        raise RecipientKeyError("?", f"1 to {MAX_RECIPIENTS} recipients are possible, not {len(recipients)}")
    for key in recipients:
        if key.suite != suite:
            raise RecipientKeyError(key.key_id, f"is of suite {key.suite}; crypto mode {mode} demands {suite}")
    if len({key.key_id for key in recipients}) < len(recipients):
        raise RecipientKeyError(recipients[0].key_id, "a recipient is named twice")
    assert (mode == "qkd") == (qkd is not None), "mode qkd, and no other, comes with a source of keys"


def _fresh(qkd: QkdSource | None) -> tuple[QkdReference | None, bytes | None]:
    if qkd is None:
        return None, None
    key_id, value = qkd.fresh()
    return QkdReference(qkd.kind, key_id), value


def _sealed_key(key: RecipientKey, content_key: bytes, binding: Binding) -> bytes:
    try:
        return seal_bytes(SUITES[key.suite], key.public, content_key, info_of(key.suite, binding))
    except KeyFormatError as error:
        raise RecipientKeyError(key.key_id, str(error)) from error
