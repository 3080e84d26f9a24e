"""A program's passes as the words that the native driver reads; made once for a program, for any angles."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cpu.arguments import MOST_LANE_OPERATIONS, MOST_LANE_TABLES, Word
from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.drafts import ProgramDraft, SweepBuffer
from qlang.kernels.cpu.driver_text import SweepWord
from qlang.kernels.cpu.host import Precision, Target
from qlang.kernels.cpu.lane_exchanges import exchanges
from qlang.kernels.cpu.memory import LINE
from qlang.kernels.cpu.pass_words import Part, PassWriter, completed, row_steps
from qlang.kernels.cpu.pieces import PassRun, runs_of, write_runs
from qlang.kernels.layout import GroupLayout, Layout
from qlang.kernels.program import Pass

Words = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class NativeSweep:
    """One sweep's words. Some are filled in for each run: the state's, and the data's addresses."""

    words: Words
    """(SweepWord.WORDS,)"""
    blocks: Words
    """(passes, Word.WORDS)"""
    tile_bytes: int
    """Bytes of a plane of a tile."""
    gathered: bool
    """Whether tiles are copied to a buffer."""
    room: int
    """Bytes of the room for tables of rows."""
    kept: tuple[NDArray[Any], ...]
    """What the words point to."""


def native_sweeps(layout: Layout, precision: Precision, target: Target, compiler: Compiler) -> tuple[NativeSweep, ...]:
    """The words of a program's sweeps; compiles what is missing. Raises ValueError for lanes not the target's."""
    lane_bits = target.lane_bits(precision)
    if layout.program.options.lane_bits != lane_bits:
        raise ValueError(f"the program has {layout.program.options.lane_bits} lane bits, not {lane_bits}")
    draft, words = ProgramDraft(layout, precision, target), array("q")
    buffers = [SweepBuffer(draft, sweep) for sweep in layout.program.sweeps]
    runs, rooms = zip(*[_write(buffer, words) for buffer in buffers], strict=True) if buffers else ((), ())
    draft.write_tables()
    blocks = np.array(words, dtype=np.int64).reshape(-1, Word.WORDS)
    completed(blocks, lane_bits)
    steps = row_steps(blocks)
    first = draft.keep(steps) - 8 * (64 - steps.shape[2])  # an index counts the leading zeros of 64 bits
    blocks[:, Word.LOAD_STEPS] = first + steps.strides[0] * np.arange(len(blocks))
    blocks[:, Word.EXCHANGE_STEPS] = blocks[:, Word.LOAD_STEPS] + steps.strides[1]
    functions = np.array([0, *compiler.addresses(draft.sources())], dtype=np.int64)
    for word in (Word.FUNCTION, Word.LANES, Word.TURNS):
        blocks[:, word] = functions[blocks[:, word]]
    fixes = np.array(draft.fixes, dtype=np.int64)
    blocks[:, Word.FIXES] = blocks[:, Word.FIXES] * fixes.itemsize + draft.keep(fixes)
    counts = [sum([run.passes for run in each]) for each in runs]
    ends = accumulate(counts)
    parts = [blocks[end - count : end] for end, count in zip(ends, counts, strict=True)]
    return tuple(_native_sweep(*each) for each in zip(buffers, parts, map(len, runs), rooms, strict=True))


def _write(buffer: SweepBuffer, words: array[int]) -> tuple[list[PassRun], int]:
    """Adds the blocks of a sweep's passes; how they are executed, and the room that tables take which are products."""
    parts = [part for each in buffer.sweep.passes for part in _split(each, buffer.draft.layout, buffer.draft.lane_bits)]
    plane_bytes = buffer.draft.element << buffer.bits
    lines, held, products, first = plane_bytes // LINE, [], [], len(words)
    for part in parts:
        writer = PassWriter(buffer, part)
        lines -= writer.write(lines if buffer.gathered else 0)
        # a table that is mixed stands in the room for tables until its pass is over
        alone = part.group is not None and part.rows and part.group.mixed
        held.append(plane_bytes - 1 if alone else writer.span)
        products.append((writer.product, _table_bytes(buffer, part.group)))
        words.extend(writer.block)
    runs = runs_of(held, plane_bytes, 0 if buffer.gathered else buffer.draft.target.piece_bytes)
    write_runs(runs, words, first)
    return runs, _place_products(runs, products, buffer.draft.fixes)


def _place_products(runs: Sequence[PassRun], products: Sequence[tuple[int, int]], fixes: list[int]) -> int:
    """Writes where tables that are products stand, beside each other in a run, given for each pass the place in the
    fixes and the bytes; how many bytes they take."""
    most = 0
    for run in runs:
        end = 0
        for place, size in products[run.first : run.first + run.passes]:
            if place >= 0:
                fixes[place], end = end, end + size
        most = max(most, end)
    return most


def _table_bytes(buffer: SweepBuffer, group: GroupLayout | None) -> int:
    """Of a group's table of rows."""
    return 0 if group is None else 2 * buffer.draft.element * group.entries


def _native_sweep(buffer: SweepBuffer, blocks: Words, runs: int, products: int) -> NativeSweep:
    groups = [buffer.draft.layout.groups[each.phase] for each in buffer.sweep.passes if each.phase >= 0]
    mixed = max([_table_bytes(buffer, group) for group in groups if group.mixed], default=0)
    return NativeSweep(
        _sweep_words(buffer, runs),
        blocks,
        buffer.draft.element << buffer.bits,
        buffer.gathered,
        max(mixed, products),
        tuple(buffer.draft.kept),
    )


def _sweep_words(buffer: SweepBuffer, runs: int) -> Words:
    words = np.zeros(SweepWord.WORDS, dtype=np.int64)
    local, size = buffer.sweep.local, buffer.sweep.size
    outer = [position for position in range(size) if not buffer.local >> position & 1]
    words[SweepWord.TILE_BITS] = len(outer)
    words[SweepWord.ELEMENT_SHIFT] = buffer.draft.element.bit_length() - 1
    words[SweepWord.RUNS] = runs
    if buffer.gathered:
        words[SweepWord.CHUNK] = buffer.draft.element << buffer.together
        words[SweepWord.CHUNKS] = 1 << len(local) - buffer.together
        words[SweepWord.WALK] = ~sum(buffer.draft.element << position for position in local[buffer.together :])
    words[SweepWord.OUTER : SweepWord.OUTER + len(outer)] = outer
    return words


def _split(pass_: Pass, layout: Layout, lane_bits: int) -> list[Part]:
    """A pass in pieces that kernels have words for; nearly always one."""
    operations = tuple(exchanges(pass_.lane_cx, lane_bits)) if pass_.lane_cx else ()
    group = layout.groups[pass_.phase] if pass_.phase >= 0 else None
    tables = len(group.lane_tables) if group is not None else 0
    if len(operations) <= MOST_LANE_OPERATIONS and tables <= MOST_LANE_TABLES:
        return [Part(pass_, True, operations, group, (0, tables), True, True)]
    batches = [
        operations[start : start + MOST_LANE_OPERATIONS]
        for start in range(0, max(1, len(operations)), MOST_LANE_OPERATIONS)
    ]
    spans = [(start, min(tables, start + MOST_LANE_TABLES)) for start in range(0, max(1, tables), MOST_LANE_TABLES)]
    parts = [Part(pass_, i == 0, batch, None, (0, 0), False, False) for i, batch in enumerate(batches[:-1])]
    for i, span in enumerate(spans):
        batch = batches[-1] if i == 0 else ()
        parts.append(Part(pass_, not parts, batch, group, span, i == len(spans) - 1, i == 0))
    return parts
