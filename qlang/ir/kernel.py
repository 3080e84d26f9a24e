"""Dialect `kernel`: what a simulator runs.

The state is implicit and changed in place; wires, bits and loops are as in `circuit`. Straight runs become sweeps,
whose gates carry the structure that decides how each is applied and what it costs. Bits stay values.

    kernel.func @quench(%h: f64) -> (!circuit.bits<2>) attributes {qubits = 8} {
      kernel.sweep #circuit.gates<h 0, cx 0 1> {bytes = …, flops = …}
      scf.for … { kernel.gate "rzz"(%angle) [%i, %j] }
      kernel.return %bits
    }
"""

from xdsl.dialects.builtin import (
    ArrayAttr,
    Float64Type,
    FunctionType,
    IntegerAttr,
    StringAttr,
    SymbolNameConstraint,
    f64,
    i64,
)
from xdsl.dialects.utils import DynamicIndexList, parse_func_op_like, print_func_op_like
from xdsl.ir import Attribute, Dialect, Region
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent, IsolatedFromAbove, IsTerminator, SymbolOpInterface
from xdsl.utils.exceptions import VerifyException

from qlang.ir.circuit import BitsType, WiredOp
from qlang.ir.constraints import DENSE
from qlang.ir.packed import PackedGates


@irdl_op_definition
class FuncOp(IRDLOperation):
    """A program for a simulator of `qubits` qubits; results are the circuit's bit registers."""

    name = "kernel.func"

    body = region_def("single_block")
    sym_name = prop_def(SymbolNameConstraint())
    function_type = prop_def(FunctionType)

    traits = traits_def(IsolatedFromAbove(), SymbolOpInterface())

    def __init__(
        self, name: str, function_type: FunctionType, body: Region, attributes: dict[str, Attribute] | None = None
    ) -> None:
        super().__init__(
            properties={"sym_name": StringAttr(name), "function_type": function_type},
            attributes=attributes or {},
            regions=[body],
        )

    @property
    def qubits(self) -> int:
        """Number of qubits of the state."""
        count = self.attributes["qubits"]
        assert isinstance(count, IntegerAttr)
        return count.value.data

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the run-time parameters, in order."""
        names = self.attributes.get("parameters", ArrayAttr(()))
        return tuple(name.data for name in names)  # type: ignore[attr-defined]  # an array of strings

    @property
    def bit_registers(self) -> dict[str, int]:
        """Bit register name → size, in the order of the results."""
        names = self.attributes.get("bits", ArrayAttr(()))
        sizes = [t.size.data for t in self.function_type.outputs if isinstance(t, BitsType)]
        return dict(zip((name.data for name in names), sizes, strict=True))  # type: ignore[attr-defined]  # an array of strings

    def verify_(self) -> None:
        if self.function_type.inputs.data != tuple(self.body.block.arg_types):
            raise VerifyException("a kernel's arguments must have the types of its signature")

    @classmethod
    def parse(cls, parser: Parser) -> "FuncOp":
        name, inputs, outputs, region, attributes, _, _ = parse_func_op_like(
            parser, reserved_attr_names=("sym_name", "function_type")
        )
        function_type = FunctionType.from_lists(inputs, outputs)
        return cls(name, function_type, region, dict(attributes.data) if attributes else None)

    def print(self, printer: Printer) -> None:
        print_func_op_like(
            printer,
            self.sym_name,
            self.function_type,
            self.body,
            self.attributes,
            reserved_attr_names=("sym_name", "function_type"),
        )


@irdl_op_definition
class SweepOp(IRDLOperation):
    """A packed run, applied gate by gate over the state; `bytes` moved and `flops` for one state vector."""

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
class ReturnOp(IRDLOperation):
    """The bit registers at the end."""

    name = "kernel.return"

    values = var_operand_def(BitsType)

    traits = traits_def(IsTerminator(), HasParent(FuncOp))
    assembly_format = "($values^ `:` type($values))? attr-dict"


KERNEL = Dialect("kernel", [FuncOp, SweepOp, GateOp, EachOp, MeasureOp, ResetOp, DelayOp, ReturnOp], [])
