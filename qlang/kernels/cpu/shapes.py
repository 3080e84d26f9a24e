"""What a kernel is generated for; everything else about a pass is data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from qlang.kernels.cpu.host import Precision, Target

LaneOperation = Literal["permute", "permute_rows", "blend0", "blend1", "blend2", "blend3"]
"""`permute`: lanes by one index for the tile; `permute_rows`: by an index that depends on the row; `blend0` …: some
lanes of the vectors that differ in register 0 … are exchanged."""


@dataclass(frozen=True, slots=True)
class KernelShape:
    """The parts of a pass over groups of 2**registers vectors, in the order in which they are applied."""

    target: Target = field(repr=False)
    precision: Precision
    registers: int
    """0 to 4."""
    permutation: bool = False
    """Whether vectors come from other addresses of their group than they go to."""
    lane_operations: tuple[LaneOperation, ...] = ()
    phase: bool = False
    """Whether rows are multiplied by a table of complex numbers."""
    choice_bytes: int = 0
    """Of the number for each row that says which entry of that table it takes; 0: the row itself."""
    lane_tables: int = 0
    """Tables of complex vectors that are chosen by row and multiplied on."""
    constant_tables: int = 0
    """How many of them, the last ones, are one vector for all rows of a tile."""
    lane_rotations: tuple[int, ...] = ()
    """The lane bits that are rotated."""
    rotations: int = 0
    """Registers 0 … rotations−1 are rotated."""
    twists: int = 0
    """Of these, the last ones, by an angle that the group's index chooses."""
    lane_twists: tuple[int, ...] = ()
    """Of the lanes that are rotated, those by such an angle."""
    blended: bool = False
    """Whether the lanes choose too."""
    choosing: tuple[int, ...] = ()
    """For each TWIST of registers, then of lanes, the registers that choose too, as bits; empty: none."""
    exchange: bool = False
    """Whether vectors may go to other addresses of their group than that of their combination."""
    scaled_twists: bool = False
    """Whether angles that are chosen are turned by without their cosines."""
