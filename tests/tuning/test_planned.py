"""Settings as plans state them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from xdsl.dialects.builtin import ModuleOp

from qlang.backends.native_programs import options_for
from qlang.compiler.driver import Options, compile_source
from qlang.compiler.tunable import tunable_of
from qlang.compiler.tuning_stage import ApplyTuning
from qlang.ir import plan
from qlang.ir.dialects import context
from qlang.ir.text import parse_ir, print_ir
from qlang.ir.values import plain_attributes
from qlang.kernels.cpu.arguments import MOST_REGISTERS
from qlang.kernels.cpu.host import Precision
from qlang.kernels.program import PlanOptions
from qlang.syntax.source import Source
from qlang.tuning.device import this_cpu
from qlang.tuning.genome import Setting, configuration_of, plan_space
from qlang.tuning.planned import BadTuning, Planned, planned_attributes, planned_from
from qlang.tuning.record import Best, Kernel, Record
from qlang.tuning.statistics import Interval
from qlang.tuning.store import user_store
from tests.tuning.test_cli import BRICKWORK

OPTIONS = PlanOptions(lane_bits=3, tile_bits=13, registers=2, phase_cost=1.0, lane_choice="first")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_what_is_stated_is_what_is_read(precision: Precision) -> None:
    options = replace(OPTIONS, lane_bits=options_for(precision).lane_bits)
    stated = planned_attributes("00ff", Setting(options, 3, precision))
    assert planned_from(stated, precision) == Planned("00ff", options, 3)


def test_plans_may_state_what_is_no_option_any_more() -> None:
    options = replace(OPTIONS, lane_bits=options_for("float64").lane_bits)
    stated = planned_attributes("00ff", Setting(options, 3, "float64"))
    assert "plain_registers" not in stated
    assert planned_from(stated | {"plain_registers": 4}, "float64") == Planned("00ff", options, 3)


def test_as_many_registers_as_a_kernel_has_words_for_are_read() -> None:
    stated = planned_attributes("00ff", Setting(OPTIONS, 3, "float64"))
    assert planned_from(stated | {"registers": MOST_REGISTERS}, "float64").options.registers == MOST_REGISTERS


@pytest.mark.parametrize(
    "changed",
    [
        {"tile_bits": 0},
        {"tile_bits": 40},
        {"tile_bits": "13"},
        {"tile_bits": 13.0},
        {"registers": True},
        {"registers": 0},
        {"registers": MOST_REGISTERS + 1},
        {"contiguous_bits": 14},
        {"lane_choice": "worst"},
        {"threads": 0},
        {"structure": 7},
        {"more": 1},
    ],
)
def test_what_no_setting_says_is_refused(changed: dict[str, Any]) -> None:
    stated = planned_attributes("00ff", Setting(OPTIONS, 2, "float64"))
    with pytest.raises(BadTuning):
        planned_from(stated | changed, "float64")
    with pytest.raises(BadTuning):
        planned_from({name: value for name, value in stated.items() if name != "registers"}, "float64")


def module(text: str = BRICKWORK, job: str = "tuned") -> ModuleOp:
    found = compile_source(Source("b.qjob", text), Options(job=job, seed=1), stop_after="plan-execution").module
    assert found is not None
    return found


def tuned(module: ModuleOp, stage: ApplyTuning = ApplyTuning()) -> Any:  # noqa: B008 - frozen
    """What the plan says after the pass."""
    stage.apply(context(), module)
    again = parse_ir(print_ir(module))
    (lower,) = [op for op in again.walk() if isinstance(op, plan.LowerOp)]
    return plain_attributes(lower).get("tuning")


def store(best: PlanOptions) -> bytes:
    """Confirm options for the job's structure."""
    found = tunable_of(module())
    structure, pinned = found.lowering.steps.digest, Setting(options_for("float64"), this_cpu().cores, "float64")
    space = plan_space(found.qubits, pinned)
    kernel = Kernel(found.qubits, "float64", structure.hex(), pinned.threads)
    point = configuration_of(Setting(best, pinned.threads, "float64"), space)
    confirmed = Best(point, Interval(0.8, 0.7, 0.9), 0.95)
    first = configuration_of(pinned, space)
    user_store().save(Record(kernel, this_cpu(), first, "latency-only", "none", (), confirmed))
    return structure


def test_plans_state_what_was_confirmed_here() -> None:
    best = replace(options_for("float64"), tile_bits=9, registers=2)
    assert tuned(module()) is None
    structure = store(best)
    stated = tuned(module())
    assert planned_from(stated, "float64") == Planned(structure.hex(), best, this_cpu().cores)


def test_another_structure_is_not_tuned() -> None:
    store(replace(options_for("float64"), tile_bits=9))
    assert tuned(module(BRICKWORK.replace("[0:3]", "[0:2]"))) is None


def test_a_replay_states_what_was_recorded() -> None:
    store(replace(options_for("float64"), tile_bits=9))
    assert tuned(module(), ApplyTuning({})) is None
    recorded = planned_attributes("00ff", Setting(OPTIONS, 2, "float64"))
    assert tuned(module(), ApplyTuning(recorded)) == recorded


def test_jobs_that_begin_with_no_gates_have_no_tuning() -> None:
    store(replace(options_for("float64"), tile_bits=9))
    assert tuned(module(job="empty")) is None


def test_angles_are_no_part_of_the_structure() -> None:
    one, other = (tunable_of(module(text)).lowering for text in (BRICKWORK, BRICKWORK.replace("a = 0.3", "a = 0.9")))
    assert one.steps == other.steps
    assert (one.angles() != other.angles()).any()
