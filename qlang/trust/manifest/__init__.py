"""The run manifest: an in-toto Statement v1 whose predicate says what was run, how, and with which keys.

Specification: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
JSON Schema of the statement: docs/schema/run-manifest-v1.schema.json
"""

from qlang.trust.manifest.model import (
    MANIFEST_NAME,
    PREDICATE_TYPE,
    RECEIPT_NAME,
    RUN_ENTRY,
    STATEMENT_TYPE,
    ManifestKey,
    PolicyName,
    QkdGate,
    RunFacts,
    RunPredicate,
    Statement,
    artifact_hash,
    ledger_body,
    missing_subjects,
    plain_name,
)
from qlang.trust.manifest.read import parse_statement
from qlang.trust.manifest.write import facts_json, statement_bytes

__all__ = [
    "MANIFEST_NAME",
    "PREDICATE_TYPE",
    "RECEIPT_NAME",
    "RUN_ENTRY",
    "STATEMENT_TYPE",
    "ManifestKey",
    "PolicyName",
    "QkdGate",
    "RunFacts",
    "RunPredicate",
    "Statement",
    "artifact_hash",
    "facts_json",
    "ledger_body",
    "missing_subjects",
    "parse_statement",
    "plain_name",
    "statement_bytes",
]
