"""Where everything that binding writes stands: the structure of a program's tables, made once for each program.

A phase group's exponent is a function of the index x, split by what the bits of x are while a tile is in the buffer:
lanes (the W entries of a vector), rows (the other bits of the buffer) and outer bits (constant in a tile). Parities
are products over the parts, so with r the row, l the lane and o the outer bits of x, the group multiplies by

    row table[c(r)]  ·  Π mixed tables[c(r)]  ·  Π lane tables[selection(r, o)][l]

- c(r) is r itself, or some parities of r: where few masks are on the rows, an entry for each row would say the same
  many times over;
- the row table has what touches rows only, and the scale that rotations have left to the group; a large one that is
  needed once in a run is left as the two factors that it is a product of;
- a mixed table belongs to an outer mask: it is used as it is where the parity of o & mask is even, else conjugated;
  or, for patterns with two or more outer bits, used where o & mask equals a value and left out elsewhere;
- a lane table has a row of lanes for each of the 2^J values that J selectors take: a selector is a parity of row and
  outer bits, or the match of a pattern of two or more of them.

Other patterns are written as parities (`qlang.kernels.terms`); their signs then follow the frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cpu.memory import LINE, zeros
from qlang.kernels.program import Program, Sweep
from qlang.kernels.scaled_twists import ScaledTwists, in_whole_passes, scaled_twists
from qlang.kernels.spectra import FACTORED, Spectra, spectra_of
from qlang.kernels.tables import Entries, RowPattern, TableList, write_all_linear
from qlang.kernels.terms import Buffer, Groups, LaneSelector, SortedTerms, SplitGroup

ALIGNMENT = 16
"""Elements: tables start at multiples of 64 bytes in either precision."""

TWIST_NUMBERS = 8
"""Of each TWIST step."""

MOST_SELECTORS = 6
"""Of one lane table: 64 rows of lanes are 8 KiB."""


class Mixed(NamedTuple):
    """A table (2, entries), cosines then sines, and what the outer bits decide about it."""

    pattern: bool
    """Whether x & outer must equal `values[item, value]`; else the parity of x & outer conjugates the table."""
    outer: int
    """Mask over absolute positions."""
    value: int
    """Index into the bound values, −1 for a parity."""
    offset: int


class Selector(NamedTuple):
    """Bit j of a lane table's index: bit j of the row's `bits`, and what the outer bits do to it."""

    pattern: bool
    """Whether it is kept only where x & outer equals `values[item, value]`; else the parity of x & outer flips it."""
    outer: int
    value: int


class LaneTable(NamedTuple):
    """A table (2, 2^J, W), cosines then sines, J the number of selectors.

    The bits that the rows give to the index are `bits[item, bits_offset + row]`; `bits_offset` is −1 where no selector
    looks at the row.
    """

    offset: int
    selectors: tuple[Selector, ...]
    bits_offset: int


class GroupLayout(NamedTuple):
    """The tables of a phase group; offsets into a row of the bound data."""

    entries: int
    row_offset: int
    """Of the row table (2, entries), which is always there, or of its factors."""
    factors: int
    """The rank of a row table that is left as factors (`qlang.kernels.spectra.factor_sizes`), else 0."""
    choice: int
    """Row r takes the entry of the row table and of the mixed ones that `choice_bytes` of `bits[item]` say, beginning
    at choice + choice_bytes · r; −1: entry r."""
    choice_bytes: int
    """1 or 2, the lower first."""
    row_terms: bool
    """Whether the row table is more than the scale."""
    mixed: tuple[Mixed, ...]
    lane_tables: tuple[LaneTable, ...]


@dataclass(frozen=True, slots=True)
class RowMatch:
    """Bit `bit` of `bits[offset + row]` is whether row & mask is the value of a pattern term."""

    offset: int
    rows: int
    bit: int
    pattern: RowPattern


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Layout:
    """A program with the places of its numbers. `data` of a bound program is (batch, size), real.

    The t of rotation id r is at `rotations + r`; program.twists[k] has `TWIST_NUMBERS` at twists + TWIST_NUMBERS·k, the
    second half of them for an odd parity: tan(θ/4), sin(θ/2), cos(θ/2) and nothing; of those that are `scaled`, twice
    tan(θ/2), 1 and nothing. `bits` (bits_size,) uint8 lacks the `matches`, which frames change. The bound value i is
    value of term `values[i][0]` & `values[i][1]`.
    """

    program: Program
    size: int
    rotations: int
    twists: int
    groups: tuple[GroupLayout, ...]
    spectra: Spectra
    values: tuple[tuple[int, int], ...]
    bits: NDArray[np.uint8]
    matches: tuple[RowMatch, ...]
    scaled: ScaledTwists
    """The TWIST steps whose cosines groups take."""
    scaled_places: NDArray[np.int64]
    """Where in the spectra the exponents of these go."""

    @property
    def value_count(self) -> int:
        """Outer values that differ by item."""
        return len(self.values)

    @property
    def bits_size(self) -> int:
        """Bytes of `bits`."""
        return len(self.bits)

    @classmethod
    def of(cls, program: Program, *, scaled: bool = True, factored: int = FACTORED) -> "Layout":
        """Lay a program out; `scaled`: groups take the cosines of TWIST steps where they can. Row tables of so many
        bits are left as factors where a tile is the state, so that they are needed once."""
        draft = _Draft(program.options.lane_bits)
        groups: dict[int, GroupLayout] = {}
        parts = [_in_buffer(program, sweep) for sweep in program.sweeps]
        terms = SortedTerms.of(parts)
        for buffer, own in parts:
            made = _groups(terms.split(own, buffer, draft.tables), buffer, draft)
            groups.update(zip([number for number, _ in own], made, strict=True))
        draft.tables.parts += [terms.entries(), _lane_entries(draft.lane_rows)]
        twists = -len(program.rotations) % ALIGNMENT + len(program.rotations)
        size = TWIST_NUMBERS * len(program.twists)
        start = twists + size + -size % ALIGNMENT
        wanted = scaled_twists(program) if scaled else ScaledTwists.none()
        large = [number for number in draft.whole if draft.tables.bits[number] >= factored]
        spectra = spectra_of(draft.tables, start, ALIGNMENT, large)
        places = spectra.places_of(wanted.terms)
        taken = in_whole_passes(program, wanted.of(places >= 0))
        return cls(
            program,
            spectra.end,
            0,
            twists,
            tuple(_placed(groups[number], spectra) for number in range(len(groups))),
            spectra,
            tuple(draft.values),
            _bits(draft),
            tuple(draft.matches),
            taken,
            places[np.isin(wanted.twists, taken.twists)],
        )


def choice_bytes(entries: int) -> int:
    """Of the number of an entry."""
    return 1 if entries <= 1 << 8 else 2


@dataclass(slots=True)
class _Draft:
    """What is known of a layout before tables have their places."""

    lane_bits: int
    tables: TableList = field(default_factory=TableList)
    values: list[tuple[int, int]] = field(default_factory=list)
    bits: dict[tuple[int, int], list[tuple[int, Sequence[int]]]] = field(default_factory=dict)
    """By bits of a row and bytes of a number, where the numbers are, and the masks that make them."""
    bits_size: int = 0
    choices: dict[tuple[int, ...], int] = field(default_factory=dict)
    """Where the numbers are, by bits of a row and masks."""
    matches: list[RowMatch] = field(default_factory=list)
    lane_rows: list[tuple[int, int, int, float, int]] = field(default_factory=list)
    """Table, index, term, weight and subset of what adds to lane tables."""
    whole: list[int] = field(default_factory=list)
    """Tables of rows of tiles that are the state."""

    def choice(self, masks: Sequence[int], row_bits: int) -> int:
        """Where numbers are whose bit j is the parity of the row & masks[j], not written more than once."""
        key = (row_bits, *masks)
        if key not in self.choices:
            self.choices[key] = self.add_bits(masks, row_bits, choice_bytes(1 << len(masks)))
        return self.choices[key]

    def add_bits(self, masks: Sequence[int], row_bits: int, width: int = 1) -> int:
        """Where numbers of so many bytes are whose bit j is the parity of the row & masks[j]."""
        offset, size = self.bits_size, width << row_bits
        self.bits.setdefault((row_bits, width), []).append((offset, masks))
        self.bits_size += -size % LINE + size
        return offset

    def value(self, term: int, outer: int) -> int:
        """The number of one more bound value."""
        self.values.append((term, outer))
        return len(self.values) - 1


def _in_buffer(program: Program, sweep: Sweep) -> tuple[Buffer, Groups]:
    """The parts of an index in a sweep, and its groups."""
    numbers = [each.phase for each in sweep.passes if each.phase >= 0]
    buffer = Buffer(program.options.lane_bits, sweep.local, len(sweep.local) == sweep.size)
    return buffer, [(number, program.groups[number]) for number in numbers]


def _groups(splits: Sequence[SplitGroup], buffer: Buffer, draft: _Draft) -> list[GroupLayout]:
    """The tables of a sweep's groups, numbers of tables standing where offsets will be."""
    result = []
    for split in splits:
        mixed = [Mixed(False, outer, -1, table) for outer, table in split.mixed.items()]
        mixed += [Mixed(True, outer, draft.value(term, outer), table) for term, outer, table in split.matched]
        lanes = _lane_tables(split, buffer, draft)
        choice = -1 if split.chosen is None else draft.choice(split.chosen, buffer.row_bits)
        entries = 1 << draft.tables.bits[split.row_table]
        width = choice_bytes(entries)
        result.append(GroupLayout(entries, split.row_table, 0, choice, width, True, tuple(mixed), lanes))
    if buffer.whole:
        draft.whole += [split.row_table for split in splits]
    return result


def _lane_tables(split: SplitGroup, buffer: Buffer, draft: _Draft) -> tuple[LaneTable, ...]:
    """Deal the selectors out to as few tables as possible; terms without a selector go into the first."""
    if not split.lane_entries:
        return ()
    count = max(1, -(-len(split.selectors) // MOST_SELECTORS))
    order = sorted(range(len(split.selectors)), key=lambda number: not split.selectors[number].row_mask)
    size = -(-len(order) // count)
    dealt = [order[table * size : (table + 1) * size] for table in range(count)]
    places = {-1: (0, 0)}
    laid: list[LaneTable] = []
    for members in dealt:
        table = draft.tables.new(draft.lane_bits + len(members))
        places.update({number: (len(laid), bit) for bit, number in enumerate(members)})
        chosen = [split.selectors[number] for number in members]
        laid.append(
            LaneTable(table, tuple(_selector(each, draft) for each in chosen), _row_bits(chosen, buffer, draft))
        )
    for number, inside, lanes, term, weight, subset in split.lane_entries:
        place, bit = places[number]
        index = lanes | inside << bit + draft.lane_bits
        draft.lane_rows.append((laid[place].offset, index, term, weight, subset))
    return tuple(laid)


def _lane_entries(rows: Sequence[tuple[int, int, int, float, int]]) -> Entries:
    """Contributions to lane tables, as arrays."""
    tables, indices, terms, subsets = (np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1, 2, 4))
    return Entries(tables, indices, terms, np.array([row[3] for row in rows], dtype=np.float64), subsets)


def _selector(selector: LaneSelector, draft: _Draft) -> Selector:
    if selector.pattern is None:
        return Selector(False, selector.outer, -1)
    return Selector(True, selector.outer, draft.value(selector.pattern.term, selector.outer))


def _row_bits(selectors: Sequence[LaneSelector], buffer: Buffer, draft: _Draft) -> int:
    """Write the rows' part of a lane table's index; where it is, or −1."""
    if not any(each.row_mask or each.pattern for each in selectors):
        return -1
    masks = [each.row_mask if each.pattern is None else 0 for each in selectors]
    offset, rows = draft.add_bits(masks, buffer.row_bits), 1 << buffer.row_bits
    for bit, each in enumerate(selectors):
        if each.pattern is not None:
            draft.matches.append(RowMatch(offset, rows, bit, each.pattern))
    return offset


def _bits(draft: _Draft) -> NDArray[np.uint8]:
    """All numbers that are made of parities of rows, those of so many bytes at a time."""
    result = zeros(draft.bits_size)
    for width in {width for _, width in draft.bits}:
        kinds = [(row_bits, members) for (row_bits, each), members in draft.bits.items() if each == width]
        made = [masks for _, members in kinds for _, masks in members]
        masks = np.zeros((len(made), max(map(len, made)), 1), dtype=np.int64)
        for number, each in enumerate(made):
            masks[number, : len(each), 0] = each
        # what each bit of a row adds to the numbers
        bits = np.arange(max([row_bits for row_bits, _ in kinds]))
        images = (masks >> bits & 1).swapaxes(1, 2) @ np.left_shift(1, np.arange(masks.shape[1]))
        write_all_linear(
            images,
            [
                result[span].view(f"<u{width}").reshape(-1, 1 << row_bits)
                for row_bits, members in kinds
                for span in _together([offset for offset, _ in members], width << row_bits)
            ],
        )
    return result


def _together(offsets: Sequence[int], size: int) -> list[slice]:
    """Ascending offsets of parts of one size as spans of those that follow each other."""
    spans: list[slice] = []
    for offset in offsets:
        start = spans.pop().start if spans and spans[-1].stop == offset else offset
        spans.append(slice(start, offset + size))
    return spans


def _placed(group: GroupLayout, spectra: Spectra) -> GroupLayout:
    """A group with offsets in place of tables' numbers."""
    offsets, terms = spectra.offsets, spectra.terms
    return GroupLayout(
        group.entries,
        offsets[group.row_offset],
        spectra.factors[group.row_offset],
        group.choice,
        group.choice_bytes,
        terms[group.row_offset],
        tuple([Mixed(each.pattern, each.outer, each.value, offsets[each.offset]) for each in group.mixed]),
        tuple([LaneTable(offsets[each.offset], each.selectors, each.bits_offset) for each in group.lane_tables]),
    )
