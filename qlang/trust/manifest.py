"""The run manifest: an in-toto Statement v1 whose predicate says what was run, how, and with which keys.

Specification: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from qlang.trust.algorithms import PublicKey, public_key
from qlang.trust.canonical import DIGEST, Json, canonical_json, load_json
from qlang.trust.chained_ledger import Position
from qlang.trust.crypto_modes import MODES, pqc_suite
from qlang.trust.errors import JsonRefused, KeyFormatError, ManifestError

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://qlang.dev/run/v1"
MANIFEST_NAME = "manifest.dsse.json"

RUN_ENTRY = "run"
"""Kind of the ledger entry of a run."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}", re.ASCII)
_SEED = re.compile(r"0x[0-9a-f]{1,64}|[0-9]{1,78}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the runtime knows about a run that it asks to have sealed."""

    run_id: str
    job_id: str
    tenant: str
    backend_id: str
    crypto_mode: str
    plan_hash: str
    source_digest: str
    kernel_digest: str | None
    calibration_snapshot_id: str | None
    em_method: str
    em_version: str
    seed: str
    """Decimal, or hexadecimal with `0x`: 64-bit integers do not fit into JSON numbers."""
    result_digest: str
    created_at: str
    """RFC 3339, UTC, with `Z`."""
    compiler_version: str
    labels: Mapping[str, str]
    methods_applied: tuple[Mapping[str, Json], ...]
    """Each mitigation directive as it was applied, or `not_applied` with the reason."""
    passes: tuple[str, ...] = ()
    """The compiler passes that made the plan, in order, with their options; timings are unsigned, in the trace."""


@dataclass(frozen=True, slots=True)
class RunPredicate:
    """The facts of a run, with the keys that must have signed them and the place in the ledger."""

    facts: RunFacts
    custody: str
    public_keys: tuple[PublicKey, ...]
    """Also the list of expected signatures, so that none can be stripped unnoticed."""
    ledger: Position

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms that must have signed."""
        return tuple(key.algorithm for key in self.public_keys)


@dataclass(frozen=True, slots=True)
class Statement:
    """File names in the run folder with their `sha256:` digests, and the predicate."""

    subjects: Mapping[str, str]
    predicate: RunPredicate


def plain_name(name: str) -> bool:
    """Whether `name` is a file name that stays in its folder on every system."""
    return bool(_PLAIN_NAME.fullmatch(name)) and not name.endswith(".") and name != MANIFEST_NAME


def ledger_body(predicate: RunPredicate, manifest_digest: str) -> dict[str, Json]:
    """What the ledger says about a sealed run."""
    facts = predicate.facts
    return {
        "run_id": facts.run_id,
        "tenant": facts.tenant,
        "created_at": facts.created_at,
        "manifest_digest": manifest_digest,
        "key_ids": [key.key_id for key in predicate.public_keys],
    }


def statement_bytes(statement: Statement) -> bytes:
    """The statement in canonical JSON: the payload to be signed.

    Raises: ManifestError for a fact of the wrong form, JsonRefused for one without canonical form.
    """
    _check_facts(statement.predicate.facts)
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}
                for name, digest in sorted(statement.subjects.items())
            ],
            "predicateType": PREDICATE_TYPE,
            "predicate": _predicate_json(statement.predicate),
        }
    )


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
    statement = _object(value, "payload")
    for member, expected in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)):
        if statement.get(member) != expected:
            raise ManifestError(member, f"is not {expected}")
    return Statement(_subjects(statement.get("subject")), _predicate(_object(statement.get("predicate"), "predicate")))


def _predicate_json(predicate: RunPredicate) -> dict[str, Json]:
    facts, keys = predicate.facts, predicate.public_keys
    return {
        "run_id": facts.run_id,
        "job_id": facts.job_id,
        "tenant": facts.tenant,
        "backend_id": facts.backend_id,
        "crypto_mode": facts.crypto_mode,
        "pqc_suite": pqc_suite(predicate.algorithms),
        "algorithms": [{"algorithm": key.algorithm, "keyid": key.key_id} for key in keys],
        "custody": predicate.custody,
        "public_keys": [{"keyid": key.key_id, "spki": base64.b64encode(key.spki).decode()} for key in keys],
        "plan_hash": facts.plan_hash,
        "source_digest": facts.source_digest,
        "kernel_digest": facts.kernel_digest,
        "calibration_snapshot_id": facts.calibration_snapshot_id,
        "em_method": facts.em_method,
        "em_version": facts.em_version,
        "seed": facts.seed,
        "result_digest": facts.result_digest,
        "created_at": facts.created_at,
        "compiler_version": facts.compiler_version,
        "labels": dict(facts.labels),
        "methods_applied": [dict(method) for method in facts.methods_applied],
        "passes": list(facts.passes),
        "ledger": {"previous_entry_digest": predicate.ledger.previous, "index": predicate.ledger.index},
    }


def _predicate(value: Mapping[str, Json]) -> RunPredicate:
    keys = tuple(_public_key(item) for item in _objects(value, "public_keys"))
    expected = [(_text(item, "algorithm"), _text(item, "keyid")) for item in _objects(value, "algorithms")]
    if not keys or expected != [(key.algorithm, key.key_id) for key in keys]:
        raise ManifestError("algorithms", "does not list the public keys")
    if len(set(keys)) != len(keys):
        raise ManifestError("public_keys", "lists a key twice")
    place = _object(value.get("ledger"), "ledger")
    index = place.get("index")
    if type(index) is not int or index < 0:
        raise ManifestError("ledger.index", "is not a count")
    position = Position(index, _text(place, "previous_entry_digest"))
    facts = _facts(value)
    _check_facts(facts)
    return RunPredicate(facts, _text(value, "custody"), keys, position)


def _facts(value: Mapping[str, Json]) -> RunFacts:
    labels = _object(value.get("labels"), "labels")
    return RunFacts(
        run_id=_text(value, "run_id"),
        job_id=_text(value, "job_id"),
        tenant=_text(value, "tenant"),
        backend_id=_text(value, "backend_id"),
        crypto_mode=_text(value, "crypto_mode"),
        plan_hash=_text(value, "plan_hash"),
        source_digest=_text(value, "source_digest"),
        kernel_digest=_optional_text(value, "kernel_digest"),
        calibration_snapshot_id=_optional_text(value, "calibration_snapshot_id"),
        em_method=_text(value, "em_method"),
        em_version=_text(value, "em_version"),
        seed=_text(value, "seed"),
        result_digest=_text(value, "result_digest"),
        created_at=_text(value, "created_at"),
        compiler_version=_text(value, "compiler_version"),
        labels={key: _text(labels, key) for key in labels},
        methods_applied=tuple(_objects(value, "methods_applied")),
        passes=_texts(value, "passes"),
    )


def _check_facts(facts: RunFacts) -> None:
    if facts.crypto_mode not in MODES:
        raise ManifestError("crypto_mode", f"unknown mode {facts.crypto_mode[:40]!a}")
    if not facts.run_id:
        raise ManifestError("run_id", "is empty")
    if not _SEED.fullmatch(facts.seed):
        raise ManifestError("seed", "is not a decimal or 0x-hexadecimal string")
    for field, digest in (
        ("plan_hash", facts.plan_hash),
        ("source_digest", facts.source_digest),
        ("result_digest", facts.result_digest),
        ("kernel_digest", facts.kernel_digest),
    ):
        if digest is not None and not DIGEST.fullmatch(digest):
            raise ManifestError(field, "is not of the form sha256:<64 hex digits>")
    try:
        if not _TIME.fullmatch(facts.created_at):
            raise ValueError("not of the form YYYY-MM-DDTHH:MM:SSZ")
        datetime.fromisoformat(facts.created_at)
    except ValueError as error:
        raise ManifestError("created_at", f"is not an RFC 3339 time in UTC: {error}") from error


def _subjects(value: Json) -> dict[str, str]:
    subjects: dict[str, str] = {}
    seen: set[str] = set()
    for item in _object_list(value, "subject"):
        name = _text(item, "name")
        if not plain_name(name):
            raise ManifestError("subject", f"{name[:80]!a} is not a plain file name")
        if name.casefold() in seen:
            raise ManifestError("subject", f"{name} is listed twice")
        seen.add(name.casefold())
        digest = f"sha256:{_text(_object(item.get('digest'), 'digest'), 'sha256')}"
        if not DIGEST.fullmatch(digest):
            raise ManifestError("subject", f"the digest of {name} is not SHA-256")
        subjects[name] = digest
    return subjects


def _public_key(item: Mapping[str, Json]) -> PublicKey:
    try:
        key = public_key(base64.b64decode(_text(item, "spki"), validate=True))
    except (KeyFormatError, ValueError) as error:
        raise ManifestError("public_keys", str(error)) from error
    if key.key_id != _text(item, "keyid"):
        raise ManifestError("public_keys", f"{key.key_id} is listed under another key id")
    return key


def _object(value: Json, field: str) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise ManifestError(field, "is not an object")
    return value


def _object_list(value: Json, field: str) -> list[Mapping[str, Json]]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ManifestError(field, "is not a list")
    return [_object(item, field) for item in value]


def _objects(value: Mapping[str, Json], field: str) -> list[Mapping[str, Json]]:
    return _object_list(value.get(field), field)


def _text(value: Mapping[str, Json], field: str) -> str:
    text = value.get(field)
    if not isinstance(text, str):
        raise ManifestError(field[:80], "is not a string")
    return text


def _texts(value: Mapping[str, Json], field: str) -> tuple[str, ...]:
    """A list of strings; none where the member is absent."""
    texts = value.get(field, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ManifestError(field, "is not a list of strings")
    return tuple(str(text) for text in texts)


def _optional_text(value: Mapping[str, Json], field: str) -> str | None:
    return None if value.get(field) is None else _text(value, field)
