"""Energy counters: Intel and AMD packages (RAPL) and NVIDIA devices (NVML). None there, none invented.

RAPL: `/sys/class/powercap/intel-rapl:N/energy_uj` counts microjoules of package N modulo `max_energy_range_uj` (Linux,
Documentation/power/powercap). NVML: `nvmlDeviceGetTotalEnergyConsumption`, millijoules since the driver was loaded,
Volta and later. Counters move in steps of up to a tenth of a second, so a reading needs a window of a second or more.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
WINDOW_SECONDS = 1.0
"""What a repetition is stretched to when energy is measured."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A counter of joules that only goes up."""

    name: str
    joules: Callable[[], float]


@dataclass(frozen=True, slots=True)
class NoMeter:
    """Why there is no counter."""

    reason: str


def cpu_meter(powercap: Path = POWERCAP) -> Meter | NoMeter:
    """The counter of all CPU packages."""
    packages = [zone for zone in sorted(powercap.glob("*-rapl:*")) if zone.name.count(":") == 1]
    if not packages:
        return NoMeter("no RAPL counter in /sys/class/powercap")
    counters = []
    for zone in packages:
        try:
            span = int((zone / "max_energy_range_uj").read_text())
            counter = _Wrapping(zone / "energy_uj", span)
            counter.read()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is no number"
            return NoMeter(f"the RAPL counter {zone.name} cannot be read: {reason}")
        counters.append(counter)
    return Meter("RAPL", lambda: sum(counter.read() for counter in counters) * 1e-6)


class _Wrapping:
    """A counter modulo its range, made one that only goes up."""

    def __init__(self, path: Path, span: int) -> None:
        self._path, self._span = path, span
        self._last = self._turns = 0

    def read(self) -> int:
        now = int(self._path.read_text())
        if now < self._last:
            self._turns += 1
        self._last = now
        return self._turns * (self._span + 1) + now


def gpu_meter(index: int = 0) -> Meter | NoMeter:
    """The counter of one NVIDIA device, by NVML's own library."""
    try:
        nvml = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return NoMeter("NVML is not installed")
    device = ctypes.c_void_p()
    for status in (
        nvml.nvmlInit_v2(),
        nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(device)),
        nvml.nvmlDeviceGetTotalEnergyConsumption(device, ctypes.byref(ctypes.c_ulonglong())),
    ):
        if status:
            return NoMeter(f"NVML has no energy counter of device {index} (status {status})")

    def joules() -> float:
        total = ctypes.c_ulonglong()
        status = nvml.nvmlDeviceGetTotalEnergyConsumption(device, ctypes.byref(total))
        if status:
            raise OSError(f"NVML stopped counting (status {status})")
        return total.value * 1e-3

    return Meter("NVML", joules)
