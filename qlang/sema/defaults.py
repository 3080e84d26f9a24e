"""The job of a program that has none: sample what it measures, or all its qubits if it measures nothing."""

from collections.abc import Iterable

from qlang.sema import errors
from qlang.sema.backend_check import DEFAULT
from qlang.sema.binding import Arguments, Registers, circuit_registers, default_value
from qlang.sema.context import Context, Reporter
from qlang.sema.jobs import CheckedCrypto, CheckedJob, CheckedSample
from qlang.sema.mitigation_check import NO_MITIGATION
from qlang.sema.module import Module
from qlang.sema.symbols import CircuitSymbol, FileScope, SubroutineSymbol
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span


class NoDefaultJob(Exception):
    """A program cannot run by itself; carries the diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message())
        self.diagnostic = diagnostic


def default_job(module: Module, *, shots: int | None = None, seed: int | None = None) -> CheckedJob:
    """The job `main` of a checked program without jobs, on the exact simulator.

    Raises NoDefaultJob where the program has an `input`, which only a job can give, or an output that none can report,
    and ValueError where it has no top-level quantum statements.
    """
    circuit = module.main
    if circuit is None:
        raise ValueError("the program has no top-level quantum statements")
    arguments: Arguments = {}
    for parameter in circuit.parameters:
        value = default_value(circuit, parameter)
        if value is None:
            raise NoDefaultJob(
                errors.arguments.MissingArgument(
                    parameter.span,
                    callee=f"`{circuit.name}`",
                    name=parameter.name,
                    definition=parameter.span,
                    program=circuit.scope.source.name.replace("\\", "/").rpartition("/")[2],
                    type=f"`{parameter.type}`",
                )
            )
        arguments[parameter.name] = value
    context = Context(circuit.scope, Reporter(), "job")
    registers = circuit_registers(context, circuit, arguments, circuit.span)
    if registers is None:
        raise NoDefaultJob(context.reporter.diagnostics()[0])
    return bare_job(circuit, arguments, registers, shots=shots, seed=seed)


def bare_job(
    circuit: CircuitSymbol,
    arguments: Arguments,
    registers: Registers,
    *,
    shots: int | None = None,
    seed: int | None = None,
) -> CheckedJob:
    """A job that only samples what a circuit measures."""
    return CheckedJob(
        name=circuit.name,
        span=circuit.span,
        circuit=circuit,
        arguments=arguments,
        qubits=registers.qubits,
        bits=registers.bits,
        values=registers.values,
        run_span=circuit.span,
        sweeps=(),
        expect=(),
        samples=default_samples(circuit, registers, circuit.span),
        state=None,
        shots=shots,
        shots_span=None,
        seed=seed,
        mitigation=NO_MITIGATION,
        backends=DEFAULT,
        precision=None,
        crypto=CheckedCrypto("classical", None),
        sla=(),
        labels={},
    )


def default_samples(circuit: CircuitSymbol, registers: Registers, span: Span) -> tuple[CheckedSample, ...]:
    """One histogram for each bit register, or for each qubit register of a circuit that measures nothing."""
    measured = registers.declared or (bool(registers.bits) and measures(circuit.body, circuit.scope))
    sizes = registers.bits if measured else registers.qubits
    return tuple(
        CheckedSample(
            name,
            "bits" if measured else "qubits",
            tuple((name, index) for index in range(size)),
            registers.declarations.get(name, span),
        )
        for name, size in sizes.items()
    )


def measures(body: Iterable[tree.Node], scope: FileScope) -> bool:
    """Whether a body measures anything, in the subroutines that it calls too."""
    seen: set[str] = set()
    pending = list(body)
    while pending:
        root = pending.pop()
        called: set[str] = set()
        if isinstance(root, tree.GateRun):
            called.update(root.gates)
        else:
            for node in tree.walk(root):
                if isinstance(node, (tree.MeasureStatement, tree.Measurement)):
                    return True
                if isinstance(node, tree.Call):
                    called.add(node.callee.name)
                elif isinstance(node, tree.GateCall):
                    called.add(node.name.name)
        for name in called - seen:
            seen.add(name)
            symbol = scope.lookup(name)
            if isinstance(symbol, SubroutineSymbol):
                pending.append(symbol.definition.body)
    return False
