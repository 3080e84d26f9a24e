"""Classical bits: operations of the `circuit` dialect on registers of measured or assigned bits.

Bits are values: setting one yields a new register. A bit that was measured may stay unread to the end of the
circuit, so that a simulator can sample it together with the others.
"""

from typing import ClassVar

from xdsl.dialects.builtin import BoolAttr, IntegerAttr, IntegerType, i1, i64
from xdsl.ir import SSAValue
from xdsl.irdl import (
    IRDLOperation,
    VarConstraint,
    base,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure

from qlang.ir.circuit import BitsType


@irdl_op_definition
class BitsConstantOp(IRDLOperation):
    """A register with known bits, given as an unsigned number."""

    name = "circuit.bits_constant"

    value = prop_def(IntegerAttr)
    result = result_def(BitsType)

    traits = traits_def(Pure())
    assembly_format = "$value attr-dict `:` type($result)"


@irdl_op_definition
class BitsGetOp(IRDLOperation):
    """One bit."""

    name = "circuit.bits_get"

    bits = operand_def(BitsType)
    index = operand_def(i64)
    result = result_def(i1)

    traits = traits_def(Pure())
    assembly_format = "$bits `[` $index `]` attr-dict `:` type($bits)"


@irdl_op_definition
class BitsSetOp(IRDLOperation):
    """The register with one bit replaced by a boolean."""

    name = "circuit.bits_set"
    T: ClassVar = VarConstraint("T", base(BitsType))

    bits = operand_def(T)
    index = operand_def(i64)
    value = operand_def(i1)
    result = result_def(T)

    traits = traits_def(Pure())
    assembly_format = "$bits `[` $index `]` `=` $value attr-dict `:` type($result)"


@irdl_op_definition
class BitsInsertOp(IRDLOperation):
    """The register with the bits from `index` on replaced by those of `part`, unread."""

    name = "circuit.bits_insert"
    T: ClassVar = VarConstraint("T", base(BitsType))

    bits = operand_def(T)
    index = operand_def(i64)
    part = operand_def(BitsType)
    result = result_def(T)

    traits = traits_def(Pure())
    assembly_format = "$bits `[` $index `]` `=` $part attr-dict `:` type($result) `,` type($part)"


@irdl_op_definition
class BitsExtractOp(IRDLOperation):
    """As many consecutive bits as the result has, from `index` on, unread."""

    name = "circuit.bits_extract"

    bits = operand_def(BitsType)
    index = operand_def(i64)
    result = result_def(BitsType)

    traits = traits_def(Pure())
    assembly_format = "$bits `[` $index `]` attr-dict `:` type($bits) `->` type($result)"


@irdl_op_definition
class BitsToIntOp(IRDLOperation):
    """The register as an unsigned number, or in two's complement when `signed`."""

    name = "circuit.bits_to_int"

    bits = operand_def(BitsType)
    signed = prop_def(BoolAttr)
    result = result_def(IntegerType)

    traits = traits_def(Pure())
    assembly_format = "$bits $signed attr-dict `:` type($bits) `->` type($result)"


@irdl_op_definition
class IntToBitsOp(IRDLOperation):
    """The low bits of a number."""

    name = "circuit.int_to_bits"

    value = operand_def(IntegerType)
    result = result_def(BitsType)

    traits = traits_def(Pure())
    assembly_format = "$value attr-dict `:` type($value) `->` type($result)"


def size_of(value: SSAValue) -> int:
    """Number of bits of a register value."""
    assert isinstance(value.type, BitsType)
    return value.type.size.data
