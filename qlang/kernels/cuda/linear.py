"""Addresses in shared memory as linear maps over GF(2).

The amplitude with buffer index x stands at `physical(x)`: the bank bits of the address are a linear function of all
bits of x, so that threads whose indices differ anywhere meet different banks. A permutation of CX gates is linear
too, so where a thread loads from and stores to is the exclusive or of one entry for its lane, one for its warp, one
for the register and one for the tile.
"""

from collections.abc import Sequence

_BANK_COLUMNS = {
    3: (1, 2, 4, 7, 3, 5, 6, 1, 2, 4, 7, 3, 5, 6),
    4: (1, 2, 4, 8, 15, 5, 3, 9, 6, 10, 12, 7, 11, 13),
}
"""For 2^3 banks of 16 bytes and 2^4 of 8 bytes: the bank of index bit i alone. The first are unit vectors, so the map
can be undone; however three bits are taken away, what remains of twelve spans all banks. Bits 1 to 4 are independent,
and 2 to 5: a half-warp that gathers two amplitudes of float32 at a time, or four of bfloat16, meets no bank twice."""


def bank_bits(double: bool) -> int:
    """The logarithm of the number of banks as wide as an amplitude."""
    return 3 if double else 4


def physical(index: int, double: bool) -> int:
    """Where the amplitude with this buffer index stands."""
    bits = bank_bits(double)
    bank = 0
    for position, column in enumerate(_BANK_COLUMNS[bits]):
        if index >> position & 1:
            bank ^= column
    return index & ~((1 << bits) - 1) | bank


def span(columns: Sequence[int]) -> list[int]:
    """For each index the exclusive or of the columns whose bit is set in it: 2**len(columns) entries."""
    table = [0]
    for column in columns:
        table += [entry ^ column for entry in table]
    return table


def conflict_free_order(bits: Sequence[int], columns: Sequence[Sequence[int]], double: bool) -> list[int]:
    """An order of `bits` whose first ones reach different banks through each of the maps.

    `columns[m][i]` is the address that bit `bits[i]` contributes in map m. Thread bit k will be bit `order[k]`; only
    the threads that are served together matter, which the first `bank_bits` thread bits tell apart.
    """
    banks = (1 << bank_bits(double)) - 1
    left, order = list(range(len(bits))), list[int]()
    reached = [{0} for _ in columns]
    for _ in range(min(bank_bits(double), len(bits))):
        best = max(
            left, key=lambda i: sum([each[i] & banks not in met for each, met in zip(columns, reached, strict=True)])
        )
        left.remove(best)
        order.append(best)
        for each, met in zip(columns, reached, strict=True):
            met |= {bank ^ each[best] & banks for bank in met}
    return [bits[i] for i in (*order, *left)]
