"""Rotations of a pair of wires about commuting Paulis on both, in the form with the fewest rotations.

There are three different such Paulis P at most, and gates V on each wire take them to Y_a X_b, X_a Y_b and Z_a Z_b. So

    C · Π exp(−iθ/2 P)  =  C V† · exp(−i/2 (α Y_a X_b + β X_a Y_b + γ Z_a Z_b)) · V
                        =  C V† · CX_ab · exp(−i/2 (α Y_a + β Y_a Z_b + γ Z_b)) · CX_ab · V,

which is a phase on b and a rotation of a by α + β where b is 0, and by α − β where it is 1 (a TWIST). V is chosen so
that few of V and C V† are rotations, C being a gate on each wire.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import pi, sqrt
from operator import itemgetter

from qlang.kernels.cliffords import (
    MINUS,
    Clifford,
    StepKey,
    Turns,
    local_form,
    one_wire,
    one_wire_steps,
)
from qlang.kernels.steps import StepKind

TABLE_ERROR, ROTATION_ERROR, TWIST_ERROR = sqrt(5) + 1, 1 + sqrt(2), 12.0
"""Rounding in units of the target's roundoff, as `qlang.passes.rounding` charges it: every angle one multiplication
by a table, a rotation and a TWIST besides (`qlang.passes.rounding` derives it)."""

_TWIST_COST = 1.5
"""Of a TWIST in rotations."""
AT_END = 0.5
"""Of a rotation at the beginning or the end of a segment, which may join one outside."""
_TO_AXES: tuple[Turns, ...] = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (0, 1, 1), (1, 1, 1))
"""Gates that take the axes X, Y, Z to each other in all ways, up to signs."""
_YX, _XY, _ZZ = 0b0111, 0b1011, 0b1100
_PARTNERS = {0b0101: 0b0001, 0b0001: 0b0101, 0b0100: 0b0100}
"""For each axis on a the one on b, both written as on the first wire: of Y, X and Z they are X, Y and Z."""

_ROTATION, _PARITY, _CX, _SWAP, _TWIST = map(
    int, (StepKind.ROTATION, StepKind.PARITY, StepKind.CX, StepKind.SWAP, StepKind.TWIST)
)

Angle = tuple[float, tuple[float, ...]]
"""A constant, and the coefficients of the angles of a segment's Paulis."""


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step of a form: kind, first and second with wires 0 and 1, and its angles: two of a TWIST, else one or none."""

    kind: int
    first: int
    second: int
    angles: tuple[Angle, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What a segment becomes: its steps, the angle by which the global phase changes, and what it takes."""

    steps: tuple[NewStep, ...]
    phase: float
    rotations: float
    error: float
    angles: int


@lru_cache(maxsize=4096)
def form_of(core: tuple[int, ...], end: Clifford) -> Form:
    """The best form of rotations about some Paulis, then a local Clifford; angles are over those of the Paulis."""
    found = []
    for images, gates in _images(core):
        ends = AT_END * (sum(map(_turning, gates)) + _closing_turns(*gates, end))
        found.append((images, gates, {image & 15 for image in images}, ends))
    forms = []
    for control in (0, 1):
        for images, gates, axes, ends in found:
            twisting = (_XY, _YX)[control] in axes
            core_angles = 1 + twisting + (_ZZ in axes)
            forms.append(((_TWIST_COST if twisting else 1.0) + ends, core_angles, (images, gates, control)))
    assert forms, "commuting Paulis on both wires are taken to these axes by gates on each"
    least = min(cost for cost, _, _ in forms)
    # The later wire is turned where it is all one: wires that turn seldom are then the same ones in the whole circuit.
    best = [(angles + _constant_angles(*each[1], end), each) for cost, angles, each in reversed(forms) if cost == least]
    return _written(*min(best, key=itemgetter(0))[1], end, least)


def _turning(turns: Turns) -> int:
    return turns[1] == 1


@lru_cache(maxsize=1024)
def _axes(turns: Turns) -> tuple[int, ...]:
    """V P V† on one wire, of codes 0, X (1), Z (4), Y (5)."""
    return one_wire(turns, 0).inverse().pulled


def _images(core: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[Turns, Turns]]]:
    """V P V† of Paulis on both wires, for all V that take them to ± the three products, with the gates of V."""
    on_b = [(right, [_axes(right)[pauli >> 1 & 0b0101] for pauli in core]) for right in _TO_AXES]
    for left in _TO_AXES:
        on_a = [_axes(left)[pauli & 0b0101] for pauli in core]
        partners = [_PARTNERS[image & 15] for image in on_a]
        for right, images in on_b:
            if [image & 15 for image in images] == partners:
                both = zip(on_a, images, strict=True)
                yield tuple([(a & 15) | (b & 15) << 1 | (a ^ b) & MINUS for a, b in both]), (left, right)


@lru_cache(maxsize=1 << 15)
def _closing_turns(left: Turns, right: Turns, end: Clifford) -> int:
    """Rotations of C V†: of the wires whose Z it does not take to ± a Z. From V C† Z C V†."""
    count = 0
    for wire in (0, 1):
        pulled = end.pulled[0b0100 << wire] & 15
        on = 1 if pulled & 0b1010 else 0
        count += _axes((left, right)[on])[pulled >> on & 0b0101] & 15 != 0b0100
    return count


@lru_cache(maxsize=4096)
def _closing(left: Turns, right: Turns, end: Clifford) -> tuple[bool, Turns, Turns, float]:
    """C V†, as `local_form`."""
    return local_form(end.behind(one_wire(left, 0).inverse()).behind(one_wire(right, 1).inverse()))


def _constant_angles(left: Turns, right: Turns, end: Clifford) -> int:
    """How many constant angles V and C V† have: multiples of π are Paulis."""
    _, *closing, _ = _closing(left, right, end)
    return sum([quarters & 1 for turns in (left, right, *closing) for quarters in turns])


def _written(images: tuple[int, ...], gates: tuple[Turns, Turns], control: int, end: Clifford, cost: float) -> Form:
    """The steps of a form; `control` is the wire that is turned."""
    other = 1 - control
    axes = (_YX, _XY, _ZZ) if control == 0 else (_XY, _YX, _ZZ)
    alpha, beta, gamma = (
        tuple([0.0 if image & 15 != axis else -1.0 if image & MINUS else 1.0 for image in images]) for axis in axes
    )
    steps = [_constant(key) for wire in (0, 1) for key in one_wire_steps(gates[wire], wire)]
    exchange = NewStep(_CX, control, other)
    steps.append(exchange)
    if any(gamma):
        steps.append(NewStep(_PARITY, 1 << other, 0, ((0.0, gamma),)))
    if any(beta):
        even = tuple([a + b for a, b in zip(alpha, beta, strict=True)])
        odd = tuple([a - b for a, b in zip(alpha, beta, strict=True)])
        steps.append(NewStep(_TWIST, control, 1 << other, ((0.0, even), (0.0, odd))))
    else:
        steps.append(NewStep(_ROTATION, control, 0, ((0.0, alpha),)))
    steps.append(exchange)
    swapped, first, second, phase = _closing(*gates, end)
    if swapped:
        steps.append(NewStep(_SWAP, 0, 1))
    for wire, turns in enumerate((first, second)):
        steps += [_constant(key) for key in one_wire_steps(turns, wire)]
    angles = sum(len(step.angles) for step in steps)
    rotations = sum(step.kind == _ROTATION for step in steps)
    twists = sum(step.kind == _TWIST for step in steps)
    error = TABLE_ERROR * (angles - twists) + ROTATION_ERROR * rotations + TWIST_ERROR * twists
    return Form(tuple(steps), phase, cost, error, angles)


def _constant(key: StepKey) -> NewStep:
    kind, first, second, quarters = key
    angled = kind in (_ROTATION, _PARITY)
    return NewStep(int(kind), first, second, ((quarters * pi / 2, ()),) if angled else ())
