"""Plans written by hand, and running them in an empty workspace."""

from dataclasses import dataclass
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp

from qlang.ir import plan
from qlang.ir.text import parse_ir
from qlang.runtime.interpret import COMPUTE, Machine, interpret
from qlang.runtime.record import CompileInfo, RunRecord, SourceInfo, execute_plan
from qlang.runtime.results import Results, results_of
from qlang.runtime.run_folder import LEDGER
from qlang.runtime.stages import Checked
from qlang.trust.keys.paths import KeyPaths
from tests.trust.signing.local import LocalSigner

LAB = (
    '{form = "named", rules = [{channel = "depolarizing", p = 0.02 : f64, targets = ["2q"]},'
    ' {channel = "readout", p01 = 0.02 : f64, p10 = 0.05 : f64}]}'
)
KERNEL = """kernel.func @main(%theta : f64) attributes {qubits = 2 : i64, parameters = ["theta"], bits = []} {
  kernel.gate "ry" (%theta) [0]
  kernel.sweep <cx 0 1>
  kernel.return
}"""
MEASURED = """kernel.func @main(%theta : f64) -> (!circuit.bits<2>)
    attributes {qubits = 2 : i64, parameters = ["theta"], bits = ["c"]} {
  kernel.gate "ry" (%theta) [0]
  kernel.sweep <cx 0 1>
  %m = kernel.measure [0, 1] : !circuit.bits<2>
  kernel.return %m : !circuit.bits<2>
}"""
POINTS = 'plan.points ["theta"] array<f64: 0.0, 0.8, 1.6>'
EXPECT = (
    '{zz = {terms = ["Z0*Z1", "I"], coefficients = array<f64: 1.0, 0.5>, groups = array<i64: 0, -1>},'
    ' mix = {terms = ["Z0", "X0*X1"], coefficients = array<f64: 0.5, -2.0>, groups = array<i64: 0, 1>}}'
)


@dataclass(frozen=True)
class Parts:
    """What a plan is made of; every field is text of the IR."""

    points: str = POINTS
    policy: str = 'method = "none"'
    schedule: str = 'kind = "sim"'
    backend: str = "sim"
    execute: str = "scales = array<i64: 1>"
    settings: str = 'settings = ["ZZ", "XX"]'
    samples: str = ""
    expect: str = EXPECT
    bounds: str = "[]"
    sign: str = 'crypto = "hybrid", algorithms = ["ed25519", "ml-dsa-65"]'
    kernel: str = KERNEL
    seed: str = "7"
    end: str = "plan.record %g"


def planned(parts: Parts) -> tuple[ModuleOp, plan.JobOp]:
    """The module and its plan."""
    asked = ", ".join(filter(None, (parts.execute, parts.settings, parts.samples)))
    module = parse_ir(
        f"""builtin.module {{
        plan.job "bell" seed "{parts.seed}" {{
          %p = {parts.points}
          %m = plan.policy @main over %p {{{parts.policy}}}
          %b = plan.schedule @main, %m "{parts.backend}" {{{parts.schedule}}}
          %k = plan.lower @main as @main for %b
          %r = plan.execute %k on %b over %p {{{asked}}}
          %v = plan.mitigate %r by %m {{expect = {parts.expect}}}
          %s = plan.check %v {parts.bounds}
          %g = plan.sign %s {{{parts.sign}}}
          {parts.end}
        }}
        {parts.kernel} }}"""
    )
    module.verify()
    job = next(op for op in module.ops if isinstance(op, plan.JobOp))
    return module, job


def checked(parts: Parts) -> Checked:
    """Run without recording."""
    from qlang.backends.reference import ReferenceBackend

    module, job = planned(parts)
    found: list[Checked] = []
    handlers = {
        **COMPUTE,
        plan.SignOp: lambda machine, op: found.append(machine.value(op.verdict)),
        plan.RecordOp: lambda machine, op: None,
    }
    interpret(Machine(module, job, ReferenceBackend()), handlers)
    return found[0]


def results(parts: Parts) -> Results:
    """What a run finds."""
    return results_of("bell", checked(parts))


def record(parts: Parts, workspace: Path, keys: KeyPaths, text: str = "OPENQASM 3;\n") -> RunRecord:
    """Run and record."""
    module, job = planned(parts)
    return execute_plan(
        module,
        job,
        workspace=workspace,
        source=SourceInfo("bell.qasm", text),
        compiled=CompileInfo("0.1.0", (("check", 0.01), ("lower", 0.02))),
        signer=LocalSigner(workspace, workspace / LEDGER, keys),
    )
