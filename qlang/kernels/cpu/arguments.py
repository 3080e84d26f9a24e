"""The block of 64-bit words that a kernel, and the driver that calls it, read: one for each native pass.

Offsets are in bytes into a plane of the buffer; x is that of a group of vectors, 0 at the bits of its registers. The
buffer is padded: x lies at x + ((x >> PAD_SHIFT) & mask), a cache line further for every page, so that the strided
streams of a pass fall into different sets of the cache. Disjoint bits can be padded one by one and added.
"""

from __future__ import annotations

from enum import IntEnum

MOST_REGISTERS = 3
MOST_LANES = 4
MOST_LANE_TABLES = 8
MOST_LANE_OPERATIONS = 6
LANE_TABLE_WORDS = 5
LANE_OPERATION_WORDS = 3
PAD_SHIFT = 6
PAD_MASK = ~63
"""Of a buffer; 0 in the state itself."""


class Word(IntEnum):
    """The first word of each part of a block."""

    WALK = 0
    """Ones below a vector's size and at the registers: `((x | WALK) + 1) & ~WALK` is the next group of vectors."""
    GROUPS = 1
    PAD_MASK = 2
    BEGIN = 3
    """The first group: 0, unless a team shares the pass."""
    STORE = 4
    """For each combination of the registers its padded offset."""
    LOAD = 12
    """For each combination the offset of where its amplitudes come from, not padded …"""
    ROW = 20
    """For each combination its offset in a plane of the table of rows."""
    LOAD_XOR = 28
    """… the exclusive or of the tile with the offsets of the sources …"""
    PARITY_MASK = 29
    """… and for each register the bits of x on whose parity its source depends …"""
    PARITY_VALUE = 32
    """… with the register's offset."""
    ROTATION = 35
    """For each register, then for each lane, the offset of tan(θ/2) in the item's data; of a TWIST that of the numbers
    for an even parity of the tile."""
    DATA = 42
    """The item's data."""
    TABLE = 43
    """The table of rows: the plane of cosines."""
    TABLE_PLANE = 44
    """Bytes from the cosines to the sines."""
    PREFETCH_RE = 45
    """The next tile in the state, its two planes …"""
    PREFETCH_IM = 46
    PREFETCH_X = 47
    """… the offset of the next line of it, and the zeros of the mask of the offsets in a tile."""
    PREFETCH_WALK = 48
    FUNCTION = 49
    LANE_TABLES = 50
    """Each: real plane, bytes to the imaginary plane, bytes (rows,) of table indices, and, exclusive or."""
    LANE_OPERATIONS = LANE_TABLES + MOST_LANE_TABLES * LANE_TABLE_WORDS
    """Each: permutation by (index vector, integers (rows,), exclusive or), or blend by (mask of lanes, –, –)."""
    FIXES = LANE_OPERATIONS + MOST_LANE_OPERATIONS * LANE_OPERATION_WORDS
    """The instructions that set the words that depend on the tile, see `qlang.kernels.cpu.driver`."""
    FIX_COUNT = FIXES + 1
    CHOICE = FIX_COUNT + 1
    """Integers of one or two bytes (rows,): the entry of the table of rows that each row takes."""
    TWIST_MASK = CHOICE + 1
    """For each register, then for each lane, the bits of x on whose parity a TWIST's angle depends …"""
    TWIST_LANES = TWIST_MASK + MOST_REGISTERS + MOST_LANES
    """… and the lanes in which the other one of its angles is taken, as bits."""
    EXCHANGE = TWIST_LANES + MOST_REGISTERS + MOST_LANES
    """For each combination where its amplitudes go to, as LOAD …"""
    EXCHANGE_XOR = EXCHANGE + 8
    """… and what changes that, as LOAD_XOR, PARITY_MASK and PARITY_VALUE."""
    EXCHANGE_MASK = EXCHANGE_XOR + 1
    EXCHANGE_VALUE = EXCHANGE_MASK + MOST_REGISTERS
    WORDS = 144
