"""Choose how results are mitigated, for every candidate that can be reached.

    job.mitigate "auto" within 10x    →    plan.policy … {candidate = "sim like …", method = "zne[1,3,5],richardson",
    job.candidate "sim like …"               shots = [9600, 7300, 3100], fidelity = …, considered = […], reason = …}

The rule: the smallest predicted mean squared error at the job's shots, over all expectation values, among the arms
that the job allows; no mitigation is always one of them. The mathematics and its model stand in
`qlang.mitigation.predict`: global depolarizing with the candidate's rate γ, independent readout errors. Shots are
those of one measurement setting at one point, divided over the noise scales so that the variance is smallest. Arms
that scale noise by folding are admitted where the circuit can be undone for certain; one that the job lists is refused
where it cannot be for certain, and tried where only the run shows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from xdsl.context import Context
from xdsl.dialects.builtin import DictionaryAttr, ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import PassFailedException

from qlang.ir import plan
from qlang.ir.circuit import FuncOp
from qlang.ir.job import CandidateOp, ExpectOp
from qlang.ir.pauli import product_factors
from qlang.ir.values import Interval, Plain, attributes, floats, integers, plain, plain_attributes
from qlang.mitigation.arms import Arm, NoMitigation, arm_of, default_arms, methods
from qlang.mitigation.choice import Choice, Considered, choose
from qlang.mitigation.confusion import Confusion
from qlang.mitigation.errors import MitigationError, TooFewShots
from qlang.mitigation.predict import Damping, Prediction, Task, fidelity_of_samples, scales_and_weights
from qlang.mitigation.predict import Interval as Predicted
from qlang.mitigation.zne import allocate
from qlang.passes.declared import Declared, declared_jobs
from qlang.passes.rejections import MethodRefused, ShotsUndecided
from qlang.passes.undoable import obstacle_in

MODEL = "global-depolarizing/2"
"""Names the model of the predictions; changes when any prediction does."""
MANY = 10**12
"""Stands for the shots of an exact run, whose variance is zero."""

_EXACT = "the backend is exact: nothing to mitigate"
_HISTOGRAMS = "histograms are not mitigated in this version"


@dataclass(frozen=True, slots=True)
class _Admitted:
    """What a job may apply to its circuit."""

    arms: tuple[Arm, ...]
    excluded: tuple[Considered, ...] = ()
    """Arms that cannot run on the circuit, with the reason."""
    refusal: MethodRefused | None = None
    """Why the listed arm cannot run on the circuit: no mistake where there is no noise to apply it to."""


@dataclass(frozen=True)
class ChooseMitigation(ModulePass):
    """See the module."""

    name = "choose-mitigation"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for declared in declared_jobs(op):
            admitted = _admitted(op, declared, _arms(declared))
            for candidate in declared.candidates:
                if not candidate.attributes.keys() & {"reason", "noisy"}:
                    raise PassFailedException(f"candidate {candidate.backend.data} needs `resolve-candidates` first")
                if "reason" not in candidate.attributes:
                    declared.add(_policy(declared, candidate, admitted), declared.mitigation)


def _arms(declared: Declared) -> tuple[Arm, ...]:
    """The arms that the job allows. Raises MethodRefused for a listed method that is not offered."""
    mode = declared.mitigation.mode.data
    if mode == "none":
        return (NoMitigation(),)
    if mode == "auto":
        return default_arms()
    directives = []
    for entry in declared.mitigation.methods:
        assert isinstance(entry, DictionaryAttr)
        options = {name: plain(value) for name, value in entry.data.items()}
        directives.append((str(options.pop("method")), options))
    try:
        return (arm_of(directives),)
    except MitigationError as problem:
        text = ", ".join(name for name, _ in directives)
        raise MethodRefused(declared.job.job.data, text, str(problem)) from None


def _admitted(module: ModuleOp, declared: Declared, arms: tuple[Arm, ...]) -> _Admitted:
    """The arms that can run on the job's circuit, and the others with the reason."""
    name = declared.job.circuit.root_reference.data
    func = next((op for op in module.ops if isinstance(op, FuncOp) and op.sym_name.data == name), None)
    folding = [arm for arm in arms if len(scales_and_weights(arm)[0]) > 1]
    obstacle = obstacle_in(func) if func is not None and folding else None
    if obstacle is None:
        return _Admitted(arms)
    if declared.mitigation.mode.data != "list":
        others = tuple(arm for arm in arms if arm not in folding)
        return _Admitted(others, tuple(Considered(arm, (), obstacle.reason) for arm in folding))
    if obstacle.operation is None:
        return _Admitted(arms)
    (folded,) = (method for method in methods(folding[0]) if len(scales_and_weights(method)[0]) > 1)
    return _Admitted(
        arms, refusal=MethodRefused(declared.job.job.data, str(folded), obstacle.reason, obstacle.operation)
    )


def _policy(declared: Declared, candidate: CandidateOp, admitted: _Admitted) -> plan.PolicyOp:
    arms = admitted.arms
    known = plain_attributes(candidate)
    noisy = bool(known.get("noisy"))
    allowed = arms if noisy and declared.expectations else (NoMitigation(),)
    if admitted.refusal is not None and allowed == arms:
        raise admitted.refusal
    shots = declared.shots
    if shots == "auto":
        shots = _automatic_shots(declared, known, allowed)
    choice = _choose(declared, known, allowed, MANY if shots is None else int(shots))
    scales, weights = scales_and_weights(choice.arm)
    predicted = _fidelity(declared, known, choice)
    values: dict[str, Plain] = {
        "candidate": candidate.backend.data,
        "method": str(choice.arm),
        "applied": [str(method) for method in methods(choice.arm)],
        "not_applied": _not_applied(declared, arms, allowed, noisy) or None,
        "scales": list(scales),
        "shots": None if shots is None else list(allocate(int(shots), weights)),
        "overhead": max((p.overhead for p in choice.predictions), default=1.0),
        "model": MODEL,
        "reason": _reason(declared, noisy, choice),
        "stderr": {e.label.data: 0.0 if shots is None else sqrt(p.variance) for e, p in _pairs(declared, choice)},
        "bias": {e.label.data: p.bias for e, p in _pairs(declared, choice)},
        "considered": [_considered(each) for each in (*choice.considered, *admitted.excluded)],
    }
    points = declared.planned(plan.PointsOp)[0]
    return plan.PolicyOp.create(
        operands=[points.result],
        result_types=[plan.PolicyType()],
        properties={"circuit": declared.job.circuit},
        attributes={
            **attributes(**values),
            "fidelity": Interval.of(predicted.value, predicted.low, predicted.high),
        },
    )


def _not_applied(declared: Declared, arms: Sequence[Arm], allowed: Sequence[Arm], noisy: bool) -> list[Plain]:
    """The listed methods that there is nothing to apply to, each with the reason."""
    if declared.mitigation.mode.data != "list" or allowed == arms:
        return []
    reason = _EXACT if not noisy else _HISTOGRAMS
    return [{"method": str(method), "reason": reason} for method in methods(arms[0])]


def _pairs(declared: Declared, choice: Choice) -> list[tuple[ExpectOp, Prediction]]:
    return list(zip(declared.expectations, choice.predictions, strict=True))


def _choose(declared: Declared, known: dict[str, Plain], arms: Sequence[Arm], shots: int) -> Choice:
    tasks = [_task(expectation, known, shots) for expectation in declared.expectations]
    if declared.mitigation.mode.data != "list" or arms == (NoMitigation(),):
        return choose(arms, tasks, declared.within)
    try:
        choice = choose(arms, tasks, None)
    except TooFewShots as problem:
        raise MethodRefused(declared.job.job.data, str(arms[0]), str(problem)) from None
    demanded = next(each for each in choice.considered if each.arm == arms[0])
    if demanded.rejected is not None:
        raise MethodRefused(declared.job.job.data, str(arms[0]), demanded.rejected)
    return Choice(demanded.arm, demanded.predictions, choice.considered, "the job lists it")


def _task(expectation: ExpectOp, known: dict[str, Plain], shots: int) -> Task:
    """An expectation value as the mathematics sees it, on a candidate."""
    products = [product_factors(term.data) for term in expectation.terms]
    half_range = sum(abs(c) for c, p in zip(floats(expectation.coefficients), products, strict=True) if p)
    return Task(
        rate=_number(known, "gamma"),
        half_range=half_range,
        shots=shots,
        rate_uncertainty=_number(known, "gamma_uncertainty"),
        unfolded=max((_basis_rate(known, product) for product in products), default=0.0),
        damping=Damping.of([_confusion(known, wire) for wire in product] for product in products),
    )


def _basis_rate(known: dict[str, Plain], product: Mapping[int, str]) -> float:
    """The rate of the gates that turn a product's bases into Z."""
    rates = {"X": known.get("basis_x"), "Y": known.get("basis_y")}
    total = 0.0
    for wire, axis in product.items():
        by_wire = rates.get(axis)
        total += float(str(by_wire[wire])) if isinstance(by_wire, list) else 0.0
    return total


def _confusion(known: dict[str, Plain], wire: int) -> Confusion:
    p01, p10 = known.get("p01"), known.get("p10")
    if not isinstance(p01, list) or not isinstance(p10, list):
        return Confusion(0.0, 0.0)
    return Confusion(p01[wire], p10[wire])


def _number(known: dict[str, Plain], name: str) -> float:
    value = known.get(name, 0.0)
    assert isinstance(value, (int, float))
    return float(value)


def _fidelity(declared: Declared, known: dict[str, Plain], choice: Choice) -> Predicted:
    """The smallest fidelity over all outputs, as the language defines it."""
    found = [prediction.fidelity for prediction in choice.predictions]
    for sample in declared.samples:
        wires = integers(sample.wires)
        readout = () if sample.bits is not None else tuple(_confusion(known, wire) for wire in wires)
        if sample.bits is not None:
            readout = tuple(_worst_confusion(known) for _ in wires)
        found.append(
            fidelity_of_samples(_number(known, "gamma"), len(wires), readout, _number(known, "gamma_uncertainty"))
        )
    return min(found, key=lambda interval: interval.value, default=Predicted(1.0, 1.0, 1.0))


def _worst_confusion(known: dict[str, Plain]) -> Confusion:
    """For bits measured inside a circuit, whose wires are not tracked: the worst of the candidate."""
    p01, p10 = known.get("p01"), known.get("p10")
    if not isinstance(p01, list) or not isinstance(p10, list) or not p01:
        return Confusion(0.0, 0.0)
    worst = max(range(len(p01)), key=lambda wire: max(p01[wire], p10[wire]))
    return _confusion(known, worst)


def _automatic_shots(declared: Declared, known: dict[str, Plain], arms: Sequence[Arm]) -> int:
    """Shots that meet every `stderr` and `error` bound with the arm chosen for them.

    Raises ShotsUndecided where no bound speaks of an expectation value.
    """
    limits: dict[str, float] = {}
    for op in declared.bounds:
        if op.bound.metric.data in ("stderr", "error"):
            label, limit = op.bound.argument.data, op.bound.value.value.data
            limits[label] = min(limits.get(label, limit), limit)
    wanted = [(e, limits[e.label.data]) for e in declared.expectations if e.label.data in limits]
    if not wanted:
        raise ShotsUndecided(declared.job.job.data)
    raw = max(_shots(_task(e, known, 1).half_range, limit, 1.0) for e, limit in wanted)
    choice = _choose(declared, known, arms, max(raw, 100))
    by_label = {e.label.data: p for e, p in zip(declared.expectations, choice.predictions, strict=True)}
    return max(_shots(_task(e, known, 1).half_range, limit, by_label[e.label.data].overhead) for e, limit in wanted)


def _shots(half_range: float, limit: float, overhead: float) -> int:
    return max(ceil(half_range**2 * overhead / limit**2), 1)


def _considered(each: Considered) -> Plain:
    record: dict[str, Plain] = {"method": str(each.arm), "overhead": each.overhead}
    if each.rejected is not None:
        record["rejected"] = each.rejected
    if each.predictions:
        record["bias"] = max(p.bias for p in each.predictions)
        record["stderr"] = max(sqrt(p.variance) for p in each.predictions)
        record["mse"] = max(p.mse for p in each.predictions)
        record["fidelity"] = min(p.fidelity.value for p in each.predictions)
    return record


def _reason(declared: Declared, noisy: bool, choice: Choice) -> str:
    if not noisy:
        return _EXACT
    if not declared.expectations:
        return _HISTOGRAMS
    return "the job says none" if declared.mitigation.mode.data == "none" else choice.reason
