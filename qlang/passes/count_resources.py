"""Count what each circuit uses, without unrolling: a loop's body is counted once and multiplied.

A loop whose wires depend on its variable is walked through as far as `budget` allows, to learn which qubits
interact; beyond that its two-qubit gates count as scattered. Conditions that are known are followed, also out of a
loop. A branch whose condition is not known counts as its larger side, a `while` on one as one iteration; `exact` is
then false. Where swept integers change the counts, each count is the largest over the points.

Writes the `resources` attribute of `circuit.func`: `gates` (by name), `one_qubit` (per wire, virtual ones left
out), `pairs` and `pair_counts` (in units of CX), `scattered`, `two_qubit` (their sum), `t`, `rotations`,
`measurements`, `resets`, `delay`, `unlisted`, `depth`, `exact`, `bounded`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import eq, ge, gt, le, lt, ne
from typing import TypeVar

from xdsl.context import Context
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, ModuleOp, i1, i64
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from qlang.ir import circuit, timing
from qlang.ir.arrays import ArrayConstantOp, ArrayGetOp, ArrayType
from qlang.ir.gates import BY_CODE, BY_NAME
from qlang.ir.job import JobOp, SweepOp
from qlang.ir.loops import EARLY_EXIT
from qlang.ir.values import Plain, attribute, floats, integers
from qlang.ir.wires import WireAtOp
from qlang.passes.resources import Tally

Number = int | float | None
Item = TypeVar("Item")

MOST_POINTS = 16
"""Most values of swept integers for which a circuit is counted."""

_INTEGER: dict[type[Operation], Callable[[int, int], int]] = {
    arith.AddiOp: lambda a, b: a + b,
    arith.SubiOp: lambda a, b: a - b,
    arith.MuliOp: lambda a, b: a * b,
    arith.AndIOp: lambda a, b: a & b,
    arith.OrIOp: lambda a, b: a | b,
    arith.XOrIOp: lambda a, b: a ^ b,
    arith.ShRSIOp: lambda a, b: a >> b if 0 <= b < 64 else 0,
    arith.ShLIOp: lambda a, b: a << b if 0 <= b < 64 else 0,
    arith.RemSIOp: lambda a, b: abs(a) % abs(b) * (1 if a >= 0 else -1) if b else 0,
    arith.RemUIOp: lambda a, b: a % b if b else 0,
    arith.DivSIOp: lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1) if b else 0,
    arith.FloorDivSIOp: lambda a, b: a // b if b else 0,
}
_COMPARED: tuple[Callable[[int, int], bool], ...] = (eq, ne, lt, le, gt, ge)
"""By the predicate of `arith.cmpi`: equal, not equal, and the signed orders."""


@dataclass(frozen=True)
class CountResources(ModulePass):
    """See the module."""

    name = "count-resources"

    budget: int = 4096
    """Loop iterations that may be walked through in one circuit."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for func in op.ops:
            if isinstance(func, circuit.FuncOp):
                chosen, complete = _arguments(op, func)
                tallies = [_Counter(self.budget, dict(known)).block(func.body.block) for known in chosen]
                tally, *others = tallies
                different = [other for other in others if other != tally]
                for other in different:
                    tally.larger(other)
                tally.bounded = tally.bounded and (complete or not different)
                func.attributes["resources"] = attribute(_record(tally, func.size))


def _arguments(module: ModuleOp, func: circuit.FuncOp) -> tuple[list[dict[SSAValue, Number]], bool]:
    """Values that the module's sweeps give to a circuit's integer parameters, and whether these are all.

    Of many, `MOST_POINTS` in even steps, the first and the last among them.
    """
    arguments = zip(func.parameter_names, func.body.block.args, strict=True)
    integer = {name: value for name, value in arguments if "i64" in str(value.type)}
    points: list[dict[SSAValue, Number]] = [{}]
    complete = True
    for job in module.ops:
        if not isinstance(job, JobOp) or job.circuit.root_reference.data != func.sym_name.data:
            continue
        for sweep in (op for op in job.body.block.ops if isinstance(op, SweepOp)):
            names = [name.data for name in sweep.names]
            used = [(column, integer[name]) for column, name in enumerate(names) if name in integer]
            values = floats(sweep.values)
            rows = [values[row : row + len(names)] for row in range(0, len(values), len(names))]
            distinct = sorted({tuple(int(row[column]) for column, _ in used) for row in rows})
            axis = [dict(zip((value for _, value in used), each, strict=True)) for each in _spread(distinct)]
            product = [{**point, **more} for point in points for more in axis]
            points = _spread(product)
            complete = complete and len(axis) == len(distinct) and len(points) == len(product)
    return points, complete


def _spread(items: list[Item]) -> list[Item]:
    """At most `MOST_POINTS` of the items, in even steps from the first to the last."""
    if len(items) <= MOST_POINTS:
        return items
    return [items[k * (len(items) - 1) // (MOST_POINTS - 1)] for k in range(MOST_POINTS)]


@dataclass(slots=True)
class _Counter:
    budget: int
    known: dict[SSAValue, Number] = field(default_factory=dict)
    arrays: dict[SSAValue, tuple[list[int], tuple[int, ...]]] = field(default_factory=dict)
    """Elements in order, and the shape."""

    def block(self, block: Block) -> Tally:
        tally = Tally()
        for op in block.ops:
            handler = _HANDLERS.get(type(op))
            if handler is not None:
                handler(self, op, tally)
        return tally

    def wires(self, op: circuit.WiredOp) -> list[int | None]:
        return [wire if isinstance(wire, int) else self.integer(wire) for wire in op.wire_list]

    def integer(self, value: SSAValue) -> int | None:
        found = self.known.get(value)
        return found if isinstance(found, int) else None

    def hand_on(self, sources: Sequence[SSAValue], targets: Sequence[SSAValue]) -> None:
        """Let values be known where they go, all at once."""
        values = [self.known.get(source) for source in sources]
        self.known.update(zip(targets, values, strict=True))

    def forget(self, values: Sequence[SSAValue]) -> None:
        """Take values for unknown, which differ from one time to the next."""
        self.known.update(dict.fromkeys(values))


def _constant(counter: _Counter, op: arith.ConstantOp, tally: Tally) -> None:
    if isinstance(op.value, (IntegerAttr, FloatAttr)):
        value = op.value.value.data
        counter.known[op.result] = abs(value) if op.result.type == i1 else value  # `true` is read as -1


def _integer(counter: _Counter, op: Operation, tally: Tally) -> None:
    left, right = (counter.integer(operand) for operand in op.operands)
    known = left is not None and right is not None
    counter.known[op.results[0]] = _INTEGER[type(op)](left, right) if known else None  # type: ignore[arg-type]  # known


def _compare(counter: _Counter, op: arith.CmpiOp, tally: Tally) -> None:
    left, right = counter.integer(op.lhs), counter.integer(op.rhs)
    predicate = op.predicate.value.data
    if left is not None and right is not None and predicate < len(_COMPARED):
        counter.known[op.result] = int(_COMPARED[predicate](left, right))
    else:
        counter.known[op.result] = None


def _array(counter: _Counter, op: ArrayConstantOp, tally: Tally) -> None:
    """Arrays of integers; others choose no wires."""
    assert isinstance(op.result.type, ArrayType)
    if op.result.type.element == i64:
        counter.arrays[op.result] = (integers(op.values), op.result.type.shape)


def _element(counter: _Counter, op: ArrayGetOp, tally: Tally) -> None:
    """An element of an array that is known, at indices that are."""
    values, shape = counter.arrays.get(op.array, ([], ()))
    indices = [counter.integer(index) for index in op.indices]
    counter.known[op.result] = None
    if len(indices) == len(shape) and None not in indices:
        place = 0
        for index, size in zip(indices, shape, strict=True):
            assert index is not None
            if not -size <= index < size:
                return
            place = place * size + index % size
        counter.known[op.result] = values[place]


def _wire_at(counter: _Counter, op: WireAtOp, tally: Tally) -> None:
    at, wires = counter.integer(op.index), op.wires.get_values()
    counter.known[op.result] = wires[at] if at is not None and -len(wires) <= at < len(wires) else None


def _run(counter: _Counter, op: circuit.RunOp, tally: Tally) -> None:
    for code, wires, _ in op.gates.gates():
        tally.gate(BY_CODE[code], wires)


def _gate(counter: _Counter, op: circuit.GateOp, tally: Tally) -> None:
    tally.gate(BY_NAME[op.gate.data], counter.wires(op), len(op.controls.data) if op.controls else 0)


def _each(counter: _Counter, op: circuit.EachOp, tally: Tally) -> None:
    for wire in counter.wires(op):
        tally.gate(BY_NAME[op.gate.data], [wire])


def _measure(counter: _Counter, op: circuit.MeasureOp, tally: Tally) -> None:
    for wire in counter.wires(op):
        tally.measurements += 1
        tally.advance([wire])


def _reset(counter: _Counter, op: circuit.ResetOp, tally: Tally) -> None:
    for wire in counter.wires(op):
        tally.resets += 1
        tally.advance([wire])


def _barrier(counter: _Counter, op: circuit.WiredOp, tally: Tally) -> None:
    tally.level(counter.wires(op))


def _delay(counter: _Counter, op: circuit.DelayOp, tally: Tally) -> None:
    seconds = counter.known.get(op.seconds)
    tally.exact = tally.exact and seconds is not None
    tally.seconds += float(seconds or 0.0) * len(op.static_wires)
    tally.unlisted += len(op.static_wires)


def _for(counter: _Counter, op: scf.ForOp, tally: Tally) -> None:
    first, last, step = (counter.integer(bound) for bound in (op.lb, op.ub, op.step))
    body, (index, *carried) = op.body.block, op.body.block.args
    counts = first is not None and last is not None and step
    values = range(first or 0, last or 0, step) if counts else range(0)  # type: ignore[arg-type]  # an integer then
    telling = index.first_use is not None or any(counter.known.get(value) is not None for value in op.iter_args)
    if counts and telling and len(values) <= counter.budget:
        counter.budget -= len(values)
        counter.hand_on(op.iter_args, carried)
        for value in values:
            counter.known[index] = value
            _iteration(counter, body, tally)
            counter.hand_on(_yielded(body), carried)
            if EARLY_EXIT in op.attributes and counter.integer(carried[-1]):
                break
        counter.hand_on(carried, op.results)
        return
    counter.forget(body.args)
    inner = counter.block(body)
    inner.exact, inner.bounded = inner.exact and bool(counts), inner.bounded and bool(counts)
    tally.add(inner, len(values) if counts else 1)
    counter.forget(op.results)


def _iteration(counter: _Counter, body: Block, tally: Tally) -> None:
    """One iteration of a loop that is walked through: its gates follow those before, wire by wire."""
    for op in body.ops:
        handler = _HANDLERS.get(type(op))
        if handler is not None:
            handler(counter, op, tally)


def _yielded(block: Block) -> Sequence[SSAValue]:
    assert block.last_op is not None
    return block.last_op.operands


def _if(counter: _Counter, op: scf.IfOp, tally: Tally) -> None:
    """The branch that a known condition takes, else the larger one."""
    chosen = counter.integer(op.cond)
    if chosen is not None:
        block = (op.true_region if chosen else op.false_region).blocks.first
        if block is not None:
            _iteration(counter, block, tally)
            counter.hand_on(_yielded(block), op.results)
        return
    blocks = [region.blocks.first for region in op.regions if region.blocks.first is not None]
    larger, *others = (counter.block(block) for block in blocks)
    for other in others:
        larger.larger(other)
    tally.add(larger)
    for results in zip(op.results, *(_yielded(block) for block in blocks), strict=True):
        ends = {counter.known.get(value) for value in results[1:]}
        counter.known[results[0]] = ends.pop() if len(ends) == 1 else None


def _while(counter: _Counter, op: scf.WhileOp, tally: Tally) -> None:
    """Walked through where each condition is known; else once, for nobody knows how often."""
    walked = Tally()
    if _walk_while(counter, op, walked):
        tally.add(walked)
        return
    for region in (op.before_region, op.after_region):
        counter.forget(region.block.args)
        inner = counter.block(region.block)
        inner.exact = inner.bounded = False
        tally.add(inner)
    counter.forget(op.results)


def _walk_while(counter: _Counter, op: scf.WhileOp, tally: Tally) -> bool:
    """Whether the loop was walked to its end."""
    before, after = op.before_region.block, op.after_region.block
    counter.hand_on(op.arguments, before.args)
    while counter.budget > 0:
        counter.budget -= 1
        _iteration(counter, before, tally)
        condition, *forwarded = _yielded(before)
        again = counter.integer(condition)
        if again is None:
            return False
        if not again:
            counter.hand_on(forwarded, op.results)
            return True
        counter.hand_on(forwarded, after.args)
        _iteration(counter, after, tally)
        counter.hand_on(_yielded(after), before.args)
    return False


_HANDLERS: dict[type[Operation], Callable[..., None]] = {
    arith.ConstantOp: _constant,
    **dict.fromkeys(_INTEGER, _integer),
    arith.CmpiOp: _compare,
    WireAtOp: _wire_at,
    ArrayConstantOp: _array,
    ArrayGetOp: _element,
    circuit.RunOp: _run,
    circuit.GateOp: _gate,
    circuit.EachOp: _each,
    circuit.MeasureOp: _measure,
    circuit.ResetOp: _reset,
    circuit.BarrierOp: _barrier,
    timing.BoxBeginOp: _barrier,
    timing.BoxEndOp: _barrier,
    circuit.DelayOp: _delay,
    scf.ForOp: _for,
    scf.IfOp: _if,
    scf.WhileOp: _while,
}


def _record(tally: Tally, qubits: int) -> Plain:
    pairs = sorted(tally.pairs.items())
    spread = tally.one_qubit.pop(-1, 0)
    return {
        "gates": dict(sorted(tally.gates.items())),
        "one_qubit": [tally.one_qubit[wire] for wire in range(qubits)],
        "pairs": [wire for pair, _ in pairs for wire in pair],
        "pair_counts": [count for _, count in pairs],
        "scattered": tally.scattered,
        "scattered_one_qubit": spread,
        "two_qubit": tally.scattered + sum(tally.pairs.values()),
        "t": tally.t,
        "rotations": tally.rotations,
        "measurements": tally.measurements,
        "resets": tally.resets,
        "delay": float(tally.seconds),
        "unlisted": tally.unlisted,
        "depth": tally.depth,
        "exact": tally.exact,
        "bounded": tally.bounded,
    }
