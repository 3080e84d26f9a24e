"""How a search ended, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qlang.compiler.render.cells import safe_text
from qlang.compiler.render.theme import Theme
from qlang.compiler.tables import duration, facts, table

COMPARISON = ("strategy", "measurements", "median", "worst", "best", "won", "lost", "by chance")
"""Head of the table of strategies."""


def tune_table(report: Mapping[str, Any], theme: Theme) -> str:
    """The text for a report of `qlang.compiler.tune_report`."""
    kernel = report["kernel"]
    parts = [
        theme.paint(safe_text(f"tuned {kernel['name']}"), "strong") + "\n",
        facts(list(_facts(report)), indent="  "),
    ]
    if "comparison" in report:
        parts += ["\n", theme.paint("strategies", "strong") + "\n", _comparison(report["comparison"])]
    return "".join(parts)


def _facts(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kernel, search, best = report["kernel"], report["search"], report["best"]
    size = f"{kernel['qubits']} qubits, {kernel['gates']} gates, {kernel['steps']} steps"
    yield "kernel", f"{size}, {kernel['precision']}, up to {kernel['threads']} threads"
    yield "device", f"{report['device']['model']}, {report['device']['cores']} cores"
    default = report["default"]
    yield "default", f"{_seconds(default['seconds'])}\n{_values(default['configuration'])}"
    if best is None:
        yield "best", f"the default\n{_why(report)}"
    else:
        changed = {
            name: value for name, value in best["configuration"].items() if value != default["configuration"][name]
        }
        yield "best", _values(changed)
        gain = best["speedup"]
        interval = f"{gain['low']:.2f} to {gain['high']:.2f}, confidence {best['confidence']:.1%}"
        yield "gain", f"{gain['value']:.2f} times faster ({interval})"
    yield "fitness", f"{report['fitness']['kind']} ({report['fitness']['energy_counter']})"
    counts = f"{search['measured']} measured, {search['known']} known before, {search['same']} the same"
    counts += f", {search['invalid']} invalid"
    yield "search", f"{search['strategy']}: {counts}, of {search['space']} points"
    yield "not ranked", f"{search['unranked']} whose intervals reach that of the best"
    yield "compared", f"amplitudes with those of the {report['reference']}"
    yield "record", report["record"]


def _why(report: Mapping[str, Any]) -> str:
    finalists = report["finalists"]
    if not finalists:
        return "nothing that was measured looked faster"
    looked = f"{len(finalists)} looked faster" if len(finalists) > 1 else "one looked faster"
    return f"{looked}, fresh repetitions did not confirm it beyond their confidence interval"


def _comparison(rows: list[Mapping[str, Any]]) -> str:
    cells = []
    for row in rows:
        fitness = [
            "-" if row["fitness"][name] is None else f"{row['fitness'][name]:.3f}"
            for name in ("median", "worst", "best")
        ]
        against = ["", "", ""] if row["strategy"] == "random" else _against(row)
        cells.append([row["strategy"], str(row["measurements"]), *fitness, *against])
    text = table(COMPARISON, cells, right=tuple(range(1, len(COMPARISON))))
    return "".join(f"  {line}\n" for line in text.splitlines())


def _against(row: Mapping[str, Any]) -> list[str]:
    return [str(row["wins"]), str(row["losses"]), f"{row['probability_by_chance']:.3f}"]


def _seconds(interval: Mapping[str, float]) -> str:
    return f"{duration(interval['value'])} ({duration(interval['low'])} to {duration(interval['high'])})"


def _values(configuration: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in configuration.items())
