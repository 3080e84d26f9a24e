"""The dialects together, and a context that knows them with the parts of MLIR that they build on."""

from xdsl.context import Context
from xdsl.dialects.arith import Arith
from xdsl.dialects.builtin import Builtin
from xdsl.dialects.math import Math
from xdsl.dialects.scf import Scf
from xdsl.ir import Dialect

from qlang.ir import arrays, bits, circuit, numbers, timing
from qlang.ir.job import JOB
from qlang.ir.kernel import KERNEL
from qlang.ir.packed import PackedGates
from qlang.ir.plan import PLAN
from qlang.ir.wires import WireAtOp

CIRCUIT = Dialect(
    "circuit",
    [
        circuit.FuncOp,
        circuit.AllocOp,
        circuit.RunOp,
        circuit.GateOp,
        circuit.EachOp,
        circuit.MeasureOp,
        circuit.ResetOp,
        circuit.BarrierOp,
        circuit.DelayOp,
        circuit.ReturnOp,
        WireAtOp,
        bits.BitsConstantOp,
        bits.BitsGetOp,
        bits.BitsSetOp,
        bits.BitsInsertOp,
        bits.BitsExtractOp,
        bits.BitsToIntOp,
        bits.IntToBitsOp,
        arrays.ArrayConstantOp,
        arrays.ArrayMakeOp,
        arrays.ArrayGetOp,
        arrays.ArraySetOp,
        numbers.AngleStepsOp,
        numbers.RemainderOp,
        timing.StretchOp,
        timing.TimeStepOp,
        timing.DurationOfOp,
        timing.DurationEndOp,
        timing.BoxBeginOp,
        timing.BoxEndOp,
    ],
    [circuit.RegisterType, circuit.BitsType, arrays.ArrayType, PackedGates],
)


DIALECTS = (CIRCUIT, JOB, PLAN, KERNEL)
"""Ours."""


def context() -> Context:
    """A context with everything that our IR uses."""
    ctx = Context()
    for dialect in (Builtin, Arith, Math, Scf, *DIALECTS):
        ctx.load_dialect(dialect)
    return ctx
