"""Stim's gates as gates of `stdgates.inc`, each up to a global phase, which Stim does not have.

A row is a list of calls: a gate with the places of its targets. Aliases (`CNOT`, `H_XZ`, …) are those of Stim.
"""

from __future__ import annotations

Call = tuple[str, tuple[int, ...]]
Row = tuple[Call, ...]


def _one(*names: str) -> Row:
    return tuple((name, (0,)) for name in names)


_ROOTS = {
    "I": (),
    "X": _one("x"),
    "Y": _one("y"),
    "Z": _one("z"),
    "H": _one("h"),
    "S": _one("s"),
    "S_DAG": _one("sdg"),
    "SQRT_X": _one("sx"),
    "SQRT_X_DAG": _one("sxdg"),
    "SQRT_Y": _one("ry(pi/2)"),
    "SQRT_Y_DAG": _one("ry(-pi/2)"),
    "H_XY": _one("x", "s"),
    "H_YZ": _one("sx", "z"),
    "H_NXY": _one("y", "s"),
    "H_NXZ": _one("z", "h", "z"),
    "H_NYZ": _one("sx", "y"),
    "C_XYZ": _one("sdg", "h"),
    "C_ZYX": _one("h", "s"),
    "C_NXYZ": _one("sdg", "h", "z"),
    "C_XNYZ": _one("s", "h"),
    "C_XYNZ": _one("sdg", "h", "y"),
    "C_NZYX": _one("h", "s", "x"),
    "C_ZNYX": _one("h", "sdg"),
    "C_ZYNX": _one("h", "s", "y"),
}
ONE: dict[str, Row] = {
    **_ROOTS,
    "H_XZ": _ROOTS["H"],
    "SQRT_Z": _ROOTS["S"],
    "SQRT_Z_DAG": _ROOTS["S_DAG"],
}
"""Gates on one qubit."""

_A, _B = (0,), (1,)


def _controlled(control: str, target: str) -> Row:
    """A controlled Pauli with its control in another basis: Z controls are CX, CY, CZ."""
    change = {"X": (("h", _A),), "Y": (("sdg", _A), ("h", _A)), "Z": ()}[control]
    back = {"X": (("h", _A),), "Y": (("h", _A), ("s", _A)), "Z": ()}[control]
    return (*change, (f"c{target.lower()}", (0, 1)), *back)


_PAIRS = {
    "SWAP": (("swap", (0, 1)),),
    "ISWAP": (("iswap", (0, 1)),),
    "ISWAP_DAG": (("iswapdg", (0, 1)),),
    "CXSWAP": (("cx", (0, 1)), ("swap", (0, 1))),
    "CZSWAP": (("cz", (0, 1)), ("swap", (0, 1))),
    "SWAPCX": (("swap", (0, 1)), ("cx", (0, 1))),
    "II": (),
    **{
        f"SQRT_{p}{p}{dagger}": ((f"r{p.lower()}{p.lower()}({sign}pi/2)", (0, 1)),)
        for p in "XYZ"
        for dagger, sign in (("", ""), ("_DAG", "-"))
    },
    **{f"{c}C{t}": _controlled(c, t) for c in "XYZ" for t in "XYZ"},
}
TWO: dict[str, Row] = {
    **_PAIRS,
    **{f"C{t}": _PAIRS[f"ZC{t}"] for t in "XYZ"},
    "CNOT": _PAIRS["ZCX"],
    "SWAPCZ": _PAIRS["CZSWAP"],
}
"""Gates on pairs of qubits."""

FEEDBACK = {f"{prefix}{p}": p.lower() for prefix in ("C", "ZC") for p in "XYZ"} | {"CNOT": "x"}
"""Controlled gates whose control may be a measurement: the gate that it switches."""
FEEDBACK_SECOND = {"XCZ": "x", "YCZ": "y", "CZ": "z", "ZCZ": "z"}
"""The same with the measurement as second target."""

BASES = {
    "X": (("h",), ("h",)),
    "Y": (("sdg", "h"), ("h", "s")),
    "Z": ((), ()),
}
"""Basis → gates that turn it into Z, and back."""
MEASURE = {"M": "Z", "MZ": "Z", "MX": "X", "MY": "Y"}
MEASURE_RESET = {"MR": "Z", "MRZ": "Z", "MRX": "X", "MRY": "Y"}
RESET = {"R": "Z", "RZ": "Z", "RX": "X", "RY": "Y"}
MEASURE_PAIR = {"MXX": "X", "MYY": "Y", "MZZ": "Z"}

ANNOTATIONS = ("QUBIT_COORDS", "SHIFT_COORDS")
"""Have no effect on the circuit; kept as comments."""
NOISE = (
    "DEPOLARIZE1", "DEPOLARIZE2", "X_ERROR", "Y_ERROR", "Z_ERROR", "PAULI_CHANNEL_1", "PAULI_CHANNEL_2", "E",
    "CORRELATED_ERROR", "ELSE_CORRELATED_ERROR", "HERALDED_ERASE", "HERALDED_PAULI_CHANNEL_1", "I_ERROR", "II_ERROR",
)  # fmt: skip
OTHER_KNOWN = ("MPAD",)
