"""Vendors' numbers brought to one form: seconds, nine significant digits, masks and notes.

Nine digits are far below the precision of any calibration and keep unit conversion from leaving rounding dust in
files and ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from qlang.catalogue.snapshot import Qubit

SECONDS: Mapping[str, float] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}

SLOWEST_PLAUSIBLE_2Q_S = 3e-6
"""Superconducting two-qubit gates take 10 ns to 2 µs; longer ones are flagged as bad records."""


def significant(value: float) -> float:
    """`value` rounded to nine significant digits."""
    return float(f"{value:.9g}")


def seconds(value: float, unit: str) -> float:
    """`value` of `unit` in seconds; raises KeyError for a unit that is not a time."""
    return significant(value * SECONDS[unit])


@dataclass(slots=True)
class Notes:
    """Remarks collected while reading, one line per kind of remark."""

    where: dict[str, list[str]] = field(default_factory=dict)

    def add(self, remark: str, place: object | None = None) -> None:
        """Record `remark`, and the place that it holds at if it is not the whole device."""
        self.where.setdefault(remark, []).extend([] if place is None else [str(place)])

    def lines(self) -> tuple[str, ...]:
        """The remarks in the order of their first appearance, each with all its places."""
        return tuple(f"{remark}: {', '.join(at)}" if at else remark for remark, at in self.where.items())


def checked_qubit(index: int, qubit: Qubit, notes: Notes) -> Qubit:
    """The qubit with impossible records masked and remarked upon.

    A gate error of 1 (dead or unmeasured) and a readout whose p01 + p10 ≥ 1 (no information about the state) make a
    qubit non-operational; T2 is clipped to its physical bound 2·T1; times of zero or less are unknown.
    """
    if qubit.t1_s is not None and qubit.t1_s <= 0:
        notes.add("T1 is not positive, taken as unknown, qubits", index)
        qubit = replace(qubit, t1_s=None)
    if qubit.t2_s is not None and qubit.t2_s <= 0:
        notes.add("T2 is not positive, taken as unknown, qubits", index)
        qubit = replace(qubit, t2_s=None)
    if qubit.t1_s is not None and qubit.t2_s is not None and qubit.t2_s > 2 * qubit.t1_s:
        notes.add("T2 > 2·T1, clipped to 2·T1, qubits", index)
        qubit = replace(qubit, t2_s=significant(2 * qubit.t1_s))
    if qubit.gate_error_1q is not None and qubit.gate_error_1q >= 1:
        notes.add("one-qubit gates dead or unmeasured, qubits", index)
        qubit = replace(qubit, gate_error_1q=None, operational=False)
    p01, p10 = qubit.readout_p01, qubit.readout_p10
    if p01 is not None and p10 is not None and p01 + p10 >= 1:
        notes.add("readout tells nothing about the state (p01 + p10 ≥ 1), qubits", index)
        qubit = replace(qubit, operational=False)
    return qubit
