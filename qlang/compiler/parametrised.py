"""A job's circuit with its real parameters left open, and what the job expects of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from qlang.backends.errors import BackendError
from qlang.backends.symbolic import NotDifferentiable
from qlang.backends.tracing import Point, SymbolicCircuit, trace
from qlang.compiler.execution_problems import place_of_error
from qlang.compiler.frontend import Analysis
from qlang.compiler.jobs import JobProblem, named_job
from qlang.compiler.lowering.circuit import lower_circuit
from qlang.compiler.lowering.frame import LoweringError
from qlang.compiler.lowering.job import lower_job
from qlang.ir.dialects import context
from qlang.ir.job import ExpectOp
from qlang.ir.kernel import FuncOp
from qlang.ir.values import floats
from qlang.passes.cancel_inverses import CancelInverses
from qlang.passes.canonicalize import CanonicalizeCircuit
from qlang.passes.lower_kernel import LowerKernel
from qlang.passes.merge_rotations import MergeRotations
from qlang.sema import errors
from qlang.sema.jobs import CheckedJob, SweepReference
from qlang.sema.types import Array, Float, is_integer
from qlang.sema.values import Constant
from qlang.syntax.diagnostic import Diagnostic, with_calls
from qlang.syntax.source import Source, Span


class NotParametrised(Exception):
    """A job that is no function of its parameters; carries the diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message())
        self.diagnostic = diagnostic


@dataclass(frozen=True, slots=True)
class Parameter:
    """A real parameter of the circuit, or an array of real numbers."""

    name: str
    shape: tuple[int, ...]
    default: Any
    """The job's value, in nested tuples; `None` for one that a sweep provides."""

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class ParametrisedJob:
    """What a job computes, as functions of its real parameters."""

    name: str
    parameters: tuple[Parameter, ...]
    circuit: SymbolicCircuit
    """Its inputs are the numbers of the parameters, one after the other."""
    expect: tuple[tuple[str, tuple[str, ...], tuple[float, ...]], ...]
    """Label, Pauli products and coefficients of each expectation value."""
    warnings: tuple[Diagnostic, ...]


def parametrised(analysis: Analysis, name: str | None = None, sources: Sequence[Source] = ()) -> ParametrisedJob:
    """The job of this name, or the only one. Raises NotParametrised.

    `sources` are files that the analysis does not know, as those of Python functions.
    """
    known = (*sources, analysis.source, *analysis.loaded)
    try:
        job = named_job(analysis, name)
        opened, parameters, point = _opened(job)
        kernel = _kernel(opened)
        declared = lower_job(job, 0, None)
    except (JobProblem, LoweringError) as problem:
        raise NotParametrised(problem.diagnostic) from None
    try:
        circuit = trace(kernel, point)
    except BackendError as error:
        raise NotParametrised(_diagnosed(error, known, job)) from None
    expect = [
        (op.label.data, tuple(term.data for term in op.terms), tuple(floats(op.coefficients)))
        for op in declared.body.block.ops
        if isinstance(op, ExpectOp)
    ]
    return ParametrisedJob(
        job.name, tuple(parameters), circuit, tuple(_undisturbed(e, circuit) for e in expect), tuple(_left_out(job))
    )


def _opened(job: CheckedJob) -> tuple[CheckedJob, list[Parameter], list[Point]]:
    """The job with its real arguments open, the parameters, and the point at which to trace, in their order."""
    parameters: list[Parameter] = []
    arguments: dict[str, Constant | SweepReference] = {}
    point: list[Point] = []
    for declared in job.circuit.parameters:
        given = arguments[declared.name] = job.arguments[declared.name]
        if isinstance(given, SweepReference):
            if is_integer(declared.type):
                raise NotParametrised(_swept(job, declared.name))
            first = next(
                axis.points[0][axis.names.index(given.name)] for axis in job.sweeps if given.name in axis.names
            )
            point.append(float(first))
            if isinstance(declared.type, Float):
                parameters.append(Parameter(declared.name, (), None))
            continue
        kind = given.type
        if isinstance(declared.type, Float) and isinstance(given.value, (int, float)):
            parameters.append(Parameter(declared.name, (), float(given.value)))
            arguments[declared.name] = SweepReference(declared.name)
            point.append(float(given.value))
        elif isinstance(kind, Array) and isinstance(kind.element, Float):
            parameters.append(Parameter(declared.name, kind.shape, given.value))
            arguments[declared.name] = SweepReference(declared.name, kind)
            point.append(_real(given.value))
    return replace(job, arguments=arguments), parameters, point


def _real(value: Any) -> Any:
    return tuple(map(_real, value)) if isinstance(value, tuple) else float(value)


def _kernel(job: CheckedJob) -> FuncOp:
    """The circuit through the passes that rewrite it, as a kernel. Raises LoweringError."""
    module = ModuleOp([lower_circuit(job)])
    for kind in (CanonicalizeCircuit, MergeRotations, CancelInverses, LowerKernel):
        kind().apply(context(), module)
    return next(op for op in module.ops if isinstance(op, FuncOp))


def _undisturbed(
    expect: tuple[str, tuple[str, ...], tuple[float, ...]], circuit: SymbolicCircuit
) -> tuple[str, tuple[str, ...], tuple[float, ...]]:
    """Without products that have X or Y on a wire which the circuit has measured: their values are 0."""
    from qlang.ir.pauli import product_factors

    label, terms, coefficients = expect
    kept = [
        (term, coefficient)
        for term, coefficient in zip(terms, coefficients, strict=True)
        if all(pauli == "Z" or wire not in circuit.measured for wire, pauli in product_factors(term).items())
    ]
    return label, tuple(term for term, _ in kept), tuple(coefficient for _, coefficient in kept)


def _diagnosed(error: BackendError, known: Sequence[Source], job: CheckedJob) -> Diagnostic:
    found = place_of_error(error, known)
    span, calls = (job.run_span, []) if found is None else found
    if isinstance(error, NotDifferentiable):
        refused = errors.derivatives.NotDifferentiable(span, construct=error.construct, instead=error.instead)
        return with_calls(refused, calls)
    return with_calls(errors.subroutines.ExecutionStopped(span, problem=str(error)), calls)


def _swept(job: CheckedJob, name: str) -> Diagnostic:
    return errors.derivatives.NotDifferentiable(
        job.run_span, construct=f"the whole number `{name}`", instead="give it a value: only real parameters stay open"
    )


def _left_out(job: CheckedJob) -> list[Diagnostic]:
    """What the job asks for and an exact function has not."""
    found: list[tuple[Span | None, str]] = []
    if job.shots is not None:
        found.append((job.shots_span, f"the {job.shots} shots" if job.shots != "auto" else "the shots"))
    noisy = [each for each in job.backends if each.kind != "sim"]
    found += [(each.span, f"the noise of `{f'{each.kind} {each.name}'}`") for each in noisy if each.kind != "device"]
    found += [(each.span, f"the noise of `{each.name}`") for each in noisy if each.kind == "device"]
    return [errors.derivatives.LeftOut(span or job.span, what=what) for span, what in found]
