"""Circuits of checked programs to other languages, and texts of other languages as sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from qlang.compiler.frontend import Analysis
from qlang.interchange.errors import BrokenText, CannotRead, CannotWrite, ConversionError, NotANumber, Unbound
from qlang.sema import errors
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source, Span

if TYPE_CHECKING:
    from qlang.interchange.text import Read
    from qlang.ir.circuit import FuncOp
    from qlang.sema.jobs import CheckedJob
    from qlang.sema.symbols import CircuitSymbol
    from qlang.sema.values import Constant

TARGETS = {
    "qasm2": ("qlang.interchange.write_qasm2", "qasm2_text"),
    "qasm3": ("qlang.interchange.write_qasm3", "qasm3_text"),
    "stim": ("qlang.interchange.write_stim", "stim_text"),
    "qir": ("qlang.interchange.write_qir", "qir_text"),
}
"""Name of a language that is written → module and function."""


class NotConverted(Exception):
    """A circuit that was not carried over; carries the diagnostics."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics[0].message())
        self.diagnostics = diagnostics


def exported(
    symbol: CircuitSymbol, arguments: Mapping[str, Constant | float], target: str, job: CheckedJob | None = None
) -> str:
    """A circuit as text in one of `TARGETS`.

    Parameters without a value stay open where the target has parameters. Raises NotConverted.
    """
    module, function = TARGETS[target]
    write: Callable[[FuncOp], str] = getattr(import_module(module), function)
    return str(_written(write, symbol, arguments, job))


def exported_to_qiskit(
    symbol: CircuitSymbol, arguments: Mapping[str, Constant | float], job: CheckedJob | None = None
) -> Any:
    """A circuit as a Qiskit `QuantumCircuit`. Raises NotConverted, and ImportError without Qiskit."""
    from qlang.interchange.build_qiskit import qiskit_circuit

    return _written(qiskit_circuit, symbol, arguments, job)


def _written(
    write: Callable[[FuncOp], Any],
    symbol: CircuitSymbol,
    arguments: Mapping[str, Constant | float],
    job: CheckedJob | None,
) -> Any:
    source = symbol.scope.source
    try:
        return write(circuit_function(symbol, arguments, job))
    except CannotWrite as error:
        span = _span(source, symbol, error)
        raise NotConverted(
            (errors.interchange.CannotWrite(span, error.target, error.construct, error.instead),)
        ) from None


def _span(source: Source, symbol: CircuitSymbol, error: CannotWrite) -> Span:
    place = error.place
    if place is None or place.file != source.name:
        return symbol.span
    if error.offsets is not None:
        return Span(source, *error.offsets)
    return Span(source, source.offset(place.line, place.column), source.offset(place.end_line, place.end_column))


def circuit_function(
    symbol: CircuitSymbol, arguments: Mapping[str, Constant | float], job: CheckedJob | None = None
) -> FuncOp:
    """The canonical IR of a circuit: of a job, or for arguments. Raises NotConverted."""
    from xdsl.dialects.builtin import ModuleOp

    from qlang.compiler.lowering.circuit import lower_circuit
    from qlang.compiler.lowering.frame import LoweringError
    from qlang.ir.dialects import context
    from qlang.passes.canonicalize import CanonicalizeCircuit

    try:
        func = lower_circuit(job if job is not None else _open_job(symbol, arguments))
    except LoweringError as error:
        raise NotConverted((error.diagnostic,)) from None
    module = ModuleOp([func])
    CanonicalizeCircuit().apply(context(), module)
    return func


def _open_job(symbol: CircuitSymbol, given: Mapping[str, Constant | float]) -> CheckedJob:
    """A job on a circuit, its real parameters without a value left open, as a sweep leaves them."""
    from qlang.sema.binding import Arguments, circuit_registers, default_value
    from qlang.sema.casts import cast
    from qlang.sema.context import Context, Reporter
    from qlang.sema.defaults import bare_job
    from qlang.sema.jobs import SweepReference
    from qlang.sema.types import Angle, Float
    from qlang.sema.values import Constant, ConstantError, integer, real

    arguments: Arguments = {}
    for parameter in symbol.parameters:
        known = given.get(parameter.name)
        if isinstance(known, (int, float)):
            known = integer(known) if isinstance(known, int) else real(known)
        try:
            value = default_value(symbol, parameter) if known is None else cast(parameter.type, known)
        except ConstantError as error:
            raise NotConverted((error.diagnostic(parameter.span),)) from None
        if isinstance(value, Constant):
            arguments[parameter.name] = value
        elif isinstance(parameter.type, (Float, Angle)):
            arguments[parameter.name] = SweepReference(parameter.name)
        else:
            missing = errors.arguments.MissingArgument(
                parameter.span, callee=f"`{symbol.name}`", name=parameter.name, definition=parameter.span
            )
            raise NotConverted((missing,))
    reporter = Reporter()
    registers = circuit_registers(Context(symbol.scope, reporter, "job"), symbol, arguments, symbol.span)
    if registers is None:
        raise NotConverted(reporter.diagnostics())
    return bare_job(symbol, arguments, registers)


def chosen_circuit(analysis: Analysis, job: str | None, circuit: str | None) -> tuple[CircuitSymbol, CheckedJob | None]:
    """The circuit that a command or call means: a job's, a named one, the first job's or the only one.

    Raises ValueError with what there is.
    """
    module = analysis.module
    jobs = {each.name: each for each in module.jobs}
    if job is not None:
        if job not in jobs:
            raise ValueError(f"there is no job `{job}`; there {_listed(jobs)}")
        return jobs[job].circuit, jobs[job]
    if circuit is not None:
        if circuit not in module.circuits:
            raise ValueError(f"there is no circuit `{circuit}`; there {_listed(module.circuits)}")
        return module.circuits[circuit], None
    if module.jobs:
        return module.jobs[0].circuit, module.jobs[0]
    if len(module.circuits) == 1:
        return next(iter(module.circuits.values())), None
    raise ValueError(f"name one of the circuits: there {_listed(module.circuits)}")


def _listed(names: Mapping[str, object]) -> str:
    return f"are {', '.join(f'`{name}`' for name in names)}" if names else "are none"


def imported(read: Callable[[], Read], name: str, text: str = "") -> Source:
    """The source that a reader gives; `text` is the foreign text, where there is one.

    Raises NotConverted, with the place in that text.
    """
    try:
        found = read()
    except ConversionError as error:
        raise NotConverted((_diagnosed(error, Source(name, text)),)) from None
    return Source(found.name if name.startswith("<") else name, found.text)


def _diagnosed(error: ConversionError, source: Source) -> Diagnostic:
    start = end = 0
    if error.line is not None:
        start = source.offset(error.line, 1)
        end = start + len(source.line(error.line))
    span = Span(source, start, end)
    match error:
        case Unbound():
            return errors.interchange.Unbound(span, error.construct, error.framework, error.instead)
        case NotANumber():
            return errors.interchange.NotFinite(span, error.construct, error.framework)
        case BrokenText():
            return errors.interchange.BrokenText(span, error.framework, error.construct, error.instead)
        case CannotRead():
            return errors.interchange.CannotRead(span, error.construct, error.framework, error.instead)
        case _:
            raise error
