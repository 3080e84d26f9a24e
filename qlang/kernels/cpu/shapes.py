"""What functions of kernels are generated for; everything else about a pass is data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from qlang.kernels.cpu.host import Precision, Target

LaneOperation = Literal["permute", "permute_rows", "blend0", "blend1", "blend2", "blend3"]
"""`permute`: lanes by one index for the tile; `permute_rows`: by an index that depends on the row; `blend0` …: some
lanes of the vectors that differ in register 0 … are exchanged."""


@dataclass(frozen=True, slots=True)
class GroupShape:
    """A group of 2**registers vectors, some bits of which are rotated by angles that the group's index chooses."""

    target: Target = field(repr=False)
    precision: Precision
    registers: int
    """0 to 4."""
    scaled_twists: bool = False
    """Whether such rotations are done without their cosines."""
    blended: bool = False
    """Whether the lanes choose too."""
    choosing: tuple[int, ...] = ()
    """For each such rotation the registers that choose too, as bits; empty: none."""

    @property
    def vector(self) -> str:
        """LLVM's type of the vectors."""
        return f"<{self.target.lanes(self.precision)} x {'float' if self.precision == 'float32' else 'double'}>"


@dataclass(frozen=True, slots=True)
class TurnShape(GroupShape):
    """What is done with registers."""

    rotations: int = 0
    """Registers 0 … rotations−1 are rotated."""
    twists: int = 0
    """Of these, the last ones, by an angle that the group's index chooses."""
    permutation: bool = False
    """Whether vectors come from other addresses of their group than they go to (where nothing is done with rows)."""
    exchange: bool = False
    """Whether they may go to other addresses of their group than that of their combination (the same)."""


@dataclass(frozen=True, slots=True)
class RowShape(GroupShape):
    """What is done with each row of a group, in this order."""

    lane_rotations: tuple[int, ...] = ()
    """The lane bits that are rotated (last of all)."""
    lane_twists: tuple[int, ...] = ()
    """Those of them that are by an angle that the row chooses."""
    lane_operations: tuple[LaneOperation, ...] = ()
    phase: bool = False
    """Whether rows are multiplied by a table of complex numbers."""
    choice_bytes: int = 0
    """Of the number for each row that says which entry of that table it takes; 0: the row itself."""
    lane_tables: int = 0
    """Tables of complex vectors that are chosen by row and multiplied on."""
    constant_tables: int = 0
    """How many of them, the last ones, are one vector for all rows of a tile."""


@dataclass(frozen=True, slots=True)
class SideBySideShape:
    """What is done with rows, without lanes, and with registers."""

    rows: RowShape
    turns: TurnShape

    @classmethod
    def of(cls, target: Target, precision: Precision, rows: tuple[Any, ...], turns: tuple[Any, ...]) -> SideBySideShape:
        """From the parts of both behind target and precision."""
        return cls(RowShape(target, precision, *rows), TurnShape(target, precision, *turns))
