"""Scalar operations of the `circuit` dialect that MLIR's `arith` and `math` lack."""

from xdsl.dialects.builtin import Float64Type, IntegerAttr, IntegerType, f64
from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

CHECKED = "circuit.checked"
"""A unit attribute of `math.ipowi` and `arith.trunci`: a result that does not fit is an error, as `overflow<nsw>` says
of other operations."""


@irdl_op_definition
class AngleStepsOp(IRDLOperation):
    """Radians as the nearest step of an angle of `width` bits, modulo 2π; half steps go to the even one."""

    name = "circuit.angle_steps"

    radians = operand_def(Float64Type)
    width = prop_def(IntegerAttr)
    result = result_def(IntegerType)

    traits = traits_def(Pure())
    assembly_format = "$radians $width attr-dict `:` type($result)"


@irdl_op_definition
class RemainderOp(IRDLOperation):
    """The remainder of a division rounded towards zero, as C's `fmod` has it."""

    name = "circuit.remainder"

    left = operand_def(f64)
    right = operand_def(f64)
    result = result_def(f64)

    traits = traits_def(Pure())
    assembly_format = "$left `,` $right attr-dict"
