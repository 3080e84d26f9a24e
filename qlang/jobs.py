"""`ql.job(…)`: a job in Python, written out as the language's own `job` block and compiled like any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from qlang.circuits import BoundCircuit
from qlang.observables import Observable
from qlang.programs import Plan, Result, authority_here, plan_of, run_of
from qlang.syntax import tree
from qlang.syntax.parser import parse
from qlang.syntax.source import Source

if TYPE_CHECKING:
    from qlang.compiler.driver import Compilation
    from qlang.compiler.frontend import Analysis


@dataclass(frozen=True)
class Auto:
    """`mitigate auto within Kx`."""

    within: float | None = None


def auto(within: float | None = None) -> Auto:
    """Let the compiler choose the mitigation, spending at most `within` times the raw shots."""
    return Auto(within)


@dataclass(frozen=True)
class Sla:
    """The terms of an SLA, as text of the language."""

    terms: tuple[str, ...]


def sla(
    *,
    fidelity: float | None = None,
    cost: str | None = None,
    latency: str | None = None,
    stderr: Mapping[str, float] | None = None,
    error: Mapping[str, float] | None = None,
) -> Sla:
    """An SLA: `ql.sla(fidelity=0.85, cost="25 usd", latency="30 min", stderr={"mz": 0.01})`."""
    terms = [] if fidelity is None else [f"fidelity >= {float(fidelity)!r}"]
    terms += [f"{name} <= {bound}" for name, bound in (("cost", cost), ("latency", latency)) if bound is not None]
    for name, bounds in (("stderr", stderr), ("error", error)):
        terms += [f"{name}({label}) <= {float(limit)!r}" for label, limit in (bounds or {}).items()]
    return Sla(tuple(terms))


@dataclass(frozen=True, eq=False)
class Job:
    """A circuit with everything that should be known, met and proven about its run."""

    bound: BoundCircuit
    text: str
    """The job block."""

    @cached_property
    def analysis(self) -> Analysis:
        """The checked program: the circuit as read from Python, and the job block behind it."""
        from qlang.compiler.frontend import analyse_tree

        circuit = self.bound.circuit
        python = circuit.source.text
        source = Source(circuit.source.name, f"{python}\n{self.text}", circuit.source.first_line)
        blank = Source(source.name, " " * len(python) + f"\n{self.text}")
        block = parse(blank)
        program = tree.Program(0, len(source.text), [circuit.definition, *block.program.statements], [])
        analysis = analyse_tree(source, program)
        if block.diagnostics:
            from dataclasses import replace

            return replace(analysis, diagnostics=(*block.diagnostics, *analysis.diagnostics))
        return analysis

    def plan(self) -> Plan:
        """Decide everything without running. Raises CompileError."""
        return plan_of(self._compiled())

    def run(self) -> Result:
        """Run, sign and record. Raises CompileError before, ExecutionError while running."""
        return run_of(self._compiled())

    def _compiled(self) -> Compilation:
        from qlang.compiler.driver import Options, compile_analysis

        return compile_analysis(self.analysis, Options(), authority=authority_here())


def job(
    bound: BoundCircuit,
    *,
    name: str | None = None,
    expect: Mapping[str, Observable | str] | None = None,
    sample: str | Sequence[str] | None = None,
    state: str | None = None,
    sweep: Mapping[str, Iterable[float]] | None = None,
    shots: int | str | None = None,
    seed: int | None = None,
    mitigate: str | Auto | None = None,
    backend: str | Sequence[str] = "sim",
    precision: float | None = None,
    crypto: str | None = None,
    sla: Sla | None = None,
    labels: Mapping[str, str] | None = None,
) -> Job:
    """A job over a circuit with its arguments: `ql.job(quench(8, steps=10), expect={"mz": ql.mean(ql.Z)})`.

    `expect` takes observables or text of the language; `sweep` values for parameters; the rest means what it
    means in a job block.
    """
    _refuse_statements(backend, mitigate, sample, state, shots, crypto, *(sla.terms if sla is not None else ()))
    circuit = bound.circuit
    arguments = [f"{parameter} = {_number(value)}" for parameter, value in bound.arguments.items()]
    arguments += [f"{parameter} = {parameter}" for parameter in sweep or {}]
    lines = [f"run {circuit.name}({', '.join(arguments)});"]
    for variable, values in (sweep or {}).items():
        lines.append(f"sweep {variable} in [{', '.join(map(_number, values))}];")
    for label, observable in (expect or {}).items():
        text = observable.write(circuit.registers) if isinstance(observable, Observable) else observable
        lines.append(f"expect {label} = {text};")
    lines += [f"sample {register};" for register in ([sample] if isinstance(sample, str) else sample or ())]
    options = {"state": state, "shots": shots, "seed": seed, "precision": precision, "crypto": crypto}
    lines += [f"{word} {value};" for word, value in options.items() if value is not None]
    if mitigate is not None:
        lines.append(f"mitigate {_mitigation(mitigate)};")
    lines.append(f"backend {backend if isinstance(backend, str) else ', '.join(backend)};")
    if sla is not None and sla.terms:
        lines.append("sla { " + " ".join(f"{term};" for term in sla.terms) + " }")
    for key, value in (labels or {}).items():
        if any(character in value for character in '"\\\n\r'):
            raise ValueError(f"a label's value holds no quotes, backslashes or line breaks: {value!r}")
        lines.append(f'label {key} = "{value}";')
    body = "\n".join(f"  {line}" for line in lines)
    return Job(bound, f"job {name or circuit.name + '_job'} {{\n{body}\n}}\n")


def _refuse_statements(*options: object) -> None:
    """Raises ValueError for an option that would end its statement of the job block and begin another."""
    for option in options:
        parts = option if isinstance(option, (list, tuple)) else (option,)
        for part in parts:
            if isinstance(part, str) and any(character in part for character in ";{}\n\r"):
                raise ValueError(f"not a part of one statement: {part!r}")


def _mitigation(mitigate: str | Auto) -> str:
    if isinstance(mitigate, str):
        return mitigate
    return "auto" if mitigate.within is None else f"auto within {mitigate.within:g}x"


def _number(value: float) -> str:
    """A Python or NumPy number as a literal."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return repr(plain)
