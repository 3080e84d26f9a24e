"""The block of 64-bit words that a kernel, and the driver that calls it, read: one for each native pass.

Offsets are in bytes into a plane of the buffer; x is that of a group of vectors, 0 at the bits of its registers.
"""

from __future__ import annotations

from enum import IntEnum

MOST_REGISTERS = 4
MOST_LANES = 4
MOST_LANE_TABLES = 8
MOST_LANE_OPERATIONS = 6
LANE_TABLE_WORDS = 5
LANE_OPERATION_WORDS = 3


_COMBINATIONS = 1 << MOST_REGISTERS


class Word(IntEnum):
    """The first word of each part of a block."""

    WALK = 0
    """Ones below a vector's size and at the registers: `((x | WALK) + 1) & ~WALK` is the next group of vectors."""
    GROUPS = 1
    BEGIN = 2
    """The first group: 0, unless a team shares the pass."""
    STORE = 3
    """For each combination of the registers its offset."""
    LOAD = STORE + _COMBINATIONS
    """For each combination the offset of where its amplitudes come from …"""
    ROW = LOAD + _COMBINATIONS
    """For each combination its offset in a plane of the table of rows."""
    LOAD_XOR = ROW + _COMBINATIONS
    """… the exclusive or of the tile with the offsets of the sources …"""
    PARITY_MASK = LOAD_XOR + 1
    """… and for each register the bits of x on whose parity its source depends …"""
    PARITY_VALUE = PARITY_MASK + MOST_REGISTERS
    """… with the register's offset."""
    ROTATION = PARITY_VALUE + MOST_REGISTERS
    """For each register, then for each lane, the offset of tan(θ/2) in the item's data; of a TWIST that of the numbers
    for an even parity of the tile."""
    DATA = ROTATION + MOST_REGISTERS + MOST_LANES
    """The item's data."""
    TABLE = DATA + 1
    """The table of rows: the plane of cosines."""
    TABLE_PLANE = TABLE + 1
    """Bytes from the cosines to the sines."""
    PREFETCH_RE = TABLE_PLANE + 1
    """The next tile in the state, its two planes …"""
    PREFETCH_IM = PREFETCH_RE + 1
    PREFETCH_X = PREFETCH_IM + 1
    """… the offset of the next line of it, and the zeros of the mask of the offsets in a tile."""
    PREFETCH_WALK = PREFETCH_X + 1
    FUNCTION = PREFETCH_WALK + 1
    LANE_TABLES = FUNCTION + 1
    """Each: real plane, bytes to the imaginary plane, bytes (rows,) of table indices, and, exclusive or."""
    LANE_OPERATIONS = LANE_TABLES + MOST_LANE_TABLES * LANE_TABLE_WORDS
    """Each: permutation by (index vectors (lanes,), bytes (rows,) that choose one, exclusive or), or blend by (mask of
    lanes, –, –)."""
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
    EXCHANGE_XOR = EXCHANGE + _COMBINATIONS
    """… and what changes that, as LOAD_XOR, PARITY_MASK and PARITY_VALUE."""
    EXCHANGE_MASK = EXCHANGE_XOR + 1
    EXCHANGE_VALUE = EXCHANGE_MASK + MOST_REGISTERS
    LOAD_STEPS = EXCHANGE_VALUE + MOST_REGISTERS
    """By the leading zeros of what changes in x from a group to the next: what that changes in offsets of sources …"""
    EXCHANGE_STEPS = LOAD_STEPS + 1
    """… and in those of where it goes."""
    BASE = EXCHANGE_STEPS + 1
    """The bits of x that all groups have: those of a piece (`qlang.kernels.cpu.pieces`)."""
    RUN_FIRST = BASE + 1
    """In block r: the first pass of run r."""
    RUN_PASSES = RUN_FIRST + 1
    """In the block of a run's first pass: how many passes the run has …"""
    RUN_FIXED = RUN_PASSES + 1
    """… and the bits of an offset that are constant in a piece; 0: the run has one pass, over the whole buffer."""
    PREFETCH_LINES = RUN_FIXED + 1
    """Lines of each plane of the next tile that are fetched ahead in each group."""
    TURNS = PREFETCH_LINES + 1
    """The function for registers (`qlang.kernels.cpu.turns_text`), where rows are taken in a loop."""
    LANES = TURNS + 1
    """The function for lanes (`qlang.kernels.cpu.lane_turns_text`) there; 0: none is rotated."""
    ROWS = LANES + 1
    """How many vectors of a plane a group has."""
    TWIST_ROWS = ROWS + 1
    """For each lane the registers, as bits of a combination, on whose parity too a TWIST's angle depends."""
    SOURCES = TWIST_ROWS + MOST_LANES
    """What flips the registers of where the vectors of the group at BEGIN come from, as offsets …"""
    TARGETS = SOURCES + 1
    """… and of where they go to."""
    WORDS = 200
