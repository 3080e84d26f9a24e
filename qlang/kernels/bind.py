"""A program with its numbers: angles of a whole batch made into the arrays that native code reads."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qlang.collection import CollectionPaused
from qlang.kernels.angles import AngleSources, Masks, ProgramAngles, program_angles
from qlang.kernels.cpu.memory import zeros
from qlang.kernels.frames import Frame, PauliInsertions
from qlang.kernels.layout import TWIST_NUMBERS, Layout
from qlang.kernels.phases import fill_tables
from qlang.kernels.program import Program
from qlang.kernels.scaled_twists import MOST_SHRUNK, TwistScales, twist_scales
from qlang.kernels.steps import Steps

Precision: TypeAlias = Literal["float32", "float64"]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class BoundProgram:
    """A batch of one program with different angles, frames and signs.

    data (batch, layout.size) float32 or float64: t of the rotations and all tables (`qlang.kernels.layout`); values
    int64 (batch, layout.value_count); bits uint8 (batch or 1, layout.bits_size), 1 where all items share them;
    initial (batch, qubits, 2) complex128 by wire, the state of each wire that a fresh program begins with, else
    None. The true state is that of the program with `frame`, by wire, put on top: item b is
    frame.phase[b] X^frame.x[b] Z^frame.z[b] times it, wire w being at position program.end[w]. All C-contiguous.
    """

    layout: Layout
    precision: Precision
    angles: ProgramAngles
    data: NDArray[np.floating]
    values: Masks
    bits: NDArray[np.uint8]
    initial: NDArray[np.complex128] | None

    @property
    def program(self) -> Program:
        """What was bound."""
        return self.layout.program

    @property
    def batch(self) -> int:
        """Items."""
        return len(self.data)

    @property
    def frame(self) -> Frame:
        """The Pauli and the phase of each item."""
        return self.angles.frame


@dataclass(frozen=True, eq=False)
class Binder:
    """What binding needs to know of a program; made once, kept with it."""

    sources: AngleSources
    layout: Layout

    @classmethod
    def of(cls, program: Program, steps: Steps) -> "Binder":
        """For a program that was planned from these steps."""
        return cls(AngleSources.of(program, steps), Layout.of(program))

    @property
    def program(self) -> Program:
        """What is bound."""
        return self.layout.program

    @cached_property
    def unscaled(self) -> Layout:
        """The layout for TWIST steps whose cosines are too small to be left to groups."""
        return Layout.of(self.program, scaled=False)


def bind(
    binder: Binder,
    angles: ArrayLike,
    *,
    precision: Precision = "float64",
    frame: Frame | None = None,
    paulis: PauliInsertions | None = None,
) -> BoundProgram:
    """Bind angles (batch, slots) or (slots,) of the program's steps.

    `frame` is that of the state that the program continues, `paulis` act between the steps; a batch of any of the
    three may be 1. Raises BadAngle for an angle that is not finite, ValueError for batches that do not fit.
    """
    given = np.atleast_2d(np.asarray(angles, dtype=np.float64))
    if given.shape[1] != binder.sources.steps.slot_count:
        raise ValueError(f"{binder.sources.steps.slot_count} angles are needed, {given.shape[1]} were given")
    with CollectionPaused():
        numbers = program_angles(binder.sources, given, frame=frame, paulis=paulis)
        scales = twist_scales(binder.layout.scaled, numbers.twists)
        if scales.shrunk > MOST_SHRUNK[precision]:
            return tables_of(binder.unscaled, numbers, precision)
        return _tables(binder.layout, numbers, scales, precision)


def tables_of(layout: Layout, numbers: ProgramAngles, precision: Precision = "float64") -> BoundProgram:
    """The arrays for native code, from a program's numbers."""
    return _tables(layout, numbers, twist_scales(layout.scaled, numbers.twists), precision)


def _tables(layout: Layout, numbers: ProgramAngles, scales: TwistScales, precision: Precision) -> BoundProgram:
    size = numbers.batch * layout.size * np.dtype(precision).itemsize
    data = zeros(size).view(precision).reshape(numbers.batch, layout.size)
    data[:, layout.rotations : layout.rotations + numbers.tangents.shape[1]] = numbers.tangents
    groups, exponents = numbers.scales, None
    if layout.program.twists:
        end = layout.twists + TWIST_NUMBERS * len(layout.program.twists)
        twists = data[:, layout.twists : end].reshape(len(data), -1, 2, TWIST_NUMBERS // 2)
        twists[..., :3] = numbers.twists
    if len(layout.scaled):
        places = layout.scaled.twists
        twists[:, places, :, :2], twists[:, places, :, 2] = scales.tangents[..., None], 1
        groups = _scaled(groups, layout.scaled.groups, scales.roots)
        exponents = layout.scaled_places, scales.exponents
    fill_tables(layout.spectra, numbers.terms, numbers.values, groups, data, exponents)
    program = layout.program
    initial = None
    if program.fresh:
        factors = numbers.factors[:, list(program.start)]
        initial = np.ascontiguousarray(np.broadcast_to(factors, (numbers.batch, *factors.shape[1:])))
    return BoundProgram(layout, precision, numbers, data, _values(layout, numbers), _bits(layout, numbers), initial)


def _scaled(scales: NDArray[np.float64], groups: Masks, roots: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scales of groups (batch or 1, groups) times the numbers (batch or 1, taken) that some of them take."""
    result = np.repeat(scales, len(roots), axis=0) if len(scales) < len(roots) else scales.copy()
    np.multiply.at(result.T, groups, roots.T)
    return result


def _values(layout: Layout, numbers: ProgramAngles) -> Masks:
    """Outer values of patterns, for every item."""
    terms = [term for term, _ in layout.values]
    masks = np.array([mask for _, mask in layout.values], dtype=np.int64)
    values = numbers.values[:, terms] & masks
    return np.ascontiguousarray(np.broadcast_to(values, (numbers.batch, len(terms))))


def _bits(layout: Layout, numbers: ProgramAngles) -> NDArray[np.uint8]:
    """The rows' part of lane tables' indices; an own one for each item only where frames change it."""
    if not layout.matches:
        return layout.bits[None]
    bits = np.repeat(layout.bits[None], len(numbers.values), axis=0)
    for match in layout.matches:
        rows = np.arange(match.rows) & match.pattern.mask
        matched = rows == match.pattern.values(numbers.values)[:, None]
        bits[:, match.offset : match.offset + match.rows] |= matched.astype(np.uint8) << match.bit
    return bits
