"""Layers of Pauli rotations as sweeps over tiles that stay in the cache.

Memory is a vector space over GF(2): vectors of 2^lane_bits amplitudes, numbered by `places`. A rotation joins the
places p and p ⊕ (flip without lanes), so a tile is the span of the flips that it rotates, filled up with unit vectors;
nothing is ever moved. Wires beyond a tile begin at places that also change low bits: else the places of a tile would
fall into the same sets of the cache.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qlang.kernels.cpu.gradient_text import MOST_LANES, MOST_REGISTERS
from qlang.kernels.pauli_layers import Layer, PauliLayers, Turn, pauli_layers
from qlang.kernels.steps import Steps

TILE_BITS = 11
"""log2 of the vectors of a tile: four planes of 2^11 vectors of 64 bytes are half of a usual second-level cache."""
RUN_BITS = 3
"""Places whose lowest bits differ are in every tile: lines of memory come in runs, as the processor fetches them."""
HELD_BITS = 3
"""log2 of the vectors that a kernel holds at once."""


class Span:
    """A space of masks, as an echelon basis."""

    __slots__ = ("_by_pivot",)

    def __init__(self, masks: Iterable[int] = ()) -> None:
        self._by_pivot: dict[int, int] = {}
        for mask in masks:
            self.add(mask)

    def rest(self, mask: int) -> int:
        """The mask without what the basis can take away; 0 for one in the span."""
        while mask:
            known = self._by_pivot.get(mask.bit_length())
            if known is None:
                return mask
            mask ^= known
        return 0

    def add(self, mask: int) -> bool:
        """Adds a mask; whether it was not in the span."""
        rest = self.rest(mask)
        if rest:
            self._by_pivot[rest.bit_length()] = rest
        return bool(rest)

    def __len__(self) -> int:
        return len(self._by_pivot)


@dataclass(frozen=True, slots=True)
class Rotations:
    """One walk: rotations between the vectors held at once, and within vectors."""

    registers: tuple[Turn, ...]
    lanes: tuple[Turn, ...]
    held: tuple[int, ...]
    """The places that span what is held."""
    walk: tuple[int, ...]
    """What spans the rest of the tile."""


@dataclass(frozen=True, slots=True)
class Phases:
    """One walk that applies phases; the turns are sorted by bin."""

    turns: tuple[Turn, ...]
    bins: tuple[int, ...]
    """Nine: where each bin begins, and the end. Bit i of a turn's bin: whether it changes its sign with held[i]."""
    held: tuple[int, ...]
    walk: tuple[int, ...]


@dataclass(slots=True)
class Tiles:
    """A sweep: for every combination of `outer`, all walks over the span of `basis`."""

    basis: list[int]
    span: Span
    outer: tuple[int, ...]
    walks: list[Rotations | Phases] = field(default_factory=list)


@dataclass(frozen=True)
class TurnPlan:
    """A circuit as sweeps. Places have `place_bits` bits above the `lane_bits` of a vector."""

    layers: PauliLayers
    lane_bits: int
    place_bits: int
    sweeps: tuple[Tiles, ...]


def turn_plan(steps: Steps, lane_bits: int) -> TurnPlan:
    """The plan for vectors of 2^lane_bits amplitudes. Raises PatternTooWide."""
    place_bits = max(steps.qubits - lane_bits, HELD_BITS)
    flips, signs = _beginning(steps.qubits, lane_bits)
    layers = pauli_layers(steps, flips, signs)
    planner = _Planner(lane_bits, place_bits)
    for layer in layers.layers:
        planner.add(layer)
    return TurnPlan(layers, lane_bits, place_bits, tuple(planner.sweeps))


def _beginning(qubits: int, lane_bits: int) -> tuple[list[int], list[int]]:
    """Flips and signs of the wires: those above a tile change a low bit too."""
    flips, signs = [1 << wire for wire in range(qubits)], [1 << wire for wire in range(qubits)]
    for wire in range(lane_bits + TILE_BITS, qubits):
        low = lane_bits + RUN_BITS + (wire - lane_bits - TILE_BITS) % (TILE_BITS - RUN_BITS)
        flips[wire] |= 1 << low
        signs[low] |= 1 << wire
    return flips, signs


def low_tiles(place_bits: int) -> Tiles:
    """A sweep over consecutive vectors."""
    bits = min(TILE_BITS, place_bits)
    basis = [1 << bit for bit in range(bits)]
    return Tiles(basis, Span(basis), tuple(1 << bit for bit in range(bits, place_bits)))


@dataclass(slots=True)
class _Planner:
    lane_bits: int
    place_bits: int
    sweeps: list[Tiles] = field(default_factory=list)

    def add(self, layer: Layer) -> None:
        if layer.kind == "phases":
            self._phases(layer.turns)
            return
        left = list(layer.turns)
        if self.sweeps:  # what the open tile can do without another walk over memory
            known = self.sweeps[-1].span
            left = self._rotations([t for t in left if not known.rest(t.flip >> self.lane_bits)], left)
        while left:
            chosen, span = [], Span(1 << bit for bit in range(RUN_BITS))
            for turn in left:
                place = turn.flip >> self.lane_bits
                if not span.rest(place) or len(span) < min(TILE_BITS, self.place_bits):
                    span.add(place)
                    chosen.append(turn)
            self._open([turn.flip >> self.lane_bits for turn in chosen])
            left = self._rotations(chosen, left)

    def _open(self, places: Sequence[int]) -> None:
        """A sweep whose tiles hold these places."""
        size = min(TILE_BITS, self.place_bits)
        span, basis = Span(), []
        low = Span()
        for place in [1 << bit for bit in range(RUN_BITS)] + list(places):
            if span.add(place):
                basis.append(place)
                low.add(place & ((1 << TILE_BITS) - 1))
        units = [1 << bit for bit in range(self.place_bits)]
        for spread in (True, False):
            for unit in units:
                if len(span) < size and (not spread or low.rest(unit & ((1 << TILE_BITS) - 1))) and span.add(unit):
                    basis.append(unit)
                    low.add(unit & ((1 << TILE_BITS) - 1))
        whole = Span(basis)
        outer = tuple(unit for unit in units if whole.add(unit))
        self.sweeps.append(Tiles(basis, span, outer))

    def _rotations(self, chosen: Sequence[Turn], left: list[Turn]) -> list[Turn]:
        """Adds walks for the chosen turns to the open sweep; the others."""
        between = [turn for turn in chosen if turn.flip >> self.lane_bits]
        within = [turn for turn in chosen if not turn.flip >> self.lane_bits]
        while between or within:
            span = Span()
            registers: list[Turn] = []
            rest: list[Turn] = []
            for turn in between:
                if len(registers) < MOST_REGISTERS and span.add(turn.flip >> self.lane_bits):
                    registers.append(turn)
                else:
                    rest.append(turn)
            between = rest
            lanes, within = within[:MOST_LANES], within[MOST_LANES:]
            held = tuple(turn.flip >> self.lane_bits for turn in registers)
            walk = Rotations(tuple(registers), tuple(lanes), held, self._beside(held))
            self.sweeps[-1].walks.append(walk)
        return [turn for turn in left if turn not in chosen]

    def _phases(self, turns: Sequence[Turn]) -> None:
        if not self.sweeps:
            self.sweeps.append(low_tiles(self.place_bits))
        held = tuple(self.sweeps[-1].basis[:HELD_BITS])
        bins: list[list[Turn]] = [[] for _ in range(1 << HELD_BITS)]
        for turn in turns:
            changes = [((turn.sign >> self.lane_bits) & place).bit_count() & 1 for place in held]
            bins[sum(change << i for i, change in enumerate(changes))].append(turn)
        begins = [sum(map(len, bins[:b])) for b in range(len(bins) + 1)]
        ordered = tuple(turn for each in bins for turn in each)
        self.sweeps[-1].walks.append(Phases(ordered, tuple(begins), held, self._beside(held)))

    def _beside(self, held: Sequence[int]) -> tuple[int, ...]:
        """What spans the open tile together with the places held."""
        span = Span(held)
        return tuple(place for place in self.sweeps[-1].basis if span.add(place))
