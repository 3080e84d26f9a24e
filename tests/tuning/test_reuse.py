"""What was tuned is used by the next run, stated in its plan, and by no other circuit; replays do as the run did."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qlang.backends import native_programs
from qlang.backends.errors import BadRequest
from qlang.backends.native import NativeBackend
from qlang.backends.native_programs import binder_of, options_for
from qlang.backends.protocol import Request
from qlang.compiler.driver import Options, compile_source
from qlang.compiler.tunable import Tunable, tunable_of
from qlang.ir.kernel import FuncOp
from qlang.kernels.program import PlanOptions, Program
from qlang.kernels.steps import Steps
from qlang.syntax.source import Source
from qlang.tuning.device import this_cpu
from qlang.tuning.genome import Setting, configuration_of, plan_space
from qlang.tuning.planned import planned_attributes, planned_from
from qlang.tuning.record import Best, Kernel, Record
from qlang.tuning.statistics import Interval
from qlang.tuning.store import user_store

TEXT = """include "stdgates.inc";

circuit brickwork(float a) {
  qubit[13] q;
  for int layer in [0:3] {
    ry(a) q;
    rz(2*a) q;
    for int i in [0:5] { cx q[2*i], q[2*i+1]; }
    for int i in [0:5] { cx q[2*i+1], q[2*i+2]; }
  }
}

observable z(qubit[13] q) = Z(q[0]) + X(q[5]);

job j { run brickwork(a = 0.3); expect z = z(q); sample q; shots 200; seed 3; backend sim; }
"""
BEST = replace(options_for("float64"), tile_bits=10, registers=2)


@pytest.fixture
def cache(in_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (in_workspace / "b.qjob").write_text(TEXT)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def tunable(text: str = TEXT) -> Tunable:
    module = compile_source(Source("b.qjob", text), Options(), stop_after="kernel").module
    assert module is not None
    return tunable_of(module)


def store(text: str = TEXT) -> bytes:
    """Confirm options for the job's structure."""
    found = tunable(text)
    structure, pinned = found.lowering.steps.digest, Setting(options_for("float64"), this_cpu().cores, "float64")
    space = plan_space(found.qubits, pinned)
    kernel = Kernel(found.qubits, "float64", structure.hex(), pinned.threads)
    best = Best(configuration_of(replace(pinned, options=BEST), space), Interval(0.8, 0.7, 0.9), 0.95)
    first = configuration_of(pinned, space)
    user_store().save(Record(kernel, this_cpu(), first, "latency-only", "none", (), best))
    return structure


def test_plans_say_what_was_tuned_and_the_cache_notices(qlangc: Callable[..., Any], cache: Path) -> None:
    before = qlangc("plan", "b.qjob", "--json").data
    assert "tuning" not in before["kernel"]
    structure = store()
    after = qlangc("plan", "b.qjob", "--json").data
    assert after["kernel"]["tuning"] == planned_attributes(structure.hex(), Setting(BEST, this_cpu().cores, "float64"))
    assert after["plan_hash"] != before["plan_hash"]
    shutil.rmtree(user_store().folder)
    assert qlangc("plan", "b.qjob", "--json").data["plan_hash"] == before["plan_hash"]


def test_a_damaged_record_is_one_line_and_quiet_is_none(qlangc: Callable[..., Any], cache: Path) -> None:
    store()
    (record,) = user_store().folder.glob("*/*.json")
    for arguments, said in (
        ((), f"warning: removed the damaged tuning record {record}: it is no JSON\n"),
        (("-q",), ""),
    ):
        record.write_text("{")
        answer = qlangc("plan", "b.qjob", "--no-cache", *arguments)
        assert (answer.status, answer.err) == (0, said)
        assert not record.exists()


@pytest.mark.skipif(os.name != "posix", reason="links and pipes")
def test_what_is_no_record_stops_no_plan(qlangc: Callable[..., Any], cache: Path) -> None:
    store()
    (record,) = user_store().folder.glob("*/*.json")
    (record.parent / "gone.json").symlink_to("nowhere")
    assert "tuning" in qlangc("plan", "b.qjob", "--json").data["kernel"]
    record.unlink()
    os.mkfifo(record)
    assert "tuning" not in qlangc("plan", "b.qjob", "--json").data["kernel"]


def test_runs_are_replayed_with_the_options_they_had(qlangc: Callable[..., Any], cache: Path) -> None:
    untuned = qlangc("run", "b.qjob", "--json").data
    store()
    tuned = qlangc("run", "b.qjob", "--json").data
    assert tuned["plan_hash"] != untuned["plan_hash"]
    for label, value in untuned["expect"].items():
        assert tuned["expect"][label]["value"] == pytest.approx(value["value"], abs=1e-9)
    for run in (untuned, tuned):
        report = qlangc("replay", run["run_id"], "--json").data
        assert (report["ok"], report["surroundings"]) == (True, [])
    shutil.rmtree(user_store().folder)
    for run in (untuned, tuned):
        report = qlangc("replay", run["run_id"], "--json").data
        assert (report["ok"], report["surroundings"]) == (True, [])
    assert qlangc("verify", "last").status == 0


@pytest.mark.parametrize(
    "job",
    [
        "expect z = z(q); sample q; shots 200;",
        "expect z = X(q[0]) * Y(q[5]); shots 200;",
        "sample q; shots 200;",
        "expect z = z(q);",
    ],
)
def test_the_structure_that_is_tuned_is_the_one_that_runs(
    job: str, qlangc: Callable[..., Any], cache: Path, in_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Basis changes that belong to the first program are part of it."""
    text = TEXT.replace("expect z = z(q); sample q; shots 200;", job)
    (in_workspace / "b.qjob").write_text(text)
    store(text)
    planned: list[PlanOptions] = []
    real = native_programs.plan

    def listening(steps: Steps, qubits: int, options: PlanOptions, **how: Any) -> Program:
        planned.append(options)
        return real(steps, qubits, options, **how)

    monkeypatch.setattr(native_programs, "plan", listening)
    native_programs._KEPT.clear()
    assert qlangc("run", "b.qjob").status == 0
    assert planned[0] == BEST
    assert set(planned[1:]) <= {options_for("float64")}


def executed(request: Request) -> Any:
    compilation = compile_source(Source("b.qjob", TEXT), Options(), stop_after="kernel")
    assert compilation.module is not None
    kernel = next(op for op in compilation.module.ops if isinstance(op, FuncOp))
    return NativeBackend().execute(kernel, request)


def test_backends_use_what_the_plan_states_for_that_structure_alone() -> None:
    steps = tunable().lowering.steps
    stated = planned_from(planned_attributes(steps.digest.hex(), Setting(BEST, 2, "float64")), "float64")
    assert binder_of(steps, "float64", None, stated).program.options == BEST
    assert binder_of(steps, "float64", None).program.options == options_for("float64")
    another = replace(stated, structure="00")
    assert binder_of(steps, "float64", None, another).program.options == options_for("float64")
    start = tuple(range(13))
    assert binder_of(steps, "float64", start, stated).program.options == options_for("float64")


def test_tuned_runs_give_the_same_distribution() -> None:
    tuning = planned_attributes(tunable().lowering.steps.digest.hex(), Setting(BEST, 2, "float64"))
    asking = Request(settings=("Z" * 13,))
    one, other = (
        executed(request).scales[0].settings[0].probabilities for request in (asking, replace(asking, tuning=tuning))
    )
    assert one is not None
    assert other == pytest.approx(one, abs=1e-12)


def test_a_plan_that_states_nonsense_is_refused() -> None:
    with pytest.raises(BadRequest, match="tuning"):
        executed(Request(settings=("Z" * 13,), tuning={"tile_bits": 60}))
