"""Noise models from plain data, as the `noise` attribute of `plan.schedule` holds it. Times in seconds.

Named noise, as a `noise` block declares it:

    {"form": "named", "rules": [
        {"channel": "depolarizing", "p": 0.01, "targets": ["cx", "2q"]},
        {"channel": "thermal", "t1": 80e-6, "t2": 60e-6, "time_1q": 5e-8, "time_2q": 3e-7},
        {"channel": "readout", "p01": 0.01, "p10": 0.03}]}

and a device as calibrated: see `qlang.backends.device_noise`. Channels act after the gate, in the order of the rules.
p01 is P(read 1 | prepared 0). Readout errors belong to readings and leave the state alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from qlang.backends import channels
from qlang.backends.channels import Channel
from qlang.backends.errors import BadNoise, NoiseTooWide
from qlang.ir.gates import BY_CODE, BY_NAME, cx_gates
from qlang.ir.noise import TIME_1Q, TIME_2Q

Applied: TypeAlias = tuple[Channel, tuple[int, ...]]
"""A channel and the wires that it acts on."""


MOST_DEPOLARIZED = 5
"""Wires of a gate that depolarizing follows as a whole: it is 4^k matrices of 4^k numbers, and that is 16 MiB."""


class NoiseSource(Protocol):
    """Where a noise model takes its channels from."""

    def after(self, code: int, wires: tuple[int, ...], controls: int) -> list[Applied]:
        """Channels after a gate whose first `controls` wires are controls."""

    def idle(self, seconds: float, wire: int) -> list[Applied]:
        """Channels of a wire that idles."""

    def readout(self, wire: int) -> tuple[float, float]:
        """p01 and p10."""


@dataclass(frozen=True, slots=True, eq=False)
class NoiseModel:
    """What happens after gates, while idling and at readout; channels are made once for each gate and wires."""

    source: NoiseSource
    _made: dict[tuple[int, tuple[int, ...], int], tuple[Applied, ...]] = field(default_factory=dict)

    def after(self, code: int, wires: tuple[int, ...], controls: int = 0) -> tuple[Applied, ...]:
        """Channels after a gate; `wires` begin with the controls. Raises `NoiseTooWide`."""
        key = code, wires, controls
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = tuple(self.source.after(code, wires, controls))
        return made

    def idle(self, seconds: float, wire: int) -> tuple[Applied, ...]:
        """Channels of a wire that idles."""
        return tuple(self.source.idle(seconds, wire))

    def readout(self, wire: int) -> tuple[float, float]:
        """p01 and p10 of a wire."""
        return self.source.readout(wire)


def spread(code: int, wires: tuple[int, ...], controls: int) -> dict[tuple[int, int], int]:
    """The two-qubit gates of a gate on three or more wires, dealt to its pairs in turn."""
    pairs = channels.pairs_of(wires)
    whole, rest = divmod(cx_gates(BY_CODE[code], controls), len(pairs))
    return {pair: whole + (k < rest) for k, pair in enumerate(pairs) if whole + (k < rest)}


def number(rule: Mapping[str, Any], key: str, low: float, high: float, default: float | None = None) -> float:
    """A number of a rule within [low, high]. Raises `BadNoise`."""
    value = rule.get(key, default)
    part = str(rule.get("channel", "device"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadNoise(part, f"`{key}` is missing or not a number")
    if not low <= value <= high:
        raise BadNoise(part, f"`{key}` = {value:g} is not within [{low:g}, {high:g}]")
    return float(value)


Make: TypeAlias = Callable[[tuple[int, ...]], list[Applied]]


@dataclass(frozen=True, slots=True)
class Rule:
    """Channels after the gates that it targets; all gates where it names none."""

    targets: frozenset[str]
    make: Make
    """Channels for one gate on the given one or two wires (more, where a rule names such a gate)."""

    def after(self, name: str, wires: tuple[int, ...], shares: Mapping[tuple[int, int], int]) -> list[Applied]:
        """A gate of three or more wires that only `2q` targets counts as the two-qubit gates that it is made of."""
        if not self.targets or name in self.targets or (len(wires) < 3 and f"{len(wires)}q" in self.targets):
            return self.make(wires)
        if len(wires) >= 3 and "2q" in self.targets:
            return [applied for pair, count in shares.items() for _ in range(count) for applied in self.make(pair)]
        return []


def _everywhere(make: Callable[[int], Channel]) -> Make:
    made: dict[int, Channel] = {}

    def applied(wires: tuple[int, ...]) -> list[Applied]:
        count = len(wires)
        if count not in made:
            made[count] = make(count)
        return [(made[count], wires)]

    return applied


def _on_each(channel: Channel) -> Make:
    return lambda wires: [(channel, (wire,)) for wire in wires]


def _depolarizing(rule: Mapping[str, Any]) -> Make:
    p = number(rule, "p", 0, 1)

    def make(wires: int) -> Channel:
        if wires > MOST_DEPOLARIZED:
            raise NoiseTooWide(wires, MOST_DEPOLARIZED)
        return channels.depolarizing(p, wires)

    return _everywhere(make)


def _bit_flip(rule: Mapping[str, Any]) -> Make:
    return _on_each(channels.bit_flip(number(rule, "p", 0, 1)))


def _phase_flip(rule: Mapping[str, Any]) -> Make:
    return _on_each(channels.phase_flip(number(rule, "p", 0, 1)))


def _amplitude_damping(rule: Mapping[str, Any]) -> Make:
    return _on_each(channels.amplitude_damping(number(rule, "p", 0, 1, rule.get("gamma"))))


def relaxation_times(rule: Mapping[str, Any]) -> tuple[float, float]:
    """T1 and T2 of a thermal rule. Raises `BadNoise`."""
    smallest, infinite = 1e-30, float("inf")
    t1 = number(rule, "t1", smallest, infinite, infinite)
    return t1, number(rule, "t2", smallest, infinite, infinite)


def _thermal(rule: Mapping[str, Any]) -> Make:
    t1, t2 = relaxation_times(rule)
    one = channels.thermal_relaxation(t1, t2, number(rule, "time_1q", 0, 1e6, TIME_1Q))
    two = channels.thermal_relaxation(t1, t2, number(rule, "time_2q", 0, 1e6, TIME_2Q))
    return lambda wires: [(one if len(wires) == 1 else two, (wire,)) for wire in wires]


CHANNELS: Mapping[str, Callable[[Mapping[str, Any]], Make]] = {
    "depolarizing": _depolarizing,
    "bitflip": _bit_flip,
    "phaseflip": _phase_flip,
    "amplitude_damping": _amplitude_damping,
    "thermal": _thermal,
}
"""Channels of named noise by name; `readout` acts on readings and is no channel."""


_PAULIS = frozenset({"depolarizing", "bitflip", "phaseflip", "readout"})


def is_pauli(data: Mapping[str, Any]) -> bool:
    """Whether plain data of noise name mixtures of Paulis only, whose trajectories run on native code."""
    rules = data.get("rules", ())
    return data.get("form") == "named" and all(rule.get("channel") in _PAULIS for rule in rules)


@dataclass(frozen=True, slots=True)
class NamedNoise:
    """The rules of a `noise` block."""

    rules: tuple[Rule, ...]
    relaxation: tuple[tuple[float, float], ...]
    """T1 and T2 of the thermal rules without targets: what idling suffers."""
    p01: float
    p10: float

    def after(self, code: int, wires: tuple[int, ...], controls: int) -> list[Applied]:
        """Channels after a gate, rule by rule; none after a global phase."""
        if not wires:
            return []
        name = "c" * controls + BY_CODE[code].name
        shares = spread(code, wires, controls) if len(wires) >= 3 else {}
        return [applied for rule in self.rules for applied in rule.after(name, wires, shares)]

    def idle(self, seconds: float, wire: int) -> list[Applied]:
        """Thermal relaxation, where it acts everywhere."""
        return [(channels.thermal_relaxation(t1, t2, seconds), (wire,)) for t1, t2 in self.relaxation]

    def readout(self, wire: int) -> tuple[float, float]:
        """The same on every wire."""
        return self.p01, self.p10


def named_noise(rules: Sequence[Mapping[str, Any]]) -> NamedNoise:
    """Read the rules. Raises `BadNoise`."""
    made, relaxation = [], []
    p01 = p10 = 0.0
    for rule in rules:
        channel = rule.get("channel")
        targets = _targets(rule)
        if channel == "readout":
            first, second = number(rule, "p01", 0, 1), number(rule, "p10", 0, 1)
            p01, p10 = p01 * (1 - second) + (1 - p01) * first, p10 * (1 - first) + (1 - p10) * second
            if targets:
                raise BadNoise("readout", "applies to every reading and takes no targets")
        elif channel in CHANNELS:
            made.append(Rule(targets, CHANNELS[str(channel)](rule)))
            if channel == "thermal" and not targets:
                relaxation.append(relaxation_times(rule))
        else:
            raise BadNoise(str(channel), f"unknown channel; known are {', '.join((*CHANNELS, 'readout'))}")
    return NamedNoise(tuple(made), tuple(relaxation), p01, p10)


def _targets(rule: Mapping[str, Any]) -> frozenset[str]:
    targets = frozenset(rule.get("targets", ()))
    for target in targets:
        if target not in BY_NAME and target not in ("1q", "2q"):
            raise BadNoise(str(rule.get("channel")), f"`{target}` is neither a primitive gate nor `1q` or `2q`")
    return targets


def noise_model(data: Mapping[str, Any]) -> NoiseModel:
    """The noise model of plain data. Raises `BadNoise`."""
    from qlang.backends.device_noise import device_noise

    match data.get("form"):
        case "named":
            return NoiseModel(named_noise(data.get("rules", ())))
        case "device":
            return NoiseModel(device_noise(data))
        case other:
            raise BadNoise(str(other), "unknown form; known are named, device")
