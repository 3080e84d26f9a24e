"""Counters of energy, and the two types of fitness."""

from pathlib import Path

import pytest

from qlang.tuning.energy import Meter, NoMeter, cpu_meter, gpu_meter
from qlang.tuning.fitness import LatencyEnergyFitness, LatencyFitness, Repetitions, fitness_of


def zone(folder: Path, name: str, microjoules: str, span: str = "999999") -> Path:
    made = folder / name
    made.mkdir()
    (made / "energy_uj").write_text(f"{microjoules}\n")
    (made / "max_energy_range_uj").write_text(f"{span}\n")
    return made


def test_packages_are_summed_and_their_parts_are_not(tmp_path: Path) -> None:
    first, _ = zone(tmp_path, "intel-rapl:0", "100000"), zone(tmp_path, "intel-rapl:1", "200000")
    zone(tmp_path, "intel-rapl:0:0", "50000")
    meter = cpu_meter(tmp_path)
    assert isinstance(meter, Meter)
    assert meter.name == "RAPL"
    assert meter.joules() == pytest.approx(0.3)
    (first / "energy_uj").write_text("600000\n")
    assert meter.joules() == pytest.approx(0.8)


def test_a_counter_that_wraps_goes_on(tmp_path: Path) -> None:
    package = zone(tmp_path, "intel-rapl:0", "900000")
    meter = cpu_meter(tmp_path)
    assert isinstance(meter, Meter)
    for count, joules in ((900000, 0.9), (100, 1.0001), (50, 2.00005)):
        (package / "energy_uj").write_text(f"{count}\n")
        assert meter.joules() == pytest.approx(joules)


def test_no_counter_is_said_and_not_made_up(tmp_path: Path) -> None:
    assert isinstance(cpu_meter(tmp_path), NoMeter)
    package = zone(tmp_path, "intel-rapl:0", "many")
    assert isinstance(cpu_meter(tmp_path), NoMeter)
    (package / "energy_uj").unlink()
    none = cpu_meter(tmp_path)
    assert isinstance(none, NoMeter)
    assert "intel-rapl:0" in none.reason


def test_the_device_counter_counts_or_says_why_not() -> None:
    meter = gpu_meter()
    if isinstance(meter, NoMeter):
        assert "NVML" in meter.reason
    else:
        before = meter.joules()
        assert before > 0
        assert meter.joules() >= before


def test_energy_weighs_three_tenths() -> None:
    reference = Repetitions((2.0, 2.0, 2.0), (10.0, 10.0, 10.0))
    found = fitness_of(Repetitions((1.0, 1.0, 1.0), (20.0, 20.0, 20.0)), reference, counter="RAPL")
    assert isinstance(found, LatencyEnergyFitness)
    assert found.kind == "latency+energy"
    assert found.interval.value == pytest.approx(-(0.7 * 0.5 + 0.3 * 2.0))
    assert (found.latency.value, found.energy.value, found.source) == (0.5, 2.0, "RAPL")


@pytest.mark.parametrize("missing", [0, 1])
def test_without_energy_the_type_is_latency_only(missing: int) -> None:
    rows = [Repetitions((1.0, 1.0), (1.0, 1.0)), Repetitions((2.0, 2.0), (1.0, 1.0))]
    rows[missing] = Repetitions(rows[missing].seconds, None)
    found = fitness_of(*rows, counter="no RAPL")
    assert isinstance(found, LatencyFitness)
    assert (found.kind, found.reason) == ("latency-only", "no RAPL")
    assert found.interval.value == -0.5
    assert not hasattr(found, "energy")


def test_the_reference_is_worth_minus_one() -> None:
    same = Repetitions((1.5, 1.0, 2.0), (3.0, 2.0, 4.0))
    assert fitness_of(same, same, counter="").interval.value == pytest.approx(-1)
    alone = Repetitions((1.5, 1.0, 2.0), None)
    assert fitness_of(alone, alone, counter="").interval.value == -1
