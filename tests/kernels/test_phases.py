"""Phase tables against the formula, term by term, for every way in which bits fall into lanes, rows and tiles."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.kernels.angles import ProgramAngles
from qlang.kernels.bind import Precision, tables_of
from qlang.kernels.frames import Frame
from qlang.kernels.interpret import table_factors, term_factors
from qlang.kernels.layout import ALIGNMENT, Layout
from qlang.kernels.phases import unit_numbers
from qlang.kernels.program import Pass, PhaseGroup, PlanOptions, Program, Sweep, Terms
from qlang.kernels.spectra import MOST_CROSSING, SMALL

QUBITS = 9
TOLERANCE = {"float32": 2e-6, "float64": 1e-13}


def _program(groups: list[PhaseGroup], local: tuple[int, ...], lane_bits: int, qubits: int = QUBITS) -> Program:
    """A sweep that applies phase groups only."""
    count = sum(len(group.parity) + len(group.pattern) for group in groups)
    terms = Terms((0,) * count, (1.0,) * count, (0,) * count, ((),) * count)
    passes = tuple(Pass((), (), phase=number) for number in range(len(groups)))
    wires = tuple(range(qubits))
    return Program(
        qubits=qubits,
        wires=qubits,
        options=PlanOptions(lane_bits, lane_bits, len(local)),
        fresh=False,
        start=wires,
        end=wires,
        initial=((),) * qubits,
        sweeps=(Sweep(local, passes, qubits),),
        rotations=(),
        terms=terms,
        groups=tuple(groups),
    )


def _numbers(program: Program, batch: int, seed: int) -> ProgramAngles:
    """Any angles, scales and values of patterns, differing by item."""
    generator = np.random.default_rng(seed)
    count = len(program.terms.steps)
    return ProgramAngles(
        tangents=np.zeros((batch, 0)),
        terms=generator.normal(scale=4, size=(batch, count)),
        values=generator.integers(0, 1 << program.qubits, (batch, count)) & _pattern_masks(program),
        scales=generator.uniform(0.5, 1, (batch, len(program.groups))),
        factors=np.ones((1, program.qubits, 2), dtype=np.complex128),
        frame=Frame.none(batch),
    )


def _pattern_masks(program: Program) -> np.ndarray:
    masks = np.zeros(len(program.terms.steps), dtype=np.int64)
    for group in program.groups:
        for mask, _, term in group.pattern:
            masks[term] = mask
    return masks


@st.composite
def groups(draw: st.DrawFn, most: int = 8) -> list[PhaseGroup]:
    """Groups whose terms are numbered throughout."""
    masks, number, result = st.integers(0, (1 << QUBITS) - 1), 0, []
    for _ in range(draw(st.integers(1, 3))):
        parities = draw(st.lists(masks, max_size=most))
        patterns = draw(st.lists(masks.filter(lambda mask: mask.bit_count() > 1), max_size=3))
        parity = tuple((mask, number + i) for i, mask in enumerate(parities))
        number += len(parities)
        pattern = tuple((mask, mask, number + i) for i, mask in enumerate(patterns))
        number += len(patterns)
        result.append(PhaseGroup(parity, pattern, True))
    return result


@st.composite
def local_positions(draw: st.DrawFn, lane_bits: int) -> tuple[int, ...]:
    others = draw(st.sets(st.integers(lane_bits, QUBITS - 1), min_size=1))
    return (*range(lane_bits), *sorted(others))


cases = st.integers(0, 3).flatmap(lambda lanes: st.tuples(st.just(lanes), local_positions(lanes), groups()))


@pytest.mark.parametrize("precision", ["float32", "float64"])
@settings(max_examples=80, deadline=None)
@given(case=cases, seed=st.integers(0, 2**32))
def test_tables_are_the_formula(
    precision: Precision, case: tuple[int, tuple[int, ...], list[PhaseGroup]], seed: int
) -> None:
    lane_bits, local, made = case
    program = _program(made, local, lane_bits)
    numbers = _numbers(program, 3, seed)
    bound = tables_of(Layout.of(program), numbers, precision)
    assert bound.data.dtype == precision
    for number, group in enumerate(program.groups):
        for item in range(3):
            found = table_factors(bound, program.sweeps[0], number, item)
            expected = numbers.scales[item, number] * term_factors(group, QUBITS, numbers, item)
            np.testing.assert_allclose(found, expected, atol=TOLERANCE[precision])


@pytest.mark.parametrize("precision", ["float32", "float64"])
@settings(max_examples=40, deadline=None)
@given(case=cases, seed=st.integers(0, 2**32))
def test_an_items_tables_do_not_depend_on_its_batch(
    precision: Precision, case: tuple[int, tuple[int, ...], list[PhaseGroup]], seed: int
) -> None:
    lane_bits, local, made = case
    program = _program(made, local, lane_bits)
    layout, numbers = Layout.of(program), _numbers(program, 3, seed)
    together = tables_of(layout, numbers, precision)
    alone = replace(
        numbers,
        tangents=numbers.tangents[1:2],
        terms=numbers.terms[1:2],
        values=numbers.values[1:2],
        scales=numbers.scales[1:2],
        frame=Frame.none(1),
    )
    np.testing.assert_array_equal(tables_of(layout, alone, precision).data[0], together.data[1])


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("terms", [1, 3, 6, 40])
def test_few_and_many_crossing_masks_agree_with_the_formula(precision: Precision, terms: int) -> None:
    generator = np.random.default_rng(terms)
    alone = [1 << bit for bit in range(QUBITS)]  # they span every row, so that each has an entry
    masks = [*alone, *generator.integers(1, 1 << QUBITS, terms).tolist()]
    program = _program([PhaseGroup(tuple((mask, i) for i, mask in enumerate(masks)), (), False)], tuple(range(9)), 0)
    layout = Layout.of(program)
    assert layout.groups[0].entries == 1 << QUBITS
    crossing = layout.spectra.runs[0].classes[0].crossing
    assert (crossing > MOST_CROSSING) == (terms > 6)
    numbers = _numbers(program, 2, 7)
    bound = tables_of(layout, numbers, precision)
    for item in range(2):
        expected = numbers.scales[item, 0] * term_factors(program.groups[0], QUBITS, numbers, item)
        found = table_factors(bound, program.sweeps[0], 0, item)
        np.testing.assert_allclose(found, expected, atol=TOLERANCE[precision])


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("crossing", range(6))
@pytest.mark.parametrize("bits", [10, 11])
def test_large_tables_are_left_as_factors_of_low_rank(precision: Precision, bits: int, crossing: int) -> None:
    """Where a tile is the state; `table_factors` multiplies them."""
    alone = [1 << bit for bit in range(bits)]
    masks = [*alone, *(k + 1 << SMALL | 1 << k for k in range(crossing))]
    group = PhaseGroup(tuple((mask, i) for i, mask in enumerate(masks)), (), False)
    program = _program([group], tuple(range(bits)), 0, bits)
    layout = Layout.of(program, factored=bits)
    most = 3 if bits == 10 else 4  # beyond, factors have more numbers than the table
    assert layout.spectra.runs[0].classes[0].thin == (crossing <= most)
    assert layout.groups[0].factors == (1 << crossing if crossing <= most else 0)
    assert layout.groups[0].entries == 1 << bits
    assert Layout.of(program, factored=bits + 1).groups[0].factors == 0
    outside = Layout.of(_program([group], tuple(range(bits)), 0, bits + 1), factored=bits)
    assert outside.groups[0].factors == 0
    numbers = _numbers(program, 2, 7)
    bound = tables_of(layout, numbers, precision)
    for item in range(2):
        expected = numbers.scales[item, 0] * term_factors(group, bits, numbers, item)
        found = table_factors(bound, program.sweeps[0], 0, item)
        np.testing.assert_allclose(found, expected, atol=TOLERANCE[precision])


@given(
    spanning=st.lists(st.integers(1, (1 << QUBITS) - 1), max_size=4),
    chosen=st.lists(st.integers(0, 15), max_size=12),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=60, deadline=None)
def test_masks_that_span_little_make_small_tables(spanning: list[int], chosen: list[int], seed: int) -> None:
    masks = []
    for number in chosen:
        mask = 0
        for i, each in enumerate(spanning):
            mask ^= each if number >> i & 1 else 0
        masks.append(mask)
    program = _program([PhaseGroup(tuple((mask, i) for i, mask in enumerate(masks)), (), False)], tuple(range(9)), 0)
    layout = Layout.of(program)
    assert layout.groups[0].choice >= 0
    assert layout.groups[0].entries <= 1 << len(spanning)
    numbers = _numbers(program, 2, seed)
    bound = tables_of(layout, numbers, "float64")
    for item in range(2):
        expected = numbers.scales[item, 0] * term_factors(program.groups[0], QUBITS, numbers, item)
        found = table_factors(bound, program.sweeps[0], 0, item)
        np.testing.assert_allclose(found, expected, atol=TOLERANCE["float64"])


@pytest.mark.parametrize("largest", [1.0, 100.0, 1e4])
def test_unit_numbers_are_accurate(largest: float) -> None:
    angles = np.random.default_rng(1).uniform(-largest, largest, (3, 2000))
    angles[0, :4] = 0, np.pi, -np.pi / 1024, np.pi / 1024
    np.testing.assert_allclose(unit_numbers(angles), np.exp(1j * angles), atol=3e-16)


def test_tables_start_at_cache_lines_and_do_not_overlap() -> None:
    parity = tuple((mask, i) for i, mask in enumerate([1, 3, 8, 9, 96, 160, 288, 257, 64]))
    pattern = ((0b111000000, 0b111000000, 9), (0b1111, 0b1111, 10))
    layout = Layout.of(_program([PhaseGroup(parity, pattern, True)] * 2, (0, 1, 2, 3, 4), 2))
    spans = []
    for group in layout.groups:
        spans += [(each, 2 * group.entries) for each in (group.row_offset, *(mixed.offset for mixed in group.mixed))]
        spans += [(each.offset, 8 << len(each.selectors)) for each in group.lane_tables]
    spans.sort()
    assert all(offset % ALIGNMENT == 0 for offset, _ in spans)
    assert all(first + size <= start for (first, size), (start, _) in pairwise(spans))
    assert spans[-1][0] + spans[-1][1] <= layout.size


def test_a_group_without_terms_is_its_scale() -> None:
    program = _program([PhaseGroup((), (), False)], (0, 1, 2), 1)
    numbers = _numbers(program, 2, 1)
    bound = tables_of(Layout.of(program), numbers)
    assert not bound.layout.groups[0].row_terms
    np.testing.assert_allclose(table_factors(bound, program.sweeps[0], 0, 1), numbers.scales[1, 0], atol=1e-15)


def test_two_qubit_phases_share_tables_and_need_no_values() -> None:
    cz = tuple(
        (1 << a | 1 << b, 1 << a | 1 << b, i) for i, (a, b) in enumerate([(2, 7), (3, 7), (0, 7), (1, 7), (2, 3)])
    )
    layout = Layout.of(_program([PhaseGroup((), cz, True)], (0, 1, 2, 3, 4), 2))
    (group,) = layout.groups
    assert len(group.mixed) == 1
    assert [len(each.selectors) for each in group.lane_tables] == [1]
    assert layout.value_count == 0
    assert not layout.matches
