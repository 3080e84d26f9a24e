"""Devices of the catalogue in one line and in a few."""

from functools import lru_cache
from statistics import median

from qlang.catalogue import store
from qlang.catalogue.errors import MalformedSnapshot, UnknownDevice
from qlang.catalogue.snapshot import Snapshot


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
    qubits = [qubit for qubit in snapshot.qubits if qubit.operational]
    couplers = [coupler for coupler in snapshot.couplers if coupler.operational]
    family = f", {snapshot.processor_family}" if snapshot.processor_family else ""
    idle = len(snapshot.qubits) - len(qubits)
    lines = [
        f"**{snapshot.device}** ({snapshot.vendor}{family})",
        "",
        f"- {len(snapshot.qubits)} qubits" + (f", {idle} out of order" if idle else ""),
        f"- {len(couplers)} couplers" + (f", native gate `{snapshot.native_2q}`" if snapshot.native_2q else ""),
    ]
    measured = {
        "1-qubit error": _percent([qubit.gate_error_1q for qubit in qubits]),
        "2-qubit error": _percent([coupler.error for coupler in couplers]),
        "readout error": _percent([_readout(qubit.readout_p01, qubit.readout_p10) for qubit in qubits]),
        "T1": _microseconds([qubit.t1_s for qubit in qubits]),
        "T2": _microseconds([qubit.t2_s for qubit in qubits]),
    }
    kind = "mean" if snapshot.means_only else "median"
    lines += [f"- {kind} {name} {value}" for name, value in measured.items() if value]
    lines.append(f"- calibrated {snapshot.date}" if snapshot.date else "- date of the calibration unknown")
    return "\n".join(lines)


def _readout(p01: float | None, p10: float | None) -> float | None:
    return None if p01 is None or p10 is None else (p01 + p10) / 2


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _percent(values: list[float | None]) -> str:
    middle = _median(values)
    return "" if middle is None else f"{100 * middle:.2g} %"


def _microseconds(values: list[float | None]) -> str:
    middle = _median(values)
    return "" if middle is None else f"{1e6 * middle:.3g} µs"
