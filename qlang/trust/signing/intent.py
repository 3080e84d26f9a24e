"""What a run is going to ask its signer for: put to the signer before the run, so that none is made in vain."""

from __future__ import annotations

from dataclasses import dataclass

from qlang.trust.canonical import Json
from qlang.trust.errors import ManifestError
from qlang.trust.manifest.fields import object_of, optional_text, text, texts

MAX_ALGORITHMS = 8
MAX_TEXT = 1024


@dataclass(frozen=True, slots=True)
class SigningIntent:
    """What is known of a manifest before its run."""

    tenant: str
    crypto_mode: str
    algorithms: tuple[str, ...]
    backend_id: str
    calibration_at: str | None = None


def intent_json(intent: SigningIntent) -> dict[str, Json]:
    """An intent as it crosses the process boundary."""
    return {
        "tenant": intent.tenant,
        "crypto_mode": intent.crypto_mode,
        "algorithms": list(intent.algorithms),
        "backend_id": intent.backend_id,
        "calibration_at": intent.calibration_at,
    }


def parse_intent(value: Json) -> SigningIntent:
    """Read an intent that may come from an attacker. Raises: ManifestError."""
    members = object_of(value, "intent")
    intent = SigningIntent(
        text(members, "tenant"),
        text(members, "crypto_mode"),
        texts(members, "algorithms"),
        text(members, "backend_id"),
        optional_text(members, "calibration_at"),
    )
    if set(members) != set(intent_json(intent)):
        raise ManifestError("intent", "has other members than it should")
    names = intent.algorithms
    if not 1 <= len(names) <= MAX_ALGORITHMS or len(set(names)) != len(names):
        raise ManifestError("algorithms", f"is not a list of 1 to {MAX_ALGORITHMS} different names")
    stated = (intent.tenant, intent.crypto_mode, intent.backend_id, intent.calibration_at or "", *names)
    if any(len(word) > MAX_TEXT for word in stated):
        raise ManifestError("intent", f"has a text of more than {MAX_TEXT} characters")
    return intent
