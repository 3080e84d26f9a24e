"""A plan as a notebook shows it: the tables of `qlangc plan` as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qlang.compiler.drawing.html_parts import badge, facts, page, section, table
from qlang.compiler.plan_table import (
    CONSIDERED,
    PREDICTIONS,
    SLA,
    considered_rows,
    decisions,
    prediction_rows,
    rejected_rows,
    sla_rows,
)
from qlang.compiler.tables import short_digest


def plan_html(report: Mapping[str, Any]) -> str:
    """The body; `report` is what `qlang.compiler.plan_report.plan_report` gives."""
    verdicts = [[*row[:3], badge(row[3])] for row in sla_rows(report)]
    parts = [
        facts(decisions(report)),
        section("predicted", table(PREDICTIONS, prediction_rows(report), right=(1, 2))),
        section("SLA", table(SLA, verdicts, raw=3)),
        section("mitigation considered", table(CONSIDERED, considered_rows(report), right=range(1, 6))),
        section("backends rejected", facts(rejected_rows(report))),
    ]
    return page(f"plan of job {report['job']} ({short_digest(str(report['plan_hash']))})", parts)
