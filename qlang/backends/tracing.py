"""A kernel as one list of gates whose parameters are functions of the job's parameters.

Loops, whole numbers and wires are as they are at the traced point; what a parameter decides is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.arith import CmpfOp
from xdsl.dialects.builtin import AnyFloat
from xdsl.dialects.scf import IfOp
from xdsl.ir import Operation

from qlang.backends.branches import Branch, Machine
from qlang.backends.errors import NotUnitary, TraceTooLong
from qlang.backends.folding import Idle, Recorder
from qlang.backends.interpreter import HANDLERS, MOVERS
from qlang.backends.program import Classical, Decoder, Step
from qlang.backends.states import GateCall
from qlang.backends.symbolic import NotDifferentiable, Operand, Symbolic, Table, Truth
from qlang.collection import CollectionPaused
from qlang.ir.kernel import FuncOp
from qlang.kernels.expressions import Expressions
from qlang.kernels.gate_columns import GateColumns

Reals: TypeAlias = NDArray[np.float64]
Point: TypeAlias = float | int | tuple[Any, ...]
"""A parameter: a number, or nested tuples of numbers for an array."""


@dataclass(frozen=True, slots=True)
class SymbolicCircuit:
    """The gates of a circuit without choices, in order."""

    qubits: int
    calls: Sequence[GateCall]
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
        predicate = op.predicate.value.data if isinstance(op, CmpfOp) else None

        def run(env: list[Any]) -> None:
            values = [env[slot] for slot in operands]
            if not any(isinstance(value, (Symbolic, Truth)) for value in values):
                plain(env)
            elif predicate is not None:
                env[result] = Truth(table, predicate, *values)
            else:
                env[result] = table.apply(name, values)

        return run


def _if(decoder: Decoder, op: Operation) -> Step:
    """As for known conditions; where a real parameter decides between numbers, both are computed."""
    assert isinstance(op, IfOp)
    plain: Step = HANDLERS[op.name](decoder, op)
    regions = [region for region in (op.true_region, op.false_region) if region.blocks]
    acts = any(each.name.startswith("kernel.") for region in regions for each in region.walk())
    condition, results = decoder.slot(op.cond), decoder.slots_of(op.results)
    blocks = [decoder.block(region.block) for region in regions]

    def step(machine: Machine, branches: list[Branch]) -> list[Branch]:
        (branch,) = branches
        truth = branch.env[condition]
        if acts or not isinstance(truth, Truth):
            return plain(machine, branches)
        for block in blocks:
            block.run(machine, branches)
        pairs = zip(*(block.results for block in blocks), strict=True)
        for result, (chosen, other) in zip(results, pairs, strict=True):
            branch.env[result] = truth.choice(branch.env[chosen], branch.env[other])
        return branches

    return step


_INSTEAD = "expectation values need no measurement: control gates by the qubit itself, and take a fresh one for a reset"

_HANDLERS = {**HANDLERS, IfOp.name: _if}


def trace(func: FuncOp, point: Sequence[Point]) -> SymbolicCircuit:
    """Trace a kernel at a point: real numbers, and arrays of them, become inputs in the order of its parameters.

    Raises `NotDifferentiable`, and what running the kernel raises.
    """
    with CollectionPaused():
        return _traced(func, point)


def _traced(func: FuncOp, point: Sequence[Point]) -> SymbolicCircuit:
    table = Table()
    decoder = _SymbolicDecoder(func.qubits, _HANDLERS, MOVERS, table=table)
    body = decoder.block(func.body.block)
    env: list[Any] = [None] * len(decoder.slots)
    for slot, value in zip(body.arguments, point, strict=True):
        env[slot] = _inputs(table, value)
    recorder = Recorder(func.qubits)
    try:
        (end,) = body.run(Machine(None), [Branch(recorder, env)])
    except (NotUnitary, TraceTooLong) as error:
        refused = _refused(error)
        refused.where = error.where
        raise refused from None
    calls, parameters = _recorded([part for part in recorder.segments if not isinstance(part, Idle)])
    return SymbolicCircuit(func.qubits, calls, table.expressions(parameters), frozenset(end.pending))


def _refused(error: NotUnitary | TraceTooLong) -> NotDifferentiable:
    if isinstance(error, TraceTooLong):
        return NotDifferentiable(f"a circuit of more than {error.limit} gates", "make the function of a shorter one")
    return NotDifferentiable(error.operation, _INSTEAD)


def _recorded(parts: Sequence[Sequence[GateCall]]) -> tuple[Sequence[GateCall], Sequence[Operand] | Reals]:
    """The gates with numbers for their parameters, and these as they came."""
    columns = [part for part in parts if isinstance(part, GateColumns)]
    if len(columns) == len(parts):
        run = GateColumns.joined(columns)
        return run, run.parameters
    calls = list(chain.from_iterable(parts))
    parameters: list[Operand] = list(chain.from_iterable(map(itemgetter(2), calls)))
    if not set(map(type, parameters)) <= {float}:
        calls = [(code, wires, tuple(map(float, values)), controls) for code, wires, values, controls in calls]
    return tuple(calls), parameters


def _inputs(table: Table, value: Point) -> Any:
    """Whole numbers stay; real ones become inputs."""
    if isinstance(value, tuple):
        return tuple(_inputs(table, item) for item in value)
    return table.input(value) if isinstance(value, float) else value
