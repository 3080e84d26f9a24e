"""Addresses in shared memory, and places of positions on several devices."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.kernels.cuda.linear import bank_bits, conflict_free_order, physical, span
from qlang.kernels.cuda.placement import place


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("bits", [3, 5, 12])
def test_every_index_has_an_address_of_its_own(double: bool, bits: int) -> None:
    assert sorted(physical(index, double) for index in range(1 << bits)) == list(range(1 << bits))


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("tile_bits", [11, 12, 13, 14])
def test_threads_meet_different_banks_whatever_the_registers(double: bool, tile_bits: int) -> None:
    banks = (1 << bank_bits(double)) - 1
    for registers in combinations(range(tile_bits), 3):
        others = [bit for bit in range(tile_bits) if bit not in registers]
        columns = [physical(1 << bit, double) for bit in others]
        order = conflict_free_order(others, [columns, columns], double)
        assert sorted(order) == others
        first = [physical(1 << bit, double) & banks for bit in order[: bank_bits(double)]]
        assert sorted(span(first)) == list(range(banks + 1)), registers


def test_a_span_lists_all_sums() -> None:
    assert span([1, 6, 8]) == [0, 1, 6, 7, 8, 9, 14, 15]


@given(st.data())
def test_sweeps_find_their_positions_on_each_device(data: st.DataObject) -> None:
    bits, device_bits = data.draw(st.integers(6, 10)), data.draw(st.integers(1, 3))
    sizes = st.lists(st.integers(2, bits - 1), max_size=bits - device_bits - 2, unique=True)
    wanted = data.draw(st.lists(sizes.map(lambda high: (0, 1, *sorted(high))), max_size=6))
    placed = place(wanted, tuple(range(bits)), bits - device_bits)
    where = list(range(bits))
    for local, (now, exchanges) in zip(wanted, placed.steps, strict=True):
        for device_bit, bit in exchanges:
            there = bits - device_bits + device_bit
            left, right = where.index(there), where.index(bit)
            where[left], where[right] = bit, there
        assert tuple(where) == now
        assert all(now[position] < bits - device_bits for position in local)
        assert now[:2] == (0, 1)
    assert placed.end == tuple(where)
