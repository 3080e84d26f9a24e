"""The report of a run: one HTML file that needs nothing else, well-formed as XML too. Everything is escaped."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import isfinite
from typing import Any

from qlang.ir import plan
from qlang.ir.bounds import bound_name
from qlang.ir.values import plain_attributes
from qlang.runtime.plots import Sample, curves, histogram, number
from qlang.runtime.report_style import STYLE
from qlang.runtime.results import Results
from qlang.runtime.stages import Checked, Verdict
from qlang.trust.manifest import RunFacts

_ROWS = 200
_HISTOGRAMS = 12
_CURVES = 8


def report_html(results: Results, facts: RunFacts, checked: Checked, job: plan.JobOp) -> str:
    """The report of a run about to be sealed."""
    body = [
        *_summary(results, facts, checked),
        *_section("Service level", _sla(checked.sla)),
        *_section("Plan", _plan(job)),
        *_section("Results", _results(results)),
        *_section("Mitigation", _methods(results)),
        *_section("Provenance", _provenance(facts)),
    ]
    title = escape(f"{facts.job_id} · run {facts.run_id}")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def _section(title: str, parts: Iterator[str]) -> Iterator[str]:
    content = [part for part in parts if part]
    if content:
        yield f"<section><h2>{escape(title)}</h2>"
        yield from content
        yield "</section>"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of texts, which are escaped; columns in `numbers` stand right."""

    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f'<{tag} class="n">{escape(cell)}</{tag}>' if column in numbers else f"<{tag}>{escape(cell)}</{tag}>"
            for column, cell in enumerate(row)
        )

    top = cells(head, "th")
    lines = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows[:_ROWS])
    more = f"<p>and {len(rows) - _ROWS} more rows</p>" if len(rows) > _ROWS else ""
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>{more}'


def facts_list(pairs: Sequence[tuple[str, str]]) -> str:
    """Names and values, both escaped."""
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs) + "</dl>"


def _summary(results: Results, facts: RunFacts, checked: Checked) -> Iterator[str]:
    verdicts = [each.verdict for each in checked.sla]
    state = "missed" if "missed" in verdicts else "unknown" if "unknown" in verdicts else "met"
    badge = f'<span class="badge {state}">SLA {state}</span>' if verdicts else ""
    yield f"<header><h1>{escape(facts.job_id)} {badge}</h1>"
    yield facts_list(
        [
            ("run", facts.run_id),
            ("backend", facts.backend_id),
            ("simulation", str(results.core["simulation"]).replace("_", " ")),
            ("mitigation", facts.em_method),
            ("points", str(len(results.points))),
            ("seed", facts.seed),
            ("begun", facts.created_at),
        ]
    )
    yield "</header>"


def _sla(sla: Sequence[Verdict]) -> Iterator[str]:
    rows = []
    for each in sla:
        name = bound_name(each.metric, each.argument)
        found = "unknown" if each.found is None else number(each.found)
        if each.low is not None and each.high is not None and each.low != each.high:
            found += f" ({number(each.low)} … {number(each.high)})"
        rows.append([name, f"{each.relation} {number(each.value)}", found, each.source, each.verdict])
    if rows:
        yield table(["term", "bound (base units)", "found", "", "verdict"], rows)


def _plan(job: plan.JobOp) -> Iterator[str]:
    for op in job.body.block.ops:
        known: Mapping[str, Any] = plain_attributes(op)
        if isinstance(op, plan.PolicyOp):
            yield facts_list(_known(known, ("method", "scales", "shots", "overhead", "reason")))
            if known.get("considered"):
                yield "<h3>Methods considered</h3>" + _considered(known["considered"])
        elif isinstance(op, plan.ScheduleOp):
            pairs = [("backend", op.backend.data), *_known(known, ("snapshot", "layout", "score", "cost", "latency"))]
            yield facts_list(pairs)
            rejected = [[str(each["backend"]), str(each["text"])] for each in known.get("rejected", ())]
            if rejected:
                yield "<h3>Backends not taken</h3>" + table(["backend", "reason"], rejected)


def _known(values: Mapping[str, Any], names: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, _text(values[name])) for name in names if name in values]


def _text(value: Any) -> str:
    match value:
        case bool():
            return str(value)
        case int() | float():
            return number(value)
        case {"value": center, "low": low, "high": high}:
            return f"{number(center)} ({number(low)} … {number(high)})"
        case list():
            return ", ".join(map(_text, value))
        case _:
            return str(value)


def _considered(arms: Sequence[Mapping[str, Any]]) -> str:
    columns = ("overhead", "bias", "stderr", "mse", "fidelity")
    rows = [
        [
            str(arm["method"]),
            *[_text(arm[name]) if name in arm else "" for name in columns],
            str(arm.get("rejected", "")),
        ]
        for arm in arms
    ]
    return table(["method", *columns, "rejected"], rows, numbers=range(1, 6))


def _results(results: Results) -> Iterator[str]:
    points = results.points
    names, labels = list(points[0]["parameters"]), list(points[0]["expect"])
    if names and labels:
        for label in labels:
            yield f"<figure>{_curves(points, names, label)}<figcaption>{escape(label)}</figcaption></figure>"
    if labels:
        rows = [
            [*[number(point["parameters"][name]) for name in names], label, *_estimate(point["expect"][label])]
            for point in points
            for label in labels
        ]
        head = [*names, "expectation", "value", "standard error", "method"]
        yield table(head, rows, numbers=[*range(len(names)), len(names) + 1, len(names) + 2])
        bounds = ", ".join(f"{label} {number(bound)}" for label, bound in results.core["bias_bounds"].items())
        if bounds:
            text = f"Standard errors are of shot noise alone; the noise model predicts a bias of up to: {bounds}."
            yield f"<p>{escape(text)}</p>"
    kinds = ("counts", "probabilities")
    shown = [(point, kind, label) for point in points for kind in kinds for label in point.get(kind, {})]
    for point, kind, label in shown[:_HISTOGRAMS]:
        yield _histogram(point, kind, label)
    if len(shown) > _HISTOGRAMS:
        yield f"<p>and {len(shown) - _HISTOGRAMS} more histograms in results.json</p>"


def _estimate(entry: Mapping[str, Any]) -> list[str]:
    error = entry["stderr"]
    return [number(entry["value"]), "unknown" if error is None else number(error), str(entry["method"])]


def _curves(points: Sequence[Mapping[str, Any]], names: Sequence[str], label: str) -> str:
    """The first parameter is the axis; every combination of the others is a curve."""
    series: dict[str, list[Sample]] = {}
    for point in points:
        parameters, entry = point["parameters"], point["expect"][label]
        others = ", ".join(f"{name} = {number(parameters[name])}" for name in names[1:])
        error = entry["stderr"]
        value = entry["value"] if isfinite(entry["value"]) else float("nan")
        series.setdefault(others or label, []).append(Sample(parameters[names[0]], value, error))
    chosen = dict(list(series.items())[:_CURVES])
    legend = "".join(f'<span class="s{i}">{escape(name)}</span>' for i, name in enumerate(chosen))
    more = f"<p>and {len(series) - _CURVES} more curves</p>" if len(series) > _CURVES else ""
    return curves(chosen, names[0], label) + (f'<p class="legend">{legend}</p>' if len(chosen) > 1 else "") + more


def _histogram(point: Mapping[str, Any], kind: str, label: str) -> str:
    entries = point[kind][label]
    place = ", ".join(f"{name} = {number(value)}" for name, value in point["parameters"].items())
    caption = escape(f"{label}, {kind}" + (f" at {place}" if place else ""))
    if "file" in entries:
        return f"<p>{caption}: {entries['entries']} outcomes in {escape(entries['file'])}</p>"
    return f"<figure>{histogram(entries, '')}<figcaption>{caption}</figcaption></figure>"


def _methods(results: Results) -> Iterator[str]:
    rows = [[str(n["method"]), ", ".join(n["outputs"]), "applied"] for n in results.core["methods_applied"]]
    rows += [
        [str(n["method"]), ", ".join(n["outputs"]), f"not applied: {n['not_applied']}"]
        for n in results.core["not_applied"]
    ]
    if rows:
        yield table(["method", "outputs", "state"], rows)


def _provenance(facts: RunFacts) -> Iterator[str]:
    yield facts_list(
        [
            ("source", facts.source_digest),
            ("plan", facts.plan_hash),
            ("kernel", facts.kernel_digest or "none"),
            ("calibration", facts.calibration_snapshot_id or "none"),
            ("results", facts.result_digest),
            ("signatures", facts.crypto_mode),
            ("compiler", facts.compiler_version),
            ("methods", facts.em_version),
            *[(f"label {name}", value) for name, value in facts.labels.items()],
        ]
    )
    yield "<p>This file is covered by the signatures in manifest.dsse.json; <code>qlangc verify</code> checks them.</p>"
