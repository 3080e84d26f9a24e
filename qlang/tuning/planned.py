"""A setting as a plan states it, so that a run is replayed with the options that it was run with.

    plan.lower @ising as @ising_kernel for %b {target = "cpu.llvm", …,
        tuning = {structure = "14949c61…", tile_bits = 15 : i64, registers = 2 : i64, …, threads = 2 : i64}}

Options change the order in which rounding happens, and with it the last bits of a result: a simulator must not look
them up by itself. Lanes are the processor's and are not stated; threads change no bit and are a limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from qlang.kernels.cpu.arguments import MOST_REGISTERS
from qlang.kernels.cpu.host import Precision, host_target
from qlang.kernels.program import PlanOptions
from qlang.tuning.genome import Setting

_OPTIONS: dict[str, type[Any]] = {
    field.name: type(getattr(PlanOptions(), field.name)) for field in fields(PlanOptions) if field.name != "lane_bits"
}
"""Name and type of each option."""
_LATER: dict[str, Any] = {"whole_bits": 0, "first_wires": 0}
"""Options that plans from before do not state, and what they mean by that."""
_FORMER = "plain_registers"
"""An option that plans from before may state, and that is none any more."""
_MOST_TILE_BITS = 24
"""A buffer of 2^24 amplitudes for each thread is more than any cache; a plan may not ask for more memory."""


class BadTuning(ValueError):
    """A plan's `tuning` that says no setting."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Options for the programs of one structure; other programs of the run keep the default."""

    structure: str
    options: PlanOptions
    threads: int


def planned_attributes(structure: str, setting: Setting) -> dict[str, int | float | str]:
    """What a plan states."""
    chosen = {name: kind(getattr(setting.options, name)) for name, kind in _OPTIONS.items()}
    return {"structure": structure, **chosen, "threads": setting.threads}


def planned_from(stated: Mapping[str, Any], precision: Precision) -> Planned:
    """What a plan stated, for this processor. Raises: BadTuning."""
    stated = _LATER | {name: value for name, value in stated.items() if name != _FORMER}
    if set(stated) != {"structure", "threads", *_OPTIONS}:
        raise BadTuning(f"tuning states {', '.join(sorted(map(str, stated)))}")
    expected = {**_OPTIONS, "structure": str, "threads": int}
    for name, value in stated.items():
        if type(value) is not expected[name]:
            raise BadTuning(f"tuning states {name} = {value!r}")
    if (
        stated["threads"] < 1
        or stated["registers"] > MOST_REGISTERS
        or max(stated["tile_bits"], stated["whole_bits"]) > _MOST_TILE_BITS
    ):
        raise BadTuning("tuning states sizes that no setting has")
    try:
        options = PlanOptions(lane_bits=host_target().lane_bits(precision), **{name: stated[name] for name in _OPTIONS})
    except ValueError as error:
        raise BadTuning(str(error)) from error
    return Planned(stated["structure"], options, stated["threads"])
