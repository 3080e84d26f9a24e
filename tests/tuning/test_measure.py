"""Measuring: correctness first, interleaved, and hopeless candidates are not waited for. The clock is the machine's."""

import pytest

from qlang.tuning.energy import Meter, NoMeter
from qlang.tuning.errors import Invalid
from qlang.tuning.fitness import LatencyEnergyFitness, LatencyFitness
from qlang.tuning.measure import Bench, Effort, bench_for, confirmed, measure
from tests.tuning.recorded import BROKEN, DEFAULT, OPTIMUM, SPACE, Machine, point, seconds

NONE = NoMeter("no counter here")


def bench(machine: Machine, effort: Effort = Effort(), *, metered: bool = False) -> Bench:  # noqa: B008 - frozen
    meter = Meter("counter", lambda: machine.joules) if metered else NONE
    idle = lambda taken: machine.spend(taken, busy=False)  # noqa: E731
    return bench_for(machine, DEFAULT, meter=meter, effort=effort, clock=machine.clock, pause=idle)


def true_ratio(configuration: object) -> float:
    one, other = seconds(configuration), seconds(DEFAULT)  # type: ignore[arg-type]
    assert one is not None
    assert other is not None
    return one / other


def test_without_noise_the_ratio_is_that_of_the_seconds() -> None:
    found = measure(bench(Machine(), Effort(most_seconds=1e6)), OPTIMUM)
    assert isinstance(found.fitness, LatencyFitness)
    assert found.fitness.reason == "no counter here"
    assert found.fitness.latency.value == pytest.approx(true_ratio(OPTIMUM))
    assert found.invalidity == "correct"
    assert len(found.repetitions.seconds) == len(found.reference.seconds) == Effort().repetitions


def test_a_machine_that_slows_down_makes_nobody_slower() -> None:
    """Every second makes the next ones one percent longer."""
    machine = Machine()
    spend = machine.spend
    machine.spend = lambda taken, **how: spend(taken * (1 + machine.clock() / 100), **how)  # type: ignore[method-assign]
    found = measure(bench(machine, Effort(most_seconds=1e6)), OPTIMUM)
    assert found.fitness is not None
    assert found.reference.seconds[-1] > 1.1 * found.reference.seconds[0]
    assert found.fitness.interval.value == pytest.approx(-true_ratio(OPTIMUM), rel=0.05)


def test_repetitions_end_in_time_but_not_too_early() -> None:
    found = measure(bench(Machine(), Effort(repetitions=50, most_seconds=0.1, least_repetitions=4)), OPTIMUM)
    assert len(found.repetitions.seconds) == 4


def test_short_runs_are_repeated_until_a_clock_sees_them() -> None:
    machine = Machine()
    long = bench(machine, Effort(repetitions=1, least_repetitions=1, shortest=100.0))
    before = machine.clock()
    found = measure(long, OPTIMUM)
    assert machine.clock() - before > 200
    assert found.repetitions.seconds[0] == pytest.approx(seconds(OPTIMUM))


def test_wrong_amplitudes_are_never_timed() -> None:
    machine = Machine(errors={OPTIMUM: 1e-3})
    found = measure(bench(machine), OPTIMUM)
    assert (found.invalidity, found.fitness, found.error) == ("correctness", None, 1e-3)
    assert found.repetitions.seconds == ()


def test_amplitudes_that_are_no_numbers_are_wrong() -> None:
    found = measure(bench(Machine(errors={OPTIMUM: float("nan")})), OPTIMUM)
    assert found.invalidity == "correctness"


def test_what_cannot_be_compiled_is_a_measurement_too() -> None:
    broken = next(each for each in SPACE.points if all(each[name] == value for name, value in BROKEN.items()))
    found = measure(bench(Machine()), broken)
    assert (found.invalidity, found.reason, found.fitness) == ("compile", "out of registers", None)


def test_the_hopeless_are_not_waited_for() -> None:
    worst = point(tile=8, rows=4, registers=1, order="last", threads=1)
    machine = Machine()
    laid = bench(machine, Effort(hopeless=1.2))
    before = machine.clock()
    found = measure(laid, worst)
    assert found.invalidity == "timeout"
    assert "times slower" in found.reason
    assert machine.clock() - before < 10 * true_ratio(worst) * laid.pinned_seconds


def test_a_default_that_is_wrong_stops_everything() -> None:
    with pytest.raises(Invalid, match="default"):
        bench(Machine(errors={DEFAULT: 1.0}))


def test_energy_is_that_of_the_run_above_idle() -> None:
    found = measure(bench(Machine(watts=40.0), metered=True), OPTIMUM)
    assert isinstance(found.fitness, LatencyEnergyFitness)
    assert found.fitness.source == "counter"
    assert found.repetitions.joules is not None
    assert found.repetitions.joules[0] == pytest.approx(40.0 * seconds(OPTIMUM))  # type: ignore[operator]
    ratio = true_ratio(OPTIMUM)
    assert found.fitness.interval.value == pytest.approx(-(0.7 * ratio + 0.3 * ratio))


def test_a_counter_that_does_not_move_is_no_energy() -> None:
    machine = Machine(watts=40.0)
    laid = bench_for(
        machine, DEFAULT, meter=Meter("stuck", lambda: 7.0), clock=machine.clock, pause=machine.clock.pass_
    )
    found = measure(laid, OPTIMUM)
    assert isinstance(found.fitness, LatencyFitness)
    assert "stuck" in found.fitness.reason


def test_finalists_are_measured_longer_and_judged_harder() -> None:
    machine = Machine(noise=0.05, seed=1)
    laid = bench(machine, Effort(most_seconds=1e6))
    once, again = measure(laid, OPTIMUM), confirmed(laid, OPTIMUM, finalists=3)
    assert len(again.repetitions.seconds) == 2 * len(once.repetitions.seconds)
    assert machine.prepared.count(OPTIMUM) == 2
