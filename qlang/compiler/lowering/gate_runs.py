"""Runs of plain gate calls (`tree.GateRun`), lowered column by column into the packed run that the IR keeps them in."""

from itertools import chain

from qlang.compiler.lowering.expressions import names
from qlang.compiler.lowering.frame import Frame, Qubits
from qlang.compiler.lowering.gates import lower_gate, primitive_of
from qlang.sema.constants import evaluate
from qlang.sema.gate_runs import number_of, operands_of
from qlang.sema.values import ConstantError, as_float
from qlang.syntax import tree
from qlang.syntax.gate_runs import gate_calls, parameters_of


def lower_run(frame: Frame, node: tree.GateRun) -> None:
    """Append the gates of a run, call by call where something in it is no constant or no primitive.

    Raises LoweringError.
    """
    primitives = {name: primitive_of(frame, name) for name in set(node.gates)}
    codes = {name: primitive.code for name, primitive in primitives.items() if primitive is not None}
    wires = _wires(frame, set(node.operands))
    angles = _angles(frame, set(node.parameters))
    if len(codes) < len(primitives) or wires is None or angles is None:
        _one_by_one(frame, node)
        return
    pending, spans = frame.emitter.pending, frame.emitter.pending_spans
    pending.codes.extend(map(codes.__getitem__, node.gates))
    pending.wires.extend(chain.from_iterable(map(wires.__getitem__, node.operands)))
    pending.parameters.extend(chain.from_iterable(map(angles.__getitem__, node.parameters)))
    if frame.depth:  # the place of a subroutine's gates is its call
        spans.extend((frame.emitter.start, frame.emitter.end) * len(node.gates))
    else:
        spans.extend(chain.from_iterable(zip(node.starts, node.ends, strict=True)))
        frame.emitter.start, frame.emitter.end = spans[-2:]


def _one_by_one(frame: Frame, node: tree.GateRun) -> None:
    emitter = frame.emitter
    for call in gate_calls(node):
        if not frame.depth:
            emitter.start, emitter.end = call.start, call.end
        lower_gate(frame, call)


def _wires(frame: Frame, texts: set[str]) -> dict[str, tuple[int, ...]] | None:
    """The wires that each text of operands names; `None` where one is not known yet."""
    known: dict[str, tuple[int, ...]] = {}
    registers: dict[str, Qubits] = {}
    for text in texts:
        found: list[int] = []
        for name, index in operands_of(text):
            register = registers.get(name)
            if register is None:
                binding = frame.lookup(name)
                if not isinstance(binding, Qubits) or binding.single:
                    return None
                register = registers[name] = binding
            wire = register.wires[index] if index < len(register.wires) else None
            if not isinstance(wire, int) or wire in found:
                return None
            found.append(wire)
        known[text] = tuple(found)
    return known


def _angles(frame: Frame, texts: set[str]) -> dict[str, tuple[float, ...]] | None:
    """The numbers in each text of parameters; `None` where one is known only at run time."""
    known: dict[str, tuple[float, ...]] = {"": ()}
    for text in texts:
        number = number_of(text)
        if number is not None:
            known[text] = (number,)
            continue
        try:
            values = [evaluate(parameter, names(frame), frame.scope.version) for parameter in parameters_of(text)]
        except ConstantError:
            return None
        known[text] = tuple(map(as_float, values))
    return known
