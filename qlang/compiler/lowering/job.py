"""A checked job as `job.job`: declarations over wires, nothing decided."""

from collections.abc import Iterator, Mapping

from xdsl.dialects.builtin import ArrayAttr, DenseArrayBase, StringAttr, SymbolRefAttr, f64, i64
from xdsl.ir import Block, Operation, Region

from qlang.compiler.lowering.frame import LoweringError, Outputs
from qlang.compiler.lowering.gates import SYNONYMS
from qlang.compiler.lowering.results import value_kind
from qlang.ir import job as job_ir
from qlang.ir.gates import BY_NAME
from qlang.ir.pauli import product_text
from qlang.ir.spans import Place, location
from qlang.ir.values import Bound, Plain, attribute, attributes
from qlang.sema import errors
from qlang.sema.jobs import CheckedBackend, CheckedExpectation, CheckedJob, CheckedSample, MethodSpec, PauliTerm
from qlang.sema.symbols import CheckedRule
from qlang.sema.types import Type
from qlang.syntax.source import Span


def lower_job(job: CheckedJob, seed: int, shots: int | str | None) -> job_ir.JobOp:
    """The job's declarations. `seed` is the job's or a fresh one; `shots` what the job or the command says."""
    block = Block()
    for declarations in (_asked(job, Outputs.of(job)), _settings(job, seed, shots), _conditions(job)):
        for declaration, span in declarations:
            declaration.location = location(place(span))
            block.add_op(declaration)
    op = job_ir.JobOp.create(
        properties={"job": StringAttr(job.name), "circuit": SymbolRefAttr(job.circuit.name)},
        regions=[Region(block)],
    )
    op.location = location(place(job.span))
    return op


Placed = Iterator[tuple[Operation, Span]]
"""Declarations with the source of each."""


def _asked(job: CheckedJob, outputs: Outputs) -> Placed:
    """What to run and to measure."""
    for axis in job.sweeps:
        values = [float(value) for point in axis.points for value in point]
        names = ArrayAttr([StringAttr(name) for name in axis.names])
        properties = {"names": names, "values": DenseArrayBase.from_list(f64, values)}
        yield job_ir.SweepOp.create(properties=properties), axis.span
    for expectation in job.expect:
        yield _expect(expectation, outputs), expectation.span
    for sample in job.samples:
        yield _sample(sample, outputs, job.values), sample.span
    if job.state is not None:
        wires = [outputs.qubits[register][0] + index for register, index in job.state.wires]
        properties = {"label": StringAttr("state"), "wires": DenseArrayBase.from_list(i64, wires)}
        yield job_ir.StateOp.create(properties=properties), job.state.span


def _settings(job: CheckedJob, seed: int, shots: int | str | None) -> Placed:
    precision: Plain = {str(job.precision.measure): job.precision.value} if job.precision else None
    settings = attributes(
        shots=shots,
        seed=str(seed),
        crypto=job.crypto.mode,
        precision=precision,
        labels=dict(job.labels) or None,
    )
    yield job_ir.SettingsOp.create(attributes=settings), job.shots_span or job.span


def _conditions(job: CheckedJob) -> Placed:
    """How errors are mitigated, where the job may run and what it promises."""
    mitigation = job.mitigation
    methods = ArrayAttr([attribute(_method(method)) for method in mitigation.methods])
    mitigate = job_ir.MitigateOp.create(
        properties={"mode": StringAttr(mitigation.mode), "methods": methods},
        attributes=attributes(within=mitigation.within),
    )
    yield mitigate, mitigation.span or job.span
    for backend in job.backends:
        yield _candidate(backend), backend.span or job.span
    for bound in job.sla:
        promise = Bound.of(bound.metric, bound.argument or "", bound.relation, bound.value, bound.unit)
        yield job_ir.BoundOp.create(properties={"bound": promise}), bound.span


def _expect(expectation: CheckedExpectation, outputs: Outputs) -> job_ir.ExpectOp:
    return job_ir.ExpectOp.create(
        properties={
            "label": StringAttr(expectation.name),
            "terms": ArrayAttr([StringAttr(_term(term, outputs)) for term in expectation.terms]),
            "coefficients": DenseArrayBase.from_list(f64, [term.coefficient for term in expectation.terms]),
        }
    )


def _term(term: PauliTerm, outputs: Outputs) -> str:
    """A Pauli product over wires: `X0*Z3`, or `I`."""
    return product_text((outputs.qubits[register][0] + index, pauli) for register, index, pauli in term.factors)


def _sample(sample: CheckedSample, outputs: Outputs, values: Mapping[str, Type]) -> job_ir.SampleOp:
    registers = {register for register, _ in sample.wires}
    if sample.kind == "bits":
        (register,) = registers
        wires = [index for _, index in sample.wires]
        whole = register in values and wires == list(range(outputs.bits[register]))
        extra = attributes(bits=register, values=value_kind(values[register]) if whole else None)
    else:
        wires = [outputs.qubits[register][0] + index for register, index in sample.wires]
        extra = {}
    properties = {"label": StringAttr(sample.name), "wires": DenseArrayBase.from_list(i64, wires)}
    return job_ir.SampleOp.create(properties=properties, attributes=extra)


def _method(method: MethodSpec) -> Plain:
    """A mitigation method and its options as written."""
    options: dict[str, Plain] = dict(method.arguments)
    return {"method": method.name, **options}


def _candidate(backend: CheckedBackend) -> job_ir.CandidateOp:
    """A backend as written; `resolve-candidates` adds what the catalogue knows."""
    conditions: list[Plain] = [{"field": c.field, "relation": c.relation, "value": c.value} for c in backend.conditions]
    extra: dict[str, Plain] = {"kind": backend.kind, "name": backend.name, "conditions": conditions or None}
    if backend.kind == "sim with":
        extra["noise"] = _noise(backend)
    return job_ir.CandidateOp.create(
        properties={"backend": StringAttr(candidate_name(backend))}, attributes=attributes(**extra)
    )


def _noise(backend: CheckedBackend) -> Plain:
    """A noise block as plain data: its rules in order, parameters in SI units."""
    block = backend.noise
    assert block is not None, "the checker has found the noise block"
    rules: list[Plain] = []
    for rule in block.rules:
        targets: Plain = [_target(rule, name) for name in rule.targets]
        rules.append({"channel": rule.channel, **dict(rule.parameters), "targets": targets})
    return {"form": "named", "rules": rules}


def _target(rule: CheckedRule, name: str) -> str:
    """A target as the backends know it. Raises LoweringError for standard gates that are made of others."""
    name = SYNONYMS.get(name, name)
    if name not in BY_NAME and name not in ("1q", "2q"):
        problem = f"noise on `{name}`, which is made of other gates"
        raise LoweringError(
            errors.circuits.NoiseError(rule.span, problem=problem, help="name those gates, or `1q`, `2q`")
        )
    return name


def candidate_name(backend: CheckedBackend) -> str:
    """A candidate as the plan names it: `sim`, `sim like ibm.guadalupe`, `ibm.boston`."""
    return f"{backend.kind} {backend.name}".strip() if backend.kind != "device" else backend.name


def place(span: Span) -> Place:
    """A span as the IR carries it."""
    begin, end = span.source.line_column(span.start), span.source.line_column(span.end)
    return Place(span.source.name, *begin, *end)
