"""A run's result as a notebook shows it: estimates with error bars, histograms, SLA verdicts, digests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qlang.compiler.drawing.curve import MOST, curve_svg
from qlang.compiler.drawing.histogram import histogram_svg
from qlang.compiler.drawing.html_parts import badge, facts, note, page, section, table
from qlang.compiler.sla_text import term_amount, term_name
from qlang.compiler.tables import duration, quantity, short_digest
from qlang.runtime.plots import Sample

_HISTOGRAMS = 6
_POINTS = 50
_CURVES = 4


def result_html(report: Mapping[str, Any]) -> str:
    """The body; `report` is the object that `run --json` prints."""
    head = f"run {report['run_id']}: job {report['job']} on {report['backend']}"
    points = report.get("points") or []
    parts = list(_sweep(points) if points else _outputs(report))
    parts += [_bias(report), section("SLA", _sla(report.get("sla") or []))]
    parts += [note(f"not applied: {each['method']}: {each['not_applied']}") for each in report.get("not_applied") or []]
    return page(head, [*parts, section("record", facts(_record(report)))])


def _outputs(report: Mapping[str, Any]) -> Iterator[str]:
    estimates = report.get("expect") or {}
    rows = [[name, _estimate(entry), str(entry.get("method", ""))] for name, entry in estimates.items()]
    yield table(("expectation", "value", "method"), rows, right=(1,))
    named = [
        (kind, name, found) for kind in ("counts", "probabilities") for name, found in (report.get(kind) or {}).items()
    ]
    for kind, name, found in named[:_HISTOGRAMS]:
        yield section(f"{kind} of {name}", _histogram(kind, name, found))
    if len(named) > _HISTOGRAMS:
        yield note(f"and {len(named) - _HISTOGRAMS} more histograms, in results.json")
    for name, state in (report.get("states") or {}).items():
        size = state.get("entries") or len(state.get("amplitudes") or state.get("density_matrix") or ())
        yield note(f"state of {name}: {size} entries, in results.json")


def _histogram(kind: str, name: str, found: Mapping[str, Any]) -> str:
    if "file" in found:
        return note(f"{found['entries']} different bit strings, in {found['file']}")
    return histogram_svg(found, f"{kind} of {name}", counted=kind == "counts")


def _sweep(points: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A row for each point: its parameters and its estimates."""
    parameters, estimates = list(points[0]["parameters"]), list(points[0].get("expect") or {})
    for name in estimates[:_CURVES] if parameters else ():
        series = _series(points, parameters, name)
        yield section(name, curve_svg(series, parameters[0], name))
        if len(series) > MOST:
            yield note(f"and {len(series) - MOST} more curves")
    rows = [
        [quantity(point["parameters"][name], digits=6) for name in parameters]
        + [_estimate(point["expect"][name]) for name in estimates]
        for point in points[:_POINTS]
    ]
    yield table([*parameters, *estimates], rows, right=range(len(parameters) + len(estimates)))
    if len(points) > _POINTS:
        yield note(f"and {len(points) - _POINTS} more points, in results.json")
    if any(points[0].get(kind) for kind in ("counts", "probabilities", "states")):
        yield note("histograms and states of every point are in results.json")


def _series(points: Sequence[Mapping[str, Any]], parameters: Sequence[str], name: str) -> dict[str, list[Sample]]:
    """The first parameter is the axis; every combination of the others is a curve."""
    series: dict[str, list[Sample]] = {}
    for point in points:
        entry, at = point["expect"][name], point["parameters"]
        others = ", ".join(f"{other} = {quantity(at[other], digits=6)}" for other in parameters[1:])
        if entry.get("value") is not None:
            series.setdefault(others or name, []).append(Sample(at[parameters[0]], entry["value"], entry.get("stderr")))
    return series


def _estimate(entry: Mapping[str, Any]) -> str:
    value, stderr = entry.get("value"), entry.get("stderr")
    return "-" if value is None else f"{value:+.5f}" + (f" ± {stderr:.5f}" if stderr else "")


def _bias(report: Mapping[str, Any]) -> str:
    bounds = report.get("bias_bounds") or {}
    shown = ", ".join(f"{name} {bound:.2g}" for name, bound in bounds.items())
    return note(f"± is shot noise alone; the noise model predicts a bias of up to: {shown}") if shown else ""


def _sla(terms: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for term in terms:
        found = "unknown" if term["found"] is None else f"{term['source']} {term_amount(term, term['found'])}"
        bound = f"{term['relation']} {term_amount(term, term['value'])}"
        rows.append([term_name(term), bound, found, badge(str(term["verdict"]))])
    return table(("term", "bound", "found", "verdict"), rows, raw=3)


def _record(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "results", short_digest(str(report["result_digest"]))
    yield "plan", short_digest(str(report["plan_hash"]))
    yield "seed", str(report["seed"])
    yield "recorded in", str(report["run_dir"])
    timings = report.get("timings") or {}
    yield "took", ", ".join(f"{name.removesuffix('_s')} {duration(value)}" for name, value in timings.items())
