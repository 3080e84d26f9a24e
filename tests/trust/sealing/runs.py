"""Signed runs to seal, without the signer."""

from dataclasses import replace
from pathlib import Path

from qlang.trust.algorithms import generate_secret, software_key
from qlang.trust.canonical import sha256_digest
from qlang.trust.custody import DEVELOPMENT, NOT_CLAIMED
from qlang.trust.envelope import SigningKey, dump_envelope, sign_envelope
from qlang.trust.ledger.entries import Position
from qlang.trust.manifest import MANIFEST_NAME, ManifestKey, PolicyName, RunPredicate, Statement, statement_bytes
from tests.trust.samples import DIGEST, FACTS, FILES


def signed_run(root: Path, run_id: str = "r1", **facts: object) -> Path:
    """A run folder with a manifest; `facts` are fields of `RunFacts`."""
    run_dir = root / run_id
    run_dir.mkdir(parents=True)
    for name, content in FILES.items():
        (run_dir / name).write_bytes(content)
    keys = [software_key(name, generate_secret(name)) for name in ("ed25519", "ml-dsa-65")]
    predicate = RunPredicate(
        replace(FACTS, run_id=run_id, **facts),  # type: ignore[arg-type]  # names vary
        tuple(ManifestKey(key.public, DEVELOPMENT, NOT_CLAIMED) for key in keys),
        Position("qlang/test", 0, DIGEST),
        PolicyName("development", DIGEST),
        "0.1.0",
        "2026-11-21T10:00:01Z",
    )
    payload = statement_bytes(Statement({name: sha256_digest(data) for name, data in FILES.items()}, predicate))
    envelope = sign_envelope(payload, [SigningKey(key.public, key.sign) for key in keys])
    (run_dir / MANIFEST_NAME).write_bytes(dump_envelope(envelope))
    return run_dir
