"""Straight runs of gates, packed in one attribute.

    #circuit.gates<h 0, cx 0 1, rz(0.5) 1>

One operation carries any number of gates on constant wires with constant parameters, as dense arrays; 10⁵ gates
cost the IR what one does. Offsets follow from the table of primitives, so only codes, wires and parameters are
stored. Runs too long to be read are printed as their arrays in base64, as MLIR does with large constants.
"""

from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import BytesAttr, DenseArrayBase, Float64Type, IntegerType, f64, i16, i32
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from qlang.ir.gates import BY_CODE, BY_NAME

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_READABLE = 4096
"""Gates of the longest run that is printed gate by gate."""

Gate = tuple[int, tuple[int, ...], tuple[float, ...]]
"""Code, wires, parameters."""

_QUBITS = tuple(row.qubits for row in BY_CODE)
_PARAMETERS = tuple(row.parameters for row in BY_CODE)


@irdl_attr_definition
class PackedGates(ParametrizedAttribute):
    """Codes (int16), wires (int32) and parameters (`angles`, float64) of a run, concatenated gate by gate."""

    name = "circuit.gates"

    codes: DenseArrayBase[IntegerType]
    wires: DenseArrayBase[IntegerType]
    angles: DenseArrayBase[Float64Type]

    def __len__(self) -> int:
        return len(self.codes.data.data) // 2

    def gates(self) -> Iterator[Gate]:
        """The gates one by one, as Python numbers."""
        wires, parameters = self.wires.get_values(), self.angles.get_values()
        wire = parameter = 0
        for code in self.codes.get_values():
            next_wire, next_parameter = wire + _QUBITS[code], parameter + _PARAMETERS[code]
            yield code, wires[wire:next_wire], parameters[parameter:next_parameter]
            wire, parameter = next_wire, next_parameter

    def arrays(self) -> "tuple[NDArray[np.int16], NDArray[np.int32], NDArray[np.float64]]":
        """Codes, wires and parameters as NumPy views on the stored bytes (read-only)."""
        import numpy as np

        return (
            np.frombuffer(self.codes.data.data, dtype="<i2"),
            np.frombuffer(self.wires.data.data, dtype="<i4"),
            np.frombuffer(self.angles.data.data, dtype="<f8"),
        )

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            if len(self) > LONGEST_READABLE:
                arrays = (self.codes, self.wires, self.angles)
                printer.print_string(", ".join(f'"{b64encode(a.data.data).decode()}"' for a in arrays))
            else:
                printer.print_string(", ".join(map(_gate_text, self.gates())))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        builder = GateListBuilder()
        with parser.in_angle_brackets():
            if (codes := parser.parse_optional_str_literal()) is not None:
                return _parse_arrays(parser, codes)
            while (name := parser.parse_optional_identifier()) is not None:
                row = BY_NAME.get(name) or parser.raise_error(f"unknown gate `{name}`")
                parameters: list[float] = []
                if row.parameters:
                    with parser.in_parens():
                        parameters.append(float(parser.parse_number()))
                        while parser.parse_optional_punctuation(","):
                            parameters.append(float(parser.parse_number()))
                wires = [parser.parse_integer(allow_negative=False) for _ in range(row.qubits)]
                builder.add(row.code, wires, parameters)
                if parser.parse_optional_punctuation(",") is None:
                    break
        packed = builder.build()
        return packed.codes, packed.wires, packed.angles

    def verify(self) -> None:
        codes = self.codes.get_values()
        if any(not 0 <= code < len(BY_CODE) for code in codes):
            raise VerifyException("unknown gate code in a packed run")
        if sum(_QUBITS[code] for code in codes) != len(self.wires):
            raise VerifyException("a packed run's wires do not fit its gates")
        if sum(_PARAMETERS[code] for code in codes) != len(self.angles):
            raise VerifyException("a packed run's parameters do not fit its gates")


def _parse_arrays(parser: AttrParser, codes: str) -> tuple[Attribute, ...]:
    """The three arrays of a long run."""
    texts = [codes]
    for _ in range(2):
        parser.parse_punctuation(",")
        texts.append(parser.parse_str_literal())
    try:
        arrays = [b64decode(text, validate=True) for text in texts]
    except ValueError:
        parser.raise_error("a packed run's arrays are not in base64")
    packed, wires, angles = map(BytesAttr, arrays)
    return DenseArrayBase(i16, packed), DenseArrayBase(i32, wires), DenseArrayBase(f64, angles)


def _float_text(value: float) -> str:
    """Shortest text that reads back to the same float and that MLIR's lexer takes."""
    text = repr(value)
    if "e" in text and "." not in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}.0e{exponent}"
    return text


def _gate_text(gate: Gate) -> str:
    code, wires, parameters = gate
    name = BY_CODE[code].name
    if parameters:
        name += "(" + ", ".join(map(_float_text, parameters)) + ")"
    return " ".join([name, *map(str, wires)])


@dataclass(slots=True)
class GateListBuilder:
    """Collects gates and packs them."""

    codes: list[int] = field(default_factory=list)
    wires: list[int] = field(default_factory=list)
    parameters: list[float] = field(default_factory=list)

    def add(self, code: int, wires: Iterable[int], parameters: Iterable[float] = ()) -> None:
        self.codes.append(code)
        self.wires.extend(wires)
        self.parameters.extend(parameters)

    def build(self) -> PackedGates:
        """The packed run; gates come out in the order in which they were added."""
        return PackedGates.new(
            (
                DenseArrayBase(i16, BytesAttr(array("h", self.codes).tobytes())),
                DenseArrayBase(i32, BytesAttr(array("i", self.wires).tobytes())),
                DenseArrayBase(f64, BytesAttr(array("d", self.parameters).tobytes())),
            )
        )


def offsets(numbers: Iterable[int]) -> DenseArrayBase[IntegerType]:
    """Source offsets as a dense array of 32-bit integers.

    Written as bytes: xDSL checks numbers one by one, which costs as much as parsing.
    """
    return DenseArrayBase(i32, BytesAttr(array("i", numbers).tobytes()))


def pack(gates: Iterable[Gate]) -> PackedGates:
    """Pack gates given one by one."""
    builder = GateListBuilder()
    for code, wires, parameters in gates:
        builder.add(code, wires, parameters)
    return builder.build()
