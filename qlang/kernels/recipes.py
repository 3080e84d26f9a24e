"""How each primitive gate with controls is made of elementary steps, exactly, global phase included.

With R(θ) = exp(−iθY/2), S = diag(1, i) and C^k for k controls (Barenco et al., Phys. Rev. A 52, 3457 (1995)):

    RX(θ) = S† R(θ) S             H = R(π/2) Z                 X = R(φ) X(φ=0) R(−φ), Z turned by φ = π/2
    C^k Z, C^k phase              one PATTERN                  C^k H = R(π/4) C^kZ R(−π/4)
    C^k R(θ) = R(θ/2) C^kZ R(−θ/2) C^kZ, for one control with CX in place of CZ
    exp(−iθ/2 Z_a Y_b) = CX_ab R_b(θ) CX_ab          exp(−iθ/2 Y_a X_b) = CX_ab R_a(θ) CX_ab

What conjugates a gate needs no controls of its own. A control on 0 is a control on 1 between two frames X.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from math import pi
from typing import TypeAlias

from qlang.ir.gates import BY_CODE
from qlang.kernels.steps import StepKind

Affine: TypeAlias = tuple[float, ...]
"""Constant, then the coefficient of each of the gate's parameters; missing ones are 0."""

Controls: TypeAlias = tuple[tuple[int, int], ...]
"""Wire and value of each control."""


@dataclass(frozen=True, slots=True)
class RecipeStep:
    """A step on the gate's own wires 0, 1, …: wires of `first` and of `second` (of a PATTERN: those with value 1)."""

    kind: StepKind
    first: tuple[int, ...]
    second: tuple[int, ...]
    angle: Affine | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """Steps of a gate with its controls, and the angle by which it changes the global phase."""

    steps: tuple[RecipeStep, ...]
    phase: Affine


@dataclass(slots=True)
class _Builder:
    """Collects the steps of one recipe. Methods with `controls` add the controlled operation."""

    steps: list[RecipeStep] = field(default_factory=list)
    phase: Affine = (0.0,)

    def _add(self, kind: StepKind, first: Iterable[int], second: Iterable[int], angle: Affine | None = None) -> None:
        self.steps.append(RecipeStep(kind, tuple(first), tuple(second), angle))

    def turn(self, wire: int, angle: Affine) -> None:
        """R(angle)."""
        self._add(StepKind.ROTATION, (wire,), (), angle)

    def parity(self, wires: Iterable[int], angle: Affine) -> None:
        """exp(−i angle/2 · (−1)^parity)."""
        self._add(StepKind.PARITY, wires, (), angle)

    def flip(self, wire: int) -> None:
        self._add(StepKind.X, (wire,), ())

    def cx(self, control: int, target: int, value: int = 1) -> None:
        """CX on a control of this value."""
        frames = () if value else (control,)
        for wire in frames:
            self.flip(wire)
        self._add(StepKind.CX, (control,), (target,))
        for wire in frames:
            self.flip(wire)

    def if_all(self, controls: Controls, angle: Affine) -> None:
        """exp(i angle) where all controls have their values."""
        if len(controls) > 1:
            ones = [wire for wire, value in controls if value]
            self._add(StepKind.PATTERN, (wire for wire, _ in controls), ones, angle)
            return
        for wire, value in controls:
            self.parity((wire,), angle if value else _times(angle, -1))
        self.phase = _plus(self.phase, _times(angle, 0.5 ** len(controls)))

    def z(self, controls: Controls, wire: int) -> None:
        if controls:
            self.if_all((*controls, (wire, 1)), (pi,))
        else:
            self._add(StepKind.Z, (wire,), ())

    def x(self, controls: Controls, wire: int) -> None:
        if len(controls) > 1:
            self.turn(wire, (-pi / 2,))
            self.z(controls, wire)
            self.turn(wire, (pi / 2,))
        elif controls:
            self.cx(controls[0][0], wire, controls[0][1])
        else:
            self.flip(wire)

    def ry(self, controls: Controls, wire: int, angle: Affine) -> None:
        if not controls:
            self.turn(wire, angle)
            return
        exchange = self.x if len(controls) == 1 else self.z
        exchange(controls, wire)
        self.turn(wire, _times(angle, -0.5))
        exchange(controls, wire)
        self.turn(wire, _times(angle, 0.5))

    def rz(self, controls: Controls, wire: int, angle: Affine) -> None:
        if not controls:
            self.parity((wire,), angle)
        elif len(controls) == 1:
            control, value = controls[0]
            self.parity((wire,), _times(angle, 0.5))
            self.parity((control, wire), _times(angle, -0.5 if value else 0.5))
        else:
            self.if_all(controls, _times(angle, -0.5))
            self.if_all((*controls, (wire, 1)), angle)

    def rx(self, controls: Controls, wire: int, angle: Affine) -> None:
        self.parity((wire,), (pi / 2,))
        self.ry(controls, wire, angle)
        self.parity((wire,), (-pi / 2,))

    def hadamard(self, controls: Controls, wire: int) -> None:
        if not controls:
            self.z((), wire)
            self.turn(wire, (pi / 2,))
            return
        exchange, angle = (self.x, -pi / 4) if len(controls) == 1 else (self.z, pi / 4)
        self.turn(wire, (-angle,))
        exchange(controls, wire)
        self.turn(wire, (angle,))


def _plus(left: Affine, right: Affine) -> Affine:
    size = max(len(left), len(right))
    padded = [(*row, *(0.0,) * (size - len(row))) for row in (left, right)]
    return tuple(a + b for a, b in zip(*padded, strict=True))


def _times(affine: Affine, factor: float) -> Affine:
    return tuple(factor * number for number in affine)


_Rule: TypeAlias = Callable[[_Builder, Controls, tuple[int, ...]], None]
"""Adds a gate on its own wires, after those of the controls."""

_FIRST: Affine = (0.0, 1.0)
"""The first parameter."""


def _y(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
    if not controls:
        build.z((), *wires)
        build.flip(*wires)
        build.phase = (pi / 2,)
        return
    build.parity(wires, (-pi / 2,))
    build.x(controls, *wires)
    build.parity(wires, (pi / 2,))


def _sx(sign: int) -> _Rule:
    def rule(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
        build.rx(controls, wires[0], (sign * pi / 2,))
        build.if_all(controls, (sign * pi / 4,))

    return rule


def _u(extra: float) -> _Rule:
    """e^{i(φ+λ+extra·θ)/2} RZ(φ) R(θ) RZ(λ)."""

    def rule(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
        build.rz(controls, wires[0], (0.0, 0.0, 0.0, 1.0))
        build.ry(controls, wires[0], _FIRST)
        build.rz(controls, wires[0], (0.0, 0.0, 1.0))
        build.if_all(controls, (0.0, extra / 2, 0.5, 0.5))

    return rule


def _phase(*angle: float) -> _Rule:
    """exp(i angle) where all wires are 1."""

    def rule(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
        build.if_all((*controls, *((wire, 1) for wire in wires)), angle)

    return rule


def _with_control(rule: _Rule) -> _Rule:
    """A rule whose first wire is one more control on 1."""
    return lambda build, controls, wires: rule(build, (*controls, (wires[0], 1)), wires[1:])


def _exchange(phase: float) -> _Rule:
    """SWAP, after exp(i phase) where the wires differ: CX, CX and CX, of which the middle one is controlled."""

    def rule(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
        a, b = wires
        if not controls:
            if phase:
                build.parity(wires, (phase,))
                build.phase = (phase / 2,)
            build.steps.append(RecipeStep(StepKind.SWAP, (a,), (b,), None))
            return
        build.cx(b, a)
        if phase:
            build.if_all((*controls, (a, 1)), (phase,))
        build.x((*controls, (a, 1)), b)
        build.cx(b, a)

    return rule


def _rxx(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
    a, b = wires
    build.parity((a,), (pi / 2,))
    build.cx(a, b)
    build.ry(controls, a, _FIRST)
    build.cx(a, b)
    build.parity((a,), (-pi / 2,))


def _ryy(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
    a, b = wires
    build.parity((b,), (-pi / 2,))
    build.cx(a, b)
    build.ry(controls, a, _FIRST)
    build.cx(a, b)
    build.parity((b,), (pi / 2,))


def _rzz(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
    if not controls:
        build.parity(wires, _FIRST)
        return
    build.cx(*wires)
    build.rz(controls, wires[1], _FIRST)
    build.cx(*wires)


def _rzx(angle: Affine) -> _Rule:
    def rule(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
        a, b = wires
        build.parity((b,), (pi / 2,))
        build.cx(a, b)
        build.ry(controls, b, angle)
        build.cx(a, b)
        build.parity((b,), (-pi / 2,))

    return rule


def _ecr(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
    """X on the first wire after rzx(π/2)."""
    _rzx((pi / 2,))(build, controls, wires)
    build.x(controls, wires[0])


def _nothing(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
    pass


def _x(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
    build.x(controls, *wires)


def _z(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
    build.z(controls, *wires)


def _h(build: _Builder, controls: Controls, wires: tuple[int, ...]) -> None:
    build.hadamard(controls, *wires)


def _rotation(method: Callable[[_Builder, Controls, int, Affine], None]) -> _Rule:
    return lambda build, controls, wires: method(build, controls, wires[0], _FIRST)


_RX, _RY, _RZ = (_rotation(method) for method in (_Builder.rx, _Builder.ry, _Builder.rz))

_RULES: dict[str, _Rule] = {
    "id": _nothing,
    "x": _x,
    "y": _y,
    "z": _z,
    "h": _h,
    "s": _phase(pi / 2),
    "sdg": _phase(-pi / 2),
    "t": _phase(pi / 4),
    "tdg": _phase(-pi / 4),
    "sx": _sx(1),
    "sxdg": _sx(-1),
    "rx": _RX,
    "ry": _RY,
    "rz": _RZ,
    "p": _phase(*_FIRST),
    "u": _u(0.0),
    "U": _u(1.0),
    "cx": _with_control(_x),
    "cy": _with_control(_y),
    "cz": _with_control(_z),
    "ch": _with_control(_h),
    "cp": _phase(*_FIRST),
    "crx": _with_control(_RX),
    "cry": _with_control(_RY),
    "crz": _with_control(_RZ),
    "swap": _exchange(0.0),
    "iswap": _exchange(pi / 2),
    "iswapdg": _exchange(-pi / 2),
    "rxx": _rxx,
    "ryy": _ryy,
    "rzz": _rzz,
    "rzx": _rzx(_FIRST),
    "ecr": _ecr,
    "ccx": _with_control(_with_control(_x)),
    "ccz": _with_control(_with_control(_z)),
    "cswap": _with_control(_exchange(0.0)),
    "gphase": _phase(*_FIRST),
}


@lru_cache(maxsize=4096)
def recipe(code: int, controls: str) -> Recipe:
    """The recipe of a primitive on wires 0, 1, …, those of the controls first ('0' and '1': their values).

    Raises KeyError for a primitive that has no rule.
    """
    build = _Builder()
    values = tuple((wire, int(value)) for wire, value in enumerate(controls))
    wires = tuple(range(len(controls), len(controls) + BY_CODE[code].qubits))
    _RULES[BY_CODE[code].name](build, values, wires)
    return Recipe(tuple(build.steps), build.phase)
