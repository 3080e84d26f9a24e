"""What a machine is, as far as it decides which configuration is fastest."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from qlang.version import __version__

_SYSTEM = Path("/sys/devices/system/cpu/cpu0/cache")
_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Device:
    """One kind of device with what compiles for it; equal digests may share records."""

    kind: str
    """`cpu`, or `cuda` with its model."""
    model: str
    features: tuple[str, ...]
    caches: tuple[str, ...]
    """For each cache its level, type and size, where the system says."""
    cores: int
    """That this process may use."""
    software: tuple[str, ...]
    """What the machine code comes from, with versions."""

    @property
    def digest(self) -> str:
        """64 hexadecimal digits."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=1)
def this_cpu() -> Device:
    """The processor that this process runs on."""
    import llvmlite  # type: ignore[import-untyped]  # ships no type information
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    caches = []
    for index in sorted(_SYSTEM.glob("index*")):
        try:
            level, kind, size = ((index / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:  # some systems show part of it: a cache that is not described does not count
            continue
        caches.append(f"L{level} {kind} {size}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Device(
        "cpu",
        f"{_model_name()} ({binding.get_host_cpu_name()})",
        tuple(sorted(name for name, there in features.items() if there)),
        tuple(caches),
        cores,
        (f"qlang {__version__}", f"llvmlite {llvmlite.__version__}"),
    )


def _model_name() -> str:
    try:
        lines = _CPUINFO.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
