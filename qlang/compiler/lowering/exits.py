"""Code behind a statement that may have left its body: lowered within branches on the flag that says so.

    if (m) break;          if m: skip = true
    x q[0];           →    if not skip: x q[0]
    y q[1];                             y q[1]

Statements up to the next one that may jump share a branch, so that the depth of the IR does not grow with the number of
jumps. What they declare comes out of the branch as a value: zero where the branch did not run, which nothing reads
but the circuit's outputs.
"""

from collections.abc import Callable, Iterator, Sequence

from xdsl.ir import SSAValue

from qlang.compiler.lowering.conversions import truth, zeros
from qlang.compiler.lowering.emitter import Dynamic
from qlang.compiler.lowering.frame import Binding, Frame, JoinedView, Known, Qubits, Reference, Variable, View
from qlang.compiler.lowering.levels import FALSE, all_flags
from qlang.compiler.lowering.regions import branch, carried
from qlang.sema.types import INT
from qlang.sema.values import Constant
from qlang.syntax import tree

Lower = Callable[[Frame, Sequence[tree.Statement]], None]


def is_certain(known: Known) -> bool:
    """Whether a flag is set in any case."""
    return isinstance(known, Constant) and bool(known.value)


def lower_rest(frame: Frame, statements: Sequence[tree.Statement], lower: Lower) -> None:
    """Lower what follows a statement that may have left the body."""
    skip = frame.levels[-1].skip
    first = 0
    while first < len(statements) and not is_certain(skip.value):
        last = first
        while last < len(statements) - 1 and not frame.endings.jumps(frame.scope, statements[last]):
            last += 1
        lower_unless(frame, skip, statements[first : last + 1], lower)
        first = last + 1


def lower_unless(frame: Frame, flag: Variable, statements: Sequence[tree.Statement], lower: Lower) -> None:
    """Lower statements so that they run only where a flag is not set; their declarations stay in scope."""
    if is_certain(flag.value) or not statements:
        return
    if flag.value is FALSE:
        lower(frame, statements)
        return
    condition = truth(frame.emitter, flag.value)
    state = carried(frame, tree.Block(statements[0].start, statements[-1].end, list(statements)))
    escapes = _Escapes(frame.scopes[-1], frame.outputs)

    def run() -> None:
        clear(frame)
        lower(frame, statements)

    results = branch(frame, condition, state, (lambda: None, run), escapes.values)
    escapes.rebind(results)


def clear(frame: Frame) -> None:
    """Take all flags for not set, where code runs only if the innermost is not: a jump sets those within, too."""
    for variable in all_flags(frame.levels):
        variable.value = FALSE


class _Escapes:
    """Names declared within a branch, and the run-time values that they stand for."""

    def __init__(self, scope: dict[str, Binding], outputs: frozenset[str]) -> None:
        self._scope, self._before, self._outputs = scope, dict(scope), outputs

    def values(self, left: bool) -> list[Known]:
        """What comes out of the branch; zeros from the side where nothing was declared."""
        found = [known for name, binding in self._declared() for known in _values(binding, name in self._outputs)]
        return [zeros(known.type) for known in found] if left else found

    def rebind(self, results: Sequence[SSAValue]) -> None:
        """Let the names stand for the results, in the order of `values`."""
        rest = iter(results)
        for name, binding in self._declared():
            self._scope[name] = _with_values(binding, rest, name in self._outputs)

    def _declared(self) -> list[tuple[str, Binding]]:
        return [(name, binding) for name, binding in self._scope.items() if self._before.get(name) is not binding]


def _values(binding: Binding, output: bool = False) -> list[Known]:
    """The run-time values in a binding; that of an output in any case."""
    match binding:
        case Variable(value=known):
            return [known] if isinstance(known, Dynamic) or output else []
        case Qubits(wires=wires):
            return [Dynamic(INT, wire) for wire in wires if isinstance(wire, SSAValue)]
        case View(base=base, selections=selections):
            inner = [] if isinstance(base, Variable) else _values(base)
            return [*inner, *(Dynamic(INT, place) for place in selections if isinstance(place, SSAValue))]
        case JoinedView(left=left, right=right):
            return [known for side in (left, right) if not isinstance(side, Variable) for known in _values(side)]
        case _:
            return []


def _with_values(binding: Binding, values: Iterator[SSAValue], output: bool) -> Binding:
    """The binding with other run-time values, in the order of `_values`."""
    match binding:
        case Variable(value=known):
            if isinstance(known, Dynamic) or output:
                binding.value = Dynamic(known.type, next(values))
            return binding
        case Qubits(wires=wires) if not isinstance(wires, range):
            return Qubits(tuple(next(values) if isinstance(w, SSAValue) else w for w in wires), binding.single)
        case View() | JoinedView():
            return _reference(binding, values)
        case _:
            return binding


def _reference(reference: Reference, values: Iterator[SSAValue]) -> Reference:
    match reference:
        case Variable():
            return reference
        case View(base=base, selections=selections):
            new = _reference(base, values)
            return View(new, tuple(next(values) if isinstance(s, SSAValue) else s for s in selections))
        case JoinedView(left=left, right=right):
            return JoinedView(_reference(left, values), _reference(right, values))
