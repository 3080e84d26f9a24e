"""`ql.job(…)`: a job in Python, written out as the language's own `job` block and compiled like any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from qlang.call_sites import CallSite, call_site
from qlang.circuits import BoundCircuit, Circuit
from qlang.embedding.definition import Definition
from qlang.embedding.relocation import Origins, relocated
from qlang.embedding.wording import in_python
from qlang.finite import refuse_not_finite
from qlang.job_text import Request, WrittenJob, written_job
from qlang.observables import Observable, ObservableFunction
from qlang.problems import refuse_errors, shortly, warn_of
from qlang.programs import authority_here
from qlang.results import Plan, Result, plan_of, run_of
from qlang.syntax import tree
from qlang.syntax.parser import ParseResult, parse
from qlang.syntax.source import Source, Span

if TYPE_CHECKING:
    from qlang.compiler.driver import Compilation
    from qlang.compiler.frontend import Analysis
    from qlang.sema.symbols import Symbol
    from qlang.syntax.diagnostic import Diagnostic


@dataclass(frozen=True)
class Auto:
    """`mitigate auto within Kx`."""

    within: float | None = None


def auto(within: float | None = None) -> Auto:
    """Let the compiler choose the mitigation, spending at most `within` times the raw shots."""
    _refuse_not_finite(call_site(1), within=within)
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
    _refuse_not_finite(call_site(1), fidelity=fidelity, stderr=stderr, error=error)
    terms = [] if fidelity is None else [f"fidelity >= {float(fidelity)!r}"]
    terms += [f"{name} <= {bound}" for name, bound in (("cost", cost), ("latency", latency)) if bound is not None]
    for name, bounds in (("stderr", stderr), ("error", error)):
        terms += [f"{name}({label}) <= {float(limit)!r}" for label, limit in (bounds or {}).items()]
    return Sla(tuple(terms))


@dataclass(frozen=True, eq=False)
class Job:
    """A circuit with everything that should be known, met and proven about its run; checked, not yet planned."""

    bound: BoundCircuit
    text: str
    """The job block."""
    analysis: Analysis
    """The checked program: the circuit as read from Python, and the job block behind it."""
    origins: Origins
    """Where the parts of the job block come from."""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Warnings, of the circuit too."""
        return self.analysis.diagnostics

    def plan(self) -> Plan:
        """Decide everything without running. Raises CompileError."""
        return plan_of(self._compiled(), sources_of(self))

    def run(self) -> Result:
        """Run, sign and record. Raises CompileError before, ExecutionError while running."""
        return run_of(self._compiled(), sources_of(self))

    def _compiled(self) -> Compilation:
        from qlang.compiler.driver import Options, compile_analysis

        compilation = compile_analysis(self.analysis, Options(), authority=authority_here())
        found = tuple(shown(diagnostic, self.origins) for diagnostic in compilation.diagnostics)
        return replace(compilation, diagnostics=found)

    def __repr__(self) -> str:
        (job,) = self.analysis.module.jobs
        return f"<job {job.name} of {self.bound!r}>"

    def _repr_html_(self) -> str:
        return self.bound._repr_html_()


def job(
    bound: BoundCircuit | Circuit,
    *,
    name: str | None = None,
    expect: Mapping[str, Observable | ObservableFunction | str] | None = None,
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
    means in a job block. Raises CompileError with every mistake, at the place of the argument that has it.
    """
    if isinstance(bound, Circuit):
        bound = bound()
    request = Request(
        bound=bound,
        name=name,
        expect=expect or {},
        sample=(sample,) if isinstance(sample, str) else tuple(sample or ()),
        sweep={variable: tuple(values) for variable, values in (sweep or {}).items()},
        plain={"state": state, "shots": shots, "seed": seed, "precision": precision, "crypto": crypto},
        mitigate=mitigate if mitigate is None or isinstance(mitigate, str) else _automatic(mitigate),
        backend=(backend,) if isinstance(backend, str) else tuple(backend),
        sla=() if sla is None else sla.terms,
        labels=labels or {},
    )
    site = call_site(1)
    _refuse_not_finite(site, sweep=request.sweep, shots=shots, seed=seed, precision=precision)
    return shortly(lambda: _made(request, site))


def _refuse_not_finite(site: CallSite, **given: Any) -> None:
    shortly(lambda: refuse_not_finite(site, given.items(), "job"))


def _automatic(mitigate: Auto) -> str:
    return "auto" if mitigate.within is None else f"auto within {mitigate.within:g}x"


def _made(request: Request, site: CallSite) -> Job:
    """The job, checked. Raises CompileError."""
    from qlang.compiler.frontend import analyse_tree

    bound, call = request.bound, site.call()
    definition = bound.circuit.definition
    used = _definitions(request)
    before = "\n".join(each.text.rstrip("\n") + "\n" for each in used) + "\n"
    block = written_job(request, call, bound.site.call() if bound.site is not None else None, len(before))
    source = Source(definition.source.name, before + block.text, definition.first_line)
    parsed = _parsed(source, len(before), block)
    program = tree.Program(0, len(source.text), parsed.program.statements, [])
    known = {each.name: each.symbol for each in used if each.place == "observable"}
    known[definition.name] = definition.symbol
    known |= _library_noise(request.backend)
    analysis = analyse_tree(source, program, known)
    whole = call.callee() if call is not None else Span(source, len(before), len(before) + len("job"))
    origins = Origins(source, block.pieces, whole)
    found = [*(replace(each, span=Span(source, each.span.start, each.span.end)) for each in parsed.diagnostics)]
    if not found:
        found = [*definition.diagnostics, *analysis.diagnostics]
    diagnostics = tuple(shown(diagnostic, origins) for diagnostic in found)
    refuse_errors(diagnostics)
    warn_of(each for each in diagnostics if each not in definition.diagnostics)
    return Job(bound, block.text, replace(analysis, diagnostics=diagnostics), origins)


def _library_noise(backends: Sequence[str]) -> dict[str, Symbol]:
    """The noise models of the library, where a backend names a model."""
    if not any("sim with" in each for each in backends):
        return {}
    from qlang.sema.library import library_symbols
    from qlang.sema.symbols import NoiseSymbol

    return {symbol.name: symbol for symbol in library_symbols() if isinstance(symbol, NoiseSymbol)}


def _parsed(source: Source, start: int, block: WrittenJob) -> ParseResult:
    """The block behind the functions; names that are words of the language are read as names."""
    text = " " * start + block.text
    for begin, end in block.words:
        text = text[:begin] + "_" * (end - begin) + text[end:]
    parsed = parse(Source(source.name, text))
    for node in tree.walk(parsed.program):
        if isinstance(node, tree.Name) and (node.start, node.end) in block.words:
            node.name = source.text[node.start : node.end]
    return parsed


def sources_of(job: Job) -> tuple[Source, ...]:
    """The files of the functions that a job is made of."""
    return tuple(dict.fromkeys(each.source for each in job.bound.circuit.definition.all_used()))


def shown(diagnostic: Diagnostic, origins: Origins) -> Diagnostic:
    """A diagnostic where the user wrote what it is about; in a function, in Python's words."""
    return relocated(diagnostic if diagnostic.span.source is origins.source else in_python(diagnostic), origins)


def _definitions(request: Request) -> list[Definition]:
    """What the job needs, what is needed first. Raises ValueError where two things that it names have one name."""
    used = request.bound.circuit.definition.all_used()
    for observable in request.observables():
        for definition in observable.uses:
            used += [each for each in definition.all_used() if each not in used]
    names: dict[str, Definition] = {}
    for each in used:
        named = each.place == "observable" or each is request.bound.circuit.definition
        if named and names.setdefault(each.name, each) is not each:
            raise ValueError(f"two parts of the job are called {each.name!r}")
    return used
