"""The interpreter of the dialect `plan`: a table from operation to handler, and values that flow between.

Nothing but the operations' attributes decides what happens.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeAlias

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue

from qlang.backends.limits import NUMPY
from qlang.backends.noise import noise_model
from qlang.backends.protocol import Backend, BatchBackend, Outcome, Request, SampleSpec, StateSpec
from qlang.backends.targets import executor
from qlang.ir import plan
from qlang.ir.kernel import FuncOp
from qlang.ir.text import print_ir
from qlang.ir.values import Plain, floats, plain, plain_attributes
from qlang.mitigation.arms import parse
from qlang.runtime.errors import BadPlan, NoExecutor
from qlang.runtime.estimates import estimate, observables_of
from qlang.runtime.progress import Progress, Silent
from qlang.runtime.sla import judge
from qlang.runtime.stages import Checked, Estimates, Kernel, Place, Points, Policy, Raw
from qlang.runtime.trace import Trace
from qlang.trust.canonical import sha256_digest

Attributes: TypeAlias = Mapping[str, Plain]

SIMULATED = ("sim", "sim like", "sim with")
"""Kinds of backends that the executor simulates."""


@dataclass(slots=True)
class Machine:
    """A plan under way."""

    module: ModuleOp
    job: plan.JobOp
    backend: Backend | None = None
    """What executes; None: what the plan says."""
    progress: Progress = field(default_factory=Silent)
    trace: Trace = field(default_factory=Trace)
    compile_seconds: float = 0.0
    started: float = field(default_factory=perf_counter)
    values: dict[SSAValue, Any] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """The seed of all randomness. Raises `BadPlan`."""
        text = self.job.seed.data
        try:
            return int(text, 0)
        except ValueError as error:
            raise BadPlan("plan.job", f"seed `{text}` is not a number") from error

    def value(self, operand: SSAValue) -> Any:
        """What an earlier stage left. Raises `BadPlan`."""
        if operand not in self.values:
            raise BadPlan("plan.job", "a stage uses another one that did not run")
        return self.values[operand]


Handler: TypeAlias = Callable[[Machine, Any], Any]


def interpret(machine: Machine, handlers: Mapping[type[Operation], Handler]) -> None:
    """Run the stages in order. Raises `BadPlan` for one without handler, and what the handlers raise."""
    for op in machine.job.body.block.ops:
        handler = handlers.get(type(op))
        if handler is None:
            raise BadPlan(op.name, "this version cannot run such a stage")
        with machine.trace.span(op.name):
            value = handler(machine, op)
        if op.results:
            machine.values[op.results[0]] = value


def _points(machine: Machine, op: plan.PointsOp) -> Points:
    names = tuple(name.data for name in op.names)
    values = floats(op.values)
    width = len(names)
    if width and len(values) % width:
        raise BadPlan(op.name, f"{len(values)} values for {width} names")
    rows = [tuple(values[i : i + width]) for i in range(0, len(values), width)] if width else [()]
    return Points(names, tuple(rows))


def _policy(machine: Machine, op: plan.PolicyOp) -> Policy:
    decided = plain_attributes(op)
    return Policy(parse(str(decided.get("method", "none"))), decided)


def _schedule(machine: Machine, op: plan.ScheduleOp) -> Place:
    decided = plain_attributes(op)
    kind, noise = str(decided.get("kind", "sim")), decided.get("noise")
    if kind not in SIMULATED:
        raise NoExecutor(op.backend.data)
    if kind != "sim" and not isinstance(noise, Mapping):
        raise BadPlan(op.name, f"`{op.backend.data}` has no noise")
    snapshot = decided.get("snapshot")
    model = noise_model(noise) if isinstance(noise, Mapping) else None
    return Place(op.backend.data, kind, model, None if snapshot is None else str(snapshot), decided)


def _lower(machine: Machine, op: plan.LowerOp) -> Kernel:
    name = op.kernel.root_reference.data
    for func in machine.module.ops:
        if isinstance(func, FuncOp) and func.sym_name.data == name:
            text = print_ir(func)
            digest = sha256_digest(text.encode())
            decided = plain_attributes(op)
            planned = decided.get("digest", digest)
            if planned != digest:
                raise BadPlan(op.name, f"kernel `{name}` has the digest {digest}, the plan says {planned}")
            target, precision = str(decided.get("target", NUMPY)), str(decided.get("precision", "f64"))
            tuning = decided.get("tuning")
            return Kernel(func, text, digest, target, precision, tuning if isinstance(tuning, Mapping) else None)
    raise BadPlan(op.name, f"there is no kernel `{name}`")


def _execute(machine: Machine, op: plan.ExecuteOp) -> Raw:
    kernel: Kernel = machine.value(op.kernel)
    place: Place = machine.value(op.backend)
    points: Points = machine.value(op.points)
    asked, started = plain_attributes(op), perf_counter()
    backend = machine.backend or executor(kernel.target, kernel.precision)
    count = len(points.rows)
    requests = [_request(machine, op, asked, kernel, place, points.parameters(index), index) for index in range(count)]
    running = _outcomes(backend, kernel.program, requests)
    outcomes = []
    for index in range(count):
        machine.progress.step("point", index, count)
        with machine.trace.span(f"point {index}"):
            outcomes.append(next(running))
    machine.progress.finish()
    return Raw(points, place, tuple(requests), tuple(outcomes), perf_counter() - started)


def _outcomes(backend: Backend, program: FuncOp, requests: Sequence[Request]) -> Iterator[Outcome]:
    if isinstance(backend, BatchBackend):
        return iter(backend.execute_all(program, requests))
    return (backend.execute(program, request) for request in requests)


def _request(
    machine: Machine,
    op: Operation,
    asked: Attributes,
    kernel: Kernel,
    place: Place,
    parameters: Mapping[str, float],
    index: int,
) -> Request:
    names = kernel.program.parameter_names
    if missing := set(names) - set(parameters):
        raise BadPlan(op.name, f"no value for {', '.join(sorted(missing))}")
    shots = asked.get("shots")
    return Request(
        parameters=tuple(parameters[name] for name in names),
        scales=_integers(asked.get("scales", [1])),
        shots=None if shots is None else _integers(shots),
        settings=tuple(str(setting) for setting in _list(asked.get("settings"))),
        products=_products(op),
        samples=tuple(_sample(entry) for entry in _list(asked.get("samples"))),
        states=tuple(StateSpec(str(e["label"]), _integers(e["wires"])) for e in _list(asked.get("states"))),
        noise=place.noise,
        seed=machine.seed,
        stream=(index,),
        method=str(asked.get("method", "auto")),
        tuning=kernel.tuning,
    )


def _products(op: Operation) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """For each setting the wires of the products that `plan.mitigate` asks of it; none where nothing asks."""
    uses = [use.operation for use in op.results[0].uses if isinstance(use.operation, plan.MitigateOp)]
    observables = observables_of(plain_attributes(uses[0]).get("expect", {})) if uses else ()  # type: ignore[arg-type]  # of this form
    count = len(_list(plain_attributes(op).get("settings")))
    asked: list[dict[tuple[int, ...], None]] = [{} for _ in range(count)]
    for observable in observables:
        for wires, group in zip(observable.wires, observable.groups, strict=True):
            if 0 <= group < count:
                asked[group][wires] = None
    return tuple(tuple(each) for each in asked)


def _list(value: Plain) -> Sequence[Any]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _integers(value: Any) -> tuple[int, ...]:
    return tuple(int(each) for each in value)


def _sample(entry: Mapping[str, Any]) -> SampleSpec:
    bits = entry.get("bits")
    register = None if bits is None else str(bits)
    return SampleSpec(str(entry["label"]), _integers(entry.get("wires", ())), register, str(entry.get("values", "")))


def _mitigate(machine: Machine, op: plan.MitigateOp) -> Estimates:
    expect: Any = plain_attributes(op).get("expect", {})
    return estimate(machine.value(op.raw), machine.value(op.policy), observables_of(expect))


def _check(machine: Machine, op: plan.CheckOp) -> Checked:
    estimates: Estimates = machine.value(op.estimates)
    latency = machine.compile_seconds + perf_counter() - machine.started
    bounds: Any = [plain(bound) for bound in op.bounds]
    return Checked(estimates, judge(bounds, estimates, latency))


COMPUTE: Mapping[type[Operation], Handler] = {
    plan.PointsOp: _points,
    plan.PolicyOp: _policy,
    plan.ScheduleOp: _schedule,
    plan.LowerOp: _lower,
    plan.ExecuteOp: _execute,
    plan.MitigateOp: _mitigate,
    plan.CheckOp: _check,
}
"""The stages that compute; signing and recording stand in `qlang.runtime.record`."""
