"""A kernel as one list of gates whose parameters are functions of the job's parameters.

Loops, whole numbers and wires are as they are at the traced point; what a parameter decides is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from xdsl.dialects.builtin import AnyFloat
from xdsl.ir import Operation

from qlang.backends.branches import Machine
from qlang.backends.errors import NotUnitary
from qlang.backends.folding import Idle, Recorder
from qlang.backends.interpreter import HANDLERS, MOVERS
from qlang.backends.program import Classical, Decoder, Program
from qlang.backends.states import GateCall
from qlang.backends.symbolic import NotDifferentiable, Symbolic, Table
from qlang.ir.kernel import FuncOp
from qlang.kernels.expressions import Expressions

Point: TypeAlias = float | int | tuple[Any, ...]
"""A parameter: a number, or nested tuples of numbers for an array."""


@dataclass(frozen=True, slots=True)
class SymbolicCircuit:
    """The gates of a circuit without choices, in order."""

    qubits: int
    calls: tuple[GateCall, ...]
    """With the values of their parameters at the traced point."""
    parameters: Expressions
    """The parameters of all gates, one after the other, as functions of the real parameters of the job."""
    measured: frozenset[int]
    """Wires that the circuit measures at its end."""


@dataclass(slots=True)
class _SymbolicDecoder(Decoder):
    table: Table | None = None

    def classical(self, op: Operation) -> Classical | None:
        """As for numbers, where no operand is symbolic."""
        plain = super(_SymbolicDecoder, self).classical(op)  # slots: no zero-argument super
        if plain is None or op.name in self.movers or not any(isinstance(v.type, AnyFloat) for v in op.operands):
            return plain
        assert self.table is not None
        table, name = self.table, op.name
        result, operands = self.slot(op.results[0]), self.slots_of(op.operands)

        def run(env: list[Any]) -> None:
            values = [env[slot] for slot in operands]
            if any(isinstance(value, Symbolic) for value in values):
                env[result] = table.apply(name, values)
            else:
                plain(env)

        return run


def trace(func: FuncOp, point: Sequence[Point]) -> SymbolicCircuit:
    """Trace a kernel at a point: real numbers, and arrays of them, become inputs in the order of its parameters.

    Raises `NotDifferentiable`, and what running the kernel raises.
    """
    table = Table()
    decoder = _SymbolicDecoder(func.qubits, HANDLERS, MOVERS, table=table)
    body = decoder.block(func.body.block)
    arguments = [_inputs(table, value) for value in point]
    program = Program(func.qubits, (), (), tuple(func.bit_registers.items()), len(decoder.slots), body)
    recorder = Recorder(func.qubits)
    branch = program.start(recorder, (), 0)
    for slot, value in zip(body.arguments, arguments, strict=True):
        branch.env[slot] = value
    try:
        (end,) = body.run(Machine(None), [branch])
    except NotUnitary as error:
        refused = NotDifferentiable(error.operation)
        refused.where = error.where
        raise refused from None
    calls = [call for part in recorder.segments if not isinstance(part, Idle) for call in part]
    parameters = [parameter for call in calls for parameter in call[2]]
    return SymbolicCircuit(
        func.qubits,
        tuple((code, wires, tuple(map(float, values)), controls) for code, wires, values, controls in calls),
        table.expressions(parameters),
        frozenset(end.pending),
    )


def _inputs(table: Table, value: Point) -> Any:
    """Whole numbers stay; real ones become inputs."""
    if isinstance(value, tuple):
        return tuple(_inputs(table, item) for item in value)
    return table.input(value) if isinstance(value, float) else value
