"""What code is generated for: a processor's name, its features and the width of its vectors."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

Precision = Literal["float32", "float64"]
ELEMENT_BYTES: dict[str, int] = {"float32": 4, "float64": 8}
"""Bytes of a real number."""


@dataclass(frozen=True, slots=True)
class Target:
    """A processor as LLVM names it."""

    cpu: str
    features: str
    """Comma-separated, with + and − (the form of LLVM's `-mattr`)."""
    vector_bytes: int
    permute: Literal["avx512", "avx2", "neon", "extract"]
    """How lanes are permuted by an index that is known at run time only."""
    fused: bool
    """Whether the processor has a fused multiply-add."""
    piece_bytes: int = 0
    """Of a state that a core works on at once (`qlang.kernels.cpu.pieces`); 0: its shared cache is fast enough."""

    def lanes(self, precision: Precision) -> int:
        """Numbers in a vector."""
        return self.vector_bytes // ELEMENT_BYTES[precision]

    def lane_bits(self, precision: Precision) -> int:
        """Qubits in a vector: `PlanOptions.lane_bits` for this target."""
        return self.lanes(precision).bit_length() - 1


@lru_cache(maxsize=1)
def host_target() -> Target:
    """The processor that this runs on, with the widest vectors that it has."""
    from llvmlite import binding  # type: ignore[import-untyped]  # it has no types

    name = binding.get_host_cpu_name()
    has = binding.get_host_cpu_features()
    machine = platform.machine().lower()
    if machine in ("x86_64", "amd64"):
        # LLVM prefers half vectors on some processors with AVX-512; the kernels are written for whole ones.
        flat = has.flatten() + ",-prefer-256-bit"
        if has.get("avx512f") and has.get("avx512vl"):
            return Target(name, flat, 64, "avx512", fused=True, piece_bytes=_piece_bytes(name))
        if has.get("avx2") and has.get("fma"):
            return Target(name, flat, 32, "avx2", fused=True, piece_bytes=_piece_bytes(name))
        return Target(name, flat, 16, "extract", fused=False)
    if machine in ("aarch64", "arm64"):
        return Target(name, has.flatten(), 16, "neon", fused=True)
    return Target(name, has.flatten(), 16, "extract", fused=False)


_FAST_SHARED_CACHE = "znver"
"""How LLVM's names of processors begin whose cores take from the shared cache nearly as fast as from their own."""


def _piece_bytes(name: str) -> int:
    """A quarter of the core's own cache, of which another machine on the same core may have half; a power of two."""
    if name.startswith(_FAST_SHARED_CACHE):
        return 0
    return 1 << (cache_of(_CACHES, 2, _USUAL_OWN_CACHE) // 4).bit_length() - 1


_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_USUAL_OWN_CACHE, _USUAL_SHARED_CACHE = 1 << 20, 32 << 20
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@lru_cache(maxsize=1)
def shared_cache_bytes() -> int:
    """Bytes of the first processor's cache of level 3, as Linux tells it (`index*/level`, `size`); 32 MiB elsewhere."""
    return cache_of(_CACHES, 3, _USUAL_SHARED_CACHE)


def cache_of(folder: Path, wanted: int, usual: int) -> int:
    """Bytes of the cache of a level, from a folder with the files of a processor's caches; `usual` without them."""
    for cache in sorted(folder.glob("index*")):
        try:
            level, size = ((cache / name).read_text().strip() for name in ("level", "size"))
        except OSError:
            continue
        number, unit = size[:-1], size[-1:]
        if level == str(wanted) and number.isdecimal() and unit in _UNITS:
            return int(number) * _UNITS[unit]
    return usual


def executable_targets() -> tuple[Target, ...]:
    """The host's target first, then narrower ones that it can execute too (for tests, and for the tuner)."""
    host = host_target()
    narrower = []
    if host.permute == "avx512":
        narrower.append(replace(host, vector_bytes=32, permute="avx2"))
    if host.permute in ("avx512", "avx2"):
        narrower.append(Target("haswell", "+avx2,+fma", 32, "avx2", fused=True))
        narrower.append(Target("x86-64", "", 16, "extract", fused=False))
    return (host, *narrower)
