"""The numbers of a lowered program for a batch: what is uploaded before it runs. No table is computed here."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cuda.layout import PATTERN
from qlang.kernels.cuda.lowering import DeviceProgram
from qlang.kernels.cuda.phases import PatternBits

Reals = NDArray[np.float64]
Masks = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ProgramAngles:
    """The angles of a program for each batch item, signs of the Pauli frame and range reduction worked in.

    tangents (batch, rotations): tan(θ/2); terms (batch, terms): φ in radians; values (batch, terms): what the index
    is compared with under the mask of a pattern term, bits as positions (any number for parity terms); scales
    (batch, groups): product of the cosines that the group takes; factors (batch, qubits, 2): the state of each
    position that the program begins with, used where it is fresh. Any of them may have a batch of 1.
    """

    tangents: Reals
    terms: Reals
    values: Masks
    scales: Reals
    factors: NDArray[np.complex128]

    @property
    def batch(self) -> int:
        """Items."""
        return max(len(each) for each in (self.tangents, self.terms, self.values, self.scales, self.factors))


@dataclass(frozen=True, slots=True, eq=False)
class DeviceAngles:
    """The same as the kernels take it; all arrays of the whole batch."""

    tangents: NDArray[np.floating]
    angles: Reals
    """Of the sources of device terms, (batch, sources)."""
    scales: Reals
    patterns: NDArray[np.void]
    factors: Reals
    """(batch, bits, 2 values of the bit, 2 parts)."""


def device_angles(program: DeviceProgram, bound: ProgramAngles) -> DeviceAngles:
    """Gather what the device's terms need from the terms of the program."""
    batch = bound.batch
    real = np.float64 if program.shape.double else np.float32
    factors = np.zeros((batch, program.bits, 2), dtype=np.complex128)
    factors[:, :, 0] = 1  # positions beyond the program's stay |0⟩
    factors[:, : bound.factors.shape[1]] = bound.factors
    return DeviceAngles(
        tangents=_padded(np.broadcast_to(bound.tangents, (batch, bound.tangents.shape[1]))).astype(real),
        angles=_padded(_source_angles(program, bound, batch)),
        scales=_padded(np.broadcast_to(bound.scales, (batch, bound.scales.shape[1]))),
        patterns=_patterns(program.patterns, bound.values, batch),
        factors=factors.view(np.float64),
    )


def _padded(values: Reals) -> Reals:
    """At least one column: an empty array would be a null pointer."""
    return values if values.shape[1] else np.zeros((len(values), 1))


def _source_angles(program: DeviceProgram, bound: ProgramAngles, batch: int) -> Reals:
    terms = np.array([source.term for source in program.sources], dtype=np.intp)
    coefficients = np.array([source.coefficient for source in program.sources])
    subsets = np.array([source.subset for source in program.sources], dtype=np.int64)
    if not len(terms):
        return np.zeros((batch, 0))
    signs = 1.0 - 2.0 * (np.bitwise_count(bound.values[:, terms] & subsets) & 1)
    angles: Reals = bound.terms[:, terms] * (coefficients * signs)
    return np.broadcast_to(angles, (batch, len(terms)))


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
