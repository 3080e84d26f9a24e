"""`qlangc tune`: search for the fastest configuration of a job's kernel on this machine, and keep it."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from qlang.compiler import exit_codes
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.failure import Failure
from qlang.compiler.verbs.programs import whole_number

if TYPE_CHECKING:
    from qlang.compiler.tunable import Tunable
    from qlang.kernels.cpu.host import Precision
    from qlang.tuning.budget import Budget
    from qlang.tuning.measure import Measurement
    from qlang.tuning.space import Configuration
    from qlang.tuning.tuner import Laboratory

SCHEMA = "qlang.tune/1"
_MOST_THREADS = 4096
_MOST_RUNS = 64
_BUSY = 0.5
"""Of the cores, by the average of the last minute."""

_DESCRIPTION = """Measure configurations of the kernel that a job begins with (sizes of sweeps, registers, lanes,
threads, precision where the job allows single precision) against the default, and keep the best one for this
structure on this machine. A configuration is kept only if it gives the same amplitudes and fresh repetitions are
faster than the default beyond their confidence interval; otherwise the default stays.

--budget is a number of measurements (40) or a time (90s, 5min). --compare runs all strategies from several seeds with
the same number of measurements each and reports how they did against random search.

Ctrl-C ends the search; what was measured is kept and is not measured again."""


def main(argv: list[str]) -> int:
    parser = verb_parser("tune", _DESCRIPTION)
    parser.add_argument("file", metavar="FILE", help="a .qjob or .qasm file; - reads standard input")
    parser.add_argument("--job", metavar="NAME", help="which job, where the file has several")
    parser.add_argument("--strategy", metavar="S", help="random, local (default) or tpe (needs the extra `tune`)")
    parser.add_argument("--budget", metavar="N", default="40", help="measurements, or a time as 90s (default: 40)")
    parser.add_argument("--compare", action="store_true", help="all strategies side by side, against random search")
    parser.add_argument("--runs", type=_runs, default=3, metavar="N", help="seeds of each strategy with --compare")
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="of the search (default: 0)")
    parser.add_argument("--threads", type=_threads, metavar="N", help="the most that may be used (default: all)")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier searches measured")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--stdin-filename", metavar="NAME", help="what to call standard input in diagnostics")
    options = parser.parse_args(argv)
    console = console_of(options)
    budget = _checked(options)
    tunable = _tunable(options, console)
    if tunable is None:
        return exit_codes.DIAGNOSTICS
    report = _tuned(options, console, tunable, budget)
    if options.json:
        console.result_json({"schema": SCHEMA, **report})
    else:
        from qlang.compiler.tune_table import tune_table

        console.result(tune_table(report, console.out))
    return exit_codes.OK


def _checked(options: Namespace) -> Budget:
    """The budget. Raises: Failure for a budget or a strategy that is none, before anything is compiled."""
    from qlang.sema.suggestions import suggest
    from qlang.tuning.budget import budget_from_text
    from qlang.tuning.errors import BadBudget, UnknownStrategy
    from qlang.tuning.strategy import DEFAULT_STRATEGY, STRATEGIES

    if options.strategy is not None and options.compare:
        raise Failure("--compare runs all strategies", "leave out --strategy")
    options.strategy = DEFAULT_STRATEGY if options.strategy is None else options.strategy
    if options.strategy not in STRATEGIES:
        unknown = UnknownStrategy(options.strategy, STRATEGIES)
        near = suggest(options.strategy, STRATEGIES)
        raise Failure(str(unknown), f"did you mean `{near}`?" if near else unknown.help)
    try:
        return budget_from_text(options.budget)
    except BadBudget as error:
        raise Failure(str(error), error.help) from error


def _tunable(options: Namespace, console: Console) -> Tunable | None:
    """What is searched for; `None` after showing the mistakes of the program."""
    from qlang.compiler.sources import source_of
    from qlang.syntax.diagnostic import errors_of

    source = source_of(options.file, console, stdin_name=options.stdin_filename)
    if source is None:
        return None
    from qlang.backends.limits import NATIVE
    from qlang.compiler.driver import Options, compile_source
    from qlang.compiler.tunable import NothingToTune, tunable_of
    from qlang.compiler.verbs.faults import faults_reported
    from qlang.compiler.verbs.programs import authority_for

    choices = Options(job=options.job, target=NATIVE)
    compilation = compile_source(source, choices, authority=authority_for(None), stop_after="kernel")
    console.diagnostics(compilation.diagnostics)
    if errors_of(compilation.diagnostics):
        return None
    assert compilation.module is not None, "a program without errors is lowered"
    try:
        with faults_reported():
            return tunable_of(compilation.module)
    except NothingToTune as error:
        raise Failure("there is nothing to tune", str(error), exit_codes.EXECUTION) from error


def _tuned(options: Namespace, console: Console, tunable: Tunable, budget: Budget) -> dict[str, Any]:
    """Search and report. Raises: Failure."""
    from qlang.compiler.tune_report import comparison, tune_report
    from qlang.tuning.compare import compare, standings
    from qlang.tuning.errors import TuningError
    from qlang.tuning.strategy import STRATEGIES, strategy_named
    from qlang.tuning.tuner import conclude, tune

    try:
        laboratory = _laboratory(options, console, tunable, budget)
        default = laboratory.bench.default
        if not options.compare:
            strategy = strategy_named(options.strategy, laboratory.space, default, seed=options.seed)
            return tune_report(tunable, laboratory, tune(laboratory, strategy, budget), options.strategy)
        seeds = range(options.seed, options.seed + options.runs)
        traces = compare(laboratory, STRATEGIES, seeds, budget)
        report = tune_report(tunable, laboratory, conclude(laboratory), "compare")
        return report | {"comparison": comparison(standings(traces))}
    except TuningError as error:
        raise Failure(str(error), error.help, exit_codes.EXECUTION) from error


def _laboratory(options: Namespace, console: Console, tunable: Tunable, budget: Budget) -> Laboratory:
    """The native engine, ready to be measured in any configuration."""
    from qlang.backends.native_programs import options_for
    from qlang.tuning.device import this_cpu
    from qlang.tuning.energy import cpu_meter
    from qlang.tuning.genome import Setting, configuration_of, plan_space
    from qlang.tuning.measure import bench_for
    from qlang.tuning.native import NativeSubject
    from qlang.tuning.record import Kernel
    from qlang.tuning.store import user_store
    from qlang.tuning.tuner import Laboratory

    store, device = user_store(), this_cpu()
    threads = options.threads or device.cores
    pinned = Setting(options_for(tunable.precision), threads, tunable.precision)
    space = plan_space(tunable.qubits, pinned, precisions=_fitting(tunable))
    lowering = tunable.lowering
    console.note(f"{tunable.kernel}: {tunable.qubits} qubits, {len(lowering.steps)} steps, {tunable.precision}")
    _warn_of_load(console, device.cores)
    subject = NativeSubject(lowering.steps, lowering.angles(), tunable.precision)
    kernel = Kernel(tunable.qubits, tunable.precision, lowering.steps.digest.hex(), threads)
    bench = bench_for(subject, configuration_of(pinned, space), meter=cpu_meter())

    def said(count: int, found: Measurement) -> None:
        of = f"/{budget.measurements}" if budget.measurements is not None and not options.compare else ""
        console.note(f"[{count}{of}] {_verdict(found)}  {_changed(found, bench.default)}")

    return Laboratory(bench, space, kernel, device, store, fresh=options.fresh, report=said)


def _warn_of_load(console: Console, cores: int) -> None:
    """Others' work slows threads down unequally: what is best beside it may not be best without."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > _BUSY * cores:
        busy = f"the machine is busy (load {load:.1f} on {cores} cores)"
        console.note(f"warning: {busy}; what is measured now may not hold later")


def _fitting(tunable: Tunable) -> tuple[Precision, ...]:
    """The precisions that may be tried in this machine's memory, all states at once.

    Raises: Failure where not even one state fits.
    """
    from qlang.backends.limits import NATIVE, available_memory, most_qubits, state_bytes
    from qlang.tuning.genome import allowed_precisions

    names = {"float32": "f32", "float64": "f64"}
    memory, allowed = available_memory(), allowed_precisions(tunable.precision)
    needed = [state_bytes(tunable.qubits, "state_vector", NATIVE, names[each]) for each in allowed]
    if needed[0] > memory:
        fit = most_qubits(noisy=False, target=NATIVE, precision=names[tunable.precision])
        raise Failure(
            f"a state of {tunable.qubits} qubits in {tunable.precision} takes {needed[0] / 2**30:.3g} GiB, "
            f"this machine has {memory / 2**30:.3g} GiB for it",
            f"up to {fit} qubits fit",
            exit_codes.EXECUTION,
        )
    return allowed if sum(needed) <= memory else allowed[:1]


def _changed(found: Measurement, default: Configuration) -> str:
    """What is different from the default."""
    return " ".join(f"{name}={value}" for name, value in found.configuration.items() if value != default[name])


def _verdict(found: Measurement) -> str:
    """A measurement in a word: how it compares, or why it does not."""
    return found.invalidity if found.fitness is None else f"{found.fitness.latency.value:.3f} of the default's time"


def _runs(text: str) -> int:
    return whole_number(text, 1, _MOST_RUNS)


def _seed(text: str) -> int:
    return whole_number(text, 0, sys.maxsize)


def _threads(text: str) -> int:
    return whole_number(text, 1, _MOST_THREADS)
