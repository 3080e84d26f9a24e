"""Gate modifiers, on gates that are expanded to primitives: `ctrl`, `negctrl`, `inv`, `pow`.

A modified gate is its expansion modified: `inv` reverses it, `ctrl` controls every part (global phases included,
which become phases of the control), an integer `pow` repeats it. Fractional powers are taken of single
primitives, as principal powers; rotations and phases scale their angle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

from qlang.compiler.lowering.arithmetic import binary, unary
from qlang.compiler.lowering.emitter import Dynamic, Emitter
from qlang.compiler.lowering.frame import Known, Wire
from qlang.ir.gates import BY_NAME, Primitive
from qlang.ir.gates import inverse as inverse_of
from qlang.sema.values import Constant, as_float, real

MOST_REPETITIONS = 1 << 16
"""Largest integer power of a gate that is written out."""


@dataclass(frozen=True, slots=True)
class Step:
    """One primitive of an expansion; the first `len(controls)` wires are controls on the values written there."""

    primitive: Primitive
    parameters: tuple[Known, ...]
    wires: tuple[Wire, ...]
    controls: str = ""


class CannotModify(Exception):
    """A modifier that has no expansion here; the text says which."""


_CONTROLLED = {
    "x": "cx",
    "y": "cy",
    "z": "cz",
    "h": "ch",
    "p": "cp",
    "rx": "crx",
    "ry": "cry",
    "rz": "crz",
    "swap": "cswap",
    "cx": "ccx",
    "cz": "ccz",
    "gphase": "p",
}
_AS_PHASE = {"s": pi / 2, "sdg": -pi / 2, "t": pi / 4, "tdg": -pi / 4, "z": pi}
"""Gates that are a phase gate of this angle."""


def inverted(emitter: Emitter, steps: Sequence[Step]) -> list[Step]:
    """The expansion that undoes another."""
    return [_inverse_step(emitter, step) for step in reversed(steps)]


def _inverse_step(emitter: Emitter, step: Step) -> Step:
    primitive, parameters = step.primitive, step.parameters
    match primitive.inverse:
        case "negate":
            parameters = tuple(unary(emitter, "-", parameter) for parameter in parameters)
        case "u":
            theta, phi, lam = (unary(emitter, "-", parameter) for parameter in parameters)
            parameters = (theta, lam, phi)
        case _:
            primitive, _ = inverse_of(primitive, ())
    return Step(primitive, parameters, step.wires, step.controls)


def controlled(steps: Sequence[Step], control: Wire, value: str) -> list[Step]:
    """The expansion with a control on `value` added to every step."""
    return [_controlled_step(step, control, value) for step in steps]


def _controlled_step(step: Step, control: Wire, value: str) -> Step:
    primitive, parameters = step.primitive, step.parameters
    if value == "1" and not step.controls:
        if primitive.name in _AS_PHASE and primitive.name != "z":
            primitive, parameters = BY_NAME["p"], (real(_AS_PHASE[primitive.name]),)
        known = _CONTROLLED.get(primitive.name)
        if known is not None:
            return Step(BY_NAME[known], parameters, (control, *step.wires))
    if primitive.name == "gphase":
        return _controlled_phase(parameters, step.wires, step.controls, control, value)
    return Step(primitive, parameters, (control, *step.wires), value + step.controls)


def _controlled_phase(
    parameters: tuple[Known, ...], wires: tuple[Wire, ...], controls: str, control: Wire, value: str
) -> Step:
    """A global phase under controls: it stays a zero-qubit gate whose wires are all controls."""
    return Step(BY_NAME["gphase"], parameters, (control, *wires), value + controls)


def power(emitter: Emitter, steps: Sequence[Step], exponent: Known, version: int) -> list[Step]:
    """The expansion to a power. Raises CannotModify where it has none here."""
    if len(steps) == 1 and steps[0].primitive.additive:
        step = steps[0]
        scaled = tuple(binary(emitter, "*", exponent, parameter, version) for parameter in step.parameters)
        return [Step(step.primitive, scaled, step.wires, step.controls)]
    if isinstance(exponent, Dynamic):
        raise CannotModify("a power known only at run time, of a gate that is no rotation or phase")
    if isinstance(exponent.value, int) or float(as_float(exponent)).is_integer():
        return _repeated(emitter, steps, int(as_float(exponent)))
    if len(steps) == 1:
        return _fractional(steps[0], as_float(exponent))
    raise CannotModify("a fractional power of a gate made of several others")


def _repeated(emitter: Emitter, steps: Sequence[Step], times: int) -> list[Step]:
    if len(steps) == 1 and steps[0].primitive.inverse == "self":
        return list(steps) * (times % 2)
    if abs(times) * len(steps) > MOST_REPETITIONS:
        raise CannotModify(f"a power that repeats gates more than {MOST_REPETITIONS} times")
    base = list(steps) if times >= 0 else inverted(emitter, steps)
    return base * abs(times)


def _fractional(step: Step, exponent: float) -> list[Step]:
    """A principal power of a fixed gate, from its matrix's eigenvalues (angles in (−π, π])."""
    if step.primitive.name in _AS_PHASE:
        angle = _AS_PHASE[step.primitive.name] * exponent
        return [Step(BY_NAME["p"], (real(angle),), step.wires, step.controls)]
    if step.primitive.qubits != 1 or not all(isinstance(parameter, Constant) for parameter in step.parameters):
        raise CannotModify(f"a fractional power of `{step.primitive.name}`")
    from qlang.compiler.lowering.unitaries import matrix_power

    parameters = tuple(as_float(parameter) for parameter in step.parameters if isinstance(parameter, Constant))
    theta, phi, lam, phase = matrix_power(step.primitive.code, parameters, exponent)
    controls = step.wires[: len(step.controls)]
    return [
        Step(BY_NAME["u"], (real(theta), real(phi), real(lam)), step.wires, step.controls),
        Step(BY_NAME["gphase"], (real(phase),), controls, step.controls),
    ]
