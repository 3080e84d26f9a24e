"""QJ10, the part about pulses: what a program says of a device's controls, and simulators do not use."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.warnings import Warning


@dataclass(frozen=True)
class CalibrationNotUsed(Warning):
    code = "QJ1030"
    title = "{what} is not used on simulators"
    explanation = (
        "The body of `cal` and `defcal` is in the language of some device's controls; it is kept as written. A "
        "simulator applies a gate's definition, not its pulses. A gate that only a `defcal` describes cannot be called."
    )
    example_wrong = (
        'defcalgrammar "openpulse";\ndefcal x q { play(drive(q), gaussian(160dt, 40dt)); }\n'
        "circuit c() { qubit q; x q; }\njob j { run c(); sample q; }\n"
    )
    example_right = "circuit c() { qubit q; x q; }\njob j { run c(); sample q; }\n"

    what: str
    gate: str | None

    def helps(self) -> Iterator[str]:
        if self.gate is not None:
            yield f"`{self.gate}` acts as its definition says; leave the `defcal` out if that is what is meant"
