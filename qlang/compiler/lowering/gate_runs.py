"""Runs of plain gate calls (`tree.GateRun`), lowered column by column into the packed run that the IR keeps them in."""

from collections.abc import Iterable
from itertools import chain

from qlang.compiler.lowering.expressions import names
from qlang.compiler.lowering.frame import Frame, Qubits
from qlang.compiler.lowering.gates import lower_gate, primitive_of
from qlang.sema.constants import evaluate
from qlang.sema.gate_runs import number_of, operands_of, parts_of
from qlang.sema.values import ConstantError, as_float
from qlang.syntax import tree
from qlang.syntax.gate_runs import gate_call, parameter_of


def lower_run(frame: Frame, node: tree.GateRun) -> None:
    """Append the gates of a run, call by call where something in it is no constant or no primitive.

    Raises LoweringError.
    """
    primitives = {name: primitive_of(frame, name) for name in set(node.gates)}
    codes = {name: primitive.code for name, primitive in primitives.items() if primitive is not None}
    wires = _wires(frame, set(node.operands))
    angles = _angles(frame, set(node.parameters))
    if wires is None or angles is None:
        _one_by_one(frame, node, range(len(node.gates)))
        return
    first = 0
    others = [] if len(codes) == len(primitives) else [i for i, gate in enumerate(node.gates) if gate not in codes]
    for other in (*others, len(node.gates)):
        _columns(frame, node, first, other, codes, wires, angles)
        _one_by_one(frame, node, range(other, min(other + 1, len(node.gates))))
        first = other + 1


def _columns(
    frame: Frame,
    node: tree.GateRun,
    first: int,
    stop: int,
    codes: dict[str, int],
    wires: dict[str, tuple[int, ...]],
    angles: dict[str, tuple[float, ...]],
) -> None:
    """The calls from `first` up to `stop`, all of primitives with constant parameters on constant wires."""
    if first == stop:
        return
    pending, spans = frame.emitter.pending, frame.emitter.pending_spans
    pending.codes.extend(map(codes.__getitem__, node.gates[first:stop]))
    pending.wires.extend(chain.from_iterable(map(wires.__getitem__, node.operands[first:stop])))
    pending.parameters.extend(chain.from_iterable(map(angles.__getitem__, node.parameters[first:stop])))
    if frame.depth:  # the place of a subroutine's gates is its call
        spans.extend((frame.emitter.start, frame.emitter.end) * (stop - first))
    else:
        spans.extend(chain.from_iterable(zip(node.starts[first:stop], node.ends[first:stop], strict=True)))
        frame.emitter.start, frame.emitter.end = spans[-2:]


def _one_by_one(frame: Frame, node: tree.GateRun, indices: Iterable[int]) -> None:
    emitter = frame.emitter
    for index in indices:
        call = gate_call(node, index)
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
    angles: dict[str, float] = {}
    for part in {part for text in texts for part in parts_of(text)}:
        number = number_of(part)
        if number is None:
            try:
                number = as_float(evaluate(parameter_of(part), names(frame), frame.scope.version))
            except ConstantError:
                return None
        angles[part] = number
    return {text: tuple(map(angles.__getitem__, parts_of(text))) for text in texts}
