"""Group Pauli products that one measurement setting gives at once.

    Z0*Z1, Z1, X0*X2   →   settings ZZI, XIX

Products share a setting where they agree on every wire that both touch (qubit-wise commuting). First fit in the
order written: for n products and s settings at most n·s comparisons. Adds `job.setting` operations and the
`groups` of each `job.expect`; the identity is in group −1 and is never measured.
"""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import DenseArrayBase, ModuleOp, StringAttr, i64
from xdsl.passes import ModulePass

from qlang.ir.circuit import FuncOp
from qlang.ir.edit import remove
from qlang.ir.job import ExpectOp, JobOp, SettingOp
from qlang.ir.pauli import IDENTITY_GROUP, product_factors

Basis = dict[int, str]


@dataclass(frozen=True)
class GroupObservables(ModulePass):
    """See the module."""

    name = "group-observables"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        sizes = {func.sym_name.data: func.size for func in op.ops if isinstance(func, FuncOp)}
        for job in op.ops:
            if isinstance(job, JobOp):
                _group(job, sizes[job.circuit.root_reference.data])


def _group(job: JobOp, size: int) -> None:
    for old in [op for op in job.body.block.ops if isinstance(op, SettingOp)]:
        remove(old)
    settings: list[Basis] = []
    expectations = [op for op in job.body.block.ops if isinstance(op, ExpectOp)]
    for expectation in expectations:
        groups = [_fit(settings, product_factors(term.data)) for term in expectation.terms]
        expectation.attributes["groups"] = DenseArrayBase.from_list(i64, groups)
    for setting in reversed(settings):
        basis = "".join(setting.get(wire, "I") for wire in range(size))
        op = SettingOp.create(properties={"basis": StringAttr(basis)}, location=expectations[0].location)
        job.body.block.insert_op_after(op, expectations[-1])


def _fit(settings: list[Basis], term: Basis) -> int:
    if not term:
        return IDENTITY_GROUP
    for number, setting in enumerate(settings):
        if all(setting.get(wire, pauli) == pauli for wire, pauli in term.items()):
            setting.update(term)
            return number
    settings.append(dict(term))
    return len(settings) - 1
