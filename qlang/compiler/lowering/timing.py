"""Delays, boxes and lengths that only a device knows."""

from collections.abc import Callable, Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import DenseArrayBase, StringAttr, f64, i32, i64
from xdsl.ir import Block, Region, SSAValue

from qlang.compiler.lowering.assigned import assigned_names
from qlang.compiler.lowering.conversions import emit, real
from qlang.compiler.lowering.emitter import Dynamic
from qlang.compiler.lowering.expressions import value
from qlang.compiler.lowering.frame import Frame, Variable
from qlang.compiler.lowering.qubits import operand
from qlang.compiler.lowering.views import changed_variables
from qlang.ir import circuit, timing
from qlang.sema.types import DURATION, Duration, Stretch
from qlang.syntax import tree

Body = Callable[[Frame, Sequence[tree.Statement]], None]


def declare_stretch(frame: Frame, name: str) -> None:
    """`stretch g;`."""
    op = timing.StretchOp.create(result_types=[f64], properties={"stretch": StringAttr(name)})
    kind = Stretch()
    frame.bind(name, Variable(kind, Dynamic(kind, frame.emitter.value(op))))


def lower_delay(frame: Frame, node: tree.Delay) -> None:
    """`delay[t] q;`; without qubits, on all."""
    seconds = _seconds(frame, node.duration)
    wires = [wire for qubits in node.operands for wire in operand(frame, qubits).wires] or frame.all_wires()
    frame.emitter.wired(circuit.DelayOp, tuple(wires), [seconds])


def _seconds(frame: Frame, node: tree.Expression) -> SSAValue:
    known = value(frame, node)
    length = real(frame.emitter, known)
    if not isinstance(known.type, Duration) or known.type.unit != "dt":
        return length
    step = frame.emitter.value(timing.TimeStepOp.create(result_types=[f64]))
    return emit(frame.emitter, arith.MulfOp, [length, step], f64)


def lower_box(frame: Frame, node: tree.Box, body: Body) -> None:
    """`box { … }`, `box[t] { … }`: the body between two marks."""
    emitter = frame.emitter
    length = [] if node.duration is None else [_seconds(frame, node.duration)]
    emitter.flush()
    wires = DenseArrayBase.from_list(i64, list(frame.all_wires()))
    emitter.quantum(
        timing.BoxBeginOp.create(
            operands=[*length, emitter.register],
            result_types=[emitter.register.type],
            properties={
                "static_wires": wires,
                "operandSegmentSizes": DenseArrayBase.from_list(i32, [len(length), 1, 0]),
            },
        )
    )
    frame.scopes.append({})
    body(frame, node.body.statements)
    frame.scopes.pop()
    emitter.wired(timing.BoxEndOp, tuple(frame.all_wires()))


def lower_duration_of(frame: Frame, node: tree.DurationOf, body: Body) -> Dynamic:
    """`durationof({ … })`: the body as a circuit that is timed and not executed."""
    emitter = frame.emitter
    calls = [part for part in tree.walk(node.body) if isinstance(part, tree.Call)]
    before = [(variable, variable.value) for variable in changed_variables(frame, assigned_names(node.body), calls)]
    emitter.flush()
    outer, register = emitter.block, emitter.register
    block = Block(arg_types=[register.type])
    emitter.block, emitter.register = block, block.args[0]
    frame.scopes.append({})
    body(frame, node.body.statements)
    frame.scopes.pop()
    emitter.flush()
    block.add_op(timing.DurationEndOp.create(operands=[emitter.register], location=emitter.here()))
    emitter.block, emitter.register = outer, register
    for variable, known in before:
        variable.value = known
    op = timing.DurationOfOp.create(result_types=[f64], regions=[Region(block)])
    return Dynamic(DURATION, emitter.value(op))
