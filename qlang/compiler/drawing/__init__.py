"""Circuits as pictures, results and plans as HTML: what `qlangc draw`, notebooks and editors show.

The input is a circuit as checked, before anything is lowered: names, loops, branches and angles look as their author
wrote them. Arguments may be missing; what depends on them stays symbolic. Nothing here imports NumPy or the IR.

    analysis = frontend.analyse(source)
    draw_text(analysis.module.circuits["bell"])            # or analysis.module.main
    draw_svg(job.circuit, job.arguments)                    # with a job's arguments
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qlang.compiler.drawing.limits import OPERATIONS, SVG_WIDTH, TEXT_WIDTH

if TYPE_CHECKING:
    from qlang.compiler.drawing.names import Arguments
    from qlang.sema.symbols import CircuitSymbol

NO_ARGUMENTS: Arguments = {}


def draw_text(
    circuit: CircuitSymbol,
    arguments: Arguments = NO_ARGUMENTS,
    *,
    width: int = TEXT_WIDTH,
    ascii: bool = False,  # the word of the option
    limit: int = OPERATIONS,
    expand: bool = False,
) -> str:
    """A circuit in lines of at most `width` columns, wrapped in time; ends with a line break.

    `arguments` are numbers or checked values by parameter name; a parameter without one stays symbolic. After `limit`
    operations the rest is counted, not drawn, and the last line says so. `ascii` draws with ASCII only; `expand` writes
    loops out, decides branches and opens calls, where values are known.
    """
    from qlang.compiler.drawing.build import build
    from qlang.compiler.drawing.text import render

    return render(build(circuit, arguments, limit=limit, expand=expand), width=width, ascii=ascii)


def draw_svg(
    circuit: CircuitSymbol,
    arguments: Arguments = NO_ARGUMENTS,
    *,
    width: int = SVG_WIDTH,
    limit: int = OPERATIONS,
    expand: bool = False,
) -> str:
    """The same picture as one `<svg>` element about `width` pixels wide: no scripts, no fonts, no links."""
    from qlang.compiler.drawing.build import build
    from qlang.compiler.drawing.svg import render

    return render(build(circuit, arguments, limit=limit, expand=expand), width=width)


def circuit_html(circuit: CircuitSymbol, arguments: Arguments = NO_ARGUMENTS, *, limit: int = OPERATIONS) -> str:
    """The body of a circuit's `_repr_html_`: the SVG with its name and arguments above."""
    from qlang.compiler.drawing.circuit_page import circuit_html as write

    return write(circuit, arguments, limit=limit)


def result_html(report: Mapping[str, Any]) -> str:
    """The body of a result's `_repr_html_`; `report` is what `RunRecord.to_json()` gives (`run --json`)."""
    from qlang.compiler.drawing.result_page import result_html as write

    return write(report)


def plan_html(report: Mapping[str, Any]) -> str:
    """The body of a plan's `_repr_html_`; `report` is what `qlang.compiler.plan_report.plan_report` gives."""
    from qlang.compiler.drawing.plan_page import plan_html as write

    return write(report)
