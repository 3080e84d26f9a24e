"""Gates in terms of smaller ones, for targets that lack them.

Definitions are exact, global phase included, by the standard library of OpenQASM 3: a controlled one sees the phase.
Parameters are named in the order of the alphabet, by which some readers sort them (Qiskit 2.6).
Those of OpenQASM 2, which has no controls and no global phase, hold up to a global phase.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

OPENQASM3: dict[str, tuple[tuple[str, ...], str]] = {
    "sxdg": ((), "gate sxdg a { inv @ sx a; }"),
    "u": ((), "gate u(a, b, c) q { p(c) q; ry(a) q; p(b) q; }"),
    "rzz": ((), "gate rzz(theta) a, b { cx a, b; rz(theta) b; cx a, b; }"),
    "rxx": (("rzz",), "gate rxx(theta) a, b { h a; h b; rzz(theta) a, b; h a; h b; }"),
    "ryy": (("rzz",), "gate ryy(theta) a, b { rx(pi/2) a; rx(pi/2) b; rzz(theta) a, b; rx(-pi/2) a; rx(-pi/2) b; }"),
    "rzx": (("rzz",), "gate rzx(theta) a, b { h b; rzz(theta) a, b; h b; }"),
    "ecr": (("rzx",), "gate ecr a, b { rzx(pi/4) a, b; x a; rzx(-pi/4) a, b; }"),
    "iswap": ((), "gate iswap a, b { s a; s b; h a; cx a, b; cx b, a; h b; }"),
    "iswapdg": (("iswap",), "gate iswapdg a, b { inv @ iswap a, b; }"),
    "ccz": ((), "gate ccz a, b, c { h c; ccx a, b, c; h c; }"),
}
"""Primitives that `stdgates.inc` lacks: what they need, and their definition."""

READABLE: dict[str, tuple[tuple[str, ...], str]] = {
    **OPENQASM3,
    "r": (("u",), "gate r(a, b) q { u(a, b - pi/2, pi/2 - b) q; }"),
    "dcx": ((), "gate dcx a, b { cx a, b; cx b, a; }"),
    "rccx": ((), "gate rccx a, b, c { h c; t c; cx b, c; tdg c; cx a, c; t c; cx b, c; tdg c; h c; }"),
    "rc3x": (
        (),
        "gate rc3x a, b, c, d { h d; t d; cx c, d; tdg d; h d; cx a, d; t d; cx b, d; tdg d; cx a, d; t d; cx b, d; "
        "tdg d; h d; t d; cx c, d; tdg d; h d; }",
    ),
}
"""The same with gates of other frameworks, for texts that are read."""

BEYOND_PRELUDE = {"iswapdg": ((), READABLE["iswapdg"][1])}
"""Those that qlang's prelude lacks, too."""

OPENQASM2: dict[str, tuple[tuple[str, ...], str]] = {
    "ryy": ((), "gate ryy(theta) a, b { rx(pi/2) a; rx(pi/2) b; rzz(theta) a, b; rx(-pi/2) a; rx(-pi/2) b; }"),
    "rzx": ((), "gate rzx(theta) a, b { h b; rzz(theta) a, b; h b; }"),
    "ecr": (("rzx",), "gate ecr a, b { rzx(pi/4) a, b; x a; rzx(-pi/4) a, b; }"),
    "iswap": ((), "gate iswap a, b { s a; s b; h a; cx a, b; cx b, a; h b; }"),
    "iswapdg": ((), "gate iswapdg a, b { h b; cx b, a; cx a, b; h a; sdg b; sdg a; }"),
    "ccz": ((), "gate ccz a, b, c { h c; ccx a, b, c; h c; }"),
}
"""Primitives that Qiskit's `qelib1.inc` lacks."""


def with_needed(definitions: Mapping[str, tuple[tuple[str, ...], str]], names: Iterable[str]) -> list[str]:
    """The texts of those definitions that gates need, each before its users."""
    wanted: dict[str, None] = {}

    def want(name: str) -> None:
        if name in definitions and name not in wanted:
            for needed in definitions[name][0]:
                want(needed)
            wanted[name] = None

    for name in names:
        want(name)
    return [definitions[name][1] for name in wanted]
