"""Laboratories over the recorded space."""

from pathlib import Path

from qlang.tuning.device import Device
from qlang.tuning.energy import Meter, NoMeter
from qlang.tuning.measure import Effort, bench_for
from qlang.tuning.record import Kernel
from qlang.tuning.space import Space
from qlang.tuning.store import Store
from qlang.tuning.tuner import Laboratory, Report
from tests.tuning.recorded import DEFAULT, SPACE, Machine

KERNEL = Kernel(16, "float32", "00ff", 4)
DEVICE = Device("cpu", "a model", ("fma",), ("L1 Data 32K",), 4, ("llvmlite 0",))
SHORT = Effort(most_seconds=1e9, hopeless=100.0)


def laboratory(
    folder: Path,
    machine: Machine,
    *,
    fresh: bool = False,
    metered: bool = False,
    kernel: Kernel = KERNEL,
    space: Space = SPACE,
    report: Report = lambda count, found: None,
) -> Laboratory:
    bench = bench_for(
        machine,
        DEFAULT,
        meter=Meter("counter", lambda: machine.joules) if metered else NoMeter("no counter"),
        effort=SHORT,
        clock=machine.clock,
        pause=lambda taken: machine.spend(taken, busy=False),
    )
    return Laboratory(bench, space, kernel, DEVICE, Store(folder), fresh=fresh, report=report)
