"""Choose where a job runs.

    job.candidate "sim", "sim like …", …    →    plan.schedule @quench, %policy "sim like …" {score = …, cost = …,
    plan.policy (one for each of them)             latency = …, rejected = […]}

The score of the design: expected fidelity ÷ effective cost × availability × crypto compatibility, where the
effective cost is `base` + price in usd + latency at `hour` usd. The candidate with the highest score among those
that meet every bound of the SLA is taken, the earlier one on a tie. Fidelity must be met by the low end of its
interval. Without any: `PlanRejected`, with every candidate's reason.
"""

from dataclasses import dataclass
from math import inf

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr
from xdsl.passes import ModulePass

from qlang.ir import plan
from qlang.ir.bounds import bound_name, keeps
from qlang.ir.edit import remove
from qlang.ir.job import CandidateOp
from qlang.ir.values import Interval, Plain, Reason, attributes, plain_attributes
from qlang.passes.declared import Declared, declared_jobs
from qlang.passes.rejections import PlanRejected, Rejected, Shortfall

PRICES = "usd"
"""The currency of the catalogue."""
CARRIED = ("kind", "snapshot", "snapshot_date", "layout", "noise", "noisy", "gamma", "crypto", "availability", "notes")
"""What the plan keeps of a candidate."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A candidate with its policy and what it would bring."""

    candidate: CandidateOp
    policy: plan.PolicyOp
    fidelity: tuple[float, float, float]
    cost: float
    """usd; infinite where no price is known: such a candidate meets no bound on cost."""
    latency: float
    """Seconds."""
    score: float
    shortfalls: tuple[Shortfall, ...]


@dataclass(frozen=True)
class Schedule(ModulePass):
    """See the module."""

    name = "schedule"

    base: float = 1.0
    """Effective cost of a free and instant run, so that the score is finite (usd)."""
    hour: float = 1.0
    """What an hour of waiting is worth (usd)."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for declared in declared_jobs(op):
            self._schedule(declared)

    def _schedule(self, declared: Declared) -> None:
        policies = {str(plain_attributes(p)["candidate"]): p for p in declared.planned(plan.PolicyOp)}
        rejected: list[Rejected] = []
        offers: list[Offer] = []
        for candidate in declared.candidates:
            reason = plain_attributes(candidate).get("reason")
            if reason is not None:
                rejected.append(Rejected(candidate.backend.data, "", str(reason)))
                continue
            policy = policies[candidate.backend.data]
            offer = self._offer(declared, candidate, policy)
            if offer.shortfalls:
                rejected.append(_missed(offer))
            else:
                offers.append(offer)
        if not offers:
            raise PlanRejected(declared.job.job.data, tuple(rejected))
        best = max(offers, key=lambda offer: offer.score)
        passed = [
            Rejected(offer.candidate.backend.data, "", f"score {offer.score:.3g} is below {best.score:.3g}")
            for offer in offers
            if offer is not best
        ]
        _emit(declared, best, [*rejected, *passed])
        for policy in policies.values():
            if policy is not best.policy:
                remove(policy)

    def _offer(self, declared: Declared, candidate: CandidateOp, policy: plan.PolicyOp) -> Offer:
        known, decided = plain_attributes(candidate), plain_attributes(policy)
        executions = _executions(declared, decided)
        price = known.get("cost_per_shot")
        cost = inf if price is None else float(price) * executions  # type: ignore[arg-type]  # a number, in usd
        latency = float(known["seconds"]) + float(known["seconds_per_shot"]) * executions  # type: ignore[arg-type]  # numbers
        interval = decided["fidelity"]
        assert isinstance(interval, dict)
        fidelity = (float(interval["value"]), float(interval["low"]), float(interval["high"]))
        effective = self.base + (0.0 if cost == inf else cost) + self.hour * latency / 3600
        availability = float(known["availability"])  # type: ignore[arg-type]  # a number
        score = fidelity[0] / effective * availability * float(bool(known["crypto"]))
        shortfalls = _shortfalls(declared, decided, fidelity, cost, latency)
        return Offer(candidate, policy, fidelity, cost, latency, score, shortfalls)


def _executions(declared: Declared, decided: dict[str, Plain]) -> int:
    """Circuit executions in the whole job; 0 where values are exact."""
    shots = decided.get("shots")
    if not isinstance(shots, list):
        return 0
    points = declared.planned(plan.PointsOp)[0]
    rows = max(len(points.values) // max(len(points.names), 1), 1)
    per_point = int(sum(shots)) * len(declared.measurement_settings) + (int(shots[0]) if declared.samples else 0)
    return per_point * rows


def _shortfalls(
    declared: Declared,
    decided: dict[str, Plain],
    fidelity: tuple[float, float, float],
    cost: float,
    latency: float,
) -> tuple[Shortfall, ...]:
    stderr, bias = decided["stderr"], decided["bias"]
    assert isinstance(stderr, dict) and isinstance(bias, dict)
    missed = []
    for op in declared.bounds:
        bound = op.bound
        metric, label, limit = bound.metric.data, bound.argument.data, bound.value.value.data
        match metric:
            case "fidelity":
                value, low, high = fidelity
            case "stderr":
                value = low = high = float(stderr[label])
            case "error":
                value = low = high = float(stderr[label]) + float(bias[label])
            case "cost":
                # Money is not converted: in another currency, only what is free is known to cost no more.
                value = low = high = cost if bound.unit.data == PRICES or not cost else inf
            case _:
                value = low = high = latency
        if not keeps(bound.relation.data, limit, low, high):
            missed.append(Shortfall(op, metric, value, low, high))
    return tuple(missed)


def _missed(offer: Offer) -> Rejected:
    method = str(plain_attributes(offer.policy)["method"])
    texts = []
    for miss in offer.shortfalls:
        bound = miss.bound.bound  # type: ignore[attr-defined]  # a job.bound
        name = bound_name(miss.metric, bound.argument.data)
        limit = bound.value.value.data
        texts.append(f"{name} {miss.predicted:.3g} misses {bound.relation.data} {limit:g} {bound.unit.data}".strip())
    return Rejected(offer.candidate.backend.data, method, "; ".join(texts), offer.shortfalls)


def _emit(declared: Declared, best: Offer, rejected: list[Rejected]) -> None:
    known = plain_attributes(best.candidate)
    kept = {name: best.candidate.attributes[name] for name in CARRIED if name in best.candidate.attributes}
    decided: dict[str, Plain] = {"score": best.score, "availability": known["availability"]}
    declared.add(
        plan.ScheduleOp.create(
            operands=[best.policy.result],
            result_types=[plan.BackendType()],
            properties={"circuit": declared.job.circuit, "backend": StringAttr(best.candidate.backend.data)},
            attributes={
                **kept,
                **attributes(**decided),
                **({} if best.cost == inf else {"cost": Interval.of(best.cost, best.cost, best.cost)}),
                "latency": Interval.of(best.latency, 0.0, 2 * best.latency),
                "fidelity": Interval.of(*best.fidelity),
                "rejected": ArrayAttr([Reason.of(each.backend, each.reason) for each in rejected]),
            },
        ),
        best.candidate,
    )
