"""A device in a few numbers: medians over what works."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from qlang.catalogue.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts and medians over working qubits and couplers; errors are infidelities, `None` is unknown."""

    qubits: int
    couplers: int
    error_1q: float | None
    error_2q: float | None
    readout_error: float | None
    t1_s: float | None
    t2_s: float | None


def summary(snapshot: Snapshot) -> Summary:
    """The summary of a snapshot."""
    qubits = [qubit for qubit in snapshot.qubits if qubit.operational]
    couplers = [coupler for coupler in snapshot.couplers if coupler.operational]
    return Summary(
        qubits=len(qubits),
        couplers=len(couplers),
        error_1q=_median(qubit.gate_error_1q for qubit in qubits),
        error_2q=_median(coupler.error for coupler in couplers),
        readout_error=_median(qubit.readout_error for qubit in qubits),
        t1_s=_median(qubit.t1_s for qubit in qubits),
        t2_s=_median(qubit.t2_s for qubit in qubits),
    )


def _median(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return median(known) if known else None
