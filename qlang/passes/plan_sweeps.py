"""Show how the straight runs of a kernel are executed by a simulator that is compiled for the circuit.

    kernel.sweep <ry(0.3) 0, cx 0 1>    →   kernel.program(%h) {bytes = 128, flops = 48, passes = 1} gates {
    kernel.gate "rz"(%h) [1]                kernel.sweep <ry(0.3) 0, cx 0 1>
                                            kernel.gate "rz"(%h) [1]
                                          } sweeps {
                                            kernel.product ["ry(0.095493pi) 0"]
                                            kernel.tiles [0, 1] {bytes = 128, flops = 48, passes = 1} passes {
                                              kernel.pass cx ["cx 0 1"] phases ["rz(a0) 1"]
                                            }
                                          }

A straight run is gates on constant wires; parameters may be computed, and what computes them moves in front. Loop
bodies are planned once. The plans are those for a pinned, generic processor and for gates as they stand: an executor
plans for its own, and fuses where angles need not be read. The pass is run for people only (`emit --stage kernel`):
the kernel that a plan's digest covers, and that is executed, is the one without programs. A run of more than
`longest` gates shows its sweeps without their passes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, DenseArrayBase, IntegerAttr, ModuleOp, StringAttr, i64
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.traits import is_side_effect_free

from qlang.ir import kernel
from qlang.ir.gates import BY_NAME
from qlang.ir.packed import LONGEST_READABLE
from qlang.kernels.cost import GENERIC, Cost, default_options, program_cost, sweep_cost
from qlang.kernels.decompose import steps_of
from qlang.kernels.listing import Listing
from qlang.kernels.order import bits_of
from qlang.kernels.program import Pass, Program
from qlang.kernels.schedule import plan
from qlang.kernels.steps import MOST_QUBITS

_PRECISION = "float64"


@dataclass(frozen=True)
class PlanSweeps(ModulePass):
    """See the module."""

    name = "plan-sweeps"

    longest: int = LONGEST_READABLE
    """Gates of the longest run whose passes are written out."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for func in op.ops:
            if isinstance(func, kernel.FuncOp) and 0 < func.qubits <= MOST_QUBITS:
                _plan_block(func.body.block, func.qubits, self.longest, fresh=True)


def _plan_block(block: Block, qubits: int, longest: int, *, fresh: bool) -> None:
    """Wrap the straight runs of a block, and of the blocks inside; `fresh`: the state is |0…0⟩ at its beginning."""
    run: list[Operation] = []
    for op in list(block.ops):
        if _is_straight(op):
            run.append(op)
        elif not is_side_effect_free(op) or op.regions:
            fresh = _wrap(run, qubits, longest, fresh) and not op.regions
            run = []
            for inner in (inner for region in op.regions for inner in region.blocks):
                _plan_block(inner, qubits, longest, fresh=False)
    _wrap(run, qubits, longest, fresh)


def _is_straight(op: Operation) -> bool:
    """Whether an operation is gates on constant wires."""
    if isinstance(op, kernel.SweepOp):
        return True
    return isinstance(op, kernel.GateOp | kernel.EachOp) and not op.wires


def _wrap(run: Sequence[Operation], qubits: int, longest: int, fresh: bool) -> bool:
    """Put a run into a program at the place of its last gate; whether the state is still fresh."""
    if not run:
        return fresh
    angles = tuple(dict.fromkeys(angle for op in run for angle in op.operands))
    gates, sweeps = Block(), Block()
    described = _Described(qubits, angles, run, fresh)
    sweeps.add_ops(described.operations(longest))
    block = run[0].parent
    assert block is not None, "the run stands in a block"
    program = kernel.ProgramOp.create(
        operands=angles,
        attributes=_costs(described.cost),
        regions=[Region(gates), Region(sweeps)],
    )
    block.insert_op_after(program, run[-1])
    for op in run:
        op.detach()  # type: ignore[no-untyped-call]  # untyped in xDSL
        gates.add_op(op)
    return False


@dataclass(slots=True)
class _Described:
    """A run with its program."""

    qubits: int
    angles: Sequence[SSAValue]
    run: Sequence[Operation]
    fresh: bool
    program: Program = field(init=False)
    listing: Listing = field(init=False)
    gates: int = field(init=False)

    def __post_init__(self) -> None:
        names = {angle: f"a{number}" for number, angle in enumerate(self.angles)}
        calls: list[tuple[int, tuple[int, ...], tuple[float, ...], str]] = []
        parameters: list[str | None] = []
        for op in self.run:
            if isinstance(op, kernel.SweepOp):
                calls += [(code, wires, numbers, "") for code, wires, numbers in op.gates.gates()]
                parameters += [None] * len(op.gates.angles)
                continue
            assert isinstance(op, kernel.GateOp | kernel.EachOp), "what else is straight has no wires"
            for call in _calls(op):
                calls.append(call)
                parameters += [names[angle] for angle in op.angles]
        lowering = steps_of(calls, self.qubits)
        options = default_options(_PRECISION, GENERIC)
        self.gates = len(calls)
        self.program = plan(lowering.steps, self.qubits, options, fresh=self.fresh)
        numbers = lowering.parameters.tolist()
        self.listing = Listing.of(self.program, lowering.steps, lowering.angle_map, numbers, parameters)

    @property
    def cost(self) -> Cost:
        return program_cost(self.program, _PRECISION)

    def operations(self, longest: int) -> Iterable[Operation]:
        """What stands behind `as`."""
        if factors := self.listing.product():
            yield kernel.ProductOp.create(properties={"factors": _texts(factors)})
        joined = self.program.sweeps[0].size if self.program.sweeps else 0
        for sweep in self.program.sweeps:
            if sweep.size > joined:
                joining = self.listing.wires(range(joined, sweep.size))
                yield kernel.JoinOp.create(properties={"wires": DenseArrayBase.from_list(i64, joining)})
                joined = sweep.size
            written = Block([self._pass(sweep.local, entry) for entry in sweep.passes if self.gates <= longest])
            wires = [wire for wire in self.listing.wires(sweep.local) if wire < self.qubits]
            yield kernel.TilesOp.create(
                properties={"static_wires": DenseArrayBase.from_list(i64, wires)},
                attributes=_costs(sweep_cost(self.program, sweep, _PRECISION)),
                regions=[Region(written)] if written.ops else [],
            )
        ends, x, z = self.listing.ends(), bits_of(self.listing.x), bits_of(self.listing.z)
        if x or z or ends != tuple(range(self.qubits)):
            lists = {"wires": ends, "x": x, "z": z}
            properties = {name: DenseArrayBase.from_list(i64, wires) for name, wires in lists.items()}
            yield kernel.ReadingOp.create(properties=properties)

    def _pass(self, local: Sequence[int], entry: Pass) -> Operation:
        text = self.listing.pass_text(local, entry)
        parts = {"cx": text.cx, "phases": text.phases, "turns": text.turns, "lanes": text.lanes}
        return kernel.PassOp.create(properties={name: _texts(part) for name, part in parts.items() if part})


def _calls(op: kernel.GateOp | kernel.EachOp) -> Iterable[tuple[int, tuple[int, ...], tuple[float, ...], str]]:
    """An operation's gates; their parameters are not known, and zeros stand for them."""
    code, numbers = BY_NAME[op.gate.data].code, (0.0,) * len(op.angles)
    wires = [wire for wire in op.wire_list if isinstance(wire, int)]
    if isinstance(op, kernel.EachOp):
        return [(code, (wire,), numbers, "") for wire in wires]
    return [(code, tuple(wires), numbers, op.controls.data if op.controls else "")]


def _texts(texts: Iterable[str]) -> ArrayAttr[StringAttr]:
    return ArrayAttr([StringAttr(text) for text in texts])


def _costs(cost: Cost) -> dict[str, Attribute]:
    counts = {"bytes": cost.bytes, "flops": cost.flops, "passes": cost.passes}
    return {name: IntegerAttr(min(count, 1 << 62), i64) for name, count in counts.items()}
