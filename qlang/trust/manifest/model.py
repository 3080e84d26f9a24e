"""What a run manifest says, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from qlang.trust.algorithms import PublicKey
from qlang.trust.canonical import Json, canonical_json, sha256_digest
from qlang.trust.crypto_modes import pqc_suite
from qlang.trust.custody import CUSTODIES, KeyRecord
from qlang.trust.ledger.entries import Position

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://qlang.dev/run/v1"
MANIFEST_NAME = "manifest.dsse.json"
RECEIPT_NAME = "receipt.tlog-proof"
"""Proof that the run's entry is in the ledger; written after the manifest, hence never a subject of it."""

RUN_ENTRY = "run"
"""Kind of the ledger entry of a run."""

CORE_SUBJECTS = ("plan.mlir", "results.json")
"""Files without which a run proves nothing; the third is the source, `source.<extension>`."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}", re.ASCII)
_NEVER_SUBJECTS = (MANIFEST_NAME, RECEIPT_NAME)


@dataclass(frozen=True, slots=True)
class QkdGate:
    """A key management entity that had quantum-distributed keys when the signer asked (ETSI GS QKD 014, clause 6.1).

    Keys themselves are drawn when something is sealed; their ids are in the sealed files.
    """

    kme: str
    """`vendor` or `simulator`, as configured."""
    source_kme: str
    target_kme: str
    probed_at: str


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
    calibration_at: str | None = None
    """When the snapshot was taken, RFC 3339 in UTC; what a policy's freshness rule looks at."""


@dataclass(frozen=True, slots=True)
class ManifestKey:
    """A key that must have signed, where its private half lives, and what trying to get it out found."""

    public: PublicKey
    custody: str
    probe: str
    """Verdict of the custody probe, see `custody.ProbeReport`."""
    flags: Mapping[str, bool] = field(default_factory=dict)
    """PKCS#11 attributes as the token states them."""
    generation: int = 1
    created_at: str = "1970-01-01T00:00:00Z"
    not_before: str = "1970-01-01T00:00:00Z"
    not_after: str | None = None

    @classmethod
    def of(cls, record: KeyRecord) -> ManifestKey:
        """What a manifest says about a key of the store."""
        spec, probe = record.spec, record.probe
        return cls(
            record.public,
            record.custody,
            probe.verdict,
            dict(probe.flags),
            spec.generation,
            record.created_at,
            spec.not_before,
            spec.not_after,
        )


@dataclass(frozen=True, slots=True)
class PolicyName:
    """The policy under which the signer signed."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class RunPredicate:
    """The facts of a run, with the keys that must have signed them and the place in the ledger."""

    facts: RunFacts
    keys: tuple[ManifestKey, ...]
    """Also the list of expected signatures, so that none can be stripped unnoticed."""
    ledger: Position
    policy: PolicyName
    signer_version: str
    signed_at: str
    """RFC 3339 in UTC by the signer's clock; `created_at` is when the run began."""
    qkd: QkdGate | None = None
    """In crypto mode `qkd`, and in no other."""

    @property
    def public_keys(self) -> tuple[PublicKey, ...]:
        """The keys that must have signed."""
        return tuple(key.public for key in self.keys)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms that must have signed."""
        return tuple(key.public.algorithm for key in self.keys)

    @property
    def custody(self) -> str:
        """The weakest custody among the keys."""
        return min((key.custody for key in self.keys), key=CUSTODIES.index)

    @property
    def pqc_suite(self) -> str | None:
        """The post-quantum algorithms among them."""
        return pqc_suite(self.algorithms)


@dataclass(frozen=True, slots=True)
class Statement:
    """File names in the run folder with their `sha256:` digests, and the predicate."""

    subjects: Mapping[str, str]
    predicate: RunPredicate


def plain_name(name: str) -> bool:
    """Whether `name` is a file name that stays in its folder on every system, and may be a subject."""
    return bool(_PLAIN_NAME.fullmatch(name)) and not name.endswith(".") and name not in _NEVER_SUBJECTS


def missing_subjects(names: frozenset[str]) -> tuple[str, ...]:
    """The files that every run must have and `names` lacks."""
    missing = [name for name in CORE_SUBJECTS if name not in names]
    if not any(name.startswith("source.") for name in names):
        missing.append("source.qjob")
    return tuple(missing)


def subject_list(subjects: Mapping[str, str]) -> list[Json]:
    """in-toto resource descriptors, in the order of their names."""
    return [
        {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}
        for name, digest in sorted(subjects.items())
    ]


def artifact_hash(subjects: Mapping[str, str]) -> str:
    """One digest for all files of a run: SHA-256 of the canonical JSON of the statement's `subject` list."""
    return sha256_digest(canonical_json(subject_list(subjects)))


def ledger_body(predicate: RunPredicate, manifest_digest: str) -> dict[str, Json]:
    """What the ledger says about a sealed run; `key_ids` record the use of the keys."""
    facts = predicate.facts
    return {
        "at": predicate.signed_at,
        "run_id": facts.run_id,
        "tenant": facts.tenant,
        "created_at": facts.created_at,
        "manifest_digest": manifest_digest,
        "key_ids": [key.public.key_id for key in predicate.keys],
        "custody": predicate.custody,
        "policy_digest": predicate.policy.digest,
    }
