"""Classical arrays: values of the `circuit` dialect that change element by element.

Arrays are values: setting an element yields a new array. Elements are i64, f64, i1 or bit registers; an index list
shorter than the shape stands for a whole sub-array. Indices count from the end where they are negative, as in
OpenQASM.

    %a = circuit.array_constant array<f64: …> : !circuit.array<f64, 2, 3>
    %x = circuit.array_get %a[%i, %j] : !circuit.array<f64, 2, 3> -> f64
    %b = circuit.array_set %a[%i] = %row : !circuit.array<f64, 2, 3>, !circuit.array<f64, 3>
"""

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import ArrayAttr, IntAttr, i64
from xdsl.ir import Attribute, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import (
    IRDLOperation,
    VarConstraint,
    base,
    irdl_attr_definition,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from qlang.ir.constraints import DENSE


@irdl_attr_definition
class ArrayType(ParametrizedAttribute, TypeAttribute):
    """An array of known shape, printed as `!circuit.array<f64, 2, 3>`."""

    name = "circuit.array"

    element: Attribute
    dimensions: ArrayAttr[IntAttr]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_attribute(self.element)
            for size in self.shape:
                printer.print_string(f", {size}")

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            element = parser.parse_type()
            sizes = []
            while parser.parse_optional_punctuation(","):
                sizes.append(IntAttr(parser.parse_integer(allow_negative=False)))
            return element, ArrayAttr(sizes)

    @classmethod
    def of(cls, element: Attribute, shape: Sequence[int]) -> "ArrayType":
        return cls(element, ArrayAttr([IntAttr(size) for size in shape]))

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the dimensions."""
        return tuple(size.data for size in self.dimensions)

    def below(self, depth: int) -> Attribute:
        """The type of what `depth` indices choose."""
        return self.element if depth == len(self.shape) else ArrayType.of(self.element, self.shape[depth:])


@irdl_op_definition
class ArrayConstantOp(IRDLOperation):
    """An array of known numbers, the last index varying fastest."""

    name = "circuit.array_constant"

    values = prop_def(DENSE)
    result = result_def(ArrayType)

    traits = traits_def(Pure())
    assembly_format = "$values attr-dict `:` type($result)"


@irdl_op_definition
class ArrayMakeOp(IRDLOperation):
    """An array of values, each an element of its first dimension."""

    name = "circuit.array_make"

    elements = var_operand_def()
    result = result_def(ArrayType)

    traits = traits_def(Pure())
    assembly_format = "$elements attr-dict `:` type($elements) `->` type($result)"

    def verify_(self) -> None:
        kind = self.result.type
        assert isinstance(kind, ArrayType)
        if len(self.elements) != kind.shape[0] or any(value.type != kind.below(1) for value in self.elements):
            raise VerifyException(f"the elements do not make a {kind}")


@irdl_op_definition
class ArrayGetOp(IRDLOperation):
    """The element or sub-array at some indices."""

    name = "circuit.array_get"

    array = operand_def(ArrayType)
    indices = var_operand_def(i64)
    result = result_def()

    traits = traits_def(Pure())
    assembly_format = "$array `[` $indices `]` attr-dict `:` type($array) `->` type($result)"

    def verify_(self) -> None:
        kind = self.array.type
        assert isinstance(kind, ArrayType)
        if not 1 <= len(self.indices) <= len(kind.shape) or self.result.type != kind.below(len(self.indices)):
            raise VerifyException(f"{len(self.indices)} indices into {kind} do not give {self.result.type}")


@irdl_op_definition
class ArraySetOp(IRDLOperation):
    """The array with one element or sub-array replaced."""

    name = "circuit.array_set"
    T: ClassVar = VarConstraint("T", base(ArrayType))

    array = operand_def(T)
    indices = var_operand_def(i64)
    value = operand_def()
    result = result_def(T)

    traits = traits_def(Pure())
    assembly_format = "$array `[` $indices `]` `=` $value attr-dict `:` type($result) `,` type($value)"

    def verify_(self) -> None:
        kind = self.array.type
        assert isinstance(kind, ArrayType)
        if not 1 <= len(self.indices) <= len(kind.shape) or self.value.type != kind.below(len(self.indices)):
            raise VerifyException(f"a {self.value.type} is no part of {kind} at {len(self.indices)} indices")
