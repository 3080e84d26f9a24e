"""The form of facts: the same rules when a statement is written and when it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from qlang.trust.canonical import DIGEST, Json
from qlang.trust.crypto_modes import MODES
from qlang.trust.errors import ManifestError
from qlang.trust.manifest.model import RunFacts
from qlang.trust.times import moment

MAX_TEXT = 1024
"""Longest text of a fact, in characters."""
MAX_LABELS = 256

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}", re.ASCII)
"""How the id of a run is spelled (use `fullmatch`): it names a folder and a request."""

_SEED = re.compile(r"0x[0-9a-f]{1,64}|[0-9]{1,78}", re.ASCII)
_TEXTS = ("run_id", "job_id", "tenant", "backend_id", "em_method", "em_version", "compiler_version")
_FILLED = ("job_id", "tenant", "backend_id")
_DIGESTS = ("plan_hash", "source_digest", "result_digest", "kernel_digest")


def check_facts(facts: RunFacts) -> None:
    """Raises: ManifestError, naming the member."""
    if facts.crypto_mode not in MODES:
        raise ManifestError("crypto_mode", f"unknown mode {str(facts.crypto_mode)[:40]!a}")
    for field in _TEXTS:
        _check_text(field, getattr(facts, field))
    for field in _FILLED:
        if not getattr(facts, field):
            raise ManifestError(field, "is empty")
    if not RUN_ID.fullmatch(facts.run_id):
        raise ManifestError("run_id", "is not 1 to 120 letters, digits, dots, dashes and underscores")
    if not _SEED.fullmatch(facts.seed):
        raise ManifestError("seed", "is not a decimal or 0x-hexadecimal string")
    for field in _DIGESTS:
        digest = getattr(facts, field)
        if digest is not None and not DIGEST.fullmatch(digest):
            raise ManifestError(field, "is not of the form sha256:<64 hex digits>")
    check_time("created_at", facts.created_at)
    if facts.calibration_at is not None:
        check_time("calibration_at", facts.calibration_at)
    _check_labels(facts.labels)


def time_text(value: Mapping[str, Json], member: str, field: str) -> str:
    """A member that is a time; `field` is its whole name. Raises: ManifestError."""
    found = value.get(member)
    if not isinstance(found, str):
        raise ManifestError(field, "is not a string")
    check_time(field, found)
    return found


def check_time(field: str, text: str) -> None:
    """Raises: ManifestError unless it is an RFC 3339 time in UTC, written with `Z`."""
    try:
        moment(text)
    except ValueError as error:
        raise ManifestError(field, f"is not an RFC 3339 time in UTC: {error}") from error


def _check_text(field: str, text: object) -> None:
    if not isinstance(text, str):
        raise ManifestError(field, "is not a string")
    if len(text) > MAX_TEXT:
        raise ManifestError(field, f"is longer than {MAX_TEXT} characters")


def _check_labels(labels: Mapping[str, str]) -> None:
    if len(labels) > MAX_LABELS:
        raise ManifestError("labels", f"are more than {MAX_LABELS}")
    for name, value in labels.items():
        _check_text("labels", name)
        _check_text(f"labels.{name[:40]}", value)
