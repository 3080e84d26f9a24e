"""What can execute in this version: simulators. Real devices are known, and not reachable.

A backend is named as in a job: `sim`, `sim like DEVICE`, `sim with NOISE`, or a device.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qlang.catalogue.errors import UnknownDevice
from qlang.catalogue.store import load

NO_ADAPTER = "no adapter/credentials in this version"
"""Why no real device can be reached."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a backend cannot run a job now."""

    code: str
    """`no_adapter`, `unknown_device` or `unusable`."""
    text: str
    suggestions: tuple[str, ...] = ()


def _always(_: str) -> Reason | None:
    return None


def _modelled(device: str) -> Reason | None:
    """A device's noise can be simulated if the device is known and anything on it works."""
    try:
        snapshot = load(device)
    except UnknownDevice as unknown:
        return Reason("unknown_device", str(unknown), unknown.suggestions)
    return Reason("unusable", snapshot.unusable) if snapshot.unusable else None


def _real(device: str) -> Reason | None:
    """Vendor adapters do not exist yet, whatever the device."""
    reason = _modelled(device)
    if reason is not None and reason.code == "unknown_device":
        return reason
    return Reason("no_adapter", f"{device}: {NO_ADAPTER}")


EXECUTION: Mapping[str, Callable[[str], Reason | None]] = {
    "sim": _always,
    "sim like": _modelled,
    "sim with": _always,
    "device": _real,
}
"""Every kind of backend and the check that it must pass."""


def kind(backend: str) -> tuple[str, str]:
    """The kind of a backend and what it names: `("sim like", "ibm.lima")`, `("sim", "")`, `("device", "ibm.lima")`."""
    if backend == "sim":
        return "sim", ""
    for prefix in ("sim like", "sim with"):
        if backend.startswith(prefix + " "):
            return prefix, backend[len(prefix) :].strip()
    return "device", backend


def reachability(backend: str) -> Reason | None:
    """None if a job can execute on `backend` now, otherwise why not."""
    sort, name = kind(backend)
    return EXECUTION[sort](name)
