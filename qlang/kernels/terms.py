"""The terms of phase groups, sorted by what their bits are in the sweep: lanes, rows of the buffer, outer bits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

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
    whole: bool = False
    """Whether the tile is the state."""

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
        return sum([1 << position for position in self.local[self.lane_bits :]])

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

_NOWHERE = 63
"""A position that no mask has."""


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


Groups: TypeAlias = Sequence[tuple[int, PhaseGroup]]
"""Phase groups with their numbers."""


@dataclass(slots=True)
class _Rows:
    """Contributions before they are sorted: masks over positions, terms, weights, subsets."""

    masks: list[int] = field(default_factory=list)
    terms: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    subsets: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.masks)

    def group(self, group: PhaseGroup, buffer: Buffer) -> None:
        """All parities of a group."""
        count = len(group.parity)
        self.masks += [mask for mask, _ in group.parity]
        self.terms += [term for _, term in group.parity]
        self.weights += [-0.5] * count
        self.subsets += [0] * count
        for mask, _, term in group.pattern:
            if _few_parities(mask, buffer):
                self._pattern(mask, term)

    def _pattern(self, mask: int, term: int) -> None:
        parts = list(subsets(single_bits(mask)))
        self.masks += parts
        self.terms += [term] * len(parts)
        self.weights += [1 / len(parts)] * len(parts)
        self.subsets += parts


_Aside: TypeAlias = tuple[int, int, int, int, float, int]
"""A contribution with lanes: lanes, mask over rows, outer mask, term, weight, subset."""


@dataclass(slots=True)
class SortedTerms:
    """The contributions of all groups, those of all sweeps taken apart at once; then tables are made for a sweep at a
    time. Parallel are those without lanes, and those with lanes are aside; of both, `begins` has where those of each
    group begin, and the end."""

    inner: list[int]
    """Masks over rows."""
    outer: list[int]
    terms: Masks
    weights: NDArray[np.float64]
    subsets: Masks
    begins: list[int]
    aside: list[_Aside]
    aside_begins: list[int]
    numbers: list[int] = field(default_factory=list)
    """Tables …"""
    indices: list[int] = field(default_factory=list)
    """… and entries of their spectra, of the groups that were split."""
    done: int = 0
    """Groups that were split."""

    @classmethod
    def of(cls, sweeps: Sequence[tuple[Buffer, Groups]]) -> "SortedTerms":
        """Of the groups of each sweep."""
        rows, begins, counts = _Rows(), [0], []
        for buffer, groups in sweeps:
            before = len(rows)
            for _, group in groups:
                rows.group(group, buffer)
                begins.append(len(rows))
            counts.append(len(rows) - before)
        terms, subsets, weights = (
            np.array(rows.terms, np.int64),
            np.array(rows.subsets, np.int64),
            np.array(rows.weights),
        )
        lanes, inner, outer = _parts(np.array(rows.masks, np.int64), [buffer for buffer, _ in sweeps], counts)
        plain = lanes == 0
        before_each = np.concatenate([[0], np.cumsum(plain)])[begins]
        columns = [lanes, inner, outer, terms, weights, subsets]
        aside = zip(*(column[~plain].tolist() for column in columns), strict=True)
        return cls(
            inner[plain].tolist(),
            outer[plain].tolist(),
            terms[plain],
            weights[plain],
            subsets[plain],
            before_each.tolist(),
            list(aside),
            (begins - before_each).tolist(),
        )

    def split(self, groups: Groups, buffer: Buffer, tables: TableList) -> list[SplitGroup]:
        """The tables of the groups of the next sweep; those of lanes come last, so their terms stay aside."""
        splits = [_split(number, group, buffer, tables) for number, group in groups]
        added = {each.table for each in tables.additions}
        for group, split in enumerate(splits, self.done):
            own = slice(*self.begins[group : group + 2])
            numbers = [_mixed(mask, buffer, split, tables) if mask else split.row_table for mask in self.outer[own]]
            self.numbers += numbers
            self.indices += _chosen(self.inner[own], buffer, split, tables, added)
            _enter_aside(self.aside[slice(*self.aside_begins[group : group + 2])], split)
        self.done += len(splits)
        return splits

    def entries(self) -> Entries:
        """What adds to tables without lanes, once all groups were split."""
        numbers, indices = np.array(self.numbers, dtype=np.int64), np.array(self.indices, dtype=np.int64)
        return Entries(numbers, indices, self.terms, self.weights, self.subsets)


def _parts(masks: Masks, buffers: Sequence[Buffer], counts: Sequence[int]) -> tuple[Masks, Masks, Masks]:
    """Masks over positions as masks over lanes, over a row's number and over outer positions; `counts` of them are for
    each buffer."""
    width = max([buffer.row_bits for buffer in buffers], default=0)
    positions = np.full((len(buffers), width), _NOWHERE)
    for number, buffer in enumerate(buffers):
        positions[number, : buffer.row_bits] = buffer.local[buffer.lane_bits :]
    inside = np.array([[buffer.lanes, buffer.rows] for buffer in buffers], dtype=np.int64).reshape(-1, 2)
    lanes, rows = np.repeat(inside, counts, axis=0).T
    inner = np.zeros_like(masks)
    for bit, each in enumerate(np.repeat(positions, counts, axis=0).T):
        inner |= (masks >> each & 1) << bit
    return masks & lanes, inner, masks & ~(lanes | rows)


def _split(number: int, group: PhaseGroup, buffer: Buffer, tables: TableList) -> SplitGroup:
    """A group's row table, and those of its patterns that are no parities."""
    split = SplitGroup(tables.new(buffer.row_bits, number))
    for mask, _, term in group.pattern:
        if not _few_parities(mask, buffer):
            _pattern(mask, term, buffer, split, tables)
    return split


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


def _chosen(
    masks: Sequence[int], buffer: Buffer, split: SplitGroup, tables: TableList, added: set[int]
) -> Sequence[int]:
    """Tables of a group whose masks span few dimensions get an entry for each point of the span, not for each row.

    The masks over rows as masks over indices of entries; `added` are the tables that more than parities add to.
    """
    own = [split.row_table, *split.mixed.values()]
    if split.matched or not added.isdisjoint(own):
        return masks
    most = min(MOST_CHOSEN, buffer.row_bits - LEAST_SAVED)
    basis, found = _spanned(masks, most)
    if len(basis) > most:
        return masks
    split.chosen = tuple(basis)
    for table in own:
        tables.bits[table] = len(basis)
    return [found[mask] for mask in masks]


def _spanned(masks: Sequence[int], most: int) -> tuple[list[int], dict[int, int]]:
    """Independent ones among some masks, and which of these each mask is the exclusive or of, as bits; as long as no
    more than `most` are independent."""
    basis: list[int] = []
    reduced: dict[int, tuple[int, int]] = {}  # by their lengths, masks and which of the basis they are
    found: dict[int, int] = {}
    for given in masks:
        if given in found:
            continue
        mask, combination = given, 0
        while mask:
            length = mask.bit_length()
            if length not in reduced:
                own = 1 << len(basis)
                reduced[length] = mask, combination ^ own
                basis.append(given)
                combination = own
                break
            vector, parts = reduced[length]
            mask ^= vector
            combination ^= parts
        found[given] = combination
        if len(basis) > most:
            break
    return basis, found


def _enter_aside(rows: Sequence[_Aside], split: SplitGroup) -> None:
    """Parities with lanes, with a selector for each parity of the other bits."""
    found: dict[tuple[int, int], int] = {}
    for lanes, inner, outer, term, weight, subset in rows:
        number = -1
        if inner or outer:
            number = found.setdefault((inner, outer), len(split.selectors))
            if number == len(split.selectors):
                split.selectors.append(LaneSelector(inner, outer))
        split.lane_entries.append((number, number >= 0, lanes, term, weight, subset))
