"""What one compiled module of kernels is specialised for."""

from dataclasses import dataclass
from typing import Literal

from qlang.kernels.program import PlanOptions

Precision = Literal["float32", "float64", "bfloat16"]
"""How the state is stored. Arithmetic is in float32 for `bfloat16`, else as stored."""

REGISTERS = 3
"""Qubits that a pass rotates: each thread holds 2**3 amplitudes. Sixteen in float64 would leave one block of 512
threads without registers to spare."""
READING_THREADS = 256
"""Threads of a block of the kernels that read a state."""
_MOST_THREADS = 512
_ROW_BITS = 5
"""A row of 32 amplitudes is 256 bytes in float32: whole memory transactions for a warp."""


@dataclass(frozen=True, slots=True)
class KernelShape:
    """Compile-time constants of the CUDA source; one module is compiled for each."""

    precision: Precision
    tile_bits: int
    """The tile of a block has 2**tile_bits amplitudes, in shared memory. At least `REGISTERS`, at most 14."""
    row_bits: int
    """Buffer bits 0…row_bits−1 are positions 0…row_bits−1: so many amplitudes stand together in memory."""
    patterns: bool
    """Whether a phase that is more than signs of parities occurs; the code for it is left out otherwise."""

    def __post_init__(self) -> None:
        """Raises ValueError for a tile that no block can hold."""
        if not REGISTERS <= self.tile_bits <= 14 or self.row_bits > self.tile_bits:
            raise ValueError(f"tiles of 2^{self.tile_bits} amplitudes in rows of 2^{self.row_bits}")

    @property
    def double(self) -> bool:
        """Whether arithmetic is in float64."""
        return self.precision == "float64"

    @property
    def group_bits(self) -> int:
        """A pass has 2**group_bits groups of 2**REGISTERS amplitudes."""
        return self.tile_bits - REGISTERS

    @property
    def threads(self) -> int:
        """Threads of a block."""
        return min(1 << self.group_bits, _MOST_THREADS)

    @property
    def blocks(self) -> int:
        """Blocks that shall fit on a multiprocessor at once; it bounds the registers of a thread to 64, or 128 in
        float64, which the sixteen or thirty-two of a group's amplitudes and as many of their phases need."""
        return max(1, min(8, (512 if self.double else 1024) // self.threads))

    @property
    def tile_bytes(self) -> int:
        """Shared memory of a block's tile; the records of the passes stand behind it."""
        return (16 if self.double else 8) << self.tile_bits

    @property
    def stored_bytes(self) -> int:
        """Of an amplitude in the state."""
        return {"float32": 8, "float64": 16, "bfloat16": 4}[self.precision]

    @property
    def chunk(self) -> int:
        """Amplitudes that a thread moves at once: 16 bytes where rows allow."""
        return min(16 // self.stored_bytes, 1 << self.row_bits)


_FIRST_WIRES = 18
"""A state of so many wires gives every multiprocessor something to do."""


def cuda_options(precision: Precision, tile_bits: int | None = None) -> PlanOptions:
    """How programs are planned for a GPU: tiles of 32 KiB, so that two or more blocks live on a multiprocessor, also
    as far as registers go, and one computes while another waits for memory. Chosen by count, not by measurement."""
    default = 11 if precision == "float64" else 12
    return PlanOptions(
        lane_bits=0,
        contiguous_bits=_ROW_BITS,
        tile_bits=tile_bits or default,
        registers=REGISTERS,
        first_wires=_FIRST_WIRES,
    )
