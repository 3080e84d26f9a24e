"""The genome of plans: every point means options that a program can be planned with, and the default is one."""

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from qlang.kernels.cpu.host import Precision, host_target
from qlang.kernels.program import PlanOptions
from qlang.tuning.best import best_options, best_setting
from qlang.tuning.device import this_cpu
from qlang.tuning.genome import Setting, configuration_of, plan_space, setting_of
from qlang.tuning.record import Best, Kernel, Record
from qlang.tuning.statistics import Interval
from qlang.tuning.store import Store


def default(precision: Precision = "float32", threads: int = 2, **options: int) -> Setting:
    lanes = host_target().lane_bits(precision)
    return Setting(PlanOptions(lane_bits=lanes, **options), threads, precision)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("qubits", [1, 4, 10, 16, 24, 40])
def test_the_default_is_a_point_and_points_are_settings(precision: Precision, qubits: int) -> None:
    pinned = default(precision)
    space = plan_space(qubits, pinned)
    point = configuration_of(pinned, space)
    assert setting_of(point) == pinned
    assert len(space.points) <= 100_000
    for each in space.points[:: max(len(space.points) // 500, 1)]:
        setting = setting_of(each)
        if setting.options.lane_bits == pinned.options.lane_bits:
            assert configuration_of(setting, space) == each
        assert setting.threads <= 2


def test_every_option_of_plans_is_a_gene() -> None:
    """But the lanes, which the processor and the precision decide."""
    genes = {gene.name for gene in plan_space(16, default()).genes}
    assert genes == {field.name for field in fields(PlanOptions)} - {"lane_bits"} | {"threads", "precision"}


def test_only_a_job_that_may_run_in_single_precision_has_two() -> None:
    def precisions(setting: Setting) -> set[object]:
        return {point["precision"] for point in plan_space(12, setting).points}

    assert precisions(default("float32")) == {"float32", "float64"}
    assert precisions(default("float64")) == {"float64"}


def test_unusual_defaults_are_in_the_space() -> None:
    pinned = default("float64", 3, tile_bits=22, contiguous_bits=9, registers=4, lookahead=7)
    space = plan_space(14, pinned)
    assert setting_of(configuration_of(pinned, space)) == pinned
    assert {point["threads"] for point in space.points} == {1, 2, 3}


def saved(folder: Path, best: Setting) -> None:
    pinned = default()
    space = plan_space(20, pinned)
    kernel = Kernel(20, "float32", b"structure".hex(), 2)
    point, interval = configuration_of(best, space), Interval(0.8, 0.7, 0.9)
    first = configuration_of(pinned, space)
    Store(folder).save(Record(kernel, this_cpu(), first, "latency-only", "none", (), Best(point, interval, 0.95)))


def asked(folder: Path, **changed: object) -> PlanOptions | None:
    pinned = default()
    asking = {"structure": b"structure", "qubits": 20, "precision": "float32", "threads": 2, "default": pinned.options}
    return best_options(**(asking | changed), store=Store(folder))  # type: ignore[arg-type]


def test_backends_get_what_was_confirmed(tmp_path: Path) -> None:
    better = replace(default().options, tile_bits=14)
    assert asked(tmp_path) is None
    saved(tmp_path, Setting(better, 2, "float32"))
    assert asked(tmp_path) == better


@pytest.mark.parametrize(
    "changed",
    [
        {"structure": b"another"},
        {"qubits": 21},
        {"threads": 1},
        {"precision": "float64", "default": default("float64").options},
        {"default": replace(default().options, tile_bits=15)},
        {"device": replace(this_cpu(), model="another")},
    ],
)
def test_nothing_is_taken_from_another_kernel(changed: dict[str, object], tmp_path: Path) -> None:
    saved(tmp_path, Setting(replace(default().options, tile_bits=14), 2, "float32"))
    assert asked(tmp_path, **changed) is None


@pytest.mark.parametrize(("threads", "precision"), [(1, "float32"), (2, "float64")])
def test_options_come_alone_only_where_they_were_measured_so(
    threads: int, precision: Precision, tmp_path: Path
) -> None:
    options = replace(default(precision).options, tile_bits=13)
    saved(tmp_path, Setting(options, threads, precision))
    assert asked(tmp_path) is None
    found = best_setting(b"structure", 20, default(), store=Store(tmp_path))
    assert found == Setting(options, threads, precision)


def test_asking_imports_no_search() -> None:
    code = "import sys, qlang.tuning.best as b; print([m for m in sys.modules if 'optuna' in m or 'tuner' in m])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_device_is_what_decides_speed() -> None:
    here = this_cpu()
    assert here.cores >= 1
    assert here.model
    assert any("llvmlite" in each for each in here.software)
    others = [replace(here, features=()), replace(here, caches=()), replace(here, cores=here.cores + 1)]
    assert len({here.digest, *(other.digest for other in others)}) == 4
