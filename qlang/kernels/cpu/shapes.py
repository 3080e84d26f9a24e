"""What functions of kernels are generated for; everything else about a pass is data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from qlang.kernels.cpu.host import Precision, Target

LaneOperation = Literal["permute", "permute_rows", "blend0", "blend1", "blend2", "blend3"]
"""`permute`: lanes by one index for the tile; `permute_rows`: by an index that depends on the row; `blend0` …: some
lanes of the vectors that differ in register 0 … are exchanged."""


@dataclass(frozen=True, slots=True)
class VectorShape:
    """Which vectors."""

    target: Target = field(repr=False)
    precision: Precision

    @property
    def vector(self) -> str:
        """LLVM's type of them."""
        return f"<{self.target.lanes(self.precision)} x {'float' if self.precision == 'float32' else 'double'}>"


@dataclass(frozen=True, slots=True)
class RowShape(VectorShape):
    """What is done with each row of a group, in this order."""

    registers: int
    """0 to 4: a group is 2**registers vectors."""
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
class LaneShape(VectorShape):
    """Which lane bits are rotated."""

    rotations: tuple[int, ...] = ()
    twists: tuple[int, ...] = ()
    """Those of them that are by an angle that the row chooses."""
    scaled_twists: bool = False
    """Whether such rotations are done without their cosines."""


@dataclass(frozen=True, slots=True)
class TurnShape(VectorShape):
    """Which registers are rotated."""

    registers: int
    """0 to 4: a group is 2**registers vectors."""
    rotations: int = 0
    """Registers 0 … rotations−1."""
    twists: int = 0
    """Of these, the last ones, by an angle that the group's index chooses."""
    scaled_twists: bool = False
    """Whether such rotations are done without their cosines."""
    choosing: tuple[int, ...] = ()
    """For each of those the registers that choose too, as bits; empty: none."""


@dataclass(frozen=True, slots=True)
class SideBySideShape:
    """What is done with rows, without lanes, and with registers."""

    rows: RowShape
    turns: TurnShape

    @classmethod
    def of(cls, target: Target, precision: Precision, rows: tuple[Any, ...], turns: tuple[Any, ...]) -> SideBySideShape:
        """From the parts of both behind target and precision."""
        return cls(RowShape(target, precision, *rows), TurnShape(target, precision, *turns))
