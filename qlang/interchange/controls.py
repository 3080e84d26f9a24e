"""Any primitive with any controls as smaller gates, exactly: the global phase is kept.

A gate is split into steps that a control must switch and steps that undo each other around them. What is left to
control are diagonal gates, which are phases on the product of their bits:

    x₁x₂…xₙ = 2^{1-n} Σ_S (-1)^{|S|+1} ⊕_{i ∈ S} xᵢ        over the non-empty subsets S,

so a multi-controlled phase is a walk through the parities in Gray order (2ⁿ − 1 phases, 2ⁿ − 2 CX; Welch et al.,
New J. Phys. 16, 033040 (2014)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import pi

from qlang.ir.gates import BY_NAME

MOST_WIRES = 12
"""Widest controlled gate that is written out."""

Piece = tuple[str, tuple[float, ...], tuple[int, ...]]
"""Name, angles, wires."""
Split = list[tuple[bool, str, tuple[float, ...], tuple[int, ...]]]
"""Pieces, each with whether a control must switch it; the others undo each other."""


class TooManyControls(Exception):
    """A gate on more wires than are written out."""


def pieces(
    name: str, angles: Sequence[float], wires: Sequence[int], controls: str, allowed: frozenset[str]
) -> Iterator[Piece]:
    """A controlled primitive as uncontrolled gates of `allowed`, which has at least `x h p cx gphase`.

    Raises TooManyControls.
    """
    flips = [wire for wire, value in zip(wires, controls, strict=False) if value == "0"]
    for wire in flips:
        yield "x", (), (wire,)
    count = len(controls)
    yield from _controlled(name, tuple(angles), tuple(wires[count:]), tuple(wires[:count]), allowed)
    for wire in flips:
        yield "x", (), (wire,)


def _controlled(
    name: str, angles: tuple[float, ...], wires: tuple[int, ...], controls: tuple[int, ...], allowed: frozenset[str]
) -> Iterator[Piece]:
    prefixed = "c" * len(controls) + name
    if prefixed in allowed and (not controls or prefixed in BY_NAME):
        yield prefixed, angles, (*controls, *wires)
        return
    if name in _CONTROLLED:
        yield from _controlled(_CONTROLLED[name], angles, wires[1:], (*controls, wires[0]), allowed)
        return
    if name in ("gphase", "p"):
        yield from phase(angles[0], (*controls, *wires), allowed)
        return
    for switched, inner, inner_angles, on in _SPLITS[name](angles, wires):
        if switched or not controls:
            yield from _controlled(inner, inner_angles, on, controls, allowed)
        else:
            yield from _controlled(inner, inner_angles, on, (), allowed)


def phase(angle: float, wires: tuple[int, ...], allowed: frozenset[str]) -> Iterator[Piece]:
    """e^{i·angle} where all wires are 1.

    Raises TooManyControls.
    """
    if len(wires) == 0:
        yield "gphase", (angle,), ()
        return
    if len(wires) == 1 and "p" in allowed:
        yield "p", (angle,), wires
        return
    if len(wires) == 2 and "cp" in allowed:
        yield "cp", (angle,), wires
        return
    if len(wires) > MOST_WIRES:
        raise TooManyControls
    part = angle / 2 ** (len(wires) - 1)
    for top, wire in enumerate(wires):  # parities that end in this wire, over all subsets of those before
        gray = 0
        for step in range(1 << top):
            if step:
                changed = (step & -step).bit_length() - 1
                gray ^= 1 << changed
                yield "cx", (), (wires[changed], wire)
            sign = -1 if (gray.bit_count() + 1) % 2 == 0 else 1
            yield "p", (sign * part,), (wire,)
        if top:
            yield "cx", (), (wires[top - 1], wire)


def _fixed_phase(angle: float) -> Callable[[tuple[float, ...], tuple[int, ...]], Split]:
    return lambda a, w: [(True, "p", (angle,), w)]


def _around(before: list[Piece], core: list[Piece], after: list[Piece]) -> Split:
    return [
        *((False, *piece) for piece in before),
        *((True, *piece) for piece in core),
        *((False, *piece) for piece in after),
    ]


def _rz(a: tuple[float, ...], w: tuple[int, ...]) -> Split:
    return [(True, "gphase", (-a[0] / 2,), ()), (True, "p", a, w)]


def _u(a: tuple[float, ...], w: tuple[int, ...]) -> Split:
    theta, phi, lam = a
    return [
        (True, "gphase", ((phi + lam) / 2,), ()),
        (True, "rz", (lam,), w),
        (True, "ry", (theta,), w),
        (True, "rz", (phi,), w),
    ]


def _spread(name: str, basis: Callable[[int], tuple[list[Piece], list[Piece]]]) -> Callable[..., Split]:
    """A rotation about P⊗P (or Z⊗P) from that about Z⊗Z, by a change of basis on some wires."""

    def split(a: tuple[float, ...], w: tuple[int, ...]) -> Split:
        on = (w[1],) if name == "rzx" else w
        before = [piece for wire in on for piece in basis(wire)[0]]
        after = [piece for wire in on for piece in basis(wire)[1]]
        return _around(before, [("rzz", a, w)], after)

    return split


def _h(wire: int) -> Piece:
    return "h", (), (wire,)


_SPLITS: dict[str, Callable[[tuple[float, ...], tuple[int, ...]], Split]] = {
    "id": lambda a, w: [],
    "z": _fixed_phase(pi),
    "s": _fixed_phase(pi / 2),
    "sdg": _fixed_phase(-pi / 2),
    "t": _fixed_phase(pi / 4),
    "tdg": _fixed_phase(-pi / 4),
    "x": lambda a, w: _around([_h(w[0])], [("z", (), w)], [_h(w[0])]),
    "y": lambda a, w: _around([("sdg", (), w)], [("x", (), w)], [("s", (), w)]),
    "h": lambda a, w: _around([("ry", (-pi / 4,), w)], [("z", (), w)], [("ry", (pi / 4,), w)]),
    "sx": lambda a, w: _around([_h(w[0])], [("s", (), w)], [_h(w[0])]),
    "sxdg": lambda a, w: _around([_h(w[0])], [("sdg", (), w)], [_h(w[0])]),
    "rz": _rz,
    "rx": lambda a, w: _around([_h(w[0])], [("rz", a, w)], [_h(w[0])]),
    "ry": lambda a, w: _around([("sdg", (), w)], [("rx", a, w)], [("s", (), w)]),
    "u": _u,
    "U": lambda a, w: [(True, "gphase", (a[0] / 2,), ()), (True, "u", a, w)],
    "swap": lambda a, w: _around([("cx", (), w[::-1])], [("cx", (), w)], [("cx", (), w[::-1])]),
    "rzz": lambda a, w: _around([("cx", (), w)], [("rz", a, w[1:])], [("cx", (), w)]),
    "rxx": _spread("rxx", lambda q: ([_h(q)], [_h(q)])),
    "ryy": _spread("ryy", lambda q: ([("rx", (pi / 2,), (q,))], [("rx", (-pi / 2,), (q,))])),
    "rzx": _spread("rzx", lambda q: ([_h(q)], [_h(q)])),
    "iswap": lambda a, w: [(True, "rxx", (-pi / 2,), w), (True, "ryy", (-pi / 2,), w)],
    "iswapdg": lambda a, w: [(True, "rxx", (pi / 2,), w), (True, "ryy", (pi / 2,), w)],
    "ecr": lambda a, w: [(True, "rzx", (pi / 2,), w), (True, "x", (), w[:1])],
}
_CONTROLLED = {
    "cx": "x",
    "cy": "y",
    "cz": "z",
    "ch": "h",
    "cp": "p",
    "crx": "rx",
    "cry": "ry",
    "crz": "rz",
    "ccx": "cx",
    "ccz": "cz",
    "cswap": "swap",
}
"""Primitives that are another with a control on their first wire."""
