"""Requests that make no sense, sizes, and what execution is expected to cost."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from kernels import body, execute, packed

from qlang.backends import errors, limits
from qlang.backends.limits import available_memory, most_qubits, state_bytes
from qlang.backends.protocol import Request, SampleSpec, StateSpec
from qlang.backends.reference import MAX_SHOTS, ReferenceBackend

X = [("x", (0,), ())]


@pytest.mark.parametrize(
    "options",
    [
        {"scales": (101,)},
        {"shots": (0,)},
        {"shots": (MAX_SHOTS + 1,)},
        {"shots": (5, 5)},
        {"seed": -1},
        {"method": "magic"},
        {"samples": (SampleSpec("q", (2,)),)},
        {"states": (StateSpec("q", (0, 0)),)},
        {"settings": ("Q",)},
        {"settings": ("ZZ",)},
    ],
)
def test_requests_without_sense_are_refused(options: dict) -> None:
    with pytest.raises(errors.BadRequest):
        execute(packed(X, 1), **options)


def test_memory_bounds_the_qubits() -> None:
    assert most_qubits(noisy=False, memory=state_bytes(20, "state_vector")) == 20
    assert most_qubits(noisy=False, memory=state_bytes(20, "state_vector") - 1) == 19
    assert most_qubits(noisy=True, exact=True, memory=state_bytes(5, "density_matrix")) == 5
    assert most_qubits(noisy=True, exact=True, memory=1 << 60) == 13
    assert 10 < most_qubits(noisy=True) <= most_qubits(noisy=False)
    assert available_memory() > 1 << 28


def test_absurd_sizes_are_refused_at_once() -> None:
    with pytest.raises(errors.TooLarge) as caught:
        execute(body("", 10**9), settings=("Z",))
    assert caught.value.qubits == 10**9 and 10 < caught.value.fits < 64


def test_cost_counts_loops_without_running_them() -> None:
    loop = body(
        "%n = arith.constant 1000000000 : i64\nscf.for %i = %c0 to %n step %c2 : i64 { kernel.sweep <x 0, x 1> }", 3
    )
    backend, request = ReferenceBackend(), Request()
    once = backend.estimate(packed([*X, *X], 3), request)
    many = backend.estimate(loop, request)
    assert many.seconds == pytest.approx(once.seconds * 500_000_000)
    assert many.bytes == once.bytes == state_bytes(3, "state_vector")
    folded = backend.estimate(packed(X, 3), replace(request, scales=(1, 3, 5)))
    assert folded.seconds == pytest.approx(once.seconds / 2 * 9)


def test_twenty_two_qubits_run() -> None:
    gates = [("h", (0,), ()), *[("cx", (wire, wire + 1), ()) for wire in range(21)]]
    (sample,) = execute(packed(gates, 22), samples=(SampleSpec("q", (0, 21)),), shots=(1000,), seed=1).samples
    assert sample.counts.keys() == {0b00, 0b11}


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"memory.max": "4000"}, 4000),
        ("0::/\n", {"memory.max": "max\n"}, None),
        ("0::/user/job 7\n", {"user/job 7/memory.max": "4000\n", "user/memory.max": "max\n"}, 4000),
        ("0::/user/job\n", {"user/job/memory.max": "max\n", "user/memory.max": "8000\n"}, 8000),
        ("0::/host/of/a/container\n", {"memory.max": "4000"}, 4000),
        ("3:cpu:/\n4:memory:/slurm/job\n0::/\n", {"memory/slurm/job/memory.limit_in_bytes": "4000\n"}, 4000),
        ("4:cpu,memory:/job\n", {"memory/memory.limit_in_bytes": "4000\n"}, 4000),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, None),
        ("0::/a/b\n", {"a/b/memory.max": "9000", "a/memory.max": "4000", "memory.max": "8000"}, 4000),
        ("0::/../other\n4:cpu:/x\nnonsense\n\n", {"x/memory.max": "4000"}, None),
        (None, {"memory.max": "4000"}, None),
    ],
)
def test_limits_of_control_groups_count(
    own: str | None, files: dict[str, str], expected: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if own is not None:
        (tmp_path / "own").write_text(own)
    for name, text in files.items():
        (tmp_path / "cgroup" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cgroup" / name).write_text(text)
    monkeypatch.setattr(limits, "_OWN_CGROUPS", tmp_path / "none")
    unlimited = available_memory()
    monkeypatch.setattr(limits, "_OWN_CGROUPS", tmp_path / "own")
    monkeypatch.setattr(limits, "_CGROUPS", tmp_path / "cgroup")
    assert available_memory() == (unlimited if expected is None else expected * 3 // 4)


def test_the_limit_of_the_process_counts() -> None:
    code = "import resource as r; r.setrlimit(r.RLIMIT_AS, (1 << 30, 1 << 30)); "
    code += "from qlang.backends.limits import available_memory; print(available_memory())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert int(found.stdout) <= 3 << 28


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not hold to the limit")
def test_what_is_said_to_fit_beside_the_program_runs() -> None:
    code = """
import resource
from qlang.backends import limits
from qlang.backends.native import NativeBackend
from qlang.backends.protocol import Request, SampleSpec
from qlang.compiler.driver import Options, compile_source
from qlang.ir.kernel import FuncOp
from qlang.syntax.source import Source

taken = limits._PROGRAM_BYTES + limits._THREAD_BYTES * (limits.threads_here() - 1)
resource.setrlimit(resource.RLIMIT_AS, (taken + (200 << 20),) * 2)
qubits = limits.most_qubits(noisy=False, target=limits.NATIVE)
text = f"OPENQASM 3;\\ninclude 'stdgates.inc';\\nqubit[{qubits}] q;\\nbit c;\\nh q;\\nc = measure q[0];\\n"
module = compile_source(Source("large.qasm", text), Options(target=limits.NATIVE), stop_after="kernel").module
kernel = next(op for op in module.ops if isinstance(op, FuncOp))
asked = Request(samples=(SampleSpec("c", bits="c"),), shots=(100,), seed=1)
(sample,) = NativeBackend().execute(kernel, asked).samples
print(qubits, len(sample.counts))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == ("22 2\n", "")
