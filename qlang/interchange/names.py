"""Identifiers: names from elsewhere made into names that OpenQASM can read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from unicodedata import normalize

from qlang.syntax.words import (
    CLAUSE_WORDS,
    JOB_WORDS,
    MODIFIER_WORDS,
    OPENQASM2_WORDS,
    REDUCTION_WORDS,
    STATEMENT_WORDS,
    TOP_WORDS,
    TYPE_WORDS,
)

_OTHER_WORDS = (
    "pi", "π", "tau", "τ", "euler", "ℇ", "U", "gphase", "I", "X", "Y", "Z", "im", "true", "false", "in", "extern",
    "defcal", "cal", "pragma", "opaque", "creg", "qreg", "void", "readonly", "mutable", "else", "sizeof",
    "durationof", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "exp", "log", "ln", "sqrt", "floor",
    "ceiling", "mod", "popcount", "rotl", "rotr", "real", "imag", "dt", "ns", "us", "ms", "s", "min", "h", "days",
    "day", "usd", "eur", "x",
)  # fmt: skip
_WORDS = (
    TOP_WORDS,
    STATEMENT_WORDS,
    TYPE_WORDS,
    JOB_WORDS,
    CLAUSE_WORDS,
    MODIFIER_WORDS,
    REDUCTION_WORDS,
    OPENQASM2_WORDS,
)
RESERVED = frozenset(word for words in _WORDS for word in words) | frozenset(_OTHER_WORDS)
"""Names that mean something in some place of a program: no register, gate or parameter is called so."""

GATE_NAMES = frozenset(
    (
        "id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p", "u", "u0",
        "u1", "u2", "u3", "r", "phase", "cphase", "CX", "cx", "cy", "cz", "ch", "cp", "cu", "cu1", "cu3",
        "crx", "cry", "crz", "cs", "csdg", "csx", "swap", "iswap", "iswapdg", "dcx", "ecr", "rxx", "ryy",
        "rzz", "rzx", "ccx", "ccz", "cswap", "c3x", "c3sqrtx", "c4x", "rccx", "rc3x", "c3sx",
    )
)  # fmt: skip
"""Gates of `stdgates.inc`, `qelib1.inc` and the prelude."""

OPENQASM3_NAMES = (
    frozenset((*STATEMENT_WORDS, *TYPE_WORDS, *MODIFIER_WORDS, *_OTHER_WORDS)) - frozenset("XYZI")
) | frozenset(
    (
        "p", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "cx", "cy", "cz", "cp", "crx", "cry",
        "crz", "ch", "swap", "ccx", "cswap", "cu", "CX", "phase", "cphase", "id", "u1", "u2", "u3",
    )
)  # fmt: skip
"""What OpenQASM 3 with `stdgates.inc` takes for itself: names that a program of ours may have and its text may not."""

LONGEST = 200
"""Most characters of a name that is taken over; the rest is cut off."""
_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")


@dataclass(slots=True)
class Names:
    """Gives out names that are distinct, in the order in which they are asked for."""

    taken: set[str] = field(default_factory=set)
    forbidden: frozenset[str] = RESERVED | GATE_NAMES
    ascii_only: bool = False
    """Whether names start with a lower-case letter and have ASCII letters only, as OpenQASM 2 wants them."""

    def give(self, wanted: str, fallback: str = "q") -> str:
        """The name itself where it is free and readable, else one made from it, the same at every call order."""
        stem = self._readable(wanted) or fallback
        name, count = stem, 1
        while name in self.taken or name in self.forbidden:
            name, count = f"{stem}_{count}", count + 1
        self.taken.add(name)
        return name

    def _readable(self, wanted: str) -> str:
        """Only characters of identifiers; the parser compares names as they are written, so in one normal form."""
        text = normalize("NFKC", wanted)[:LONGEST]
        text = re.sub(r"[^0-9A-Za-z_]" if self.ascii_only else r"\W", "_", text).rstrip("_") if text else ""
        if self.ascii_only and text and not ("a" <= text[0] <= "z"):
            text = "q" + text if text[0] in "_0123456789" else text[0].lower() + text[1:]
        if text and not _IDENTIFIER.match(text):
            text = "_" + text
        return "" if set(text) <= {"_"} else text
