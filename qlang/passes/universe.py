"""Our dialects and passes for xDSL's own tools: `xdsl-opt -p merge-rotations file.mlir` works with qlang installed."""

from collections.abc import Callable

from xdsl.ir import Dialect
from xdsl.passes import ModulePass
from xdsl.universe import Universe


def _passes() -> dict[str, Callable[[], type[ModulePass]]]:
    from qlang.passes.pipeline import PASSES
    from qlang.passes.plan_sweeps import PlanSweeps

    kinds: tuple[type[ModulePass], ...] = (*PASSES, PlanSweeps)
    return {kind.name: lambda kind=kind: kind for kind in kinds}  # type: ignore[misc]  # a default binds the loop variable


def _dialects() -> dict[str, Callable[[], Dialect]]:
    from qlang.ir.dialects import DIALECTS

    return {dialect.name: lambda dialect=dialect: dialect for dialect in DIALECTS}  # type: ignore[misc]  # as above


QLANG = Universe(all_dialects=_dialects(), all_passes=_passes())
