"""Threads: the same bits for any number of them, and Ctrl-C."""

import os
import queue
import subprocess
import sys
import threading

import numpy as np
import pytest
from interruptions import stops_within_a_second
from pass_oracle import Case

from qlang.kernels.cpu import threads as pool
from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.host import host_target
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.cpu.threads import for_each_unit, give


@pytest.mark.parametrize(("qubits", "batch"), [(12, 1), (7, 9)])
def test_same_bits_for_any_number_of_threads(qubits: int, batch: int, compiler: Compiler) -> None:
    case = Case(5, qubits, 7, host_target().lane_bits("float32"), "float32", batch)
    states = case.state()
    results = []
    for threads in (1, 2, 3):
        state = NativeState.empty(qubits, "float32", batch, compiler=compiler)
        state.set_amplitudes(states)
        run(case.bound, state, threads=threads)  # type: ignore[arg-type]
        results.append((state.re.copy(), state.im.copy()))
    for real, imaginary in results[1:]:
        assert np.array_equal(real, results[0][0])
        assert np.array_equal(imaginary, results[0][1])


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_unit_is_done_once(threads: int) -> None:
    done = np.zeros(1000, dtype=int)

    def work(_: int, begin: int, end: int) -> None:
        done[begin:end] += 1

    for_each_unit(work, 1000, threads=threads, seconds_per_unit=1e-3)
    assert (done == 1).all()
    for_each_unit(work, 0, threads=threads, seconds_per_unit=1.0)


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_of_any_thread_is_raised(threads: int) -> None:
    def work(_: int, begin: int, end: int) -> None:
        if begin <= 70 < end:
            raise ArithmeticError("unit 70")

    with pytest.raises(ArithmeticError, match="unit 70"):
        for_each_unit(work, 100, threads=threads, seconds_per_unit=1.0)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="threads cannot be kept from a processor here")
@pytest.mark.parametrize("refused", [False, True])
def test_a_thread_is_not_woken_on_the_processor_of_who_wakes_it(refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = os.sched_getaffinity(0)
    mine = min(allowed)
    own = queue.SimpleQueue[int]()
    real = os.sched_setaffinity

    def refuse(thread: int, processors: set[int]) -> None:
        raise PermissionError

    real(0, {mine})
    try:
        # As from a thread that may run everywhere and is on this processor.
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: allowed)
        monkeypatch.setattr(os, "sched_setaffinity", refuse if refused else real)
        give(7, lambda: own.put(threading.get_native_id()))
        thread = own.get(timeout=20)
    finally:
        monkeypatch.undo()
        real(0, allowed)
    found = os.sched_getaffinity(thread)
    if not refused and len(allowed) > 1:
        assert found == allowed - {mine}
    assert found


def test_program_that_does_not_fit_the_state(compiler: Compiler) -> None:
    case = Case(1, 6, 6, host_target().lane_bits("float32"), "float32")
    for qubits, precision, batch in ((7, "float32", 1), (6, "float64", 1), (6, "float32", 2)):
        state = NativeState.empty(qubits, precision, batch, compiler=compiler)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="cannot run on a state"):
            run(case.bound, state)  # type: ignore[arg-type]


@pytest.mark.parametrize("started", [0, 1])
@pytest.mark.parametrize(("qubits", "batch"), [(16, 1), (7, 9)])
def test_where_the_system_starts_no_more_threads_the_bits_are_the_same(
    qubits: int, batch: int, started: int, compiler: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = threading.Thread.start, [None] * started

    def start(thread: threading.Thread) -> None:
        if not left:
            raise RuntimeError("can't start new thread")
        left.pop()
        real(thread)

    case = Case(5, qubits, 7, host_target().lane_bits("float32"), "float32", batch)
    states, results = case.state(), []
    for threads in (1, 4):
        state = NativeState.empty(qubits, "float32", batch, compiler=compiler)
        state.set_amplitudes(states)
        run(case.bound, state, threads=threads)  # type: ignore[arg-type]
        results.append((state.re.copy(), state.im.copy()))
        monkeypatch.setattr(pool, "_WORKERS", [])
        monkeypatch.setattr(threading.Thread, "start", start)
    assert not left
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one, other)


RUNS_FOR_LONG = """
import sys
sys.path.insert(0, sys.argv[1])
from pass_oracle import Case
from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.host import host_target
from qlang.kernels.cpu.runner import prepare, run
from qlang.kernels.cpu.state import NativeState
compiler = Compiler(None)
case = Case(3, 20, 10, host_target().lane_bits("float32"), "float32")
state = NativeState.empty(20, "float32", compiler=compiler)
state.set_basis()
prepare(case.bound.layout, "float32", state.target, compiler)
try:
    print("running", flush=True)
    for _ in range(100000):
        run(case.bound, state, threads=2)
        state.set_basis()
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a child there")
def test_ctrl_c_stops_within_a_second() -> None:
    folder = __file__.rpartition("/")[0]
    assert stops_within_a_second(RUNS_FOR_LONG, [folder])


FORKED = """
import os
import numpy as np
from qlang.kernels.cpu.threads import for_each_unit
done = np.zeros(8, dtype=int)
def work(worker, begin, end):
    done[begin:end] += 1
for_each_unit(work, 8, threads=3, seconds_per_unit=1)
child = os.fork()
for_each_unit(work, 8, threads=3, seconds_per_unit=1)
if child == 0:
    os._exit(0 if done.tolist() == [2] * 8 else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_threads_of_its_own() -> None:
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], timeout=60).returncode == 0
