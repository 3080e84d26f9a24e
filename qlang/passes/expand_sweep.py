"""Write out the points of a job's sweep, and begin its plan.

    job.sweep ["h"] array<0.2, 0.4>        plan.job … {
    job.sweep ["J"] array<1.0, 2.0>    →     plan.points ["h", "J"] array<0.2, 1.0, 0.2, 2.0, 0.4, 1.0, 0.4, 2.0>
                                           }

Axes multiply, the last one fastest. One circuit serves all points: nothing is duplicated but the numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, DenseArrayBase, ModuleOp, StringAttr, f64
from xdsl.ir import Block, Region
from xdsl.passes import ModulePass

from qlang.ir import plan
from qlang.ir.job import JobOp, SettingsOp, SweepOp
from qlang.ir.values import floats


@dataclass(frozen=True)
class ExpandSweep(ModulePass):
    """See the module."""

    name = "expand-sweep"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for job in list(op.ops):
            if isinstance(job, JobOp):
                op.body.block.insert_op_after(_begin_plan(job), job)


def _begin_plan(job: JobOp) -> plan.JobOp:
    axes = [op for op in job.body.block.ops if isinstance(op, SweepOp)]
    names = [name for axis in axes for name in axis.names]
    rows = product(*map(_steps, axes))
    values = [value for row in rows for step in row for value in step]
    points = plan.PointsOp.create(
        properties={"names": ArrayAttr(names), "values": DenseArrayBase.from_list(f64, values)},
        result_types=[plan.PointsType()],
        location=axes[0].location if axes else job.location,
    )
    settings = next(op for op in job.body.block.ops if isinstance(op, SettingsOp))
    seed = settings.attributes["seed"]
    assert isinstance(seed, StringAttr)
    return plan.JobOp.create(
        properties={"job": job.job, "seed": seed}, regions=[Region(Block([points]))], location=job.location
    )


def _steps(axis: SweepOp) -> Iterator[tuple[float, ...]]:
    values = floats(axis.values)
    width = len(axis.names)
    return (tuple(values[k : k + width]) for k in range(0, len(values), width))
