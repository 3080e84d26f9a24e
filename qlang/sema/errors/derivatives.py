"""QJ0912 and QJ1031: jobs as functions of their parameters."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.warnings import Warning
from qlang.syntax.diagnostic import Diagnostic

_HEAD = "import qlang as ql\n\n@ql.circuit\ndef c(angle: float):\n    q = ql.qubits(1)\n"


@dataclass(frozen=True)
class NotDifferentiable(Diagnostic):
    code = "QJ0912"
    title = "{construct} cannot be differentiated"
    explanation = (
        "`ql.to_jax` makes a function of the real parameters of a job. Its value must be an expectation value of a "
        "unitary circuit whose gates are the same for all parameters: nothing is measured before the end, and no "
        "parameter decides what follows."
    )
    found_by = "run"
    example_wrong = (
        _HEAD + "    if ql.measure(q[0]):\n        ql.rx(angle, q[0])\n\n"
        'ql.to_jax(ql.job(c(0.5), expect={"z": ql.Z(0)}))\n'
    )
    example_right = _HEAD + '    ql.rx(angle, q[0])\n\nql.to_jax(ql.job(c(0.5), expect={"z": ql.Z(0)}))\n'

    construct: str
    instead: str = ""

    def helps(self) -> Iterator[str]:
        if self.instead:
            yield self.instead


@dataclass(frozen=True)
class LeftOut(Warning):
    code = "QJ1031"
    title = "the function leaves out {what}: its values are exact"
    explanation = (
        "`ql.to_jax` gives expectation values of the circuit as written, without noise and without the spread of "
        "shots, whatever the job asks for: their derivatives are those of no random numbers."
    )
    found_by = "run"
    example_wrong = (
        _HEAD + "    ql.rx(angle, q[0])\n\n"
        'ql.to_jax(ql.job(c(0.5), expect={"z": ql.Z(0)}, shots=100, backend="sim like ibm.manila"))\n'
    )
    example_right = _HEAD + '    ql.rx(angle, q[0])\n\nql.to_jax(ql.job(c(0.5), expect={"z": ql.Z(0)}))\n'

    what: str
