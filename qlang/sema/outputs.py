"""`expect`, `sample` and `state`: what a job asks its circuit for."""

from collections.abc import Mapping, Sequence
from typing import Literal

from qlang.sema import errors
from qlang.sema.binding import Registers
from qlang.sema.context import Context
from qlang.sema.jobs import CheckedExpectation, CheckedSample, CheckedState, PauliTerm, Wire
from qlang.sema.observable_check import check_terms
from qlang.sema.observable_scope import ObservableFault, Qubits, Scope, resolve_qubits
from qlang.sema.observables import expand
from qlang.sema.symbols import CircuitSymbol, VariableSymbol
from qlang.sema.types import Qubit
from qlang.syntax import tree

Kind = Literal["bits", "qubits"]


def register_wires(sizes: Mapping[str, int]) -> dict[str, Qubits]:
    """All wires of each register."""
    return {name: Qubits(tuple((name, index) for index in range(size)), single=False) for name, size in sizes.items()}


def output_scope(context: Context, circuit: CircuitSymbol, registers: Registers, bits: bool) -> Scope:
    """The names that outputs speak of: qubit registers, and bit registers where bits are read."""
    sizes = {**registers.qubits, **(registers.bits if bits else {})}
    return Scope(context.scope, {}, register_wires(sizes), circuit, registers.declarations)


def check_expectations(
    context: Context, circuit: CircuitSymbol, registers: Registers, nodes: Sequence[tree.Expect]
) -> tuple[CheckedExpectation, ...] | None:
    """Every observable as a sum of Pauli products; `None` after a report."""
    scope = output_scope(context, circuit, registers, bits=False)
    found: list[CheckedExpectation] = []
    names: dict[str, tree.Name] = {}
    good = True
    for item in (item for node in nodes for item in node.items):
        good = _new_name(context, names, item.name, "every result of a job has a name of its own") and good
        if _is_mistaken(circuit, item.observable):
            good = False
            continue
        bit = _bit_register(item.observable, registers)
        if bit is not None:
            span = context.span(bit)
            context.report(errors.jobs.StateNeedsQubits(span, bit.name, "expect", registers.declarations.get(bit.name)))
            good = False
            continue
        try:
            terms = expand(item.observable, scope, item.name.name)
        except ObservableFault as fault:
            if fault.diagnostic is not None:
                context.report(fault.diagnostic)
            good = False
            continue
        _note_numbers(context, registers, item.observable)
        _warn_measured(context, circuit, registers, item, terms)
        found.append(CheckedExpectation(item.name.name, terms, context.span(item)))
    return tuple(found) if good else None


def _is_mistaken(circuit: CircuitSymbol | None, node: tree.Expression) -> bool:
    """Whether an output speaks of something that the circuit declares with mistakes, which are reported."""
    names = (part.name for part in tree.walk(node) if isinstance(part, tree.Name))
    return circuit is not None and not circuit.mistaken.isdisjoint(names)


def _warn_measured(
    context: Context, circuit: CircuitSymbol, registers: Registers, item: tree.ExpectItem, terms: Sequence[PauliTerm]
) -> None:
    """X and Y of a qubit that was measured last have the mean 0, and so has every product with them."""
    for term in terms:
        for register, index, letter in term.factors:
            place = circuit.measured.get((register, index))
            if place is not None and letter != "Z":
                single = registers.qubits.get(register) == 1
                context.report(
                    errors.doubtful.MeasuredObservable(
                        context.span(item.observable),
                        name=item.name.name,
                        whole=len(terms) == 1,
                        qubit=register if single else f"{register}[{index}]",
                        pauli=letter,
                        measured=place,
                    )
                )
                return


def _note_numbers(context: Context, registers: Registers, node: tree.Expression) -> None:
    """Check the numbers inside an observable that expands, for warnings and references."""
    with context.block():
        for name, size in registers.qubits.items():
            span = registers.declarations[name]
            context.frames[-1][name] = VariableSymbol(name, span, Qubit(size), "qubit")
        check_terms(context, node)


def _new_name(context: Context, names: dict[str, tree.Name], name: tree.Name, help: str) -> bool:
    first = names.setdefault(name.name, name)
    if first is name:
        return True
    context.report(errors.names.DuplicateName(context.span(name), name.name, context.span(first), help))
    return False


def _bit_register(node: tree.Expression, registers: Registers) -> tree.Name | None:
    """The first bit register inside an observable, if there is one."""
    for part in tree.walk(node):
        if isinstance(part, tree.Name) and part.name in registers.bits and part.name not in registers.qubits:
            return part
    return None


def check_samples(
    context: Context, circuit: CircuitSymbol, registers: Registers, nodes: Sequence[tree.Sample]
) -> tuple[CheckedSample, ...] | None:
    """Every histogram's wires; `None` after a report."""
    scope = output_scope(context, circuit, registers, bits=True)
    found: list[CheckedSample] = []
    names: dict[str, tree.Name] = {}
    good = True
    for item in (item for node in nodes for item in node.items):
        wires = _wires(context, scope, item.qubits)
        name = item.alias or tree.Name(item.qubits.start, item.qubits.end, _default_name(context, item.qubits))
        help = f"give one of them another name: `sample {context.span(item.qubits).text} as name`"
        good = _new_name(context, names, name, help) and wires is not None and good
        if wires is not None:
            kind = _kind(context, registers, item, wires)
            if kind is None:
                good = False
            else:
                found.append(CheckedSample(name.name, kind, wires, context.span(item)))
    return tuple(found) if good else None


def _default_name(context: Context, node: tree.Expression) -> str:
    """`q` for a register, `q[0:3]` for a part."""
    return "".join(context.span(node).text.split())


def _kind(context: Context, registers: Registers, item: tree.SampleItem, wires: tuple[Wire, ...]) -> Kind | None:
    kinds = {"bits" if register in registers.bits else "qubits" for register, _ in wires}
    if kinds == {"bits"}:
        return "bits"
    if kinds == {"qubits"}:
        return "qubits"
    context.report(
        errors.types.TypeMismatch(context.span(item.qubits), expected="qubits or bits", found="both, or none of them")
    )
    return None


def check_state(
    context: Context, circuit: CircuitSymbol, registers: Registers, node: tree.State
) -> CheckedState | None:
    """The qubits whose amplitudes are wanted; `None` after a report."""
    bit = _bit_register(node.qubits, registers)
    if bit is not None:
        context.report(
            errors.jobs.StateNeedsQubits(context.span(bit), bit.name, "state", registers.declarations.get(bit.name))
        )
        return None
    wires = _wires(context, output_scope(context, circuit, registers, bits=False), node.qubits)
    return None if wires is None else CheckedState(wires, context.span(node))


def _wires(context: Context, scope: Scope, node: tree.Expression) -> tuple[Wire, ...] | None:
    if _is_mistaken(scope.circuit, node):
        return None
    try:
        wires = resolve_qubits(node, scope).wires
    except ObservableFault as fault:
        if fault.diagnostic is not None:
            context.report(fault.diagnostic)
        return None
    if len(set(wires)) < len(wires):
        repeated = next(wire for place, wire in enumerate(wires) if wire in wires[:place])
        span = context.span(node)
        shown = f"{repeated[0]}[{repeated[1]}]"
        context.report(errors.qubits.SameQubitTwice(span, gate="sample", qubit=shown, first=span))
        return None
    return wires
