"""The genome of a simulation kernel: `PlanOptions`, threads and, where the job allows it, the precision.

| gene              | what it is                                                         |
|-------------------|--------------------------------------------------------------------|
| `tile_bits`       | size of a sweep's buffer: which cache it lives in                  |
| `whole_bits`      | up to which size a state is one buffer                             |
| `first_wires`     | how many wires a state begins with before others join              |
| `contiguous_bits` | how long the pieces of memory are that a sweep gathers             |
| `registers`       | radix of a pass: positions rotated while amplitudes are in hand    |
| `lookahead`       | how hard the choice of a sweep's positions tries                   |
| `lane_choice`     | which wires stand in the lanes of a vector                         |
| `phase_cost`, `lane_cost` | weights of the scheduler: how it fuses                     |
| `threads`         | how many work                                                      |
| `precision`       | of amplitudes; only a job that may run in single precision has two |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qlang.kernels.cpu.host import Precision, host_target
from qlang.kernels.program import PlanOptions
from qlang.tuning.space import Configuration, Constraint, Gene, Space, Value

_TILES = range(9, 20)
_CONTIGUOUS = range(4, 9)
_WHOLE = (0,)
_FIRST_WIRES = (0,)
_CHOICES: dict[str, tuple[int | float, ...]] = {
    "registers": (1, 2, 3),
    "lookahead": (2, 4, 8),
    "phase_cost": (0.1, 0.25, 0.5, 1.0),
    "lane_cost": (0.8, 1.25, 2.0),
}
"""What is tried of the other numbers among the options."""
_LANE_CHOICES = ("shared", "fewest", "first")
_NOT_OPTIONS = ("threads", "precision")
"""Genes beside those of `PlanOptions`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What one configuration means to the native engine."""

    options: PlanOptions
    threads: int
    precision: Precision


def allowed_precisions(coarsest: Precision) -> tuple[Precision, ...]:
    """A job that may run in single precision may run in double."""
    return ("float32", "float64") if coarsest == "float32" else ("float64",)


def plan_space(qubits: int, default: Setting, *, precisions: tuple[Precision, ...] = ()) -> Space:
    """Everything that may be tried for a kernel of so many qubits; `default` is in it.

    `default.threads` is the most that may be used, `default.precision` the coarsest that may be; `precisions` leaves
    some of the allowed ones out (memory).
    """
    options = default.options
    precisions = precisions or allowed_precisions(default.precision)
    lanes = max(host_target().lane_bits(precision) for precision in precisions)
    tiles = {options.tile_bits, *(bits for bits in _TILES if lanes < bits <= qubits)}
    whole = {options.whole_bits, *_WHOLE}
    contiguous = {options.contiguous_bits, *(bits for bits in _CONTIGUOUS if bits >= lanes)}
    numbers = (Gene(name, _with(getattr(options, name), values)) for name, values in _CHOICES.items())
    return Space(
        (
            Gene("tile_bits", tuple(sorted(tiles))),
            Gene("whole_bits", tuple(sorted(whole))),
            Gene("first_wires", tuple(sorted({options.first_wires, *_FIRST_WIRES}))),
            Gene("contiguous_bits", tuple(sorted(contiguous))),
            *numbers,
            Gene("lane_choice", _LANE_CHOICES, ordered=False),
            Gene("threads", _thread_counts(default.threads)),
            Gene("precision", precisions, ordered=False),
        ),
        (Constraint("a row is shorter than the tile", _row_fits),),
    )


def configuration_of(setting: Setting, space: Space) -> Configuration:
    """The point of the space that means this setting, which must be one of it."""
    options = setting.options
    values: dict[str, Value] = {"threads": setting.threads, "precision": setting.precision}
    values |= {gene.name: getattr(options, gene.name) for gene in space.genes if gene.name not in values}
    found = space.point(values)
    assert found is not None, f"{values} is a point of the space"
    return found


def setting_of(point: Configuration) -> Setting:
    """What a point of a `plan_space` means on this processor."""
    precision: Precision = "float32" if point["precision"] == "float32" else "float64"
    chosen: dict[str, Any] = {name: value for name, value in point.items() if name not in _NOT_OPTIONS}
    options = PlanOptions(lane_bits=host_target().lane_bits(precision), **chosen)
    return Setting(options, point.number("threads"), precision)


def _row_fits(values: Mapping[str, Value]) -> bool:
    contiguous, tile = values["contiguous_bits"], values["tile_bits"]
    assert isinstance(contiguous, int) and isinstance(tile, int)
    return contiguous < tile


def _with(default: float, values: tuple[int | float, ...]) -> tuple[Value, ...]:
    return tuple(sorted({default, *values}))


def _thread_counts(most: int) -> tuple[int, ...]:
    """Powers of two, and the most."""
    return tuple(sorted({most, *(1 << bit for bit in range(most.bit_length()) if 1 << bit <= most)}))
