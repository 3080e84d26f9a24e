"""Time in the `circuit` dialect: lengths that only a device knows, and boxes.

Lengths are f64 values in seconds, so that arithmetic on them is that of other numbers. A simulator executes what stands
in a box; the lengths of this module have no value there, and a delay that needs one is refused (`require-lengths`).

    %g = circuit.stretch "g"
    %d = circuit.duration_of (%r: !circuit.reg<3>) { … circuit.duration_end %r1 : !circuit.reg<3> }
    %r1 = circuit.box_begin %seconds %r [0, 1] : !circuit.reg<3>
"""

from typing import ClassVar

from xdsl.dialects.builtin import Float64Type, StringAttr, f64, i64
from xdsl.dialects.utils import DynamicIndexList
from xdsl.ir import Operation
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    VarConstraint,
    base,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import HasParent, IsTerminator, Pure

from qlang.ir.circuit import RegisterType, WiredOp
from qlang.ir.constraints import DENSE


@irdl_op_definition
class StretchOp(IRDLOperation):
    """A length that a scheduler chooses, so that the circuit fits together."""

    name = "circuit.stretch"

    stretch = prop_def(StringAttr)
    seconds = result_def(f64)

    traits = traits_def(Pure())
    assembly_format = "$stretch attr-dict"


@irdl_op_definition
class TimeStepOp(IRDLOperation):
    """The device's time step, `1dt`."""

    name = "circuit.time_step"

    seconds = result_def(f64)

    traits = traits_def(Pure())
    assembly_format = "attr-dict"


@irdl_op_definition
class DurationOfOp(IRDLOperation):
    """How long the circuit in the region takes on the device; it is not executed."""

    name = "circuit.duration_of"

    body = region_def("single_block")
    seconds = result_def(f64)

    assembly_format = "$body attr-dict"


@irdl_op_definition
class DurationEndOp(IRDLOperation):
    """The register at the end of a circuit that is only timed."""

    name = "circuit.duration_end"

    qubits = operand_def(RegisterType)

    traits = traits_def(IsTerminator(), HasParent(DurationOfOp))
    assembly_format = "$qubits attr-dict `:` type($qubits)"


@irdl_op_definition
class BoxBeginOp(WiredOp):
    """From here to the end of the box nothing moves in or out; `seconds`, where given, is the length of the whole."""

    name = "circuit.box_begin"
    T: ClassVar = VarConstraint("T", base(RegisterType))

    static_wires = prop_def(DENSE)
    seconds = opt_operand_def(Float64Type)
    qubits = operand_def(T)
    wires = var_operand_def(i64)
    result = result_def(T)

    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    custom_directives = (DynamicIndexList,)
    assembly_format = "($seconds^)? $qubits custom<DynamicIndexList>($wires, $static_wires) attr-dict `:` type($result)"


@irdl_op_definition
class BoxEndOp(WiredOp):
    """The end of a box."""

    name = "circuit.box_end"
    T: ClassVar = VarConstraint("T", base(RegisterType))

    static_wires = prop_def(DENSE)
    qubits = operand_def(T)
    wires = var_operand_def(i64)
    result = result_def(T)

    custom_directives = (DynamicIndexList,)
    assembly_format = "$qubits custom<DynamicIndexList>($wires, $static_wires) attr-dict `:` type($result)"


UNKNOWN_LENGTHS: tuple[type[Operation], ...] = (StretchOp, TimeStepOp, DurationOfOp)
"""What has no value without a device."""
