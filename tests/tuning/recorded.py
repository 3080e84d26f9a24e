"""A recorded space: seconds of every configuration in closed form, with a clock that these seconds move.

The form is that of a blocked kernel: a bowl in the logarithm of the tile with a floor that depends on the registers, a
penalty for tiles that do not fit beside their neighbours (a ridge that coordinate steps have to go along), and an
unordered choice that matters. `OPTIMUM` is the one best point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp
from random import Random
from typing import Any

from qlang.tuning.errors import Invalid
from qlang.tuning.space import Configuration, Constraint, Gene, Space, Value

SPACE = Space(
    (
        Gene("tile", tuple(range(8, 20))),
        Gene("rows", tuple(range(2, 9))),
        Gene("registers", (1, 2, 3, 4)),
        Gene("order", ("first", "shared", "fewest", "last"), ordered=False),
        Gene("threads", (1, 2, 4)),
    ),
    (Constraint("rows fit into the tile", lambda point: int(point["rows"]) + 4 <= int(point["tile"])),),
)
BROKEN = {"registers": 4, "order": "last"}
"""Cannot be compiled."""


def point(**values: Value) -> Configuration:
    found = SPACE.point(values)
    assert found is not None
    return found


DEFAULT = point(tile=10, rows=3, registers=1, order="first", threads=1)
OPTIMUM = point(tile=16, rows=6, registers=3, order="shared", threads=4)


def seconds(values: Mapping[str, Value]) -> float | None:
    """Of one run; `None` where it cannot be compiled."""
    if all(values[name] == value for name, value in BROKEN.items()):
        return None
    tile, rows, registers, threads = (int(values[name]) for name in ("tile", "rows", "registers", "threads"))
    order = {"shared": 0.0, "fewest": 0.15, "first": 0.3, "last": 0.4}[str(values["order"])]
    bowl = 0.02 * (tile - 16) ** 2 + 0.06 * (rows - 6 - (tile - 16) / 2) ** 2
    return (1.0 + bowl + 0.2 * abs(registers - 3) + order) * (0.4 + 0.6 / threads)


@dataclass
class Clock:
    """Seconds that only pass where somebody works."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Machine:
    """Runs configurations of the recorded space; `noise` is the spread of the logarithm of a run's time."""

    noise: float = 0.0
    seed: int = 0
    clock: Clock = field(default_factory=Clock)
    errors: dict[Configuration, float] = field(default_factory=dict)
    twins: dict[Configuration, Configuration] = field(default_factory=dict)
    """Configurations that do the same as another one."""
    unfit: set[Configuration] = field(default_factory=set)
    """Configurations that cannot be made ready here."""
    watts: float = 0.0
    """While it runs; 5 W idle are always there."""
    appetite: dict[Configuration, float] = field(default_factory=dict)
    """Multiplies the watts."""
    tolerance: float = 1e-6
    reference_from: str = "the recorded space"
    prepared: list[Configuration] = field(default_factory=list)
    joules: float = 0.0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def prepare(self, configuration: Configuration) -> Run:
        self.prepared.append(configuration)
        taken = seconds(configuration)
        if taken is None or configuration in self.unfit:
            raise Invalid("compile", "out of registers")
        self.spend(0.01, busy=False)
        return Run(self, configuration, taken)

    def work(self, configuration: Configuration) -> Configuration:
        return self.twins.get(configuration, configuration)

    def error(self, result: Any) -> float:
        return self.errors.get(result, 0.0)

    def spend(self, taken: float, *, busy: bool = True, appetite: float = 1.0) -> None:
        self.clock.pass_(taken)
        self.joules += taken * (5.0 + (self.watts * appetite if busy else 0.0))


@dataclass
class Run:
    machine: Machine
    configuration: Configuration
    taken: float
    compile_seconds: float = 0.01

    def run(self) -> None:
        machine = self.machine
        taken = self.taken * exp(machine.random.gauss(0.0, machine.noise))
        machine.spend(taken, appetite=machine.appetite.get(self.configuration, 1.0))

    def result(self) -> Configuration:
        return self.configuration
