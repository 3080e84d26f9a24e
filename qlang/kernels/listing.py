"""A program in words: the gates of every pass in a notation that is read like a circuit's.

    cx      1 = 0 ^ 1, 2 = 3   at index x stands what stood where bit 1 is x₀ ⊕ x₁ and bit 2 is x₃, all at once
            cx 2 0             behind them, one after the other
    phases  rz(pi/4) 3         exp(−iφ/2 Z₃);  rz(φ) 2 3: exp(−iφ/2 Z₂Z₃), and so on
            p(pi) 0 !1 2       exp(iφ) where wire 0 is 1, wire 1 is 0 and wire 2 is 1
    turns   ry(0.3pi) 2        exp(−iφ/2 Y₂)

Wires are named by where they start. Angles are those that are executed: signs that X and Z gates cause are in them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import pi

import numpy as np

from qlang.kernels.frames import Frame, framed
from qlang.kernels.order import bits_of
from qlang.kernels.program import Pass, Program
from qlang.kernels.steps import AngleMap, StepKind, Steps

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassText:
    """The gates of a pass in the order of execution."""

    cx: Texts
    phases: Texts
    turns: Texts
    lanes: Texts


@dataclass(frozen=True, slots=True)
class Listing:
    """Writes the parts of one program; `names` are those of the parameters that are not constant."""

    program: Program
    steps: Steps
    angle_text: Callable[[int, float], str]
    """The angle of a slot times a coefficient, in words."""
    labels: tuple[int, ...]
    """By position the wire that starts there."""
    signs: tuple[float, ...]
    """By slot: −1 where an X or Z in front turns the angle's sign."""
    flips: tuple[int, ...]
    """By slot: for patterns the bits of the value that X gates in front change."""
    x: int
    z: int
    """The wires that X and Z are left on at the end: the state is X^x Z^z times what the sweeps give, up to a phase."""

    @classmethod
    def of(
        cls, program: Program, steps: Steps, angles: AngleMap, parameters: Sequence[float], names: Sequence[str | None]
    ) -> "Listing":
        """`names[i]` stands for parameter i where it is not `None`; else its number is taken."""
        labels = [0] * program.qubits
        for label, position in enumerate(program.start):
            labels[position] = label
        probe = framed(steps, np.full((1, steps.slot_count), 0.5))
        rotating = np.zeros(steps.slot_count, dtype=np.bool_)
        rotating[steps.slots[steps.kinds == StepKind.ROTATION]] = True
        signs = np.sign(np.where(rotating, probe.tangents[0], probe.phases[0]))
        flips = [0] * steps.slot_count if probe.flips is None else probe.flips[0].tolist()
        words = _Words(angles, list(parameters), list(names))
        return cls(program, steps, words.text, tuple(labels), tuple(signs.tolist()), tuple(flips), *_end(probe.frame))

    def product(self) -> Texts:
        """The gates that the wires have gone through when the first sweep begins."""
        rows = list(self.steps.rows())
        found = []
        for wire, entries in enumerate(self.program.initial):
            for step in entries:
                name = "ry" if rows[step][0] == StepKind.ROTATION else "rz"
                found.append(f"{name}({self._angle(step, 1.0)}) {wire}")
        return tuple(found)

    def wires(self, positions: Sequence[int]) -> tuple[int, ...]:
        """The wires that stand at some positions."""
        return tuple([self.labels[position] for position in positions])

    def ends(self) -> tuple[int, ...]:
        """For each wire of the circuit, the wire that started where it ends."""
        return self.wires(self.program.end[: self.program.wires])

    def pass_text(self, local: Sequence[int], entry: Pass) -> PassText:
        """One pass of a sweep with these local positions."""
        wires = self.wires(local)
        rows = [
            f"{wires[target]} = {' ^ '.join(map(str, sorted(self.wires(bits_of(mask)))))}"
            for target, mask in entry.permutation
        ]
        cx = [", ".join(rows)] if rows else []
        cx += [f"cx {self.labels[control]} {wires[target]}" for control, target in entry.lane_cx]
        turns = zip(entry.registers, entry.rotations, strict=True)
        return PassText(
            cx=tuple(cx),
            phases=self._phases(entry.phase) if entry.phase >= 0 else (),
            turns=tuple([self._turn(wires[register], rotation) for register, rotation in turns if rotation >= 0]),
            lanes=tuple([self._turn(self.labels[lane], r) for lane, r in enumerate(entry.lane_rotations) if r >= 0]),
        )

    def _turn(self, wire: int, rotation: int) -> str:
        return f"ry({self._angle(self.program.rotations[rotation], 1.0)}) {wire}"

    def _phases(self, number: int) -> Texts:
        group, terms = self.program.groups[number], self.program.terms
        found = []
        for mask, term in group.parity:
            step, coefficient = terms.steps[term], terms.coefficients[term]
            slot = int(self.steps.slots[step])
            if (self.flips[slot] & terms.wires[term]).bit_count() & 1:
                coefficient = -coefficient
            name = " ".join(["rz" if mask else "gphase", *map(str, sorted(self.wires(bits_of(mask))))])
            angle = self._angle(step, coefficient if mask else -coefficient / 2)
            found.append(name.replace(" ", f"({angle}) ", 1) if mask else f"gphase({angle})")
        for mask, value, term in group.pattern:
            step = terms.steps[term]
            flips = self.flips[int(self.steps.slots[step])]
            for wire, position in terms.bits[term]:
                value ^= (flips >> wire & 1) << position
            places = sorted(bits_of(mask), key=self.labels.__getitem__)
            where = [f"{'' if value >> position & 1 else '!'}{self.labels[position]}" for position in places]
            found.append(f"p({self._angle(step, 1.0)}) {' '.join(where)}")
        return tuple(found)

    def _angle(self, step: int, coefficient: float) -> str:
        slot = int(self.steps.slots[step])
        return self.angle_text(slot, coefficient * self.signs[slot])


def _end(frame: Frame) -> tuple[int, int]:
    return int(frame.x[0]), int(frame.z[0])


@dataclass(frozen=True, slots=True)
class _Words:
    """Angles as affine functions of the named parameters."""

    angles: AngleMap
    parameters: list[float]
    names: list[str | None]

    def text(self, slot: int, coefficient: float) -> str:
        begin, stop = np.searchsorted(self.angles.rows, [slot, slot + 1]).tolist()
        number, parts = float(self.angles.constants[slot]), []
        for column, factor in zip(
            self.angles.columns[begin:stop].tolist(), self.angles.coefficients[begin:stop].tolist(), strict=True
        ):
            name = self.names[column]
            if name is None:
                number += factor * self.parameters[column]
            else:
                parts.append(_multiple(factor * coefficient, name))
        if number or not parts:
            parts.insert(0, angle_in_pi(number * coefficient))
        return " + ".join(parts).replace("+ -", "- ")


def _multiple(factor: float, name: str) -> str:
    if factor in (1.0, -1.0):
        return name if factor > 0 else f"-{name}"
    return f"{factor:.6g} {name}"


def angle_in_pi(angle: float) -> str:
    """An angle in units of π: `pi/2`, `-3pi/4`, `0.0954930pi`; `0`."""
    turns = angle / pi
    near = Fraction(turns).limit_denominator(64)
    if abs(turns - near) > 1e-12 * max(1.0, abs(turns)):
        return f"{turns:.6g}pi"
    if not near:
        return "0"
    top = "" if near.numerator == 1 else "-" if near.numerator == -1 else str(near.numerator)
    return f"{top}pi" if near.denominator == 1 else f"{top}pi/{near.denominator}"
