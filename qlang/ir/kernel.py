"""Dialect `kernel`: what a simulator runs.

The state is implicit and changed in place; wires, bits and loops are as in `circuit`. Straight runs become sweeps,
whose gates carry the structure that decides how each is applied and what it costs. Bits stay values.

    kernel.func @quench(%h: f64) -> (!circuit.bits<2>) attributes {qubits = 8} {
      kernel.sweep <h 0, cx 0 1> {bytes = …, flops = …}
      scf.for … { kernel.gate "rzz"(%angle) [%i, %j] }
      kernel.return %bits
    }

The pass `plan-sweeps` wraps straight runs into programs, which show how a simulator that is compiled for the circuit
goes over its memory. They are there to be read: an executor takes the gates and plans for the machine it is on.

    kernel.program(%h) {bytes = …, flops = …, passes = …} gates {
      kernel.sweep <h 0, cx 0 1>
      kernel.gate "rz"(%h) [1]
    } sweeps {
      kernel.product ["ry(-pi/2) 0"]
      kernel.join [4, 5]
      kernel.tiles [0, 1, 2, 3] {bytes = …, flops = …, passes = …} passes {
        kernel.pass cx ["1 = 0 ^ 1"] phases ["rz(a0) 1"] turns ["ry(3pi/10) 2"] lanes ["ry(pi/4) 0"]
      }
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
    opt_region_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import HasParent, IsTerminator, NoTerminator

from qlang.ir.circuit import BitsType, FunctionOp, WiredOp
from qlang.ir.constraints import DENSE, STRINGS
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
class SweepOp(IRDLOperation):
    """A packed run of gates. `bytes` and `flops`: what applying them one by one to a state vector takes.

    The name is from before runs were planned; it stays, for recorded runs hold it and plans' digests cover it.
    """

    name = "kernel.sweep"

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
class ProgramOp(IRDLOperation):
    """A straight run of gates, and the sweeps that it is executed as on a pinned, generic processor.

    `gates` holds `kernel.sweep`, `kernel.gate` and `kernel.each` on constant wires: this is what the operation does.
    `sweeps` says how. Angles are written over the operands, a0, a1, … Wires are named by where they start. What moves
    no data stands in `kernel.reading`.

    Attributes: `bytes` moved and `flops` of all sweeps, `passes`: their number.
    """

    name = "kernel.program"

    angles = var_operand_def(Float64Type)
    gates = region_def("single_block")
    sweeps = region_def("single_block")

    traits = traits_def(NoTerminator())
    assembly_format = "`(` $angles `)` attr-dict `gates` $gates `sweeps` $sweeps"


@irdl_op_definition
class ProductOp(IRDLOperation):
    """The state begins as a product: what each wire has gone through from |0⟩."""

    name = "kernel.product"

    factors = prop_def(STRINGS)

    traits = traits_def(HasParent(ProgramOp))
    assembly_format = "$factors attr-dict"


@irdl_op_definition
class ReadingOp(IRDLOperation):
    """What is left to be done where the state is read, up to a global phase; nothing where it stands not.

    Wire w is then where wire `wires`[w] started. X is on the wires of `x` after Z on the wires of `z`.
    """

    name = "kernel.reading"

    wires = prop_def(DENSE)
    x = prop_def(DENSE)
    z = prop_def(DENSE)

    traits = traits_def(HasParent(ProgramOp))
    assembly_format = "`wires` $wires `x` $x `z` $z attr-dict"


@irdl_op_definition
class JoinOp(IRDLOperation):
    """Wires that join the state, as a product with it, as they stood after `kernel.product`."""

    name = "kernel.join"

    wires = prop_def(DENSE)

    traits = traits_def(HasParent(ProgramOp))
    assembly_format = "$wires attr-dict"


@irdl_op_definition
class TilesOp(WiredOp):
    """A sweep, one read and write of the state: tiles with the listed wires, one for every value of the others.

    Attributes: `bytes` moved, `flops`, and `passes`, their number; in a long program they are not written out.
    """

    name = "kernel.tiles"

    static_wires = prop_def(DENSE)
    wires = var_operand_def(i64)
    passes = opt_region_def("single_block")

    traits = traits_def(NoTerminator(), HasParent(ProgramOp))
    custom_directives = (DynamicIndexList,)
    assembly_format = "custom<DynamicIndexList>($wires, $static_wires) attr-dict (`passes` $passes^)?"


@irdl_op_definition
class PassOp(IRDLOperation):
    """One walk over the buffer.

    In this order: `cx`, an exchange of amplitudes; `phases`, diagonal gates that are one table; `turns`, real rotations
    by groups of registers; `lanes`, those within a vector. `qlang.kernels.listing` says how they are written.
    """

    name = "kernel.pass"

    cx = opt_prop_def(STRINGS)
    phases = opt_prop_def(STRINGS)
    turns = opt_prop_def(STRINGS)
    lanes = opt_prop_def(STRINGS)

    traits = traits_def(HasParent(TilesOp))
    assembly_format = "(`cx` $cx^)? (`phases` $phases^)? (`turns` $turns^)? (`lanes` $lanes^)? attr-dict"


@irdl_op_definition
class ReturnOp(IRDLOperation):
    """The bit registers at the end."""

    name = "kernel.return"

    values = var_operand_def(BitsType)

    traits = traits_def(IsTerminator(), HasParent(FuncOp))
    assembly_format = "($values^ `:` type($values))? attr-dict"


KERNEL = Dialect(
    "kernel",
    [
        FuncOp,
        SweepOp,
        GateOp,
        EachOp,
        MeasureOp,
        ResetOp,
        DelayOp,
        ProgramOp,
        ProductOp,
        JoinOp,
        TilesOp,
        PassOp,
        ReadingOp,
        ReturnOp,
    ],
    [],
)
