"""Devices of the catalogue in one line and in a few."""

from functools import lru_cache

from qlang.catalogue import store
from qlang.catalogue.errors import MalformedSnapshot, UnknownDevice
from qlang.catalogue.snapshot import Snapshot
from qlang.catalogue.summary import summary


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """All known devices, sorted."""
    return store.device_names()


@lru_cache(maxsize=64)
def facts(device: str) -> str | None:
    """Qubits, native gate, median errors and the calibration's date; `None` for an unknown device.

    A damaged snapshot of the extra is said to be damaged.
    """
    try:
        return describe(store.load(device))
    except UnknownDevice:
        return None
    except MalformedSnapshot as problem:
        return f"**{device}**: {problem}"


def matching(pattern: str) -> tuple[str, ...]:
    """The devices that a pattern with `*` names."""
    return store.match(pattern)


def describe(snapshot: Snapshot) -> str:
    """The facts of a snapshot as Markdown; unknown ones are left out."""
    known = summary(snapshot)
    family = f", {snapshot.processor_family}" if snapshot.processor_family else ""
    idle = len(snapshot.qubits) - known.qubits
    lines = [
        f"**{snapshot.device}** ({snapshot.vendor}{family})",
        "",
        f"- {len(snapshot.qubits)} qubits" + (f", {idle} out of order" if idle else ""),
        f"- {known.couplers} couplers" + (f", native gate `{snapshot.native_2q}`" if snapshot.native_2q else ""),
    ]
    measured = {
        "1-qubit error": _percent(known.error_1q),
        "2-qubit error": _percent(known.error_2q),
        "readout error": _percent(known.readout_error),
        "T1": _microseconds(known.t1_s),
        "T2": _microseconds(known.t2_s),
    }
    kind = "mean" if snapshot.means_only else "median"
    lines += [f"- {kind} {name} {value}" for name, value in measured.items() if value]
    lines.append(f"- calibrated {snapshot.date}" if snapshot.date else "- date of the calibration unknown")
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2g} %"


def _microseconds(value: float | None) -> str:
    return "" if value is None else f"{1e6 * value:.3g} µs"
