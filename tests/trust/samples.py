"""A run to seal: its files, and what its manifest says of it."""

from qlang.trust.manifest import RunFacts

DIGEST = "sha256:" + "5" * 64
FILES = {
    "source.qjob": b"job bell { shots 100; }\n",
    "plan.mlir": b"plan.job @bell {}\n",
    "results.json": b'{"counts": {"00": 51, "11": 49}}\n',
}
FACTS = RunFacts(
    run_id="r1",
    job_id="bell",
    tenant="default",
    backend_id="sim",
    crypto_mode="hybrid",
    plan_hash=DIGEST,
    source_digest=DIGEST,
    kernel_digest=None,
    calibration_snapshot_id=None,
    em_method="none",
    em_version="1",
    seed="18446744073709551615",
    result_digest=DIGEST,
    created_at="2024-11-21T10:00:00Z",
    compiler_version="0.1.0",
    labels={"owner": "lab"},
    methods_applied=({"method": "none"},),
    passes=("count-resources{budget=4096}", "sign"),
)
