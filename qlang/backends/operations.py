"""Decoders of the quantum operations: gates, measurements, resets, delays; and of those that read bits."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from operator import itemgetter
from typing import TYPE_CHECKING, cast

import numpy as np
from xdsl.ir import Operation, SSAValue

from qlang.backends.branches import Branch, Machine
from qlang.backends.errors import BadAngle, BadWires, UnsupportedOperation
from qlang.backends.registers import get_bit, to_integer
from qlang.backends.states import GateCall
from qlang.ir.gates import BY_CODE, BY_NAME, Primitive
from qlang.ir.kernel import DelayOp, EachOp, GateOp, MeasureOp, ProgramOp, ResetOp, SweepOp
from qlang.kernels.gate_columns import GateColumns

if TYPE_CHECKING:
    from qlang.backends.program import Decoder, Env, Step

Wires = Callable[["Env"], tuple[int, ...]]

_WIRES = itemgetter(1)
"""Of a gate."""


def _checked(name: str, wires: tuple[int, ...], qubits: int) -> tuple[int, ...]:
    if len(set(wires)) != len(wires) or (wires and not 0 <= min(wires) <= max(wires) < qubits):
        raise BadWires(name, wires, qubits)
    return wires


def _wires(decoder: "Decoder", name: str, wires: list[int | SSAValue]) -> Wires:
    """A function of the environment; constant wires are checked here, computed ones when they are."""
    qubits = decoder.qubits
    if all(isinstance(wire, int) for wire in wires):
        constant = _checked(name, cast(tuple[int, ...], tuple(wires)), qubits)
        return lambda env: constant
    sources = [(True, wire) if isinstance(wire, int) else (False, decoder.slot(wire)) for wire in wires]

    def computed(env: "Env") -> tuple[int, ...]:
        return _checked(name, tuple([value if known else env[value] for known, value in sources]), qubits)

    return computed


def _angles(name: str, slots: Sequence[int]) -> Callable[["Env"], tuple[float, ...]]:
    """A function of the environment: a gate's parameters, checked to be finite."""

    def computed(env: "Env") -> tuple[float, ...]:
        found = tuple([env[slot] for slot in slots])
        if not all(map(isfinite, found)):
            raise BadAngle(name, found)
        return found

    return computed


def _primitive(name: str) -> Primitive:
    row = BY_NAME.get(name)
    if row is None:
        raise UnsupportedOperation("kernel.gate", f"unknown gate `{name}`")
    return row


def _sweep(decoder: "Decoder", op: Operation) -> "Step":
    assert isinstance(op, SweepOp)
    calls = GateColumns.packed(*op.gates.arrays())
    if not calls.wires_within(decoder.qubits) or calls.wires_twice:
        for wires in map(_WIRES, calls):
            _checked("kernel.sweep", wires, decoder.qubits)
    if not np.isfinite(calls.parameters).all():
        code, parameters = next((call[0], call[2]) for call in calls if not all(map(isfinite, call[2])))
        raise BadAngle(BY_CODE[code].name, parameters)
    return lambda machine, branches: machine.gates(branches, calls)


def _gate(decoder: "Decoder", op: Operation) -> "Step":
    assert isinstance(op, GateOp)
    row = _primitive(op.gate.data)
    controls = op.controls.data if op.controls else ""
    if set(controls) - {"0", "1"} or len(op.wire_list) != row.qubits + len(controls):
        raise UnsupportedOperation(op.name, f"`{row.name}` with controls `{controls}` on {len(op.wire_list)} wires")
    wires, angles = _wires(decoder, row.name, op.wire_list), decoder.slots_of(op.angles)
    code, parameters = row.code, _angles(row.name, angles)

    def call(env: "Env") -> tuple[GateCall, ...]:
        return ((code, wires(env), parameters(env), controls),)

    return _for_each_branch(call)


def _each(decoder: "Decoder", op: Operation) -> "Step":
    assert isinstance(op, EachOp)
    code = _primitive(op.gate.data).code
    wires = _wires(decoder, op.gate.data, op.wire_list)
    parameters = _angles(op.gate.data, decoder.slots_of(op.angles))

    def calls(env: "Env") -> tuple[GateCall, ...]:
        angles = parameters(env)
        return tuple([(code, (wire,), angles, "") for wire in wires(env)])

    return _for_each_branch(calls)


def _for_each_branch(calls: Callable[["Env"], tuple[GateCall, ...]]) -> "Step":
    def step(machine: Machine, branches: list[Branch]) -> list[Branch]:
        if len(branches) == 1:
            return machine.gates(branches, calls(branches[0].env))
        return [part for branch in branches for part in machine.gates([branch], calls(branch.env))]

    return step


def _for_each_wire(wires: Wires, act: Callable[[Machine, Branch, int], list[Branch]]) -> "Step":
    """One wire after the other; acting on one may divide a branch."""

    def step(machine: Machine, branches: list[Branch]) -> list[Branch]:
        live = []
        for branch in branches:
            parts = [branch]
            for wire in wires(branch.env):
                parts = [after for part in parts for after in act(machine, part, wire)]
            live += parts
        return live

    return step


def _measure(decoder: "Decoder", op: Operation) -> "Step":
    assert isinstance(op, MeasureOp)
    wires, result = _wires(decoder, op.name, op.wire_list), decoder.slot(op.bits)

    def step(machine: Machine, branches: list[Branch]) -> list[Branch]:
        live = []
        for branch in branches:
            parts, tokens = machine.measure(branch, wires(branch.env))
            for part in parts:
                part.env[result] = tokens
            live += parts
        return live

    return step


def _reset(decoder: "Decoder", op: Operation) -> "Step":
    assert isinstance(op, ResetOp)
    return _for_each_wire(_wires(decoder, op.name, op.wire_list), Machine.reset)


def _delay(decoder: "Decoder", op: Operation) -> "Step":
    assert isinstance(op, DelayOp)
    wires, seconds = _wires(decoder, op.name, op.wire_list), decoder.slot(op.seconds)

    return _for_each_wire(wires, lambda machine, part, wire: machine.delay(part, part.env[seconds], wire))


def _program(decoder: "Decoder", op: Operation) -> "Step":
    """The gates; their sweeps are for people, and for another processor."""
    assert isinstance(op, ProgramOp)
    return decoder.block(op.gates.block).run


OPERATIONS: Mapping[str, Callable[["Decoder", Operation], "Step"]] = {
    "kernel.program": _program,
    "kernel.sweep": _sweep,
    "kernel.gate": _gate,
    "kernel.each": _each,
    "kernel.measure": _measure,
    "kernel.reset": _reset,
    "kernel.delay": _delay,
    "circuit.bits_get": get_bit,
    "circuit.bits_to_int": to_integer,
}
