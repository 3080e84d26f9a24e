"""What a circuit gives: bit registers, and outputs of other types as the bits that they are stored in."""

from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from qlang.compiler.lowering.conversions import emit, from_integer, materialised, real, whole
from qlang.compiler.lowering.frame import Frame, Known
from qlang.sema.types import Angle, Bit, Bool, Duration, Float, Int, Type, UInt

_KINDS: dict[type[Type], str] = {
    Bool: "bool",
    Int: "int",
    UInt: "uint",
    Float: "float",
    Duration: "float",
    Angle: "angle",
}


def value_kind(kind: Type) -> str:
    """How the results write an output: `int`, `uint`, `bool`, `float` (durations too, in seconds) or `angle`."""
    return _KINDS[type(kind)]


def output_bits(frame: Frame, name: str, size: int) -> SSAValue:
    """An output at the end of the circuit: integers in two's complement, floats as IEEE 754 writes 64 bits."""
    variable = frame.variable(name)
    if variable is None:
        return frame.emitter.bits(0, size)
    known: Known = materialised(frame.emitter, variable.value)
    if isinstance(known.type, Bit):
        return materialised(frame.emitter, known).ssa
    if isinstance(known.type, (Float, Duration)):
        number = emit(frame.emitter, arith.BitcastOp, [real(frame.emitter, known)], i64)
    else:
        number = whole(frame.emitter, known)
    return from_integer(frame.emitter, Bit(size), number).ssa
