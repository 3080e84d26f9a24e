"""One form for one thing: what several spellings of the same circuit become.

    run A; run B            →  run A B           neighbouring packed runs are one
    gate "rx"(const) [2]    →  run <rx(…) 2>     a gate with nothing left to compute is packed
    rz(0) q;  id q          →  (nothing)
    for … in an empty range →  (nothing)
    unused constants        →  (nothing)

Named `canonicalize-circuit`, because plain `canonicalize` is xDSL's own pass.
"""

from dataclasses import dataclass
from math import pi

from xdsl.context import Context
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, ModuleOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.traits import is_side_effect_free

from qlang.ir.circuit import FuncOp, GateOp, RunOp
from qlang.ir.edit import remove, replace
from qlang.ir.gates import BY_CODE, BY_NAME
from qlang.ir.packed import Gate, offsets, pack

_LARGEST_MULTIPLE = 16
"""Largest multiple of π that is taken for a whole number of periods."""


@dataclass(frozen=True)
class CanonicalizeCircuit(ModulePass):
    """See the module."""

    name = "canonicalize-circuit"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for func in op.ops:
            if isinstance(func, FuncOp):
                _block(func.body.block)


def _block(block: Block) -> None:
    for op in list(block.ops):
        for region in op.regions:
            for inner in region.blocks:
                _block(inner)
        match op:
            case GateOp():
                _pack_gate(op)
            case scf.ForOp():
                _drop_empty_loop(op)
            case _:
                continue
    _join_runs(block)
    for op in reversed(list(block.ops)):
        _drop_unused(op)


def constant(value: SSAValue) -> int | float | None:
    """The number that a value is known to be."""
    owner = value.owner
    if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, (IntegerAttr, FloatAttr)):
        return owner.value.value.data
    return None


def _pack_gate(op: GateOp) -> None:
    wires = [wire if isinstance(wire, int) else constant(wire) for wire in op.wire_list]
    angles = [constant(angle) for angle in op.angles]
    if op.controls or None in wires or None in angles:
        return
    gate = (BY_NAME[op.gate.data].code, tuple(wires), tuple(map(float, angles)))  # type: ignore[arg-type]  # no None
    run = RunOp.create(
        operands=[op.qubits],
        result_types=[op.result.type],
        properties={"gates": pack([gate])},  # type: ignore[list-item]  # wires are integers
        location=op.location,
    )
    replace(op, run)


def _drop_empty_loop(op: scf.ForOp) -> None:
    first, last = constant(op.lb), constant(op.ub)
    if first is None or last is None or first < last:
        return
    for result, value in zip(op.results, op.iter_args, strict=True):
        result.replace_all_uses_with(value)
    remove(op)


def _join_runs(block: Block) -> None:
    """Neighbouring runs become one, without their trivial gates; constants in between move up."""
    group: list[RunOp] = []
    for op in list(block.ops):
        if isinstance(op, RunOp) and (not group or op.qubits is group[-1].result):
            group.append(op)
            continue
        if isinstance(op, RunOp) or not is_side_effect_free(op):
            _join(group)
            group = [op] if isinstance(op, RunOp) else []
    _join(group)


def _join(group: list[RunOp]) -> None:
    if not group or (len(group) == 1 and not any(map(_trivial, group[0].gates.gates()))):
        return
    first, last = group[0], group[-1]
    entries = [
        (g, s) for run in group for g, s in zip(run.gates.gates(), run.gate_spans(), strict=True) if not _trivial(g)
    ]
    if not entries:
        last.result.replace_all_uses_with(first.qubits)
    else:
        properties: dict[str, Attribute] = {"gates": pack(gate for gate, _ in entries)}
        if all(run.spans is not None for run in group):
            properties["spans"] = offsets(offset for _, span in entries for offset in span)
        joined = RunOp.create(
            operands=[first.qubits], result_types=[last.result.type], properties=properties, location=first.location
        )
        assert last.parent is not None
        last.parent.insert_op_after(joined, last)
        last.result.replace_all_uses_with(joined.result)
    for run in reversed(group):
        remove(run)


def _trivial(gate: Gate) -> bool:
    """Whether a gate is the identity."""
    row = BY_CODE[gate[0]]
    if row.name == "id":
        return True
    if not row.additive or row.period is None:
        return False
    # a multiple of the double next to π is one of π as long as it is small
    return abs(gate[2][0]) <= _LARGEST_MULTIPLE * pi and gate[2][0] % (row.period * pi) == 0.0


def _drop_unused(op: Operation) -> None:
    if op.results and not any(result.first_use for result in op.results) and is_side_effect_free(op):
        remove(op)
