"""Signing a run manifest by a running `qlangc signer serve`: policy, two signatures, ledger entry on disk, receipt."""

import os
import statistics
import subprocess
import time
from pathlib import Path

from benchmarks.measure import Row, fresh_place, milliseconds, qlangc, report
from qlang.trust.manifest import RunFacts
from qlang.trust.signing.client import SignerClient, socket_signer
from qlang.trust.signing.request import ManifestRequest

MANIFESTS = 500
WARM = 20
ALGORITHMS = ("ecdsa-p256", "ml-dsa-65")
DIGEST = "sha256:" + "5" * 64
NAMES = ("inputs.json", "ir.mlir", "kernel.mlir", "plan.mlir", "raw.json", "report.html", "results.json", "source.qjob")


def rows() -> list[Row]:
    with fresh_place() as place:
        socket = place.workspace / "signer" / "socket"
        environment = {**os.environ, "HOME": str(place.home), "XDG_STATE_HOME": ""}
        command = qlangc("signer", "serve", "--socket", socket)
        with subprocess.Popen(
            command, cwd=place.workspace, env=environment, stderr=subprocess.PIPE, text=True
        ) as server:
            try:
                seconds, busy = _measure(server, socket)
            finally:
                server.terminate()
    median, late = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    what = "sign ECDSA P-256 + ML-DSA-65, durable, running signer"
    load = f"load average {os.getloadavg()[0]:.1f}"
    return [
        Row(f"{what}: p50 of {MANIFESTS} manifests, {load}", "≤ 10 ms", milliseconds(median), median <= 0.010),
        Row("the same: p95", "–", milliseconds(late), None),
        Row("the same: the signer's user + system time, mean", "–", milliseconds(busy), None),
    ]


def _measure(server: subprocess.Popen[str], socket: Path) -> tuple[list[float], float]:
    """Seconds of each manifest as its client sees them, and of the signer's processor for one."""
    assert server.stderr is not None
    server.stderr.readline()  # it listens
    with socket_signer(socket) as signer:
        for number in range(WARM):  # makes the keys
            _sign(signer, f"warm-{number}")
        before = _processor_seconds(server.pid)
        seconds = [_sign(signer, f"run-{number}") for number in range(MANIFESTS)]
        return seconds, (_processor_seconds(server.pid) - before) / MANIFESTS


def _processor_seconds(pid: int) -> float:
    """User and system time of a running process: proc(5), /proc/PID/stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _sign(signer: SignerClient, run_id: str) -> float:
    facts = RunFacts(
        run_id=run_id,
        job_id="bell",
        tenant="default",
        backend_id="sim",
        crypto_mode="hybrid",
        plan_hash=DIGEST,
        source_digest=DIGEST,
        kernel_digest=DIGEST,
        calibration_snapshot_id=None,
        em_method="none",
        em_version="1",
        seed="1",
        result_digest=DIGEST,
        created_at="2024-11-21T10:00:00Z",
        compiler_version="0.1.0",
        labels={},
        methods_applied=({"method": "none", "expect": "mz"},),
        passes=("resolve-candidates", "lower", "schedule", "sign"),
    )
    start = time.perf_counter()
    signer.sign_manifest(ManifestRequest(facts, dict.fromkeys(NAMES, DIGEST), ALGORITHMS))
    return time.perf_counter() - start


if __name__ == "__main__":
    report(rows())
