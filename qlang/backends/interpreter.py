"""Decode a kernel and run it."""

from collections.abc import Mapping, Sequence
from typing import Any

from xdsl.dialects.builtin import IntegerType

from qlang.backends.arrays import ARRAYS
from qlang.backends.branches import Branch, Machine
from qlang.backends.control import CONTROL
from qlang.backends.operations import OPERATIONS
from qlang.backends.program import Decoder, Program
from qlang.backends.registers import REGISTERS
from qlang.backends.wires import WIRES
from qlang.ir.kernel import FuncOp

HANDLERS: Mapping[str, Any] = {**OPERATIONS, **CONTROL}
MOVERS: Mapping[str, Any] = {**REGISTERS, **ARRAYS, **WIRES}


def decode(func: FuncOp) -> Program:
    """Decode a kernel. Raises `UnsupportedOperation` for an operation without a handler, `BadWires`."""
    decoder = Decoder(func.qubits, HANDLERS, MOVERS)
    body = decoder.block(func.body.block)
    integers = tuple(isinstance(argument.type, IntegerType) for argument in func.body.block.args)
    registers = tuple(func.bit_registers.items())
    return Program(func.qubits, func.parameter_names, integers, registers, len(decoder.slots), body)


def run(program: Program, machine: Machine, state: Any, parameters: Sequence[float], shots: int) -> list[Branch]:
    """All branches at the end; terminal measurements are still pending.

    Raises `TooManyBranches`, `LoopLimit`, `BadLoop`, `BadArithmetic`, `BadWires`, `BadBitIndex`,
    `BadArrayIndex`, `BadQubitIndex`, `BadRequest`.
    """
    return program.body.run(machine, [program.start(state, parameters, shots)])
