"""A phase group as what threads multiply by: few tables, most of one entry for each group of amplitudes.

A term's mask has three parts: bits of the tile (uniform in a block), of the group (one thread), and of the registers
(the amplitudes that a thread holds). Terms of the same tile and register part make one table over the groups,
conjugated by the parities of the other two parts; terms of registers alone make the table of `factors`. So a layer
of rz costs one table entry for eight amplitudes, and two-qubit phases across the parts one more table each.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cuda.layout import PASS, PHASE, TABLE, TERM
from qlang.kernels.cuda.shape import REGISTERS
from qlang.kernels.program import PhaseGroup

LONGEST_EXPANDED = 3
"""Patterns of at most so many bits are written as signs of parities, which merge with those of other terms."""


@dataclass(frozen=True, slots=True)
class AngleSource:
    """An angle of a device term: coefficient · φ(term) · (−1)^|subset & value of the term's pattern|."""

    term: int
    coefficient: float = 1.0
    subset: int = 0
    """Positions; 0 for parity terms and for patterns that stay such."""


@dataclass(frozen=True, slots=True)
class Split:
    """A mask in the three parts that it has for a pass."""

    tile: int
    group: int
    registers: int


@dataclass(frozen=True, slots=True)
class PassBits:
    """Where positions went for one pass: position → bit of the tile, of the group or of the registers."""

    tile: dict[int, int]
    group: dict[int, int]
    registers: dict[int, int]

    def split(self, mask: int) -> Split:
        """The parts of a mask over positions."""
        return Split(*(_moved(mask, bits) for bits in (self.tile, self.group, self.registers)))


@dataclass(frozen=True, slots=True)
class PatternBits:
    """A pattern term whose value stays with the pass: the value's position → bit maps."""

    term: int
    mask: int
    bits: PassBits
    entry_is_registers: bool
    """Whether its table is indexed by the registers rather than by the group."""


@dataclass(slots=True)
class PhaseTables:
    """Collects the tables of all groups of a program."""

    phases: list[tuple[int, ...]] = field(default_factory=list)
    tables: list[tuple[int, ...]] = field(default_factory=list)
    terms: list[tuple[int, ...]] = field(default_factory=list)
    sources: dict[AngleSource, int] = field(default_factory=dict)
    patterns: list[PatternBits] = field(default_factory=list)
    size: int = 0
    """Entries of all tables of one batch item."""

    def add(self, record: NDArray[np.void], number: int, group: PhaseGroup, bits: PassBits, group_bits: int) -> None:
        """Make the tables of group `number` and enter them in the `PASS` record of the pass that it stands in."""
        collected = _Collected(self, bits)
        for mask, source in _parities(group):
            collected.parity(mask, source)
        for mask, _, term in group.pattern:
            if mask.bit_count() > LONGEST_EXPANDED:
                collected.pattern(mask, term)
        record["factors"] = self.table(collected.factors, REGISTERS, number)
        record["shared_phases"] = len(self.phases)
        for (tile, registers), terms in collected.parities.items():
            if not registers:
                self.phase(tile, registers, terms, group_bits)
        record["shared_count"] = len(self.phases) - record["shared_phases"]
        record["split_phases"] = len(self.phases)
        for (tile, registers), terms in collected.parities.items():
            if registers:
                self.phase(tile, registers, terms, group_bits)
        for split, entry in collected.patterns:
            self.phase(split.tile, split.registers, [entry], group_bits, entry[2])
        record["split_count"] = len(self.phases) - record["split_phases"]

    def phase(
        self, tile: int, registers: int, terms: list[tuple[int, int, int]], group_bits: int, pattern: int = -1
    ) -> None:
        """Append a phase and its table, of one entry where no term looks at the group."""
        bits = group_bits if any(mask for mask, _, _ in terms) else 0
        self.phases.append((tile, self.table(terms, bits), int(bits > 0), registers, pattern))

    def table(self, terms: list[tuple[int, int, int]], bits: int, scale: int = -1) -> int:
        """Append a table of 2**bits entries; its offset."""
        offset = self.size
        self.tables.append((offset, bits, len(self.terms), len(terms), scale, 0))
        self.terms += [(*term, 0) for term in terms]
        self.size += 1 << bits
        return offset

    def source(self, source: AngleSource) -> int:
        """The index of an angle on the device."""
        return self.sources.setdefault(source, len(self.sources))

    def arrays(self) -> tuple[NDArray[np.void], NDArray[np.void], NDArray[np.void]]:
        """Phases, tables and terms as records, at least one of each so that none is a null pointer."""
        return tuple(  # type: ignore[return-value]  # three of them
            np.array(rows or [(0,) * len(kind.names or ())], dtype=kind)
            for rows, kind in ((self.phases, PHASE), (self.tables, TABLE), (self.terms, TERM))
        )


@dataclass(slots=True)
class _Collected:
    """The terms of one group by their tile and register parts; entries are (mask, angle, pattern)."""

    into: PhaseTables
    bits: PassBits
    factors: list[tuple[int, int, int]] = field(default_factory=list)
    parities: dict[tuple[int, int], list[tuple[int, int, int]]] = field(default_factory=lambda: defaultdict(list))
    patterns: list[tuple[Split, tuple[int, int, int]]] = field(default_factory=list)

    def parity(self, mask: int, source: AngleSource) -> None:
        split, angle = self.bits.split(mask), self.into.source(source)
        if split.tile or split.group:
            self.parities[split.tile, split.registers].append((split.group, angle, -1))
        else:
            self.factors.append((split.registers, angle, -1))

    def pattern(self, mask: int, term: int) -> None:
        split, angle = self.bits.split(mask), self.into.source(AngleSource(term))
        alone = bool(split.registers) and not (split.tile or split.group)
        number = len(self.into.patterns)
        self.into.patterns.append(PatternBits(term, mask, self.bits, entry_is_registers=alone))
        if alone:
            self.factors.append((split.registers, angle, number))
        elif not split.tile and not split.registers:
            self.parities[0, 0].append((split.group, angle, number))
        else:
            self.patterns.append((split, (split.group, angle, number)))


def _parities(group: PhaseGroup) -> Iterator[tuple[int, AngleSource]]:
    """Parity terms, and short patterns written as such.

    Where x & m == v is the mean over the subsets s of m of (−1)^|s & x| (−1)^|s & v|; so exp(iφ) there is the
    product of the parities of all s with angles −2^(1−k) (−1)^|s & v| φ, for k bits.
    """
    for mask, term in group.parity:
        yield mask, AngleSource(term)
    for mask, _, term in group.pattern:
        if mask.bit_count() <= LONGEST_EXPANDED:
            for subset in _subsets(mask):
                yield subset, AngleSource(term, -(2.0 ** (1 - mask.bit_count())), subset)


def _subsets(mask: int) -> Iterator[int]:
    subset = mask
    while True:
        yield subset
        if not subset:
            return
        subset = (subset - 1) & mask


def _moved(mask: int, bits: dict[int, int]) -> int:
    return sum(1 << bit for position, bit in bits.items() if mask >> position & 1)


def new_passes(count: int) -> NDArray[np.void]:
    """Records of passes that do nothing, at least one."""
    passes = np.zeros(max(count, 1), dtype=PASS)
    passes["rotations"] = -1
    passes["factors"] = -1
    return passes
