"""What a job declares, read from its operations: the view that the deciding passes share."""

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.dialects.builtin import FloatAttr, IntegerAttr, ModuleOp, StringAttr
from xdsl.ir import Operation, OperationInvT

from qlang.ir import plan
from qlang.ir.circuit import FuncOp
from qlang.ir.job import BoundOp, CandidateOp, ExpectOp, JobOp, MitigateOp, SampleOp, SettingOp, SettingsOp, StateOp


@dataclass(frozen=True, slots=True)
class Declared:
    """A job, the circuit that it runs and the plan that is being made for it."""

    job: JobOp
    circuit: FuncOp
    plan: plan.JobOp

    def all(self, kind: type[OperationInvT]) -> list[OperationInvT]:
        """The job's operations of one kind, in order."""
        return [op for op in self.job.body.block.ops if isinstance(op, kind)]

    @property
    def settings(self) -> SettingsOp:
        return self.all(SettingsOp)[0]

    @property
    def mitigation(self) -> MitigateOp:
        return self.all(MitigateOp)[0]

    @property
    def expectations(self) -> list[ExpectOp]:
        return self.all(ExpectOp)

    @property
    def samples(self) -> list[SampleOp]:
        return self.all(SampleOp)

    @property
    def states(self) -> list[StateOp]:
        return self.all(StateOp)

    @property
    def measurement_settings(self) -> list[str]:
        return [op.basis.data for op in self.all(SettingOp)]

    @property
    def candidates(self) -> list[CandidateOp]:
        return self.all(CandidateOp)

    @property
    def bounds(self) -> list[BoundOp]:
        return self.all(BoundOp)

    @property
    def shots(self) -> int | str | None:
        """The number, `auto`, or `None` where exact values are wanted."""
        shots = self.settings.attributes.get("shots")
        if isinstance(shots, IntegerAttr):
            return shots.value.data
        return shots.data if isinstance(shots, StringAttr) else None

    @property
    def within(self) -> float | None:
        """Largest overhead allowed."""
        within = self.mitigation.attributes.get("within")
        return within.value.data if isinstance(within, FloatAttr) else None

    def planned(self, kind: type[OperationInvT]) -> list[OperationInvT]:
        """The plan's operations of one kind."""
        return [op for op in self.plan.body.block.ops if isinstance(op, kind)]

    def add(self, op: Operation, like: Operation) -> None:
        """Append a stage to the plan, placed where another operation came from."""
        op.location = like.location
        self.plan.body.block.add_op(op)


def declared_jobs(module: ModuleOp) -> Iterator[Declared]:
    """Every job of a module that has a plan begun."""
    plans = {op.job.data: op for op in module.ops if isinstance(op, plan.JobOp)}
    circuits = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
    for job in list(module.ops):
        if isinstance(job, JobOp) and job.job.data in plans:
            yield Declared(job, circuits[job.circuit.root_reference.data], plans[job.job.data])
