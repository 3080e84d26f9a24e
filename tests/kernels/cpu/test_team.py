"""Threads within a tile: the same bits whoever does what and whenever they join, and Ctrl-C."""

import sys
import threading
import time
from itertools import pairwise

import numpy as np
import pytest
from interruptions import stops_within_a_second
from pass_oracle import Case
from step_circuits import call, random_vector

from qlang.kernels.bind import Binder, BoundProgram, bind
from qlang.kernels.cpu import runner
from qlang.kernels.cpu.arguments import Word
from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.driver_text import SweepWord
from qlang.kernels.cpu.host import Precision, Target, executable_targets, host_target
from qlang.kernels.cpu.memory import PLANE_PAD, address, pages
from qlang.kernels.cpu.native import driver, team_driver
from qlang.kernels.cpu.runner import prepare, run
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.cpu.team import Team
from qlang.kernels.cpu.team_text import LEAST_PIECE, LINE_WORDS, PIECE_BITS, TeamWord
from qlang.kernels.decompose import steps_of
from qlang.kernels.interpret import execute
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan

TARGETS = [pytest.param(each, id=f"{each.cpu}-{each.vector_bytes}") for each in executable_targets()]
TOLERANCE: dict[Precision, float] = {"float32": 2e-5, "float64": 2e-13}


def in_teams(case: Case, state: NativeState, members: int) -> None:
    """Runs a case's sweeps with teams of which all members have joined before the first step."""
    drive = team_driver(state.compiler, state.target, state.precision)
    bound: BoundProgram = case.bound  # type: ignore[assignment]
    for sweep in prepare(bound.layout, state.precision, state.target, state.compiler):
        words = runner._bound_words(sweep, bound, state)
        plane = sweep.tile_bytes + PLANE_PAD
        buffer = pages(2 * plane)
        blocks = [sweep.blocks.copy() for _ in range(members + 1)]
        mixed = [pages(sweep.room + 64) for _ in blocks]
        rooms = [
            (address(own), address(buffer), address(buffer) + plane, address(table))
            for own, table in zip(blocks, mixed, strict=True)
        ]
        team = Team(drive, words, len(rooms))
        others = [threading.Thread(target=team.join, args=(room,)) for room in rooms[1:]]
        for each in others:
            each.start()
        deadline = time.monotonic() + 20
        while team.joined < members:
            assert time.monotonic() < deadline, "members did not join"
        steps = int(words[SweepWord.UNITS]) * (int(words[SweepWord.RUNS]) + (2 if sweep.gathered else 0))
        # Three calls: members wait between them.
        ends = sorted({0, steps // 3, steps // 2, steps})
        for begin, end in pairwise(ends):
            team.lead(rooms[0], begin, end)
        team.dismiss()
        for each in others:
            each.join(timeout=20)
            assert not each.is_alive()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("precision", "qubits", "tile", "batch"), [("float32", 10, 10, 2), ("float64", 11, 8, 1), ("float64", 5, 5, 1)]
)
def test_full_team_gives_the_same_bits(
    target: Target, precision: Precision, qubits: int, tile: int, batch: int, compiler: Compiler
) -> None:
    for seed, members in enumerate((1, 4)):
        case = Case(seed, qubits, tile, target.lane_bits(precision), precision, batch)
        states = case.state()
        results = []
        for team in (False, True):
            state = NativeState.empty(qubits, precision, batch, target=target, compiler=compiler)
            state.set_amplitudes(states)
            if team:
                in_teams(case, state, members)
            else:
                run(case.bound, state)  # type: ignore[arg-type]
            results.append(state.amplitudes())
        assert np.array_equal(*results)
        expected = case.expected(states)
        assert np.abs(results[1] - expected).max() < TOLERANCE[precision] * np.abs(expected).max()


def test_shares_are_taken_in_pieces_by_whoever_is_free(compiler: Compiler) -> None:
    bound = bound_brickwork(15, 15, "float64", 1, fresh=True)
    states = [NativeState.empty(15, "float64", compiler=compiler) for _ in range(2)]
    for state in states:
        state.set_amplitudes(random_vector(15))
    (sweep,) = prepare(bound.layout, "float64", state.target, compiler)
    words = [runner._bound_words(sweep, bound, state) for state in states]
    blocks = [sweep.blocks.copy() for _ in range(3)]
    mixed = [pages(sweep.room + 64) for _ in blocks]
    rooms = [(address(own), 0, 0, address(table)) for own, table in zip(blocks, mixed, strict=True)]
    driver(compiler, state.target, "float64")(address(words[1]), *rooms[2], 0, 1)
    team = Team(team_driver(compiler, state.target, "float64"), words[0], 2)
    joining = threading.Thread(target=team.join, args=(rooms[1],))
    joining.start()
    deadline = time.monotonic() + 20
    while not team.joined:
        assert time.monotonic() < deadline, "the member did not join"
    for step, groups in enumerate(sweep.blocks[:, Word.GROUPS].tolist()):
        together = not team.words[TeamWord.ALONE]
        team.lead(rooms[0], step, step + 1)
        shares = [groups // 2, groups - groups // 2] if together else [groups]
        pieces = [max(share >> PIECE_BITS, LEAST_PIECE) if together else share for share in shares]
        # All pieces of both shares, and everyone has looked in vain for one more.
        expected = [-(-share // piece) + len(shares) for share, piece in zip(shares, pieces, strict=True)]
        assert team.words[TeamWord.TAKEN :: LINE_WORDS].tolist()[: len(shares)] == expected
    team.dismiss()
    joining.join(timeout=20)
    assert not joining.is_alive()
    assert np.array_equal(*(state.amplitudes() for state in states))


def bound_brickwork(qubits: int, tile: int, precision: Precision, batch: int, fresh: bool) -> BoundProgram:
    """Layers of ry, rz and cx with other angles in each item."""
    random = np.random.default_rng(11)
    calls = []
    for layer in range(6):
        for wire in range(qubits):
            calls.append(call("ry", wire, parameters=(float(random.uniform(-3, 3)),)))
            calls.append(call("rz", wire, parameters=(float(random.uniform(-3, 3)),)))
        calls += [call("cx", wire, wire + 1) for wire in range(layer % 2, qubits - 1, 2)]
    lowering = steps_of(calls, qubits)
    lane_bits = host_target().lane_bits(precision)
    options = PlanOptions(lane_bits=lane_bits, contiguous_bits=lane_bits + 1, tile_bits=tile)
    program = plan(lowering.steps, qubits, options, fresh=fresh)
    angles = lowering.angle_map.angles(lowering.parameters[None])
    spread = angles * np.linspace(1, 0.9, batch)[:, None]
    return bind(Binder.of(program, lowering.steps), spread, precision=precision)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(
    ("qubits", "tile", "batch", "fresh"),
    [(14, 14, 1, True), (14, 12, 1, False), (13, 13, 3, False), (12, 12, 8, True), (13, 12, 1, True)],
)
def test_same_bits_for_any_number_of_threads(
    precision: Precision,
    qubits: int,
    tile: int,
    batch: int,
    fresh: bool,
    compiler: Compiler,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With fewer and with more tiles than threads, more threads than cores among them, against NumPy."""
    monkeypatch.setattr(runner, "_TEAM_SECONDS", 0.0)
    bound = bound_brickwork(qubits, tile, precision, batch, fresh)
    vector = random_vector(qubits)
    results = []
    for threads in (1, 2, 3, 5, 5, 2):
        state = NativeState.empty(qubits, precision, batch, compiler=compiler)
        state.set_amplitudes(vector)
        run(bound, state, threads=threads)
        results.append(state.amplitudes())
    for each in results[1:]:
        assert np.array_equal(each, results[0])
    expected = execute(bound, batch - 1, None if fresh else vector)
    assert np.abs(results[0][-1] - expected).max() < TOLERANCE[precision]


def test_running_again_and_other_programs_on_one_state(compiler: Compiler) -> None:
    """What a state keeps of a run is that of the program that runs."""
    first, second = (bound_brickwork(12, tile, "float64", 1, fresh=True) for tile in (12, 9))
    state = NativeState.empty(12, "float64", compiler=compiler)
    for bound in (first, first, second, second, first):
        state.set_basis(5)
        run(bound, state, threads=2)
        assert np.abs(state.amplitudes()[0] - execute(bound)).max() < 1e-13


def test_member_that_comes_after_the_end(compiler: Compiler) -> None:
    case = Case(1, 6, 6, host_target().lane_bits("float64"), "float64")
    state = NativeState.empty(6, "float64", compiler=compiler)
    state.set_basis()
    sweep = prepare(case.bound.layout, "float64", state.target, compiler)[0]
    words = runner._bound_words(sweep, case.bound, state)  # type: ignore[arg-type]
    team = Team(team_driver(compiler, state.target, "float64"), words, 2)
    blocks = sweep.blocks.copy()
    before = state.amplitudes()
    team.dismiss()
    team.join((address(blocks), 0, 0, 0))
    assert np.array_equal(state.amplitudes(), before)


STOPS_IN_A_TEAM = """
import sys
sys.path[:0] = sys.argv[1:]
from test_team import bound_brickwork
from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.state import NativeState
compiler = Compiler(None)
bound = bound_brickwork(18, 18, "float64", 1, False)
state = NativeState.empty(18, "float64", compiler=compiler)
state.set_basis()
run(bound, state, threads=3)
try:
    print("running", flush=True)
    while True:
        run(bound, state, threads=3)
except KeyboardInterrupt:
    print("stopped", flush=True)
    state.set_basis()
    run(bound, state, threads=3)
    again = state.amplitudes()
    state.set_basis()
    run(bound, state, threads=1)
    print("again", bool((again == state.amplitudes()).all()), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a child there")
def test_ctrl_c_in_a_team() -> None:
    """It stops within a second, and the threads are there for the next run."""
    folder = __file__.rpartition("/")[0]
    folders = [folder, folder.rpartition("/")[0]]
    assert stops_within_a_second(STOPS_IN_A_TEAM, folders, then="again True\n")
