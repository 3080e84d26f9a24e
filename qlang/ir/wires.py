"""Wires chosen when a circuit runs: indices of registers whose range is not known before."""

from collections.abc import Sequence

from xdsl.dialects.builtin import DenseArrayBase, i64
from xdsl.ir import SSAValue
from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, prop_def, result_def


@irdl_op_definition
class WireAtOp(IRDLOperation):
    """The wire of a register at an index; -1 is the last. An index outside of the register stops the execution.

    `wires` are those of the register, in its order, which need not be that of the circuit.
    """

    name = "circuit.wire_at"

    index = operand_def(i64)
    wires = prop_def(DenseArrayBase.constr(i64))
    result = result_def(i64)

    assembly_format = "$wires `[` $index `]` attr-dict"

    @staticmethod
    def of(index: SSAValue, wires: Sequence[int]) -> "WireAtOp":
        """The wire at an index."""
        table = DenseArrayBase.from_list(i64, wires)
        return WireAtOp.create(operands=[index], result_types=[i64], properties={"wires": table})
