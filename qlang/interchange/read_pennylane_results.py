"""The measurements of a PennyLane tape as a job: observables, histograms, amplitudes."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from qlang.interchange.errors import CannotRead, NotANumber
from qlang.interchange.spelling import float_text
from qlang.interchange.text import Read, TextWriter

FRAMEWORK = "PennyLane"
Foreign = Any
"""An object of PennyLane's: it is not imported here, so untyped."""


def measurement_key(measurement: Foreign) -> Any:
    """What tells mid-circuit measurements apart."""
    return getattr(measurement, "meas_uid", None) or measurement.id


@dataclass(slots=True)
class Job:
    """What a tape asks for, as statements of a job."""

    writer: TextWriter
    wires: dict[Foreign, str]
    measured: dict[Any, str]
    expected: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    sampled: set[str] = field(default_factory=set)

    def text(self, tape: Foreign) -> Read:
        """The whole program: OpenQASM 3 where nothing is asked for, else a circuit with a job."""
        for measurement in tape.measurements:
            self.measurement(measurement)
        if not self.expected and not self.statements:
            return Read("<pennylane tape>", self.writer.text())
        shots = tape.shots.total_shots
        lines = [*self.expected, *self.statements]
        if shots is not None:
            lines.append(f"shots {int(shots)};")
        body = ["run main();", *lines]
        job = ["", "job pennylane {", *(f"  {line}" for line in body), "}"]
        return Read("<pennylane tape>", self.writer.circuit_text("main") + "\n".join(job) + "\n", jobs=True)

    def measurement(self, measurement: Foreign) -> None:
        kind = type(measurement).__name__
        handler = _MEASUREMENTS.get(kind)
        if handler is None:
            raise CannotRead(
                FRAMEWORK, f"the measurement `{kind.removesuffix('MP')}`", "use `expval`, `counts` or `sample`"
            )
        handler(self, measurement)

    def expectation(self, measurement: Foreign) -> None:
        """`expval` of a Pauli sentence, or of a mid-circuit measurement."""
        if measurement.mv is not None:
            raise CannotRead(FRAMEWORK, "`expval` of a mid-circuit measurement", "use `counts`")
        sentence = measurement.obs.pauli_rep
        if sentence is None:
            name = measurement.obs.name
            raise CannotRead(
                FRAMEWORK, f"the observable `{name}`", "write it with Pauli operators: `qml.pauli_decompose`"
            )
        terms = []
        for word, coefficient in sentence.items():
            number = complex(coefficient)
            if not isfinite(number.real) or not isfinite(number.imag):
                raise NotANumber(FRAMEWORK, f"a coefficient of an observable is {number.real}")
            if abs(number.imag) > 1e-12:
                raise CannotRead(FRAMEWORK, "an observable that is not Hermitian")
            factors = [f"{pauli}({self.wires[wire]})" for wire, pauli in word.items()]
            terms.append("*".join([f"({float_text(number.real)})", *factors]))
        self.expected.append(f"expect e{len(self.expected)} = {' + '.join(terms) or '0.0'};")

    def histogram(self, measurement: Foreign) -> None:
        """`sample`, `counts`, `probs`: of wires, or of mid-circuit measurements."""
        if measurement.obs is not None:
            raise CannotRead(FRAMEWORK, "samples of an observable", "use `expval`, or samples of wires")
        values = measurement.mv
        if values is not None:
            each = [values] if hasattr(values, "measurements") else list(values)
            for value in each:
                if len(value.measurements) != 1 or value.has_processing:
                    raise CannotRead(FRAMEWORK, "counts of an expression of measurements", "count the measurements")
                self.sample(self.measured[measurement_key(value.measurements[0])].partition("[")[0])
            return
        places = [list(self.wires).index(wire) for wire in measurement.wires] or list(range(len(self.wires)))
        if places == list(range(len(self.wires))):
            self.sample("q")
        elif places == list(range(places[0], places[-1] + 1)):
            self.sample(f"q[{places[0]}:{places[-1]}] as s{len(self.statements)}")
        else:
            for place in places:
                self.sample(f"q[{place}:{place}] as s{len(self.statements)}")

    def sample(self, what: str) -> None:
        if what not in self.sampled:
            self.sampled.add(what)
            self.statements.append(f"sample {what};")

    def state(self, measurement: Foreign) -> None:
        self.statements.append("state q;")


_MEASUREMENTS = {
    "ExpectationMP": Job.expectation,
    "CountsMP": Job.histogram,
    "SampleMP": Job.histogram,
    "ProbabilityMP": Job.histogram,
    "StateMP": Job.state,
}
"""Class → what it becomes."""
