"""What is asked before a kernel is planned: is something better than the default known here? Cheap where nothing is.

One attempt to open a file where nothing was tuned; about a millisecond where something was. No search is imported.
"""

from __future__ import annotations

from qlang.kernels.cpu.host import Precision
from qlang.kernels.program import PlanOptions
from qlang.tuning.device import Device, this_cpu
from qlang.tuning.genome import Setting, configuration_of, plan_space, setting_of
from qlang.tuning.record import Kernel
from qlang.tuning.store import Store, user_store


def best_setting(
    structure: bytes, qubits: int, default: Setting, *, device: Device | None = None, store: Store | None = None
) -> Setting | None:
    """The setting that was confirmed to be faster than the default for this very structure, or `None`.

    `structure` is `Steps.digest`; `default` is what would be used otherwise, with the most threads and the coarsest
    precision that may be used. The record is believed only if it is about the same default. A damaged record is
    removed with a `DamagedRecord` warning. Raises: NoFolder where no store is given and the user has no home.
    """
    kernel = Kernel(qubits, default.precision, structure.hex(), default.threads)
    space = plan_space(qubits, default)
    pinned = configuration_of(default, space)
    best = (store or user_store()).best(kernel, device or this_cpu(), space, pinned)
    return None if best is None else setting_of(best.configuration)


def best_options(
    structure: bytes,
    qubits: int,
    precision: Precision,
    threads: int,
    default: PlanOptions,
    *,
    device: Device | None = None,
    store: Store | None = None,
) -> PlanOptions | None:
    """As `best_setting`, for a caller whose precision and threads are settled: options alone.

    `None` too where the best goes with another precision or fewer threads: these options were not measured alone.
    """
    found = best_setting(structure, qubits, Setting(default, threads, precision), device=device, store=store)
    settled = found is not None and (found.precision, found.threads) == (precision, threads)
    return found.options if found is not None and settled else None
