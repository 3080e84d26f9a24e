"""The numbers of a lowered program for a batch: what is uploaded before it runs. No table is computed here."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.angles import ProgramAngles
from qlang.kernels.cuda.layout import PATTERN
from qlang.kernels.cuda.lowering import DeviceProgram
from qlang.kernels.cuda.phases import PatternBits

Reals = NDArray[np.float64]
Masks = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class DeviceAngles:
    """The same as the kernels take it; all arrays of the whole batch."""

    tangents: NDArray[np.floating]
    angles: Reals
    """Of the sources of device terms, (batch, sources)."""
    scales: Reals
    patterns: NDArray[np.void]
    factors: Reals
    """(batch, bits, 4): for both values of the bit the real and the imaginary part."""


def device_angles(program: DeviceProgram, bound: ProgramAngles, batch: int) -> DeviceAngles:
    """Gather what the device's terms need from the terms of the program, for a batch where `bound` may have one."""
    real = np.float64 if program.shape.double else np.float32
    factors = np.zeros((batch, program.bits, 2), dtype=np.complex128)
    factors[:, :, 0] = 1  # positions beyond the program's stay |0⟩
    factors[:, : bound.factors.shape[1]] = bound.factors
    return DeviceAngles(
        tangents=_columns(bound.tangents, batch).astype(real),
        angles=_columns(_source_angles(program, bound), batch),
        scales=_columns(bound.scales, batch),
        patterns=_patterns(program.patterns, bound.values, batch),
        factors=factors.view(np.float64),
    )


def _columns(values: Reals, batch: int) -> Reals:
    """Rows repeated to the batch, with at least one column: an empty array would be a null pointer."""
    given = values if values.shape[1] else np.zeros((len(values), 1))
    return np.broadcast_to(given, (batch, given.shape[1]))


def _source_angles(program: DeviceProgram, bound: ProgramAngles) -> Reals:
    terms = np.array([source.term for source in program.sources], dtype=np.intp)
    coefficients = np.array([source.coefficient for source in program.sources])
    subsets = np.array([source.subset for source in program.sources], dtype=np.int64)
    signs = 1.0 - 2.0 * (np.bitwise_count(bound.values[:, terms] & subsets) & 1)
    angles: Reals = bound.terms[:, terms] * (coefficients * signs)
    return angles


def _patterns(patterns: tuple[PatternBits, ...], values: Masks, batch: int) -> NDArray[np.void]:
    records = np.zeros((batch, max(len(patterns), 1)), dtype=PATTERN)
    for number, pattern in enumerate(patterns):
        value = values[:, pattern.term] & pattern.mask
        bits = pattern.bits
        records["tile"][:, number] = _spread(value, bits.tile).astype(np.uint64)
        records["registers"][:, number] = _spread(value, bits.registers)
        records["entry"][:, number] = _spread(value, bits.registers if pattern.entry_is_registers else bits.group)
    return records


def _spread(values: Masks, bits: dict[int, int]) -> Masks:
    result = np.zeros_like(values)
    for position, bit in bits.items():
        result |= (values >> position & 1) << bit
    return result
