"""How large a state may be on this machine, and how long a gate on it takes.

Cheap to import: the compiler asks before it plans.
"""

import sys
from collections.abc import Iterator
from os import cpu_count, sched_getaffinity, sysconf
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit

NUMPY, NATIVE, CUDA = "cpu.numpy", "cpu.llvm", "gpu.cuda"
"""The targets of plans that this module knows the sizes of."""
STATE_VECTOR_BYTES = 48
"""For each amplitude of the reference: the state, the copy that is measured, and scratch space, 16 bytes each."""
DENSITY_BYTES = 24
"""For each component of a density matrix: the same, 8 bytes each."""
NATIVE_BYTES = {"f64": 16, "f32": 8, "bf16": 4}
"""For each amplitude of native code, on CPUs and GPUs: the state alone. What is read from it is read block by block."""
NATIVE_SLACK = 64 << 20
"""Bytes that native code takes besides: tiles, tables, machine code; and a tenth of the state."""
SECONDS_PER_GATE = {NUMPY: 1e-5, NATIVE: 5e-6, CUDA: 1e-5}
SECONDS_PER_AMPLITUDE = {NUMPY: 5e-9, NATIVE: 1e-10, CUDA: 1e-12}
"""What a gate costs: fixed, and for each amplitude or component of a density matrix; orders of magnitude."""
AUTO_DENSITY_QUBITS = 10
"""Up to so many qubits, noise is simulated by a density matrix when the method is `auto`."""
MAX_DENSITY_QUBITS = 13
ABSURD_QUBITS = 512
"""No memory holds so many; a bound that keeps arithmetic on sizes cheap."""
_PROGRAM_BYTES, _THREAD_BYTES = 320 << 20, 110 << 20
"""Of address space that a run takes, as measured: libraries, LLVM first, and for each further thread stacks, a buffer
of OpenBLAS and an arena of the allocator."""
_LEAST_BYTES = NATIVE_SLACK + (4 << 20)
"""Small circuits are tried whatever the limit is."""
_CGROUPS, _OWN_CGROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def available_memory() -> int:
    """Three quarters of the memory of this machine, or of what a container, a batch system, a service manager (control
    groups) or `ulimit -v` allows this process; bytes. Of the last what the program takes itself is gone."""
    memory = min([sysconf("SC_PAGE_SIZE") * sysconf("SC_PHYS_PAGES"), *_cgroup_limits()]) * 3 // 4
    limit = getrlimit(RLIMIT_AS)[0]  # `ulimit -v`
    if limit == RLIM_INFINITY:
        return memory
    program = _PROGRAM_BYTES + _THREAD_BYTES * (threads_here() - 1)
    return min(memory, limit * 3 // 4, max(limit - program, _LEAST_BYTES))


def _cgroup_limits() -> Iterator[int]:
    """Bytes that the control groups of this process allow, and those that they are in: versions 1 and 2 of Linux."""
    try:
        groups = _OWN_CGROUPS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in groups:
        _, controllers, path = (line + "::").split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root = _CGROUPS / "memory" if controllers else _CGROUPS
        group = root / path.rstrip(":").strip("/")
        # In a container the path may be that of the host, which is not there: the root is the container's own group.
        for folder in (group, *group.parents):
            try:
                text = (folder / ("memory.limit_in_bytes" if controllers else "memory.max")).read_text(encoding="ascii")
            except (OSError, ValueError):
                text = ""
            if text.strip().isdigit():
                yield int(text)
            if folder == root:
                break


def memory_of(target: str) -> int:
    """Bytes that states of a target may take: of this machine, or of its GPUs."""
    if target != CUDA:
        return available_memory()
    from qlang.kernels.cuda.driver import usable_memory

    return usable_memory()


def threads_here() -> int:
    """Processors that this process may use."""
    return len(sched_getaffinity(0)) if sys.platform == "linux" else cpu_count() or 1


def state_bytes(qubits: int, method: str, target: str = NUMPY, precision: str = "f64") -> int:
    """Bytes that a simulation by `method` takes; the same for all absurd numbers of qubits."""
    qubits = min(qubits, ABSURD_QUBITS)
    if method == "density_matrix":
        return DENSITY_BYTES << 2 * qubits
    if target != NUMPY:
        return (NATIVE_BYTES[precision] << qubits) * 11 // 10 + NATIVE_SLACK
    return STATE_VECTOR_BYTES << qubits


def gate_seconds(qubits: int, method: str, target: str = NUMPY) -> float:
    """Seconds that a gate takes by `method`, about."""
    qubits = min(qubits, ABSURD_QUBITS)
    if method == "density_matrix":
        return SECONDS_PER_GATE[NUMPY] + SECONDS_PER_AMPLITUDE[NUMPY] * 4.0**qubits
    return SECONDS_PER_GATE[target] + SECONDS_PER_AMPLITUDE[target] * 2.0**qubits


def most_qubits(
    *, noisy: bool, exact: bool = False, memory: int | None = None, target: str = NUMPY, precision: str = "f64"
) -> int:
    """The largest circuit that a target takes; exact results with noise need a density matrix."""
    limit = memory_of(NATIVE if noisy else target) if memory is None else memory
    dense = noisy and exact
    method = "density_matrix" if dense else "state_vector"
    qubits = 0
    while state_bytes(qubits + 1, method, target, precision) <= limit:
        qubits += 1
    return min(qubits, MAX_DENSITY_QUBITS) if dense else qubits
