"""The terms of one phase group, sorted by what their bits are in its sweep: lanes, rows of the buffer, outer bits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

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


class LaneSelector(NamedTuple):
    """What one bit of a lane table's index is: the parity of row & row_mask and outer bits, or the match of both."""

    row_mask: int
    outer: int
    pattern: RowPattern | None = None


MOST_CHOSEN = 12
"""Parities that make the index of an entry: tables of 4096 entries stay in the first cache."""

LEAST_SAVED = 3
"""So many bits fewer than a row's number."""


@dataclass(slots=True)
class Basis:
    """Independent masks among those that were seen; every one of them is an exclusive or of these."""

    masks: list[int] = field(default_factory=list)
    reduced: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By their lengths, which differ, masks and the combination of `masks` that each is."""

    def combination(self, mask: int) -> int:
        """Which of `masks` a mask is the exclusive or of; it becomes one of them if it is of none."""
        given, combination, reduced = mask, 0, self.reduced
        while mask:
            length = mask.bit_length()
            if length not in reduced:
                own = 1 << len(self.masks)
                self.masks.append(given)
                reduced[length] = mask, combination ^ own
                return own
            vector, parts = reduced[length]
            mask ^= vector
            combination ^= parts
        return combination


@dataclass(slots=True)
class SplitGroup:
    """A group's tables by number."""

    row_table: int
    chosen: tuple[int, ...] | None = None
    """Masks over rows whose parities are the index of an entry of the row and mixed tables; `None`: the row itself."""
    mixed: dict[int, int] = field(default_factory=dict)
    """Of each outer mask with a parity."""
    matched: list[tuple[int, int, int]] = field(default_factory=list)
    """Term, outer mask and table of patterns with two outer bits or more."""
    selectors: list[LaneSelector] = field(default_factory=list)
    lane_entries: list[tuple[int, bool, int, int, float, int]] = field(default_factory=list)
    """Selector (−1: none), whether its bit is in the index, lanes, term, weight, subset."""


@dataclass(slots=True)
class _Rows:
    """Contributions before they are sorted: groups, masks over positions, terms, weights, subsets."""

    groups: list[int] = field(default_factory=list)
    masks: list[int] = field(default_factory=list)
    terms: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    subsets: list[int] = field(default_factory=list)

    def parities(self, group: int, parity: Sequence[tuple[int, int]]) -> None:
        """Parity terms."""
        count = len(parity)
        self.groups += [group] * count
        self.masks += [mask for mask, _ in parity]
        self.terms += [term for _, term in parity]
        self.weights += [-0.5] * count
        self.subsets += [0] * count

    def pattern(self, group: int, mask: int, term: int) -> None:
        """All parities of a pattern."""
        parts = list(subsets(single_bits(mask)))
        self.groups += [group] * len(parts)
        self.masks += parts
        self.terms += [term] * len(parts)
        self.weights += [1 / len(parts)] * len(parts)
        self.subsets += parts


def split_groups(groups: Sequence[tuple[int, PhaseGroup]], buffer: Buffer, tables: TableList) -> list[SplitGroup]:
    """Sort the terms of numbered groups of one sweep into tables; lane terms stay aside, for their tables come last."""
    rows = _Rows()
    splits = []
    for place, (number, group) in enumerate(groups):
        split = SplitGroup(tables.new(buffer.row_bits, number))
        splits.append(split)
        rows.parities(place, group.parity)
        for mask, _, term in group.pattern:
            if _few_parities(mask, buffer):
                rows.pattern(place, mask, term)
            else:
                _pattern(mask, term, buffer, split, tables)
    _sort(rows, buffer, splits, tables)
    return splits


def _few_parities(mask: int, buffer: Buffer) -> bool:
    """Whether a pattern is better written as parities: two bits, or few rows and lanes and no two outer bits."""
    if mask.bit_count() <= 2:
        return True
    lanes, inner = mask & buffer.lanes, mask & buffer.rows
    outers = (mask & ~(lanes | inner)).bit_count()
    others = inner.bit_count() + outers
    return others < 2 if lanes else outers < 2 and others <= MOST_EXPANDED


def _pattern(mask: int, term: int, buffer: Buffer, split: SplitGroup, tables: TableList) -> None:
    """A pattern that is matched or added as a whole."""
    lanes, inner = mask & buffer.lanes, mask & buffer.rows
    outer = mask & ~(lanes | inner)
    pattern, outers = buffer.row_pattern(term, inner), outer.bit_count()
    if lanes:
        _selected(lanes, LaneSelector(pattern.mask, outer, pattern), split)
    elif outers < 2:
        tables.additions.append(Addition(split.row_table, pattern, 0.5**outers, 0))
        if outers:
            table = _mixed(outer, buffer, split, tables)
            tables.additions.append(Addition(table, pattern, 0.5, outer))
    else:
        table = tables.new(buffer.row_bits)
        split.matched.append((term, outer, table))
        tables.additions.append(Addition(table, pattern, 1.0, 0))


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


def _sort(rows: _Rows, buffer: Buffer, splits: list[SplitGroup], tables: TableList) -> None:
    """Parities without lanes into row and mixed tables, those with lanes aside."""
    groups, masks, terms, kept = (
        np.array(each, dtype=np.int64) for each in (rows.groups, rows.masks, rows.terms, rows.subsets)
    )
    weights = np.array(rows.weights)
    outer = masks & ~(buffer.lanes | buffer.rows)
    lanes, inner = masks & buffer.lanes, buffer.row(masks)
    plain = lanes == 0
    numbers = np.array([split.row_table for split in splits], dtype=np.int64)[groups]
    mixed = np.flatnonzero(plain & (outer != 0))
    numbers[mixed] = [
        _mixed(mask, buffer, splits[group], tables)
        for group, mask in zip(groups[mixed].tolist(), outer[mixed].tolist(), strict=True)
    ]
    entries = _chosen(groups[plain], inner[plain], buffer, splits, tables)
    tables.parts.append(Entries(numbers[plain], entries, terms[plain], weights[plain], kept[plain]))
    _aside((groups, lanes, inner, outer, terms, kept), weights, ~plain, splits)


def _chosen(groups: Masks, inner: Masks, buffer: Buffer, splits: list[SplitGroup], tables: TableList) -> Masks:
    """Tables of a group whose masks span few dimensions get an entry for each point of the span, not for each row.

    The masks over rows as masks over indices of entries.
    """
    added = {each.table for each in tables.additions}
    most = min(MOST_CHOSEN, buffer.row_bits - LEAST_SAVED)
    result = inner.copy()
    starts = np.searchsorted(groups, np.arange(len(splits) + 1))
    for split, begin, end in zip(splits, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        own = [split.row_table, *split.mixed.values()]
        if split.matched or not added.isdisjoint(own):
            continue
        masks, basis = inner[begin:end].tolist(), Basis()
        found = _combinations(masks, basis, most)
        if len(basis.masks) <= most:
            split.chosen = tuple(basis.masks)
            result[begin:end] = [found[mask] for mask in masks]
            for table in own:
                tables.bits[table] = len(basis.masks)
    return result


def _combinations(masks: Sequence[int], basis: Basis, most: int) -> dict[int, int]:
    """What each mask is made of, as long as no more than `most` are independent."""
    found: dict[int, int] = {}
    for mask in masks:
        if mask not in found:
            found[mask] = basis.combination(mask)
            if len(basis.masks) > most:
                break
    return found


def _aside(
    columns: Sequence[Masks], weights: NDArray[np.float64], chosen: NDArray[np.bool_], splits: list[SplitGroup]
) -> None:
    """Parities with lanes, with a selector for each parity of the other bits."""
    found: dict[tuple[int, int, int], int] = {}
    rows = zip(*(column[chosen].tolist() for column in columns), weights[chosen].tolist(), strict=True)
    for group, lanes, inner, outer, term, subset, weight in rows:
        split, number = splits[group], -1
        if inner or outer:
            number = found.setdefault((group, inner, outer), len(split.selectors))
            if number == len(split.selectors):
                split.selectors.append(LaneSelector(inner, outer))
        split.lane_entries.append((number, number >= 0, lanes, term, weight, subset))
