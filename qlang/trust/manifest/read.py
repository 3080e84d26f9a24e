"""Reading a statement that may come from an attacker."""

from __future__ import annotations

from collections.abc import Mapping

from qlang.trust.algorithms import PublicKey, public_key
from qlang.trust.base64_text import from_base64
from qlang.trust.canonical import DIGEST, Json, canonical_json, load_json
from qlang.trust.crypto_modes import MODES
from qlang.trust.custody import CUSTODIES, ENFORCED, NOT_CLAIMED, NOT_ENFORCED
from qlang.trust.errors import JsonRefused, KeyFormatError, ManifestError
from qlang.trust.ledger.entries import Position
from qlang.trust.manifest.check import check_facts, time_text
from qlang.trust.manifest.fields import count, digest_text, object_list, object_of, objects, optional_text, text, texts
from qlang.trust.manifest.model import (
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    ManifestKey,
    PolicyName,
    QkdGate,
    RunFacts,
    RunPredicate,
    Statement,
    artifact_hash,
    plain_name,
)

MAX_ORIGIN = 255
_KMES = ("vendor", "simulator")
_VERDICTS = (ENFORCED, NOT_ENFORCED, NOT_CLAIMED)


def parse_statement(payload: bytes) -> Statement:
    """Read a statement strictly. Unknown members of the predicate are ignored, as in-toto demands.

    Raises: ManifestError, naming the member.
    """
    try:
        value = load_json(payload)
        if canonical_json(value) != payload:
            raise ManifestError("payload", "not canonical JSON (RFC 8785)")
    except JsonRefused as error:
        raise ManifestError("payload", str(error)) from error
    statement = object_of(value, "payload")
    for member, expected in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)):
        if statement.get(member) != expected:
            raise ManifestError(member, f"is not {expected}")
    subjects = subjects_of(statement.get("subject"))
    predicate = object_of(statement.get("predicate"), "predicate")
    if text(predicate, "artifact_hash") != artifact_hash(subjects):
        raise ManifestError("artifact_hash", "is not the digest of the list of subjects")
    return Statement(subjects, _predicate(predicate))


def _predicate(value: Mapping[str, Json]) -> RunPredicate:
    keys = tuple(_key(item) for item in objects(value, "keys"))
    if not keys:
        raise ManifestError("keys", "is empty")
    if len({key.public.key_id for key in keys}) != len(keys):
        raise ManifestError("keys", "lists a key twice")
    place, policy, signer = (object_of(value.get(name), name) for name in ("ledger", "policy", "signer"))
    facts = facts_of(value)
    predicate = RunPredicate(
        facts,
        keys,
        Position(_origin(place), count(place, "index"), digest_text(place, "root")),
        PolicyName(text(policy, "name"), digest_text(policy, "digest")),
        text(signer, "version"),
        time_text(signer, "signed_at", "signer.signed_at"),
        _qkd(value, facts.crypto_mode),
    )
    _check_derived(value, predicate)
    return predicate


def _origin(place: Mapping[str, Json]) -> str:
    origin = text(place, "origin")
    if not 1 <= len(origin) <= MAX_ORIGIN:
        raise ManifestError("ledger.origin", f"is not a name of 1 to {MAX_ORIGIN} characters")
    return origin


def _check_derived(value: Mapping[str, Json], predicate: RunPredicate) -> None:
    """Members that follow from others say the same, so that a reader may look at either."""
    derived: tuple[tuple[str, Json], ...] = (
        ("algorithms", list(predicate.algorithms)),
        ("custody", predicate.custody),
        ("pqc_suite", predicate.pqc_suite),
    )
    for name, expected in derived:
        if name not in value or value[name] != expected:
            raise ManifestError(name, "does not follow from the keys")


def facts_of(value: Mapping[str, Json]) -> RunFacts:
    """The facts among the members of a predicate or of a request. Raises: ManifestError."""
    labels = object_of(value.get("labels"), "labels")
    facts = RunFacts(
        run_id=text(value, "run_id"),
        job_id=text(value, "job_id"),
        tenant=text(value, "tenant"),
        backend_id=text(value, "backend_id"),
        crypto_mode=text(value, "crypto_mode"),
        plan_hash=text(value, "plan_hash"),
        source_digest=text(value, "source_digest"),
        kernel_digest=optional_text(value, "kernel_digest"),
        calibration_snapshot_id=optional_text(value, "calibration_snapshot_id"),
        calibration_at=optional_text(value, "calibration_at"),
        em_method=text(value, "em_method"),
        em_version=text(value, "em_version"),
        seed=text(value, "seed"),
        result_digest=text(value, "result_digest"),
        created_at=text(value, "created_at"),
        compiler_version=text(value, "compiler_version"),
        labels={name: text(labels, name) for name in labels},
        methods_applied=tuple(objects(value, "methods_applied")),
        passes=texts(value, "passes"),
    )
    check_facts(facts)
    return facts


def _qkd(value: Mapping[str, Json], mode: str) -> QkdGate | None:
    if (value.get("qkd") is not None) != MODES[mode].needs_kme or "qkd" not in value:
        raise ManifestError("qkd", f"does not fit crypto mode {mode}")
    if value["qkd"] is None:
        return None
    gate = object_of(value["qkd"], "qkd")
    if gate.get("kme") not in _KMES:
        raise ManifestError("qkd.kme", f"is not one of {', '.join(_KMES)}")
    probed_at = time_text(gate, "probed_at", "qkd.probed_at")
    return QkdGate(text(gate, "kme"), text(gate, "source_kme"), text(gate, "target_kme"), probed_at)


def _key(item: Mapping[str, Json]) -> ManifestKey:
    probe = object_of(item.get("probe"), "keys.probe")
    flags = object_of(probe.get("flags"), "keys.probe.flags")
    custody, verdict = text(item, "custody"), text(probe, "verdict")
    if custody not in CUSTODIES:
        raise ManifestError("keys.custody", f"is not one of {', '.join(CUSTODIES)}")
    if verdict not in _VERDICTS:
        raise ManifestError("keys.probe.verdict", f"is not one of {'; '.join(_VERDICTS)}")
    if any(not isinstance(flag, bool) for flag in flags.values()):
        raise ManifestError("keys.probe.flags", "are not all true or false")
    return ManifestKey(
        _public_key(item),
        custody,
        verdict,
        {name: bool(flag) for name, flag in flags.items()},
        count(item, "generation", least=1),
        time_text(item, "created_at", "keys.created_at"),
        time_text(item, "not_before", "keys.not_before"),
        None if optional_text(item, "not_after") is None else time_text(item, "not_after", "keys.not_after"),
    )


def _public_key(item: Mapping[str, Json]) -> PublicKey:
    try:
        key = public_key(from_base64(text(item, "spki")))
    except (KeyFormatError, ValueError) as error:
        raise ManifestError("keys.spki", str(error)) from error
    if key.key_id != text(item, "keyid") or key.algorithm != text(item, "algorithm"):
        raise ManifestError("keys.keyid", f"{key.key_id} is listed under another key id or algorithm")
    return key


def subjects_of(value: Json) -> dict[str, str]:
    """File names and digests of a `subject` list. Raises: ManifestError."""
    subjects: dict[str, str] = {}
    seen: set[str] = set()
    for item in object_list(value, "subject"):
        name = text(item, "name")
        if not plain_name(name):
            raise ManifestError("subject", f"{name[:80]!a} is not a plain file name")
        if name.casefold() in seen:
            raise ManifestError("subject", f"{name} is listed twice")
        seen.add(name.casefold())
        digest = f"sha256:{text(object_of(item.get('digest'), 'digest'), 'sha256')}"
        if not DIGEST.fullmatch(digest):
            raise ManifestError("subject", f"the digest of {name} is not SHA-256")
        subjects[name] = digest
    if list(subjects) != sorted(subjects):
        raise ManifestError("subject", "is not in the order of the names")
    return subjects
