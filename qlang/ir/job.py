"""Dialect `job`: the declarations of a job as checked; nothing is decided here.

    job.job "ising_quench" runs @quench {
      job.sweep ["h"] array<f64: 0.2, 0.4>
      job.expect "mz" ["Z0", "Z1"] array<f64: 0.5, 0.5>
      job.settings {shots = 20000, seed = "7", crypto = "hybrid"}
      job.mitigate "auto" [] {within = 10.0 : f64}
      job.candidate "sim like ibm.guadalupe" {…what the catalogue says about it…}
      job.bound #plan.bound<fidelity, "", ">=", 0.85, "">
    }

Candidates carry the numbers that the catalogue gave when the job was compiled, so that every later stage is a
function of the IR alone and can be printed, hashed and replayed.
"""

from xdsl.dialects.builtin import (
    StringAttr,
    SymbolRefAttr,
)
from xdsl.ir import Dialect
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_attr_def,
    prop_def,
    region_def,
    traits_def,
)
from xdsl.traits import NoTerminator

from qlang.ir.constraints import ARRAY, DENSE, STRINGS
from qlang.ir.values import Bound


@irdl_op_definition
class JobOp(IRDLOperation):
    """A job and the circuit that it runs."""

    name = "job.job"

    job = prop_def(StringAttr)
    circuit = prop_def(SymbolRefAttr)
    body = region_def("single_block")

    traits = traits_def(NoTerminator())
    assembly_format = "$job `runs` $circuit $body attr-dict"


@irdl_op_definition
class SweepOp(IRDLOperation):
    """One axis: parameters that change together and their values, point by point."""

    name = "job.sweep"

    names = prop_def(STRINGS)
    values = prop_def(DENSE)
    """Row by row: point 0's value of each name, then point 1's."""

    assembly_format = "$names $values attr-dict"


@irdl_op_definition
class ExpectOp(IRDLOperation):
    """An expectation value: Pauli products like `X0*Z3` over wires (`I` for the identity) and coefficients.

    `group-observables` adds `groups`: for each term, the number of the measurement setting that it belongs to.
    """

    name = "job.expect"

    label = prop_def(StringAttr)
    terms = prop_def(STRINGS)
    coefficients = prop_def(DENSE)
    groups = opt_attr_def(DENSE)

    assembly_format = "$label $terms $coefficients attr-dict"


@irdl_op_definition
class SettingOp(IRDLOperation):
    """A measurement setting found by `group-observables`: the Pauli basis of each wire, `I` where unmeasured."""

    name = "job.setting"

    basis = prop_def(StringAttr)
    """Character k is wire k's basis."""

    assembly_format = "$basis attr-dict"


@irdl_op_definition
class SampleOp(IRDLOperation):
    """A histogram of wires at the end of the circuit, or of a bit register (`bits`).

    `values` says what the register's bits stand for where they are no bits to the program: `int`, `uint`, `bool`,
    `float`, `angle`.
    """

    name = "job.sample"

    label = prop_def(StringAttr)
    wires = prop_def(DENSE)
    bits = opt_attr_def(StringAttr)
    values = opt_attr_def(StringAttr)

    assembly_format = "$label $wires attr-dict"


@irdl_op_definition
class StateOp(IRDLOperation):
    """The amplitudes of wires at the end."""

    name = "job.state"

    label = prop_def(StringAttr)
    wires = prop_def(DENSE)

    assembly_format = "$label $wires attr-dict"


@irdl_op_definition
class SettingsOp(IRDLOperation):
    """Attributes: `shots` (integer; absent: exact; `"auto"`), `seed` (string), `crypto`, `precision`, `labels`.

    `apply-policy` adds `algorithms` that sign, `tenant` and `policy`, the digest of the policy.
    """

    name = "job.settings"

    assembly_format = "attr-dict"


@irdl_op_definition
class MitigateOp(IRDLOperation):
    """`none`, `auto` or `list`, and the methods of a list in order: `{method = "zne", scales = …, fit = …}`."""

    name = "job.mitigate"

    mode = prop_def(StringAttr)
    methods = prop_def(ARRAY)

    assembly_format = "$mode $methods attr-dict"


@irdl_op_definition
class CandidateOp(IRDLOperation):
    """A backend that the job allows, with what the catalogue says about it for this circuit.

    Attributes, all in SI units: `kind` (`sim`, `sim like`, `sim with`, `device`), `reachable` or `reason`;
    once resolved also `qubits`, `snapshot`, `gamma` and `gamma_deviation` (−ln of the circuit's success
    probability), `p01`, `p10` (per wire), `layout`, `seconds_per_shot`, `cost_per_shot`, `availability`,
    `crypto`, `noise` (see `qlang.ir.values.NoiseAttr`).
    """

    name = "job.candidate"

    backend = prop_def(StringAttr)

    assembly_format = "$backend attr-dict"


@irdl_op_definition
class BoundOp(IRDLOperation):
    """A term of the SLA."""

    name = "job.bound"

    bound = prop_def(Bound)

    assembly_format = "$bound attr-dict"


JOB = Dialect(
    "job",
    [
        JobOp,
        SweepOp,
        ExpectOp,
        SettingOp,
        SampleOp,
        StateOp,
        SettingsOp,
        MitigateOp,
        CandidateOp,
        BoundOp,
    ],
    [],
)
