"""A statement in canonical JSON: the payload that is signed."""

from __future__ import annotations

from collections.abc import Mapping

from qlang.trust.base64_text import to_base64
from qlang.trust.canonical import Json, canonical_json
from qlang.trust.manifest.check import check_facts
from qlang.trust.manifest.model import (
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    ManifestKey,
    QkdGate,
    RunFacts,
    RunPredicate,
    Statement,
    artifact_hash,
    subject_list,
)


def statement_bytes(statement: Statement) -> bytes:
    """The statement in canonical JSON.

    Raises: ManifestError for a fact of the wrong form, JsonRefused for one without canonical form.
    """
    check_facts(statement.predicate.facts)
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": subject_list(statement.subjects),
            "predicateType": PREDICATE_TYPE,
            "predicate": _predicate_json(statement.predicate, statement.subjects),
        }
    )


def facts_json(facts: RunFacts) -> dict[str, Json]:
    """The members of the predicate that the runtime states."""
    return {
        "run_id": facts.run_id,
        "job_id": facts.job_id,
        "tenant": facts.tenant,
        "backend_id": facts.backend_id,
        "crypto_mode": facts.crypto_mode,
        "plan_hash": facts.plan_hash,
        "source_digest": facts.source_digest,
        "kernel_digest": facts.kernel_digest,
        "calibration_snapshot_id": facts.calibration_snapshot_id,
        "calibration_at": facts.calibration_at,
        "em_method": facts.em_method,
        "em_version": facts.em_version,
        "seed": facts.seed,
        "result_digest": facts.result_digest,
        "created_at": facts.created_at,
        "compiler_version": facts.compiler_version,
        "labels": dict(facts.labels),
        "methods_applied": [dict(method) for method in facts.methods_applied],
        "passes": list(facts.passes),
    }


def _predicate_json(predicate: RunPredicate, subjects: Mapping[str, str]) -> dict[str, Json]:
    place, policy = predicate.ledger, predicate.policy
    return {
        **facts_json(predicate.facts),
        "artifact_hash": artifact_hash(subjects),
        "algorithms": list(predicate.algorithms),
        "pqc_suite": predicate.pqc_suite,
        "custody": predicate.custody,
        "keys": [_key_json(key) for key in predicate.keys],
        "ledger": {"origin": place.origin, "index": place.index, "root": place.root},
        "policy": {"name": policy.name, "digest": policy.digest},
        "qkd": _qkd_json(predicate.qkd),
        "signer": {"version": predicate.signer_version, "signed_at": predicate.signed_at},
    }


def _key_json(key: ManifestKey) -> dict[str, Json]:
    return {
        "keyid": key.public.key_id,
        "algorithm": key.public.algorithm,
        "spki": to_base64(key.public.spki),
        "custody": key.custody,
        "probe": {"verdict": key.probe, "flags": dict(key.flags)},
        "generation": key.generation,
        "created_at": key.created_at,
        "not_before": key.not_before,
        "not_after": key.not_after,
    }


def _qkd_json(gate: QkdGate | None) -> Json:
    if gate is None:
        return None
    return {
        "kme": gate.kme,
        "source_kme": gate.source_kme,
        "target_kme": gate.target_kme,
        "probed_at": gate.probed_at,
    }
