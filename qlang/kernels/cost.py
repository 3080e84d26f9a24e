"""What a program costs: bytes, operations, and seconds by a small model of the machine.

A pass walks over the buffer: it loads and stores every vector once (`PASS`), and then costs what its arithmetic
does. Units are cycles for 16 real numbers of a vector register pair, measured on one core with AVX-512 and fused
multiply-add; what counts for choosing among plans is their ratio. A sweep reads and writes the state once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from qlang.kernels.cpu.host import ELEMENT_BYTES
from qlang.kernels.program import PlanOptions, Program, Sweep

_ROTATION_FLOPS, _PHASE_FLOPS = 4, 6
"""Real operations for each complex amplitude: two fused multiply-adds; one complex product."""

_TWIST = 1.0
"""More than another rotation: three fused multiply-adds instead of two. Those whose cosines a group takes
(`qlang.kernels.scaled_twists`), which are most, cost it too: which they are is known when tables are laid out."""
_PASS, _ROTATION, _PHASE, _LANE_TABLE, _LANE_ROTATION, _LANE_CX = 2.5, 2.0, 3.0, 2.0, 2.0, 1.0
"""Cycles for each vector pair: a load and store; each further part of a pass."""


_REGISTERS = {64: 4}
"""By the bytes of a vector: with 32 vectors of them, 16 can be held at once; else 8."""
_LARGEST_SHARED_CACHE = 32 << 20
"""Of which states use a quarter. In one sweep over 16 MB (20 qubits in float64, 260 MiB) quantum volume and QAOA take
6 and 16 % less, brickwork and Trotter 4 and 8 % more."""
_FIRST_WIRES = 11
"""Smaller states are over before the calls are."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor as far as plans depend on it."""

    vector_bytes: int
    """Bytes of a vector register."""
    cache_bytes: int
    """Of the second-level cache of a core: a sweep's buffer takes half of it."""
    shared_cache_bytes: int
    """Of the last-level cache: a state of up to a quarter of it is one buffer, without gathering."""
    bandwidth: float
    """Bytes per second that one core moves to and from memory, reads and writes together."""
    frequency: float
    """Cycles per second."""

    def lane_bits(self, precision: str) -> int:
        """Qubits in a vector."""
        return (self.vector_bytes // ELEMENT_BYTES[precision]).bit_length() - 1


GENERIC = Machine(vector_bytes=32, cache_bytes=1 << 20, shared_cache_bytes=1 << 25, bandwidth=2e10, frequency=3e9)
"""What the plans in a kernel's text are made for, so that the text is the same everywhere."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a sweep or of several."""

    bytes: int
    flops: int
    passes: int
    cycles: float
    """Of one core, memory aside."""

    def seconds(self, machine: Machine, threads: int = 1) -> float:
        """Memory and arithmetic one after the other, shared out evenly."""
        return (self.bytes / machine.bandwidth + self.cycles / machine.frequency) / threads


def default_options(precision: str, machine: Machine) -> PlanOptions:
    """A buffer of half the core's cache; or the whole state, where a quarter of the shared cache holds it.

    Measured with 32 MiB of shared cache: states of 2 to 8 MB (18 to 20 qubits) take 10 to 35 % less in one sweep than
    in two or three, for phases wait for each other across sweeps and their groups have terms on outer positions;
    states of 16 and 32 MB take more. With 260 MiB, on a mesh, a state of 8 MB takes as long or less in one sweep, by
    pieces (`qlang.kernels.cpu.pieces`).
    """
    amplitude = 2 * ELEMENT_BYTES[precision]
    tile_bits = (machine.cache_bytes // (2 * amplitude)).bit_length() - 1
    shared = min(machine.shared_cache_bytes, _LARGEST_SHARED_CACHE)
    whole_bits = (shared // (4 * amplitude)).bit_length() - 1
    return PlanOptions(
        lane_bits=machine.lane_bits(precision),
        registers=_REGISTERS.get(machine.vector_bytes, 3),
        tile_bits=tile_bits,
        whole_bits=whole_bits,
        first_wires=_FIRST_WIRES,
    )


def sweep_cost(program: Program, sweep: Sweep, precision: str) -> Cost:
    """Of one sweep; bytes are none for a state that is one buffer and stays in the cache."""
    amplitudes = 1 << sweep.size
    flops, cycles = 0, 0.0
    twists = {rotation for rotation, _ in program.twists}
    for entry in sweep.passes:
        turns = sum([rotation >= 0 for rotation in entry.rotations])
        lanes = sum([rotation >= 0 for rotation in entry.lane_rotations])
        flops += _ROTATION_FLOPS * (turns + lanes)
        cycles += _PASS + _ROTATION * turns + _LANE_ROTATION * len(entry.lane_rotations) + _LANE_CX * len(entry.lane_cx)
        chosen = len(twists.intersection((*entry.rotations, *entry.lane_rotations)))
        flops += _ROTATION_FLOPS // 2 * chosen
        cycles += _TWIST * chosen
        if entry.phase >= 0:
            tables = 1 + program.groups[entry.phase].lanes
            flops += _PHASE_FLOPS * tables
            cycles += _PHASE + _LANE_TABLE * (tables - 1)
    vectors = 2 * amplitudes / (1 << program.options.lane_bits)
    return Cost(4 * ELEMENT_BYTES[precision] * amplitudes, flops * amplitudes, len(sweep.passes), cycles * vectors / 2)


def program_cost(program: Program, precision: str) -> Cost:
    """Of all sweeps."""
    return total(sweep_cost(program, sweep, precision) for sweep in program.sweeps)


def total(costs: Iterable[Cost]) -> Cost:
    """The sum."""
    each = list(costs)
    return Cost(
        sum(cost.bytes for cost in each),
        sum(cost.flops for cost in each),
        sum(cost.passes for cost in each),
        sum(cost.cycles for cost in each),
    )
