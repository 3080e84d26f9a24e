"""Dialect `kernel`: what a simulator runs.

The state is implicit and changed in place; wires, bits and loops are as in `circuit`. Straight runs become sweeps,
whose gates carry the structure that decides how each is applied and what it costs. Bits stay values.

    kernel.func @quench(%h: f64) -> (!circuit.bits<2>) attributes {qubits = 8} {
      kernel.run #circuit.gates<h 0, cx 0 1> {bytes = …, flops = …}
      scf.for … { kernel.gate "rzz"(%angle) [%i, %j] }
      kernel.return %bits
    }
"""

from xdsl.dialects.builtin import (
    Float64Type,
    IntegerAttr,
    StringAttr,
    f64,
    i64,
)
from xdsl.dialects.utils import DynamicIndexList
from xdsl.ir import Dialect
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import HasParent, IsTerminator

from qlang.ir.circuit import BitsType, FunctionOp, WiredOp
from qlang.ir.constraints import DENSE
from qlang.ir.packed import PackedGates


@irdl_op_definition
class FuncOp(FunctionOp):
    """A program for a simulator of `qubits` qubits; results are the circuit's bit registers."""

    name = "kernel.func"

    @property
    def qubits(self) -> int:
        """Number of qubits of the state."""
        count = self.attributes["qubits"]
        assert isinstance(count, IntegerAttr)
        return count.value.data


@irdl_op_definition
class RunOp(IRDLOperation):
    """A packed run, applied gate by gate over the state; `bytes` moved and `flops` for one state vector."""

    name = "kernel.run"

    gates = prop_def(PackedGates)

    assembly_format = "$gates attr-dict"


@irdl_op_definition
class GateOp(WiredOp):
    """One gate with computed wires or parameters; leading wires are controls on the values in `controls`."""

    name = "kernel.gate"

    gate = prop_def(StringAttr)
    controls = opt_prop_def(StringAttr)
    static_wires = prop_def(DENSE)
    angles = var_operand_def(Float64Type)
    wires = var_operand_def(i64)

    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    custom_directives = (DynamicIndexList,)
    assembly_format = (
        "$gate (`controls` $controls^)? `(` $angles `)` custom<DynamicIndexList>($wires, $static_wires) attr-dict"
    )


@irdl_op_definition
class EachOp(WiredOp):
    """The same one-qubit gate on each of several wires."""

    name = "kernel.each"

    gate = prop_def(StringAttr)
    static_wires = prop_def(DENSE)
    angles = var_operand_def(Float64Type)
    wires = var_operand_def(i64)

    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    custom_directives = (DynamicIndexList,)
    assembly_format = "$gate `(` $angles `)` custom<DynamicIndexList>($wires, $static_wires) attr-dict"


@irdl_op_definition
class MeasureOp(WiredOp):
    """Measures wires in the Z basis; bit k of the result is wire k's outcome."""

    name = "kernel.measure"

    static_wires = prop_def(DENSE)
    wires = var_operand_def(i64)
    bits = result_def(BitsType)

    custom_directives = (DynamicIndexList,)
    assembly_format = "custom<DynamicIndexList>($wires, $static_wires) attr-dict `:` type($bits)"


@irdl_op_definition
class ResetOp(WiredOp):
    """Puts wires into |0⟩."""

    name = "kernel.reset"

    static_wires = prop_def(DENSE)
    wires = var_operand_def(i64)

    custom_directives = (DynamicIndexList,)
    assembly_format = "custom<DynamicIndexList>($wires, $static_wires) attr-dict"


@irdl_op_definition
class DelayOp(WiredOp):
    """Wires idle for a time, in seconds: nothing without noise, relaxation with it."""

    name = "kernel.delay"

    static_wires = prop_def(DENSE)
    seconds = operand_def(f64)
    wires = var_operand_def(i64)

    custom_directives = (DynamicIndexList,)
    assembly_format = "$seconds custom<DynamicIndexList>($wires, $static_wires) attr-dict"


@irdl_op_definition
class ReturnOp(IRDLOperation):
    """The bit registers at the end."""

    name = "kernel.return"

    values = var_operand_def(BitsType)

    traits = traits_def(IsTerminator(), HasParent(FuncOp))
    assembly_format = "($values^ `:` type($values))? attr-dict"


KERNEL = Dialect("kernel", [FuncOp, RunOp, GateOp, EachOp, MeasureOp, ResetOp, DelayOp, ReturnOp], [])
