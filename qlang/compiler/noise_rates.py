"""How much a circuit suffers from noise: the rate γ = −ln(success) that predictions start from.

Every gate contributes the rate of a depolarizing channel with its average infidelity
(`qlang.mitigation.predict.depolarizing_rate`); the rates of a circuit add up. Gates outside of an observable's light
cone are counted too, so γ is an upper bound for local observables.
"""

from collections.abc import Callable, Mapping, Sequence
from math import exp, inf, sqrt

from qlang.catalogue.noise import DeviceNoise
from qlang.ir.gates import counted_gate, cx_gates
from qlang.ir.noise import TIME_1Q, TIME_2Q
from qlang.ir.values import Plain
from qlang.mitigation.predict import depolarizing_rate

Resources = Mapping[str, Plain]


def device_rate(noise: DeviceNoise, resources: Resources) -> tuple[float, float]:
    """γ of a circuit on a device, and its relative uncertainty: the spread of the errors used over √(their number).

    A pair that the layout does not join is charged with its SWAPs; two-qubit gates whose wires are known only at
    run time with the worst pair of the layout.
    """
    one_qubit = _numbers(resources["one_qubit"])
    rates = [
        count * depolarizing_rate(qubit.error_1q or 0.0, 1)
        for count, qubit in zip(one_qubit, noise.qubits, strict=True)
    ]
    flat, counts = _numbers(resources["pairs"]), _numbers(resources["pair_counts"])
    pairs = list(zip(flat[::2], flat[1::2], strict=True))
    errors = [noise.two_qubit(int(a), int(b)).error for a, b in pairs]
    rates += [count * depolarizing_rate(error, 2) for count, error in zip(counts, errors, strict=True)]
    scattered = _number(resources, "scattered")
    if scattered:
        size = len(noise.qubits)
        worst = max(noise.two_qubit(a, b).error for a in range(size) for b in range(a))
        rates.append(scattered * depolarizing_rate(worst, 2))
        errors.append(worst)
    spread_one = _number(resources, "scattered_one_qubit")
    if spread_one:
        rates.append(spread_one * depolarizing_rate(max(q.error_1q or 0.0 for q in noise.qubits), 1))
    delay = _number(resources, "delay")
    if delay:
        rates.append(delay * max(relaxation_speed(q.t1_s or inf, q.t2_s or inf) for q in noise.qubits))
    return sum(rates), relative_spread(errors)


def device_basis_rates(noise: DeviceNoise) -> tuple[list[float], list[float]]:
    """By wire, the rates of what turns X and Y into Z: one H each, for the S† of Y is virtual."""
    rates = [depolarizing_rate(qubit.error_1q or 0.0, 1) for qubit in noise.qubits]
    return rates, rates


def named_basis_rates(rules: Sequence[Mapping[str, Plain]], size: int) -> tuple[list[float], list[float]]:
    """By wire, the rates of what turns X and Y into Z under a noise block: H, and S† with H."""
    x = named_rate(rules, {"gates": {"h": 1}, "delay": 0.0})
    return [x] * size, [x + named_rate(rules, {"gates": {"sdg": 1}, "delay": 0.0})] * size


def relative_spread(errors: Sequence[float]) -> float:
    """Standard deviation ÷ mean ÷ √n of the errors; 0 for fewer than two."""
    if len(errors) < 2:
        return 0.0
    mean = sum(errors) / len(errors)
    variance = sum((error - mean) ** 2 for error in errors) / (len(errors) - 1)
    return sqrt(variance / len(errors)) / mean if mean else 0.0


def named_rate(rules: Sequence[Mapping[str, Plain]], resources: Resources) -> float:
    """γ of a circuit under a noise block: its own model, so without uncertainty.

    A rule acts on each gate that it targets, on each of the gate's wires for one-qubit channels.
    """
    counts = resources["gates"]
    assert isinstance(counts, Mapping)
    total = 0.0
    for rule in rules:
        if rule["channel"] == "thermal" and not rule.get("targets"):
            total += _number(resources, "delay") * relaxation_speed(_value(rule, "t1", inf), _value(rule, "t2", inf))
        rate = _CHANNELS.get(str(rule["channel"]))
        if rate is None:
            continue
        for name, count in counts.items():
            applications, qubits = _applications(rule, name)
            total += float(count) * applications * rate(rule, qubits) if applications else 0.0  # type: ignore[arg-type]  # a number
    return total


def _applications(rule: Mapping[str, Plain], name: str) -> tuple[int, int]:
    """How often a rule acts for one gate, and on how many qubits each time.

    A gate of three or more wires that only `2q` targets counts as the two-qubit gates that it is made of.
    """
    primitive, controls = counted_gate(name)
    qubits = primitive.qubits + controls
    targets = rule.get("targets") or ()
    assert isinstance(targets, Sequence)
    if not qubits:
        return 0, 0
    if not targets or name in targets or f"{qubits}q" in targets:
        return 1, qubits
    return (cx_gates(primitive, controls), 2) if qubits > 2 and "2q" in targets else (0, qubits)


def gate_wires(name: str) -> int:
    """Wires of a gate by its counted name."""
    primitive, controls = counted_gate(name)
    return primitive.qubits + controls


def _value(rule: Mapping[str, Plain], name: str, default: float = 0.0) -> float:
    value = rule.get(name, default)
    assert isinstance(value, (int, float))
    return float(value)


def _depolarizing(rule: Mapping[str, Plain], qubits: int) -> float:
    levels = 2.0**qubits
    return depolarizing_rate(_value(rule, "p") * (levels - 1) / levels, qubits)


def _flip(rule: Mapping[str, Plain], qubits: int) -> float:
    return qubits * depolarizing_rate(2 * _value(rule, "p") / 3, 1)


def _thermal(rule: Mapping[str, Plain], qubits: int) -> float:
    time = _value(rule, "time_1q", TIME_1Q) if qubits == 1 else _value(rule, "time_2q", TIME_2Q)
    return qubits * depolarizing_rate(relaxation_infidelity(time, _value(rule, "t1", inf), _value(rule, "t2", inf)), 1)


def relaxation_infidelity(time: float, t1: float, t2: float) -> float:
    """Average infidelity of one qubit idling for a time: 1/2 − e^(−t/T1)/6 − e^(−t/T2)/3."""
    return 0.5 - exp(-time / t1) / 6 - exp(-time / t2) / 3


def relaxation_speed(t1: float, t2: float) -> float:
    """γ for each second of idling, the largest over all times: (1/T1 + 2/T2)/3."""
    return (1 / t1 + 2 / t2) / 3


def _damping(rule: Mapping[str, Plain], qubits: int) -> float:
    kept = sqrt(1 - _value(rule, "gamma", _value(rule, "p")))
    return qubits * depolarizing_rate(1 - (2 * ((1 + kept) / 2) ** 2 + 1) / 3, 1)


_CHANNELS: dict[str, Callable[[Mapping[str, Plain], int], float]] = {
    "depolarizing": _depolarizing,
    "bitflip": _flip,
    "phaseflip": _flip,
    "thermal": _thermal,
    "amplitude_damping": _damping,
}
"""Channels on gates; `readout` is no part of γ."""


def _numbers(value: Plain) -> list[float]:
    assert isinstance(value, Sequence) and not isinstance(value, str)
    return [float(item) for item in value]  # type: ignore[arg-type]  # numbers


def _number(resources: Resources, name: str) -> float:
    value = resources[name]
    assert isinstance(value, (int, float))
    return float(value)
