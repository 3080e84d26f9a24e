"""The noise of a calibrated device on the wires of a circuit.

    {"form": "device", "t1": […], "t2": […], "p01": […], "p10": […], "error_1q": […], "time_1q": s or […],
     "pairs": [a0, b0, a1, b1, …], "pair_errors": […], "pair_times": […]}

The calibrated error of a gate is the average infidelity of the whole gate, relaxation included. So relaxation acts
for the time of the gate, and depolarizing makes up what is missing to that infidelity (as Qiskit Aer's device model
does); where relaxation alone exceeds it, nothing is added. Diagonal one-qubit gates are virtual: they cost nothing.
A gate that takes k CX is charged k native gates; one on three or more wires is charged on its pairs. T1 and T2 that
are not positive are unknown: no relaxation. T2 above 2·T1 counts as 2·T1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qlang.backends import channels
from qlang.backends.channels import Channel
from qlang.backends.errors import BadNoise
from qlang.backends.noise import Applied, spread
from qlang.ir.gates import BY_CODE, Kind, cx_gates


@dataclass(frozen=True, slots=True)
class DeviceNoise:
    """Calibrated values by wire and by pair; an empty list means that the device's source has none."""

    t1: tuple[float, ...]
    t2: tuple[float, ...]
    p01: tuple[float, ...]
    p10: tuple[float, ...]
    error_1q: tuple[float, ...]
    time_1q: tuple[float, ...]
    pairs: Mapping[tuple[int, int], tuple[float, float]]
    """Error and time of the two-qubit gate, by pair in ascending order."""

    def after(self, code: int, wires: tuple[int, ...], controls: int) -> list[Applied]:
        """Relaxation on each wire, then depolarizing, once for each native gate."""
        if len(wires) == 1:
            return [] if BY_CODE[code].kind is Kind.DIAGONAL else self._gate(wires, *self._one_qubit(wires[0]))
        if len(wires) == 2:
            return self._native(wires, cx_gates(BY_CODE[code], controls))
        shares = spread(code, wires, controls) if wires else {}
        return [applied for pair, count in shares.items() for applied in self._native(pair, count)]

    def idle(self, seconds: float, wire: int) -> list[Applied]:
        """Relaxation."""
        return [(self._relaxation(wire, seconds), (wire,))]

    def readout(self, wire: int) -> tuple[float, float]:
        """p01 and p10 of the wire; 0 where unknown."""
        return _at(self.p01, wire, 0.0), _at(self.p10, wire, 0.0)

    def _one_qubit(self, wire: int) -> tuple[float, float]:
        return _at(self.error_1q, wire, 0.0), _at(self.time_1q, wire, 0.0)

    def _native(self, wires: tuple[int, ...], count: int) -> list[Applied]:
        a, b = wires
        known = self.pairs.get((min(a, b), max(a, b)))
        if known is None:
            raise BadNoise("device", f"no two-qubit gate is calibrated for the wires {a} and {b}")
        return self._gate(wires, *known) * count

    def _gate(self, wires: tuple[int, ...], error: float, time: float) -> list[Applied]:
        relaxation: list[Applied] = [(self._relaxation(wire, time), (wire,)) for wire in wires] if time else []
        fidelity = 1.0
        for channel, _ in relaxation:
            fidelity *= channel.process_fidelity
        p = remainder(error, fidelity, len(wires))
        return [*relaxation, (channels.depolarizing(p, len(wires)), wires)] if p else relaxation

    def _relaxation(self, wire: int, seconds: float) -> Channel:
        forever = float("inf")
        return channels.thermal_relaxation(_at(self.t1, wire, forever), _at(self.t2, wire, forever), seconds)


def remainder(error: float, process_fidelity: float, wires: int) -> float:
    """The p of the depolarizing channel that brings the average infidelity up to `error`; 0 where it is there.

    Depolarizing turns the process fidelity F into (1 − p)F + p/4^k; p ends where it would not be a channel.
    """
    size = 1 << wires
    wanted = ((size + 1) * (1 - error) - 1) / size
    if wanted >= process_fidelity:
        return 0.0
    mixed = 1 / size**2
    p = (process_fidelity - wanted) / (process_fidelity - mixed)
    return min(p, size**2 / (size**2 - 1))


def device_noise(data: Mapping[str, Any]) -> DeviceNoise:
    """Read and check calibrated values. Raises `BadNoise`."""
    flat = [int(wire) for wire in data.get("pairs", ())]
    pairs = [(min(a, b), max(a, b)) for a, b in zip(flat[::2], flat[1::2], strict=False)]
    errors, times = _numbers(data, "pair_errors", 0, 1), _numbers(data, "pair_times", 0, 1e6)
    if len(flat) != 2 * len(errors) or (times and len(times) != len(errors)):
        raise BadNoise("device", f"{len(flat)} wires of pairs, {len(errors)} errors and {len(times)} times")
    return DeviceNoise(
        _relaxation_times(data, "t1"),
        _relaxation_times(data, "t2"),
        _numbers(data, "p01", 0, 1),
        _numbers(data, "p10", 0, 1),
        _numbers(data, "error_1q", 0, 1),
        _numbers(data, "time_1q", 0, 1e6),
        dict(zip(pairs, zip(errors, times or (0.0,) * len(errors), strict=True), strict=True)),
    )


def _numbers(data: Mapping[str, Any], key: str, low: float, high: float) -> tuple[float, ...]:
    values = data.get(key, ())
    listed = values if isinstance(values, Sequence) else (values,)
    for value in listed:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise BadNoise("device", f"`{key}` holds {value!r}, which is not within [{low:g}, {high:g}]")
    return tuple(float(value) for value in listed)


def _relaxation_times(data: Mapping[str, Any], key: str) -> tuple[float, ...]:
    forever = float("inf")
    return tuple(value if value > 0 else forever for value in _numbers(data, key, -forever, forever))


def _at(values: Sequence[float], wire: int, default: float) -> float:
    """The value of a wire; one value stands for all wires."""
    if not values:
        return default
    if len(values) == 1:
        return values[0]
    if wire >= len(values):
        raise BadNoise("device", f"no calibrated values for wire {wire}")
    return values[wire]
