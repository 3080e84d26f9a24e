"""Dialect `circuit`: quantum programs as values.

A circuit owns one register value that flows through every operation, loop and branch, and is used exactly once
each time (no cloning; `qlang.ir.linearity` verifies it). The user's registers are ranges of it, named in the
function's `registers`. Measured bits are ordinary values and may be used freely. Wires are constants in the
operation or index operands, so a loop's `q[i]` stays one operation.

    circuit.func @quench(%h: f64) -> (!circuit.reg<8>) {
      %q0 = circuit.alloc : !circuit.reg<8>
      %q1 = circuit.run<h 0, cx 0 1> %q0 : !circuit.reg<8>
      %q2 = scf.for … iter_args(%r = %q1) -> (!circuit.reg<8>) {
        %r1 = circuit.gate "rzz"(%angle) %r [%i, %j] : !circuit.reg<8>
        scf.yield %r1
      }
      circuit.return %q2
    }
"""

from array import array
from collections.abc import Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    Float64Type,
    FunctionType,
    IntAttr,
    StringAttr,
    SymbolNameConstraint,
    f64,
    i64,
)
from xdsl.dialects.utils import (
    DynamicIndexList,
    parse_func_op_like,
    print_func_op_like,
)
from xdsl.ir import Attribute, ParametrizedAttribute, Region, SSAValue, TypeAttribute
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    VarConstraint,
    base,
    irdl_attr_definition,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import AttrParser, Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent, IsolatedFromAbove, IsTerminator, SymbolOpInterface
from xdsl.utils.exceptions import VerifyException

from qlang.ir.constraints import DENSE
from qlang.ir.gates import BY_NAME
from qlang.ir.linearity import check_linearity
from qlang.ir.packed import PackedGates

DYNAMIC = DYNAMIC_INDEX
"""Stands in `static_wires` where the wire is an operand."""


class SizedType(ParametrizedAttribute, TypeAttribute):
    """A type with a size, printed as `!name<8>`."""

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_int(self.size.data)  # type: ignore[attr-defined]  # declared by every subclass

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            return (IntAttr(parser.parse_integer(allow_negative=False)),)


@irdl_attr_definition
class RegisterType(SizedType):
    """All qubits of a circuit; a value of this type is used exactly once."""

    name = "circuit.reg"

    size: IntAttr

    @classmethod
    def of(cls, size: int) -> "RegisterType":
        return cls(IntAttr(size))


@irdl_attr_definition
class BitsType(SizedType):
    """A register of classical bits, bit 0 the least significant."""

    name = "circuit.bits"

    size: IntAttr

    @classmethod
    def of(cls, size: int) -> "BitsType":
        return cls(IntAttr(size))


class WiredOp(IRDLOperation):
    """Operations that act on a list of wires, some of them operands."""

    @property
    def wire_list(self) -> list[int | SSAValue]:
        """Wires in order: constants, or values computed at run time."""
        dynamic = iter(self.wires)  # type: ignore[attr-defined]  # declared by every subclass
        static = self.static_wires.get_values()  # type: ignore[attr-defined]  # declared by every subclass
        return [next(dynamic) if wire == DYNAMIC else wire for wire in static]


def static_and_dynamic(wires: Sequence[int | SSAValue]) -> tuple[DenseArrayBase, list[SSAValue]]:
    """Split a wire list into the `static_wires` property and the `wires` operands."""
    static = [wire if isinstance(wire, int) else DYNAMIC for wire in wires]
    return DenseArrayBase.from_list(i64, static), [w for w in wires if not isinstance(w, int)]


class FunctionOp(IRDLOperation):
    """A symbol with a signature and one block: a circuit, or the kernel that it becomes.

    Attributes: `parameters`: names of the arguments; `bits`: names of the bit registers, in the order of the results.
    """

    body = region_def("single_block")
    sym_name = prop_def(SymbolNameConstraint())
    function_type = prop_def(FunctionType)

    traits = traits_def(IsolatedFromAbove(), SymbolOpInterface())

    def __init__(
        self,
        name: str,
        function_type: FunctionType,
        body: Region,
        attributes: dict[str, Attribute] | None = None,
    ) -> None:
        super().__init__(
            properties={"sym_name": StringAttr(name), "function_type": function_type},
            attributes=attributes or {},
            regions=[body],
        )

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
            kind = self.name.partition(".")[0]
            raise VerifyException(f"a {kind}'s arguments must have the types of its signature")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
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
class FuncOp(FunctionOp):
    """A circuit. Its attributes carry what later stages ask for:

    `registers`: name → [first wire, size]; `resources`: counts, once `count-resources` ran. The register is the first
    result, the bit registers follow.
    """

    name = "circuit.func"

    @property
    def registers(self) -> dict[str, tuple[int, int]]:
        """Qubit register name → (first wire, size)."""
        table = self.attributes.get("registers", DictionaryAttr({}))
        assert isinstance(table, DictionaryAttr)
        pairs = {name: entry.get_values() for name, entry in table.data.items()}  # type: ignore[attr-defined]  # dense arrays
        return {name: (first, size) for name, (first, size) in pairs.items()}

    @property
    def size(self) -> int:
        """Number of qubits."""
        register = self.function_type.outputs.data[0]
        assert isinstance(register, RegisterType)
        return register.size.data

    def verify_(self) -> None:
        super().verify_()
        check_linearity(self.body, RegisterType)


@irdl_op_definition
class AllocOp(IRDLOperation):
    """All qubits of the circuit, each in |0⟩."""

    name = "circuit.alloc"

    result = result_def(RegisterType)

    assembly_format = "attr-dict `:` type($result)"


@irdl_op_definition
class RunOp(IRDLOperation):
    """A packed run of gates; `spans` holds begin and end offsets of each gate in the source."""

    name = "circuit.run"
    T: ClassVar = VarConstraint("T", base(RegisterType))

    gates = prop_def(PackedGates)
    spans = opt_prop_def(DENSE)
    qubits = operand_def(T)
    result = result_def(T)

    assembly_format = "$gates $qubits (`spans` $spans^)? attr-dict `:` type($result)"

    def gate_spans(self) -> list[tuple[int, int]]:
        """Begin and end offset of each gate in the source; zeros where the run has none."""
        if self.spans is None:
            return [(0, 0)] * len(self.gates)
        numbers = array("i", self.spans.data.data)
        return list(zip(numbers[::2], numbers[1::2], strict=True))


@irdl_op_definition
class GateOp(WiredOp):
    """One gate, with wires or parameters that may be computed; `controls` are leading wires and their values."""

    name = "circuit.gate"
    T: ClassVar = VarConstraint("T", base(RegisterType))

    gate = prop_def(StringAttr)
    controls = opt_prop_def(StringAttr)
    static_wires = prop_def(DENSE)
    angles = var_operand_def(Float64Type)
    qubits = operand_def(T)
    wires = var_operand_def(i64)
    result = result_def(T)

    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    custom_directives = (DynamicIndexList,)
    assembly_format = (
        "$gate (`controls` $controls^)? `(` $angles `)` $qubits "
        "custom<DynamicIndexList>($wires, $static_wires) attr-dict `:` type($result)"
    )

    def verify_(self) -> None:
        row = BY_NAME.get(self.gate.data)
        if row is None:
            raise VerifyException(f"unknown gate `{self.gate.data}`")
        controls = len(self.controls.data) if self.controls else 0
        if len(self.static_wires) != row.qubits + controls or len(self.angles) != row.parameters:
            raise VerifyException(f"wrong number of wires or parameters for `{row.name}`")


@irdl_op_definition
class EachOp(WiredOp):
    """The same one-qubit gate on each of several wires."""

    name = "circuit.each"
    T: ClassVar = VarConstraint("T", base(RegisterType))

    gate = prop_def(StringAttr)
    static_wires = prop_def(DENSE)
    angles = var_operand_def(Float64Type)
    qubits = operand_def(T)
    wires = var_operand_def(i64)
    result = result_def(T)

    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    custom_directives = (DynamicIndexList,)
    assembly_format = (
        "$gate `(` $angles `)` $qubits custom<DynamicIndexList>($wires, $static_wires) attr-dict `:` type($result)"
    )

    def verify_(self) -> None:
        row = BY_NAME.get(self.gate.data)
        if row is None or row.qubits != 1 or len(self.angles) != row.parameters:
            raise VerifyException(f"`{self.gate.data}` is no one-qubit gate with these parameters")


@irdl_op_definition
class MeasureOp(WiredOp):
    """Measures wires in the Z basis; bit k of the result is wire k's outcome."""

    name = "circuit.measure"
    T: ClassVar = VarConstraint("T", base(RegisterType))

    static_wires = prop_def(DENSE)
    qubits = operand_def(T)
    wires = var_operand_def(i64)
    result = result_def(T)
    bits = result_def(BitsType)

    custom_directives = (DynamicIndexList,)
    assembly_format = (
        "$qubits custom<DynamicIndexList>($wires, $static_wires) attr-dict `:` type($result) `,` type($bits)"
    )


@irdl_op_definition
class ResetOp(WiredOp):
    """Puts wires into |0⟩."""

    name = "circuit.reset"
    T: ClassVar = VarConstraint("T", base(RegisterType))

    static_wires = prop_def(DENSE)
    qubits = operand_def(T)
    wires = var_operand_def(i64)
    result = result_def(T)

    custom_directives = (DynamicIndexList,)
    assembly_format = "$qubits custom<DynamicIndexList>($wires, $static_wires) attr-dict `:` type($result)"


@irdl_op_definition
class BarrierOp(WiredOp):
    """Nothing moves across it on these wires."""

    name = "circuit.barrier"
    T: ClassVar = VarConstraint("T", base(RegisterType))

    static_wires = prop_def(DENSE)
    qubits = operand_def(T)
    wires = var_operand_def(i64)
    result = result_def(T)

    custom_directives = (DynamicIndexList,)
    assembly_format = "$qubits custom<DynamicIndexList>($wires, $static_wires) attr-dict `:` type($result)"


@irdl_op_definition
class DelayOp(WiredOp):
    """Wires idle for a time, in seconds."""

    name = "circuit.delay"
    T: ClassVar = VarConstraint("T", base(RegisterType))

    static_wires = prop_def(DENSE)
    seconds = operand_def(f64)
    qubits = operand_def(T)
    wires = var_operand_def(i64)
    result = result_def(T)

    custom_directives = (DynamicIndexList,)
    assembly_format = "$seconds $qubits custom<DynamicIndexList>($wires, $static_wires) attr-dict `:` type($result)"


@irdl_op_definition
class ReturnOp(IRDLOperation):
    """The register and the bit registers at the end."""

    name = "circuit.return"

    values = var_operand_def()

    traits = traits_def(IsTerminator(), HasParent(FuncOp))
    assembly_format = "($values^ `:` type($values))? attr-dict"
