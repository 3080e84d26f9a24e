"""Lower circuits to kernels: the register disappears, the state is changed in place.

    %r1 = circuit.run<…> %r        →   kernel.sweep<…> {flops = …, bytes = …}
    %r1 = circuit.gate "rzz"(%a) …  →   kernel.gate "rzz"(%a) […]
    scf.for … iter_args(%r, %bits) →   scf.for … iter_args(%bits)

Loops are lowered once. Barriers have done their work and are dropped. Costs are those of one state vector of
complex numbers of `amplitude_bytes`, each gate reading and writing what its structure touches.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects.builtin import DenseArrayBase, FunctionType, IntegerAttr, ModuleOp, i32, i64
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from qlang.ir import circuit, kernel, timing
from qlang.ir.gates import BY_CODE, Kind
from qlang.ir.packed import PackedGates

_FLOPS = {Kind.DIAGONAL: 6, Kind.PERMUTATION: 0, Kind.ROTATION: 12, Kind.DENSE: 28}
"""Real operations for each amplitude of a one-qubit gate of this structure."""


@dataclass(frozen=True)
class LowerKernel(ModulePass):
    """See the module."""

    name = "lower-kernel"

    amplitude_bytes: int = 16
    """Bytes of a complex number: 16 for double precision."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for func in list(op.ops):
            if isinstance(func, circuit.FuncOp):
                lowered = _Lowering(func.size, self.amplitude_bytes).function(func)
                op.body.block.insert_op_after(lowered, func)


def kernel_name(circuit_name: str) -> str:
    """The symbol of a circuit's kernel."""
    return f"{circuit_name}_kernel"


@dataclass(slots=True)
class _Lowering:
    qubits: int
    amplitude_bytes: int
    values: dict[SSAValue, SSAValue] = field(default_factory=dict)

    def function(self, func: circuit.FuncOp) -> kernel.FuncOp:
        block = Block(arg_types=func.body.block.arg_types)
        self._map(func.body.block.args, block.args)
        self.block(func.body.block, block)
        outputs = [t for t in func.function_type.outputs if not isinstance(t, circuit.RegisterType)]
        attributes = {k: v for k, v in func.attributes.items() if k in ("parameters", "bits")}
        lowered = kernel.FuncOp(
            kernel_name(func.sym_name.data),
            FunctionType.from_lists(func.function_type.inputs.data, outputs),
            Region(block),
            {"qubits": IntegerAttr(self.qubits, i64), **attributes},
        )
        lowered.location = func.location
        return lowered

    def block(self, old: Block, new: Block) -> None:
        for op in old.ops:
            handler = _HANDLERS.get(type(op), _copy)
            lowered = handler(self, op)
            if lowered is not None:
                lowered.location = op.location
                new.add_op(lowered)

    def operands(self, values: Iterable[SSAValue]) -> list[SSAValue]:
        """The lowered values, registers left out."""
        return [self.values[value] for value in values if not isinstance(value.type, circuit.RegisterType)]

    def region(self, old: Block) -> Region:
        """A region's one block, lowered."""
        classical = [arg for arg in old.args if not isinstance(arg.type, circuit.RegisterType)]
        new = Block(arg_types=[arg.type for arg in classical])
        self._map(classical, new.args)
        self.block(old, new)
        return Region(new)

    def results(self, old: Operation, new: Operation) -> None:
        """Later uses of an operation's classical results are uses of the lowered one's."""
        self._map([r for r in old.results if not isinstance(r.type, circuit.RegisterType)], new.results)

    def _map(self, old: Iterable[SSAValue], new: Iterable[SSAValue]) -> None:
        for before, after in zip(old, new, strict=True):
            after.name_hint = before.name_hint
            self.values[before] = after


def _copy(lowering: _Lowering, op: Operation) -> Operation:
    """Classical operations stay; structured ones are rebuilt without the register."""
    classical = [r.type for r in op.results if not isinstance(r.type, circuit.RegisterType)]
    operands = lowering.operands(op.operands)
    regions = [lowering.region(region.block) for region in op.regions]
    new = type(op).create(
        operands=operands,
        result_types=classical,
        properties=op.properties,
        attributes=op.attributes,
        regions=regions,
    )
    lowering.results(op, new)
    return new


def _nothing(lowering: _Lowering, op: Operation) -> None:
    return None


def _sweep(lowering: _Lowering, op: circuit.RunOp) -> Operation:
    flops, moved = sweep_cost(op.gates, lowering.qubits, lowering.amplitude_bytes)
    attributes = {"bytes": IntegerAttr(moved, i64), "flops": IntegerAttr(flops, i64)}
    return kernel.SweepOp.create(properties={"gates": op.gates}, attributes=attributes)


def sweep_cost(gates: PackedGates, qubits: int, amplitude_bytes: int) -> tuple[int, int]:
    """Real operations and bytes moved by a run, gate by gate over a whole state vector (capped at 2⁶²)."""
    flops = moved = 0
    amplitudes: int = 2 ** min(qubits, 50)
    for code in gates.codes.get_values():
        row = BY_CODE[code]
        flops += _FLOPS[row.kind] * amplitudes * (2 ** max(row.qubits - 1, 0) if row.kind is Kind.DENSE else 1)
        moved += 2 * amplitude_bytes * amplitudes if row.qubits else 0
    return min(flops, 1 << 62), min(moved, 1 << 62)


def _wired(target: type[Operation]) -> Callable[[_Lowering, circuit.WiredOp], Operation]:
    def lower(lowering: _Lowering, op: circuit.WiredOp) -> Operation:
        classical = [r.type for r in op.results if not isinstance(r.type, circuit.RegisterType)]
        properties = dict(op.properties)
        if "operandSegmentSizes" in properties:
            counts = [len(op.angles), len(op.wires)]  # type: ignore[attr-defined]  # gates have both
            properties["operandSegmentSizes"] = DenseArrayBase.from_list(i32, counts)
        new = target.create(
            operands=lowering.operands(op.operands),
            result_types=classical,
            properties=properties,
            attributes=op.attributes,
        )
        lowering.results(op, new)
        return new

    return lower


_HANDLERS: dict[type[Operation], Callable[..., Operation | None]] = {
    circuit.AllocOp: _nothing,
    circuit.BarrierOp: _nothing,
    timing.BoxBeginOp: _nothing,
    timing.BoxEndOp: _nothing,
    timing.StretchOp: _nothing,
    timing.TimeStepOp: _nothing,
    timing.DurationOfOp: _nothing,
    circuit.RunOp: _sweep,
    circuit.GateOp: _wired(kernel.GateOp),
    circuit.EachOp: _wired(kernel.EachOp),
    circuit.MeasureOp: _wired(kernel.MeasureOp),
    circuit.ResetOp: _wired(kernel.ResetOp),
    circuit.DelayOp: _wired(kernel.DelayOp),
    circuit.ReturnOp: lambda lowering, op: kernel.ReturnOp.create(operands=lowering.operands(op.operands)),
}
