"""One file: its definitions in order, its top-level statements as the circuit `main`, then what may look ahead.

Gates, subroutines and statements see what stands before them, as in OpenQASM. Circuits, observables, noise
blocks and jobs see the whole file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from qlang.sema import errors
from qlang.sema.bound_bodies import met_in_run
from qlang.sema.context import Context, Reporter, broken
from qlang.sema.definitions import (
    check_circuit,
    check_gate,
    check_subroutine,
    circuit_symbol,
    definition_names,
    extern_symbol,
    parameter_symbols,
    report_unused_qubits,
    subroutine_symbol,
)
from qlang.sema.files import Files
from qlang.sema.gate_files import (
    PRELUDE,
    STANDARD_GATES,
    built_in_scope,
    gate_symbol,
    gates_by_include,
    standard_gates,
)
from qlang.sema.imports import check_import, check_include
from qlang.sema.jobs import CheckedJob, SweepReference
from qlang.sema.module import Module
from qlang.sema.reachability import ENDING, ends_block
from qlang.sema.recursion import Definitions
from qlang.sema.statements import check_statements, innermost
from qlang.sema.symbols import (
    BrokenSymbol,
    CircuitSymbol,
    FileScope,
    JobSymbol,
    ObservableSymbol,
    ParameterSymbol,
    Reference,
    Symbol,
    VariableSymbol,
)
from qlang.sema.unused import report_unused_parameters, report_unused_variables
from qlang.sema.values import Constant
from qlang.syntax import tree
from qlang.syntax.diagnostic import Call, with_calls
from qlang.syntax.source import Source, Span

MAIN = "main"

_QUANTUM = (
    tree.QubitDeclaration,
    tree.GateCall,
    tree.GateRun,
    tree.MeasureStatement,
    tree.Reset,
    tree.Barrier,
    tree.Delay,
    tree.Box,
)

Definition = tree.GateDefinition | tree.SubroutineDefinition | tree.CircuitDefinition


@dataclass(eq=False)
class ProgramCheck:
    """The state of checking one file."""

    scope: FileScope
    files: Files
    reporter: Reporter
    later: dict[str, tree.Name]
    forbid_reuse: bool
    gates_by_include: dict[str, str]
    openqasm: bool
    definitions: Definitions
    main: Context = field(init=False)
    body: list[tree.Statement] = field(default_factory=list)
    inputs: list[ParameterSymbol] = field(default_factory=list)
    circuits: dict[str, CircuitSymbol] = field(default_factory=dict)
    circuits_here: list[tuple[CircuitSymbol, tree.CircuitDefinition]] = field(default_factory=list)
    checked_circuits: list[Context] = field(default_factory=list)
    """Contexts of checked bodies, for the warning of unused registers once jobs are read."""
    bodies: list[tuple[Context, str, Definition]] = field(default_factory=list)
    """Checked bodies with parameters, what each is called, and its definition."""
    observables: list[ObservableSymbol] = field(default_factory=list)
    noise: list[tree.NoiseDefinition] = field(default_factory=list)
    jobs: list[tree.JobDefinition] = field(default_factory=list)
    version_end: int | None = None
    trusted: bool = False
    """Whether bodies are right already: tests check what is shipped with qlang."""

    def __post_init__(self) -> None:
        self.main = self.context("circuit", program=True)

    def context(self, place: str, program: bool = False) -> Context:
        """A fresh context in this file."""
        return Context(
            self.scope,
            self.reporter,
            place,
            outside={} if program else self.main.frames[0],
            later=self.later,
            offered_gates=self.gates_by_include,
            version_end=self.version_end,
            measured={} if place == "circuit" else None,
            forbid_reuse=self.forbid_reuse,
            program=program,
        )

    def define(self, node: tree.Name, symbol: Symbol) -> None:
        """Add a definition to the file; a second one of a name is reported and loses."""
        self.later.pop(node.name, None)
        first = self.scope.names.get(node.name) or self.main.frames[0].get(node.name)
        if first is not None:
            span = self.scope.span(node)
            self.reporter.report(errors.names.DuplicateName(span, name=node.name, first=first.span))
        else:
            self.scope.names[node.name] = symbol

    def check_bound(
        self, circuit: CircuitSymbol, arguments: Mapping[str, Constant | SweepReference], run: Span
    ) -> None:
        """Check a circuit's body once more with the values of a run: sizes and indices are then known.

        Warnings were given before. A circuit of another file is checked in that file's scope.
        """
        values = {name: value for name, value in arguments.items() if isinstance(value, Constant)}
        if not values:
            return
        context = Context(circuit.scope, self.reporter.within(), "circuit")
        check_circuit(context, circuit, values)
        call = Call(run, circuit.name)
        for diagnostic in context.reporter.diagnostics():
            if diagnostic.severity == "error":
                self.reporter.report(with_calls(met_in_run(diagnostic, values), [*diagnostic.calls(), call]))


def check_program(
    program: tree.Program,
    source: Source,
    version: int,
    openqasm: bool,
    files: Files,
    reporter: Reporter,
    imported: bool = False,
    known: Mapping[str, Symbol] | None = None,
    trusted: bool = False,
) -> Module:
    """Check a file; jobs of an imported file are left alone, and so are the bodies of a trusted one."""
    errors_before = reporter.errors
    files.open.append(source.name)
    scope = FileScope(source, version, parents=_parents(version, openqasm))
    if known:
        scope.parents.insert(0, FileScope(source, version, names=dict(known)))
    later = definition_names(program.statements)
    offered = gates_by_include(version) if openqasm else {}
    definitions = Definitions(program.statements)
    state = ProgramCheck(scope, files, reporter, later, files.forbid_reuse, offered, openqasm, definitions)
    state.trusted = trusted
    for statement in program.statements:
        node = innermost(statement)
        item = _ITEMS.get(type(node))
        if item is None:
            _main_statement(state, node, statement)
        else:
            item(state, node)
    main = _main_circuit(state)
    state.later.clear()
    _check_definitions(state)
    module_jobs = () if imported else _check_jobs(state)
    if (
        reporter.errors == errors_before and reporter.complete and not imported
    ):  # a name that was not understood may have meant any other
        _report_unused(state)
    files.open.pop()
    return Module(
        scope,
        state.circuits,
        main,
        module_jobs,
        broken=reporter.errors > errors_before,
        references=() if imported else _references(reporter),
    )


def _parents(version: int, openqasm: bool) -> list[FileScope]:
    if openqasm:
        return [built_in_scope(version)]
    return [standard_gates(PRELUDE), standard_gates(STANDARD_GATES), built_in_scope(version)]


def _references(reporter: Reporter) -> tuple[Reference, ...]:
    return tuple(sorted(reporter.references or (), key=lambda reference: reference.start))


def _version(state: ProgramCheck, node: tree.Version) -> None:
    state.version_end = state.main.version_end = node.end


def _include(state: ProgramCheck, node: tree.Include) -> None:
    check_include(state.main, state.files, node)


def _gate(state: ProgramCheck, node: tree.GateDefinition) -> None:
    if not state.trusted:
        context = state.context("gate")
        context.definition, context.definitions = node.name.name, state.definitions
        check_gate(context, node)
        state.bodies.append((context, f"gate `{node.name.name}`", node))
    state.define(node.name, gate_symbol(state.scope, node))


def _subroutine(state: ProgramCheck, node: tree.SubroutineDefinition) -> None:
    context = state.context("subroutine")
    context.definition, context.definitions = node.name.name, state.definitions
    errors_before = state.reporter.errors
    symbol = subroutine_symbol(context, node)
    if state.trusted:
        state.define(node.name, symbol)
        return
    check_subroutine(context, symbol, state.openqasm)
    if state.reporter.errors > errors_before:
        state.reporter.unsound.add(symbol)
    state.bodies.append((context, f"subroutine `{node.name.name}`", node))
    state.define(node.name, symbol)


def _extern(state: ProgramCheck, node: tree.ExternDeclaration) -> None:
    state.define(node.name, extern_symbol(state.context("file"), node))


def _circuit(state: ProgramCheck, node: tree.CircuitDefinition) -> None:
    circuit = circuit_symbol(state.context("file"), node)
    state.define(node.name, circuit)
    state.circuits.setdefault(circuit.name, circuit)
    state.circuits_here.append((circuit, node))


def _noise(state: ProgramCheck, node: tree.NoiseDefinition) -> None:
    state.noise.append(node)
    state.define(node.name, broken(node.name.name, state.scope.span(node.name)))


def _job(state: ProgramCheck, node: tree.JobDefinition) -> None:
    state.jobs.append(node)
    state.define(node.name, JobSymbol(node.name.name, state.scope.span(node.name), node))


def _import(state: ProgramCheck, node: tree.Import) -> None:
    symbol = check_import(state.main, state.files, node)
    if symbol is None:
        return
    name = node.alias or tree.Name(node.start, node.end, symbol.name)
    state.define(name, symbol)
    if isinstance(symbol, CircuitSymbol):
        state.circuits.setdefault(symbol.name, symbol)


def _observable(state: ProgramCheck, node: tree.ObservableDefinition) -> None:
    parameters = parameter_symbols(state.context("file"), node.parameters)
    span = state.scope.span(node.name)
    symbol = ObservableSymbol(node.name.name, span, parameters, node.value, state.scope)
    state.define(node.name, symbol)
    state.observables.append(symbol)


_ITEMS: dict[type[tree.Statement], Callable[..., None]] = {
    tree.Version: _version,
    tree.Include: _include,
    tree.Import: _import,
    tree.GateDefinition: _gate,
    tree.SubroutineDefinition: _subroutine,
    tree.ExternDeclaration: _extern,
    tree.CircuitDefinition: _circuit,
    tree.ObservableDefinition: _observable,
    tree.NoiseDefinition: _noise,
    tree.JobDefinition: _job,
}
"""What a file defines; all other statements belong to `main`."""


def _main_statement(state: ProgramCheck, node: tree.Statement, statement: tree.Statement) -> None:
    context = state.main
    name = getattr(node, "name", None)
    if isinstance(name, tree.Name) and not isinstance(node, tree.GateCall):
        state.later.pop(name.name, None)
    if state.body and type(state.body[-1]) in ENDING and ends_block(state.body[-1]):
        span, after = context.span(node), context.span(state.body[-1])
        state.reporter.report(errors.warnings.Unreachable(span, after=after))
    check_statements(context, [node])
    if isinstance(node, tree.ClassicalDeclaration) and node.kind == "const":
        return
    if isinstance(node, tree.ClassicalDeclaration) and node.kind == "input":
        symbol = context.frames[0].get(node.name.name)
        if isinstance(symbol, VariableSymbol):
            state.inputs.append(ParameterSymbol(symbol.name, symbol.span, symbol.type))
        return
    if not isinstance(node, (tree.ErrorNode, tree.Pragma)):
        state.body.append(statement)


def _main_circuit(state: ProgramCheck) -> CircuitSymbol | None:
    """The top-level statements as a circuit, where one of them is about qubits."""
    quantum = [statement for statement in state.body if isinstance(innermost(statement), _QUANTUM)]
    if not quantum:
        return None
    span = state.scope.span(quantum[0])
    whole = state.scope.span(tree.Missing(state.body[0].start, state.body[-1].end))
    main = CircuitSymbol(MAIN, span, tuple(state.inputs), tuple(state.body), state.scope, whole)
    first = state.scope.names.get(MAIN)
    if first is not None:
        state.reporter.report(errors.names.DuplicateName(span, name=MAIN, first=first.span))
        return main
    _note_leavings(state.main, main)
    state.circuits[MAIN] = main
    state.scope.names[MAIN] = main
    return main


def _note_leavings(context: Context, circuit: CircuitSymbol) -> None:
    """Keep which qubits a circuit leaves measured, and which names it declares in vain, for what jobs ask of it."""
    circuit.mistaken.update(name for name, symbol in context.frames[0].items() if isinstance(symbol, BrokenSymbol))
    for (register, index), place in (context.measured or {}).items():
        circuit.measured[register.name, index] = place


def _check_definitions(state: ProgramCheck) -> None:
    """What sees the whole file: circuits, observables, noise blocks."""
    if not state.trusted:
        _check_bodies(state)
    if state.noise:
        from qlang.sema.noise import check_noise

        for noise in state.noise:
            check_noise(state.context("file"), noise)


def _check_bodies(state: ProgramCheck) -> None:
    for circuit, node in state.circuits_here:
        context = state.context("circuit")
        check_circuit(context, circuit, {})
        _note_leavings(context, circuit)
        state.bodies.append((context, f"circuit `{circuit.name}`", node))
        state.checked_circuits.append(context)
    if state.observables:
        from qlang.sema.observable_check import check_observable

        for symbol in state.observables:
            before = state.reporter.errors
            check_observable(state.context("observable"), symbol)
            if state.reporter.errors > before:
                symbol.flaws.append("reported")


def _report_unused(state: ProgramCheck) -> None:
    """Warn of what the file's own bodies declare and never use."""
    for context in (*state.checked_circuits, state.main):
        report_unused_qubits(context)
        report_unused_variables(context)
    for context, owner, node in state.bodies:
        report_unused_variables(context)
        names = [item.name if isinstance(item, tree.Name) else item.name.name for item in node.parameters]
        if isinstance(node, tree.GateDefinition):
            names += [qubit.name for qubit in node.qubits]
        report_unused_parameters(context, owner, names, node.body)


def _check_jobs(state: ProgramCheck) -> tuple[CheckedJob, ...]:
    if not state.jobs:
        return ()
    from qlang.sema.job_check import check_job

    checked = [check_job(state, node) for node in state.jobs]
    return tuple(job for job in checked if job is not None)
