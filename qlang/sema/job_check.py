"""Jobs: every statement, then all of them together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from qlang.sema import errors
from qlang.sema.backend_check import DEFAULT, check_backends
from qlang.sema.binding import Arguments, Registers, bind_arguments, circuit_registers
from qlang.sema.context import Context
from qlang.sema.describe import definition_of, kind_of
from qlang.sema.job_warnings import warn_of_job
from qlang.sema.jobs import (
    CheckedExpectation,
    CheckedJob,
    CheckedMitigation,
    CheckedSample,
    CheckedState,
    SlaBound,
    SweepAxis,
)
from qlang.sema.library import library_hint
from qlang.sema.mitigation_check import NO_MITIGATION, check_mitigation
from qlang.sema.outputs import check_expectations, check_samples, check_state
from qlang.sema.settings import check_crypto, check_labels, check_precision, check_seed, check_shots
from qlang.sema.sla_check import check_sla
from qlang.sema.suggestions import suggest
from qlang.sema.sweeps import check_sweeps
from qlang.sema.symbols import BrokenSymbol, CircuitSymbol, VariableSymbol
from qlang.sema.types import FLOAT
from qlang.syntax import tree

if TYPE_CHECKING:
    from qlang.sema.program import ProgramCheck

_ONCE: dict[type[tree.JobStatement], str] = {
    tree.Run: "run",
    tree.State: "state",
    tree.Shots: "shots",
    tree.Seed: "seed",
    tree.Mitigate: "mitigate",
    tree.Backends: "backend",
    tree.Precision: "precision",
    tree.Crypto: "crypto",
    tree.Sla: "sla",
}

Kind = TypeVar("Kind", bound=tree.JobStatement)


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of a job by kind."""

    nodes: Sequence[tree.JobStatement]

    def all(self, kind: type[Kind]) -> list[Kind]:
        return [node for node in self.nodes if isinstance(node, kind)]

    def one(self, kind: type[Kind]) -> Kind | None:
        return next((node for node in self.nodes if isinstance(node, kind)), None)

    def swept(self) -> Iterator[tree.Name]:
        """The names of all sweep variables."""
        for node in self.all(tree.Sweep):
            for item in node.items:
                yield from item.names


@dataclass(frozen=True, slots=True)
class Bound:
    """A circuit with its arguments, and the registers that it then has."""

    circuit: CircuitSymbol
    arguments: Arguments
    registers: Registers


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a job asks for, and the promises about it."""

    expect: tuple[CheckedExpectation, ...]
    samples: tuple[CheckedSample, ...]
    state: CheckedState | None


def check_job(state: "ProgramCheck", node: tree.JobDefinition) -> CheckedJob | None:
    """A job as checked; `None` where it, or the circuit that it runs, has mistakes. All are reported."""
    context = state.context("job")
    errors_before = context.reporter.errors
    statements = Statements(node.statements)
    _check_repetition(context, node)
    axes = check_sweeps(context, statements.all(tree.Sweep)) or ()
    for name in statements.swept():
        variable = VariableSymbol(name.name, context.span(name), FLOAT, "variable")
        context.frames[-1].setdefault(name.name, variable)
    run = statements.one(tree.Run)
    circuit = _circuit(state, context, node, run)
    bound = None
    if run is not None and circuit is not None:
        by_name: dict[str, SweepAxis | None] = {name.name: None for name in statements.swept()}
        by_name |= {name: axis for axis in axes for name in axis.names}
        bound = _bind(state, context, circuit, run, by_name)
        if bound is not None:
            _warn_unused_sweeps(context, statements, run)
    outputs = _outputs(context, statements, bound)
    sla = _promises(context, statements)
    mitigation = _mitigation(context, statements)
    job = _assembled(context, node, statements, run, bound, axes, outputs, sla, mitigation)
    complete = not any(isinstance(part, (tree.JobError, tree.Missing)) for part in tree.walk(node))
    if job is None or not complete or context.reporter.errors > errors_before:
        return None
    if context.reporter.complete:
        warn_of_job(context, job, statements.one(tree.Sla))
    return job


def _check_repetition(context: Context, node: tree.JobDefinition) -> None:
    first: dict[type[tree.JobStatement], tree.JobStatement] = {}
    for statement in node.statements:
        keyword = _ONCE.get(type(statement))
        if keyword is None:
            continue
        earlier = first.setdefault(type(statement), statement)
        if earlier is not statement:
            span, before = context.span(statement), context.span(earlier)
            context.report(errors.jobs.RepeatedStatement(span, keyword=keyword, first=before))


def _circuit(
    state: "ProgramCheck", context: Context, node: tree.JobDefinition, run: tree.Run | None
) -> CircuitSymbol | None:
    known = tuple(symbol.name for symbol in state.scope.visible() if isinstance(symbol, CircuitSymbol))
    if run is None:
        if not any(isinstance(statement, tree.JobError) for statement in node.statements):
            context.report(errors.jobs.MissingRun(context.span(node.name), name=node.name.name, known=known))
        return None
    callee = run.call.callee
    symbol = context.use(callee)
    if isinstance(symbol, CircuitSymbol):
        return symbol
    if isinstance(symbol, BrokenSymbol) or not callee.name:
        return None
    span = context.span(callee)
    if symbol is None and state.scope.torn:
        return None
    if symbol is None:
        near = suggest(callee.name, known)
        hint = library_hint(callee.name, CircuitSymbol) if near is None else ""
        context.report(errors.names.UnknownCircuit(span, name=callee.name, known=known, suggestion=near, hint=hint))
    else:
        found, definition = kind_of(symbol), definition_of(symbol)
        context.report(
            errors.names.WrongKind(
                span, name=callee.name, found=found, wanted="a circuit", definition=definition, known=known
            )
        )
    return None


def _bind(
    state: "ProgramCheck", context: Context, circuit: CircuitSymbol, run: tree.Run, axes: Mapping[str, SweepAxis | None]
) -> Bound | None:
    """The circuit with its arguments, its body checked for them; `None` where something is wrong with it."""
    arguments = bind_arguments(context, circuit, run.call, axes)
    if arguments is None:
        return None
    reporter = context.reporter
    elsewhere = circuit.scope is not context.scope and reporter.anchor is None
    if elsewhere:
        reporter.anchor = run.start
    state.check_bound(circuit, arguments, context.span(run))
    registers = circuit_registers(context, circuit, arguments, run)
    if elsewhere:
        reporter.anchor = None
    return None if registers is None else Bound(circuit, arguments, registers)


def _warn_unused_sweeps(context: Context, statements: Statements, run: tree.Run) -> None:
    mentioned = {
        part.name
        for argument in run.call.arguments
        for part in tree.walk(argument.value)
        if isinstance(part, tree.Name)
    }
    for name in statements.swept():
        if name.name not in mentioned and context.reporter.complete:
            span = context.span(name)
            context.report(errors.warnings.UnusedSweep(span, name=name.name, run=context.span(run)))


def _outputs(context: Context, statements: Statements, bound: Bound | None) -> Outputs:
    """The outputs; a job that names none samples all bits, or all qubits of a circuit that measures none."""
    if bound is None:
        return Outputs((), (), None)
    circuit, registers = bound.circuit, bound.registers
    expects, samples = statements.all(tree.Expect), statements.all(tree.Sample)
    state = statements.one(tree.State)
    if not expects and not samples and state is None:
        from qlang.sema.defaults import default_samples

        return Outputs((), default_samples(circuit, registers, context.span(statements.nodes[0])), None)
    return Outputs(
        check_expectations(context, circuit, registers, expects) or (),
        check_samples(context, circuit, registers, samples) or (),
        None if state is None else check_state(context, circuit, registers, state),
    )


def _promises(context: Context, statements: Statements) -> tuple[SlaBound, ...]:
    node = statements.one(tree.Sla)
    names = [item.name.name for expect in statements.all(tree.Expect) for item in expect.items]
    errors_before = context.reporter.errors
    bounds = () if node is None else check_sla(context, node, names) or ()
    shots = statements.one(tree.Shots)
    automatic = shots is not None and shots.value is None
    decided = any(bound.metric in ("stderr", "error", "cost") for bound in bounds)
    if shots is not None and automatic and not decided and context.reporter.errors == errors_before:
        context.report(errors.sla.ShotsNeedBound(context.span(shots)))
    return bounds


def _mitigation(context: Context, statements: Statements) -> CheckedMitigation:
    node = statements.one(tree.Mitigate)
    if node is None:
        return NO_MITIGATION
    expects = bool(statements.all(tree.Expect))
    return check_mitigation(context, node, expects, statements.one(tree.State)) or NO_MITIGATION


def _assembled(
    context: Context,
    node: tree.JobDefinition,
    statements: Statements,
    run: tree.Run | None,
    bound: Bound | None,
    axes: tuple[SweepAxis, ...],
    outputs: Outputs,
    sla: tuple[SlaBound, ...],
    mitigation: CheckedMitigation,
) -> CheckedJob | None:
    """The job record; the remaining statements are checked on the way, whether it comes about or not."""
    shots_node = statements.one(tree.Shots)
    shots: int | Literal["auto"] | None = check_shots(context, shots_node)
    seed = check_seed(context, statements.one(tree.Seed))
    patterns = [pattern for each in statements.all(tree.Backends) for pattern in each.patterns]
    backends = check_backends(context, patterns, statements.one(tree.State)) or DEFAULT
    precision = check_precision(context, statements.one(tree.Precision))
    crypto = check_crypto(context, statements.one(tree.Crypto))
    labels = check_labels(context, statements.all(tree.JobLabel))
    if run is None or bound is None:
        return None
    return CheckedJob(
        name=node.name.name,
        span=context.span(node.name),
        circuit=bound.circuit,
        arguments=bound.arguments,
        qubits=bound.registers.qubits,
        bits=bound.registers.bits,
        values=bound.registers.values,
        run_span=context.span(run),
        sweeps=axes,
        expect=outputs.expect,
        samples=outputs.samples,
        state=outputs.state,
        shots=shots,
        shots_span=None if shots_node is None else context.span(shots_node),
        seed=seed,
        mitigation=mitigation,
        backends=backends,
        precision=precision,
        crypto=crypto,
        sla=sla,
        labels=labels,
    )
