"""A run's results as a person reads them: estimates with error bars, histograms, the SLA's verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qlang.compiler.render.cells import safe_text
from qlang.compiler.render.theme import Theme
from qlang.compiler.sla_text import VERDICT_STYLES, term_amount, term_name
from qlang.compiler.tables import duration, facts, quantity, table

_BARS_SHOWN = 16
_BAR_WIDTH = 40
_POINTS_SHOWN = 50


def run_table(report: Mapping[str, Any], theme: Theme) -> str:
    """The text for the object that `run --json` prints."""
    head = f"run {report['run_id']}: job `{report['job']}` on {report['backend']}"
    parts = [theme.paint(safe_text(head), "strong") + "\n"]
    points = report.get("points") or []
    if points:
        parts.append(_sweep(points, report))
    else:
        parts += _outputs(report)
    if report.get("sla"):
        parts.append(_sla(report["sla"], theme))
    parts.append(_not_applied(report, theme))
    parts.append(facts(list(_record(report)), indent="  "))
    return "\n".join(part for part in parts if part)


def _outputs(report: Mapping[str, Any]) -> Iterator[str]:
    estimates = report.get("expect") or {}
    if estimates:
        rows = [[name, _estimate(entry), str(entry.get("method", ""))] for name, entry in estimates.items()]
        yield _indented(table(["expectation", "value", "method"], rows) + _bias_note(report))
    for kind in ("counts", "probabilities"):
        for name, found in (report.get(kind) or {}).items():
            yield f"  {kind} of {safe_text(name)}\n" + _indented(_histogram(found), "    ")
    for name, state in (report.get("states") or {}).items():
        size = state.get("entries") or len(state.get("amplitudes") or state.get("density_matrix"))
        yield f"  state of {safe_text(name)}: {size} entries, in results.json\n"


def _estimate(entry: Mapping[str, Any]) -> str:
    value, stderr = entry.get("value"), entry.get("stderr")
    if value is None:
        return "-"
    return f"{value:+.5f}" + (f" ± {stderr:.5f}" if stderr else "")


def _bias_note(report: Mapping[str, Any]) -> str:
    """Error bars are of shot noise; what noise may still shift is said beside them."""
    bounds = report.get("bias_bounds") or {}
    shown = ", ".join(f"{safe_text(name)} {bound:.2g}" for name, bound in bounds.items())
    return f"± is shot noise alone; the noise model predicts a bias of up to: {shown}\n" if shown else ""


def _histogram(counts: Mapping[str, Any]) -> str:
    """The most frequent outcomes with bars, the most frequent first."""
    if "file" in counts:
        return f"{counts['entries']} different bit strings, in {counts['file']}\n"
    total = sum(counts.values()) or 1
    largest = max(counts.values(), default=1) or 1
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        [bits, quantity(count, digits=12), f"{100 * count / total:.1f} %", "#" * round(_BAR_WIDTH * count / largest)]
        for bits, count in order[:_BARS_SHOWN]
    ]
    more = len(order) - _BARS_SHOWN
    return table(["outcome", "n", "share", ""], rows, right=(1, 2)) + (f"… {more} more\n" if more > 0 else "")


def _sweep(points: list[Mapping[str, Any]], report: Mapping[str, Any]) -> str:
    """One row for each point: its parameters and its estimates."""
    parameters = list(points[0]["parameters"])
    estimates = list(points[0].get("expect") or {})
    rows = []
    for point in points[:_POINTS_SHOWN]:
        row = [quantity(point["parameters"][name], digits=6) for name in parameters]
        rows.append(row + [_estimate(point["expect"][name]) for name in estimates])
    more = len(points) - _POINTS_SHOWN
    text = table([*parameters, *estimates], rows, right=range(len(parameters)))
    if more > 0:
        text += f"… {more} more points\n"
    text += _bias_note(report)
    if any(points[0].get(kind) for kind in ("counts", "probabilities", "states")):
        text += "histograms and states of every point are in results.json\n"
    return _indented(text)


def _sla(terms: list[Mapping[str, Any]], theme: Theme) -> str:
    lines = []
    for term in terms:
        verdict = str(term["verdict"])
        found = f", {term['source']} {term_amount(term, term['found'])}" if term["found"] is not None else ""
        bound = f"{safe_text(term_name(term))} {term['relation']} {term_amount(term, term['value'])}"
        lines.append(f"  SLA {bound}: {theme.paint(verdict, VERDICT_STYLES[verdict])}{found}\n")
    return "".join(lines)


def _not_applied(report: Mapping[str, Any], theme: Theme) -> str:
    """Mitigation that was asked for and could not be done."""
    return "".join(
        f"  {theme.paint('not applied', 'warning')}: {safe_text(note['method'])}: {safe_text(note['not_applied'])}\n"
        for note in report.get("not_applied") or []
    )


def _record(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "recorded in", str(report["run_dir"])
    yield "seed", str(report["seed"])
    yield "plan", str(report["plan_hash"])
    yield "results", str(report["result_digest"])
    timings = report.get("timings") or {}
    yield "took", ", ".join(f"{name.removesuffix('_s')} {duration(value)}" for name, value in timings.items())


def _indented(text: str, indent: str = "  ") -> str:
    return "".join(f"{indent}{line}\n" for line in text.splitlines())
