"""Outcomes as the keys of a histogram: bit strings, or the values that the bits stand for."""

import math
import struct


def bit_string(outcome: int, width: int) -> str:
    """Bit 0 rightmost; empty for no bits."""
    return format(outcome, f"0{width}b") if width else ""


def outcome_text(outcome: int, width: int, values: str = "") -> str:
    """An outcome as the results write it.

    `values` is what the bits stand for: `int` (two's complement) and `uint` in decimals, `bool` as `true` and `false`,
    `float` (IEEE 754, 64 bits) as the shortest decimal that reads back the same, `angle` in radians; bits if empty.
    """
    match values:
        case "":
            return bit_string(outcome, width)
        case "int":
            return str(outcome - (1 << width) if outcome >> (width - 1) else outcome)
        case "uint":
            return str(outcome)
        case "bool":
            return "true" if outcome else "false"
        case "angle":
            return repr(math.ldexp(float(outcome), -width) * math.tau)
        case "float":
            return repr(struct.unpack("<d", struct.pack("<Q", outcome))[0])
        case _:
            raise ValueError(f"no outcomes of kind {values}")
