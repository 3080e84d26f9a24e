"""Pass `apply-tuning`: what `qlangc tune` confirmed for a kernel's structure on this machine, put into its plan.

    plan.lower … {target = "cpu.llvm", …}   →   plan.lower … {target = "cpu.llvm", …, tuning = {structure = "…", …}}

Nothing is looked up, and nothing is imported for it, where nothing was ever tuned here.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.arg_spec import ArgSpec

from qlang.backends.errors import BackendError
from qlang.backends.limits import NATIVE
from qlang.ir import plan
from qlang.ir.values import Plain, attribute, plain_attributes
from qlang.tuning.folder import tuned_folder


@dataclass(frozen=True)
class ApplyTuning(ModulePass):
    """See the module."""

    name = "apply-tuning"

    stated: Mapping[str, Plain] | None = None
    """What a recorded plan says; `None` looks it up, nothing in it leaves the default."""

    def spec(self, *, include_default: bool = False) -> ArgSpec:
        """The name alone: a replay states what the run had looked up, and does the same."""
        return ArgSpec(self.name, {})

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for lower in [each for each in op.walk() if isinstance(each, plan.LowerOp)]:
            if str(plain_attributes(lower).get("target")) != NATIVE:
                continue
            found = _known(op) if self.stated is None else dict(self.stated)
            if found:
                lower.attributes["tuning"] = attribute(found)


def stated_tuning(job: plan.JobOp) -> dict[str, Plain]:
    """What a job's plan states; nothing in it where that is the default."""
    for op in job.body.block.ops:
        if isinstance(op, plan.LowerOp):
            stated = plain_attributes(op).get("tuning")
            return dict(stated) if isinstance(stated, Mapping) else {}
    return {}


def tuned_here() -> str:
    """Another text whenever something was tuned since; empty where nothing was."""
    folder = tuned_folder()
    if folder is None:
        return ""
    records = []
    for path in folder.glob("*/*.json"):
        with suppress(OSError):  # another process has removed it
            records.append((path.name, path.stat().st_mtime_ns))
    return sha256(repr(sorted(records)).encode()).hexdigest()


def _known(module: ModuleOp) -> dict[str, Plain] | None:
    """What is stated of the structure that the kernel begins with, if it was tuned on this machine."""
    if tuned_folder() is None:
        return None
    from qlang.backends.native_programs import options_for
    from qlang.compiler.tunable import NothingToTune, tunable_of
    from qlang.runtime.errors import RuntimeFault
    from qlang.tuning.best import best_setting
    from qlang.tuning.device import this_cpu
    from qlang.tuning.genome import Setting
    from qlang.tuning.planned import planned_attributes

    try:
        tunable = tunable_of(module)
    except (NothingToTune, BackendError, RuntimeFault):  # the execution says what is wrong with the plan
        return None
    steps = tunable.lowering.steps
    default = Setting(options_for(tunable.precision), this_cpu().cores, tunable.precision)
    found = best_setting(steps.digest, tunable.qubits, default)
    if found is None or found.precision != tunable.precision:
        return None
    return {**planned_attributes(steps.digest.hex(), found)}
