"""A plan as plain data, for `--json`, for tables and for the Python API. Schema `qlang.plan/1`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from xdsl.ir import Operation

from qlang.ir import plan
from qlang.ir.bounds import keeps
from qlang.ir.values import plain

SCHEMA = "qlang.plan/1"

_STAGES: dict[type[Operation], str] = {
    plan.PointsOp: "points",
    plan.PolicyOp: "mitigation",
    plan.ScheduleOp: "schedule",
    plan.LowerOp: "kernel",
    plan.ExecuteOp: "execute",
    plan.MitigateOp: "estimates",
    plan.CheckOp: "check",
    plan.SignOp: "sign",
}


def plan_report(job: plan.JobOp, plan_hash: str) -> dict[str, Any]:
    """Every stage of a plan with its attributes, and the SLA with what is predicted for each of its terms."""
    stages: dict[str, Any] = {}
    for op in job.body.block.ops:
        name = _STAGES.get(type(op))
        if name is not None:
            stages[name] = _plain({**op.properties, **op.attributes})
    stages["points"] = _points(stages["points"])
    bounds = stages.pop("check", {}).get("bounds", [])
    return {
        "schema": SCHEMA,
        "job": job.job.data,
        "seed": job.seed.data,
        "plan_hash": plan_hash,
        "backend": stages["schedule"]["backend"],
        **stages,
        "sla": [_term(bound, stages) for bound in bounds],
    }


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _finite(plain(value)) for name, value in attributes.items()}


def _finite(value: Any) -> Any:
    """JSON knows no infinity: what is unknown or unbounded becomes `None`."""
    match value:
        case float():
            return value if isfinite(value) else None
        case Mapping():
            return {key: _finite(item) for key, item in value.items()}
        case str():
            return value
        case Sequence():
            return [_finite(item) for item in value]
        case _:
            return value


def _points(stage: dict[str, Any]) -> dict[str, Any]:
    """The sweep as rows: `{"names": ["h"], "rows": [[0.2], [0.4]]}`; no sweep is one empty row."""
    names, values = stage["names"], stage["values"]
    width = len(names)
    rows = [values[i : i + width] for i in range(0, len(values), width)] if width else [[]]
    return {"names": names, "rows": rows}


def _term(bound: Mapping[str, Any], stages: Mapping[str, Any]) -> dict[str, Any]:
    """A term of the SLA as predicted: `met` if the unfavourable end of the interval keeps it."""
    predicted = _prediction(bound["metric"], bound["argument"], stages)
    return {**bound, "predicted": predicted, "verdict": _verdict(bound, predicted)}


def _prediction(metric: str, argument: str, stages: Mapping[str, Any]) -> dict[str, float | None]:
    if metric in ("cost", "latency", "fidelity"):
        found: dict[str, float | None] = stages["schedule"][metric]
        return found
    policy = stages["mitigation"]
    value = policy["stderr"].get(argument)
    if metric == "error" and value is not None:
        value += abs(policy["bias"][argument])
    return {"value": value, "low": value, "high": value}


def _verdict(bound: Mapping[str, Any], predicted: Mapping[str, float | None]) -> str:
    """Fidelity is judged by the low end of its interval, everything else by its value, as the scheduler does."""
    value = predicted["low"] if bound["metric"] == "fidelity" else predicted["value"]
    if value is None:
        return "unknown"
    return "met" if keeps(bound["relation"], bound["value"], value, value) else "missed"
