"""A plan as a person reads it: what was decided, why, what it costs, and what else was possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qlang.compiler.render.cells import safe_text
from qlang.compiler.render.theme import Theme
from qlang.compiler.sla_text import VERDICT_STYLES, term_amount, term_name
from qlang.compiler.tables import duration, facts, quantity, short_digest, table

_WIRES_SHOWN = 16
PREDICTIONS = ("expectation", "stderr", "bias")
SLA = ("term", "bound", "predicted", "verdict")
CONSIDERED = ("method", "overhead", "bias", "stderr", "mse", "fidelity", "")
"""Heads of the tables."""


def plan_table(report: Mapping[str, Any], theme: Theme) -> str:
    """The text for a report of `qlang.compiler.plan_report`."""
    head = f"plan of job `{report['job']}`  {report['plan_hash']}"
    parts = [
        theme.paint(safe_text(head), "strong") + "\n",
        facts(list(decisions(report)), indent="  "),
        _section("predicted", _predictions(report), theme),
        _section("SLA", _sla(report, theme), theme),
        _section("mitigation considered", _considered(report), theme),
        _section("backends rejected", _rejected(report), theme),
    ]
    return "\n".join(part for part in parts if part)


def _section(title: str, text: str, theme: Theme) -> str:
    if not text:
        return ""
    return theme.paint(title, "strong") + "\n" + "".join(f"  {line}\n" for line in text.splitlines())


def decisions(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What was decided, by name."""
    schedule, policy, sign = report["schedule"], report["mitigation"], report["sign"]
    kernel = report["kernel"]
    yield "backend", report["backend"] + _calibration(schedule)
    if schedule.get("layout"):
        yield "layout", _layout(schedule["layout"])
    yield "mitigation", f"{policy['method']}\n{policy['reason']}"
    yield "shots", _shots(report)
    tuned = ", tuned" if kernel.get("tuning") else ""
    yield "kernel", f"{kernel['target']}, {kernel['precision']}, {short_digest(kernel['digest'])}{tuned}"
    yield "rounding", _rounding(kernel)
    yield "fidelity", _interval(schedule["fidelity"])
    yield "cost", _money(schedule["cost"])
    yield "latency", duration(schedule["latency"]["value"])
    yield "score", quantity(schedule["score"])
    yield "seed", report["seed"]
    yield "signed", f"{sign['crypto']}: {', '.join(sign['algorithms'])}"


def _rounding(kernel: Mapping[str, Any]) -> str:
    bound = kernel.get("l2_bound")
    return "not bounded: a loop has no known end" if bound is None else f"l2 error of the state at most {bound:.2g}"


def _calibration(schedule: Mapping[str, Any]) -> str:
    snapshot = schedule.get("snapshot")
    if not snapshot:
        return ""
    date = schedule.get("snapshot_date")
    return f", calibrated {str(date)[:10] if date else 'at an unknown date'} ({short_digest(snapshot)})"


def _layout(layout: list[int]) -> str:
    shown = ", ".join(f"{wire}→{qubit}" for wire, qubit in enumerate(layout[:_WIRES_SHOWN]))
    return shown + (f", … {len(layout)} wires" if len(layout) > _WIRES_SHOWN else "")


def _shots(report: Mapping[str, Any]) -> str:
    """Shots for each noise scale, and how often that is repeated."""
    policy, execute = report["mitigation"], report["execute"]
    shots, scales = policy.get("shots"), policy["scales"]
    if not shots:
        text = "none: exact values"
    elif len(shots) == 1:
        text = f"{shots[0]}"
    else:
        text = ", ".join(f"{count} at {scale:g}x" for count, scale in zip(shots, scales, strict=True)) + " noise"
    settings, rows = len(execute["settings"]), len(report["points"]["rows"])
    if settings > 1:
        text += f", for each of {settings} measurement settings"
    if rows > 1:
        text += f", at each of {rows} points of {', '.join(report['points']['names'])}"
    return text


def prediction_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """Expectation, standard error, bias."""
    policy = report["mitigation"]
    return [
        [label, quantity(stderr), quantity(policy["bias"].get(label))] for label, stderr in policy["stderr"].items()
    ]


def _predictions(report: Mapping[str, Any]) -> str:
    rows = prediction_rows(report)
    return table(PREDICTIONS, rows, right=(1, 2)) if rows else ""


def sla_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """Term, bound, prediction, verdict."""
    rows = []
    for term in report["sla"]:
        bound = f"{term['relation']} {term_amount(term, term['value'])}"
        rows.append([term_name(term), bound, _predicted(term), str(term["verdict"])])
    return rows


def _sla(report: Mapping[str, Any], theme: Theme) -> str:
    rows = sla_rows(report)
    if not rows:
        return ""
    lines = table(SLA, rows).splitlines()
    for index, (*_, verdict) in enumerate(rows, 1):
        lines[index] = lines[index].removesuffix(verdict) + theme.paint(verdict, VERDICT_STYLES[verdict])
    return "\n".join(lines)


def _predicted(term: Mapping[str, Any]) -> str:
    if term["metric"] == "fidelity":
        return _interval(term["predicted"])
    return term_amount(term, term["predicted"]["value"])


def considered_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """Method, five figures, and whether it was taken or why not; empty where there was no choice."""
    arms = report["mitigation"].get("considered", [])
    if len(arms) < 2:
        return []
    rows = []
    for arm in arms:
        taken = "taken" if arm["method"] == report["mitigation"]["method"] else arm.get("rejected", "")
        rows.append([arm["method"], *(quantity(arm.get(name)) for name in CONSIDERED[1:-1]), taken])
    return rows


def _considered(report: Mapping[str, Any]) -> str:
    rows = considered_rows(report)
    return table(CONSIDERED, rows, right=(1, 2, 3, 4, 5)) if rows else ""


def rejected_rows(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Backends that were not taken, with the reason."""
    return [(reason["backend"], reason["text"]) for reason in report["schedule"].get("rejected", [])]


def _rejected(report: Mapping[str, Any]) -> str:
    return facts(rejected_rows(report))


def _interval(value: Mapping[str, float | None]) -> str:
    if value["low"] == value["high"]:
        return quantity(value["value"])
    return f"{quantity(value['value'])} ({quantity(value['low'])} to {quantity(value['high'])})"


def _money(cost: Mapping[str, float | None]) -> str:
    value = cost["value"]
    return "unknown: no price is known" if value is None else f"{value:.2f} usd"
