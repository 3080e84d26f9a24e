"""The records that host and device share: NumPy types, and the C structures of the same bytes.

Offsets and indices count elements of the array that they point into; −1 means absent.
"""

import numpy as np

from qlang.kernels.cuda.shape import REGISTERS

PASS = np.dtype(
    [
        ("outer", np.uint64, (REGISTERS,)),  # by permuted register: tile bits whose parity toggles its source
        ("toggles", np.uint32, (REGISTERS,)),  # what that toggle changes in the address it loads from
        ("load", np.uint32, (REGISTERS,)),  # address of each register bit where amplitudes are loaded from
        ("store", np.uint32, (REGISTERS,)),  # and where they are stored to
        ("rotations", np.int32, (REGISTERS,)),  # rotation on each register
        ("words", np.int32),  # addresses of lanes, then of warps: low half load, high half store
        ("factors", np.int32),  # table of 2**REGISTERS phases that depend on the registers alone, scale included
        ("shared_phases", np.int32),  # first of the phases that are the same for all registers
        ("shared_count", np.int32),
        ("split_phases", np.int32),  # first of those that registers tell apart
        ("split_count", np.int32),
        ("padding", np.int32),
    ],
    align=True,
)
"""A pass over the buffer."""

PHASE = np.dtype(
    [
        ("outer", np.uint64),  # tile bits: odd parity conjugates; for a pattern, the bits compared
        ("table", np.int32),  # of one entry for each group, or of one for all
        ("stride", np.int32),  # 1 or 0
        ("registers", np.int32),  # register bits: odd parity conjugates; for a pattern, the bits compared
        ("pattern", np.int32),  # whose value is compared; −1 for signs of parities
    ],
    align=True,
)
"""A phase table in a pass, and where it is conjugated or left out."""

TABLE = np.dtype(
    [
        ("offset", np.int32),
        ("bits", np.int32),  # 2**bits entries
        ("first", np.int32),  # terms
        ("count", np.int32),
        ("scale", np.int32),  # whose scale multiplies the entries
        ("padding", np.int32),
    ],
    align=True,
)
"""A table that is computed on the device: the exponential of a sum of terms."""

TERM = np.dtype(
    [
        ("mask", np.int32),  # bits of the entry's index
        ("angle", np.int32),
        ("pattern", np.int32),  # whose value is compared under the mask; −1: the parity decides the sign
        ("padding", np.int32),
    ],
    align=True,
)
"""A term of a table: parity gives exp(∓iφ/2), pattern exp(iφ) where it matches."""

PATTERN = np.dtype([("tile", np.uint64), ("entry", np.int32), ("registers", np.int32)], align=True)
"""The value of a pattern term for one item of a batch, in the bits of the tile, of the table's entry, of registers."""

_C_TYPES = {"uint64": "u64", "uint32": "u32", "int32": "i32"}


def c_struct(name: str, record: np.dtype[np.void]) -> str:
    """The C declaration of a record, with a check that its size is the same."""
    lines = [f"struct {name} {{"]
    assert record.names is not None and record.fields is not None
    for field in record.names:
        kind = record.fields[field][0]
        extent = f"[{kind.shape[0]}]" if kind.shape else ""
        lines.append(f"    {_C_TYPES[kind.base.name]} {field}{extent};")
    return "\n".join([*lines, "};", f'static_assert(sizeof({name}) == {record.itemsize}, "{name}");', ""])


def structures() -> str:
    """The C declarations of all records."""
    records = {"Pass": PASS, "Phase": PHASE, "Table": TABLE, "Term": TERM, "Pattern": PATTERN}
    return "\n".join(c_struct(name, record) for name, record in records.items())
