"""The terms of one phase group, sorted by what their bits are in its sweep: lanes, rows of the buffer, outer bits."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.program import PhaseGroup
from qlang.kernels.tables import (
    MOST_EXPANDED,
    Addition,
    Entries,
    Masks,
    RowPattern,
    TableList,
    single_bits,
    subsets,
)


@dataclass(frozen=True, slots=True)
class Buffer:
    """The parts of an index in a sweep: lanes are the positions below `lane_bits`, rows the other local ones."""

    lane_bits: int
    local: tuple[int, ...]

    @property
    def row_bits(self) -> int:
        """Bits of a row's number."""
        return len(self.local) - self.lane_bits

    @property
    def lanes(self) -> int:
        """Mask of the lanes."""
        return (1 << self.lane_bits) - 1

    @property
    def rows(self) -> int:
        """Mask of the positions that make rows."""
        return sum(1 << position for position in self.local[self.lane_bits :])

    def row(self, masks: Masks) -> Masks:
        """Masks over positions as masks over a row's number."""
        positions = np.array(self.local[self.lane_bits :], dtype=np.int64)
        result: Masks = ((masks[:, None] >> positions) & 1) @ np.left_shift(1, np.arange(len(positions)))
        return result

    def row_pattern(self, term: int, mask: int) -> RowPattern:
        """The rows' part of a pattern term."""
        bits = tuple((p, b) for b, p in enumerate(self.local[self.lane_bits :]) if mask >> p & 1)
        return RowPattern(term, sum(1 << bit for _, bit in bits), bits)


@dataclass(frozen=True, slots=True)
class LaneSelector:
    """What one bit of a lane table's index is: the parity of row & row_mask and outer bits, or the match of both."""

    row_mask: int
    outer: int
    pattern: RowPattern | None = None


@dataclass(slots=True)
class SplitGroup:
    """A group's tables by number."""

    row_table: int
    mixed: dict[int, int] = field(default_factory=dict)
    """Of each outer mask with a parity."""
    matched: list[tuple[int, int, int]] = field(default_factory=list)
    """Term, outer mask and table of patterns with two outer bits or more."""
    selectors: list[LaneSelector] = field(default_factory=list)
    lane_entries: list[tuple[int, bool, int, int, float, int]] = field(default_factory=list)
    """Selector (−1: none), whether its bit is in the index, lanes, term, weight, subset."""


@dataclass(slots=True)
class _Rows:
    """Contributions before they are sorted: masks over positions, terms, weights, subsets."""

    masks: list[int] = field(default_factory=list)
    terms: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    subsets: list[int] = field(default_factory=list)

    def pattern(self, mask: int, term: int) -> None:
        """All parities of a pattern."""
        bits = single_bits(mask)
        for subset in subsets(bits):
            self.masks.append(subset)
            self.terms.append(term)
            self.weights.append(0.5 ** len(bits))
            self.subsets.append(subset)


def split_group(number: int, group: PhaseGroup, buffer: Buffer, tables: TableList) -> SplitGroup:
    """Sort a group's terms into tables; lane terms stay in the result, for their tables come last."""
    split = SplitGroup(tables.new(buffer.row_bits, number))
    rows = _Rows()
    for mask, term in group.parity:
        rows.masks.append(mask)
        rows.terms.append(term)
        rows.weights.append(-0.5)
        rows.subsets.append(0)
    for mask, _, term in group.pattern:
        _pattern(mask, term, buffer, (rows, split, tables))
    if rows.masks:
        _sort(rows, buffer, split, tables)
    return split


def _pattern(mask: int, term: int, buffer: Buffer, into: tuple[_Rows, SplitGroup, TableList]) -> None:
    rows, split, tables = into
    lanes, inner = mask & buffer.lanes, mask & buffer.rows
    outer = mask & ~(lanes | inner)
    others, outers = (inner | outer).bit_count(), outer.bit_count()
    if mask.bit_count() <= 2 or (outers < 2 and not lanes and others <= MOST_EXPANDED) or (lanes and others < 2):
        rows.pattern(mask, term)
    elif lanes:
        _selected(lanes, LaneSelector(inner, outer, buffer.row_pattern(term, inner)), split)
    elif outers < 2:
        pattern = buffer.row_pattern(term, inner)
        tables.additions.append(Addition(split.row_table, pattern, 0.5**outers, 0))
        if outers:
            table = _mixed(outer, buffer, split, tables)
            tables.additions.append(Addition(table, pattern, 0.5, outer))
    else:
        table = tables.new(buffer.row_bits)
        split.matched.append((term, outer, table))
        tables.additions.append(Addition(table, buffer.row_pattern(term, inner), 1.0, 0))


def _selected(lanes: int, selector: LaneSelector, split: SplitGroup) -> None:
    """[selector] · [lanes match], each written as (1 − (−1)^s)/2 and as parities of lanes."""
    assert selector.pattern is not None
    number = len(split.selectors)
    split.selectors.append(selector)
    bits = single_bits(lanes)
    weight = 0.5 ** (len(bits) + 1)
    for subset in subsets(bits):
        for inside, sign in ((False, 1.0), (True, -1.0)):
            split.lane_entries.append((number, inside, subset, selector.pattern.term, sign * weight, subset))


def _mixed(outer: int, buffer: Buffer, split: SplitGroup, tables: TableList) -> int:
    table = split.mixed.get(outer)
    if table is None:
        table = split.mixed[outer] = tables.new(buffer.row_bits)
    return table


def _sort(rows: _Rows, buffer: Buffer, split: SplitGroup, tables: TableList) -> None:
    """Parities without lanes into row and mixed tables, those with lanes aside."""
    masks, terms, kept = (np.array(each, dtype=np.int64) for each in (rows.masks, rows.terms, rows.subsets))
    weights = np.array(rows.weights)
    outer = masks & ~(buffer.lanes | buffer.rows)
    lanes, inner = masks & buffer.lanes, buffer.row(masks)
    numbers = np.full(len(masks), split.row_table, dtype=np.int64)
    for mask in dict.fromkeys(outer[(lanes == 0) & (outer != 0)].tolist()):
        numbers[outer == mask] = _mixed(mask, buffer, split, tables)
    plain = lanes == 0
    tables.parts.append(Entries(numbers[plain], inner[plain], terms[plain], weights[plain], kept[plain]))
    _aside(~plain, (lanes, inner, outer, terms, kept), weights, split)


def _aside(
    chosen: NDArray[np.bool_], columns: Sequence[Masks], weights: NDArray[np.float64], split: SplitGroup
) -> None:
    """Parities with lanes, with a selector for each parity of the other bits."""
    found: dict[tuple[int, int], int] = {}
    rows = zip(*(column[chosen].tolist() for column in (*columns, weights)), strict=True)
    for lanes, inner, outer, term, subset, weight in rows:
        number = -1
        if inner or outer:
            number = found.setdefault((inner, outer), len(split.selectors))
            if number == len(split.selectors):
                split.selectors.append(LaneSelector(inner, outer))
        split.lane_entries.append((number, number >= 0, lanes, term, weight, subset))
