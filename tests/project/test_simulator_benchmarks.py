"""Circuits, exchange, agreement, bars and options of the simulator benchmarks; no peer is needed."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import library
from qiskit.quantum_info import Statevector

from benchmarks.simulators.agreement import compare_states, compare_values
from benchmarks.simulators.arguments import parse
from benchmarks.simulators.bars import Bar, best_rows, compile_verdicts, verdicts
from benchmarks.simulators.cases import CASE_NAMES, case, read_case, write_case
from benchmarks.simulators.circuits import DEFINITIONS, circuit, regular_graph
from benchmarks.simulators.gates import NAMES, cartan_form, matrix
from benchmarks.simulators.ours import Ours
from benchmarks.simulators.processes import CannotAnswer, worker
from benchmarks.simulators.rows import Ours as OurFacts
from benchmarks.simulators.rows import Row, Spread, line

QISKIT = {
    "x": library.XGate,
    "h": library.HGate,
    "s": library.SGate,
    "sdg": library.SdgGate,
    "t": library.TGate,
    "tdg": library.TdgGate,
    "cx": library.CXGate,
    "cz": library.CZGate,
    "swap": library.SwapGate,
    "rx": library.RXGate,
    "ry": library.RYGate,
    "rz": library.RZGate,
    "p": library.PhaseGate,
    "u": library.UGate,
    "cp": library.CPhaseGate,
    "rxx": library.RXXGate,
    "ryy": library.RYYGate,
    "rzz": library.RZZGate,
}
WORKER = "benchmarks.simulators.ours"


def qiskit_state(name: str, qubits: int) -> np.ndarray:
    built = QuantumCircuit(qubits)
    for each in circuit(name, qubits).operations:
        if each.name in QISKIT:
            built.append(QISKIT[each.name](*each.angles), each.wires)
        else:
            built.append(library.UnitaryGate(matrix(each.name, len(each.wires), each.angles)), each.wires)
    return Statevector(built).data


def row(circuit: str, peer: str, peer_s: float, ours_s: float, *, precision: str = "float64", peak: int = 0) -> Row:
    return Row(
        circuit=circuit,
        qubits=20,
        layers=1,
        precision=precision,
        threads=1,
        peer=peer,
        status="measured",
        peer_times=Spread.of([peer_s]),
        ours_times=Spread.of([ours_s]),
        ratios=Spread.of([peer_s / ours_s]),
        ours=OurFacts(0.01, 0.02, peak, None),
    )


@pytest.mark.parametrize("name", sorted(set(NAMES) & set(QISKIT)))
def test_matrices_are_those_of_qiskit(name: str) -> None:
    known = QISKIT[name]
    angles = (0.3, -1.1, 2.4)[: len(known(*[0.1] * _angles(name)).params)]
    wires = known(*angles).num_qubits
    np.testing.assert_allclose(matrix(name, wires, angles), known(*angles).to_matrix(), atol=1e-15)


def _angles(name: str) -> int:
    return {"u": 3}.get(name, 1 if name in ("rx", "ry", "rz", "p", "cp", "rxx", "ryy", "rzz") else 0)


def test_su4_is_its_cartan_form() -> None:
    operation = circuit("quantum_volume", 4).operations[0]
    total = np.eye(4, dtype=complex)
    for each in cartan_form(replace(operation, wires=(0, 1))):
        step = matrix(each.name, len(each.wires), each.angles)
        if len(each.wires) == 1:
            step = np.kron(np.eye(2), step) if each.wires == (0,) else np.kron(step, np.eye(2))
        total = step @ total
    np.testing.assert_allclose(total, matrix("su4", 2, operation.angles), atol=1e-14)


def test_quantum_volume_draws_from_the_haar_measure() -> None:
    """E|tr U|² = 1 and E|tr U|⁴ = 2 over 1,800 gates; six standard errors, false alarm below 1e-8."""
    blocks = circuit("quantum_volume", 60).operations
    traces = np.array([abs(np.trace(matrix("su4", 2, each.angles))) for each in blocks])
    for power, expected in ((2, 1.0), (4, 2.0)):
        values = traces**power
        assert abs(values.mean() - expected) < 6 * values.std() / np.sqrt(len(values))


def test_the_usual_sizes() -> None:
    assert len(circuit("hea", 20).parameters) == 400
    assert Counter(each.name for each in circuit("brickwork", 20).operations) == {"ry": 400, "rz": 400, "cx": 190}
    assert circuit("quantum_volume", 26).layers == 26
    assert circuit("quantum_volume", 26, max_layers=5).layers == 5
    assert circuit("qft", 16, max_layers=1) == circuit("qft", 16)
    assert len(case("parameter_sets", 12).sets) == 100


@pytest.mark.parametrize("qubits", [4, 10, 26])
def test_qaoa_graphs_are_simple_and_3_regular(qubits: int) -> None:
    edges = regular_graph(qubits, np.random.default_rng(3))
    assert len(set(edges)) == 3 * qubits // 2
    assert all(a < b for a, b in edges)
    assert set(Counter(wire for edge in edges for wire in edge).values()) == {3}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_circuits_are_the_same_every_time_and_stay_on_their_wires(name: str) -> None:
    made = circuit(name, 10)
    assert made == circuit(name, 10)
    assert {wire for each in made.operations for wire in each.wires} == set(range(10))
    assert all(len(set(each.wires)) == len(each.wires) for each in made.operations)


@pytest.mark.parametrize("qubits", [3, 2, 7, 0])
def test_numbers_that_make_no_circuit_are_refused(qubits: int) -> None:
    with pytest.raises(ValueError, match="an even number from 4 on"):
        circuit("ghz", qubits)


@pytest.mark.parametrize("name", CASE_NAMES)
def test_cases_come_back_from_their_file(name: str, tmp_path: Path) -> None:
    asked = case(name, 6)
    write_case(asked, tmp_path / "case.json")
    assert read_case(tmp_path / "case.json") == asked


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_our_side_gives_qiskits_state(name: str, precision: str) -> None:
    ours = Ours(threads=1)
    ours.load(case(name, 6), precision, {})
    assert ours.run()["seconds"] > 0
    found = ours.amplitudes(np.arange(64))
    assert compare_states(found, qiskit_state(name, 6), precision).agrees
    weights = np.abs(qiskit_state(name, 6))
    assert weights[ours.peaks(4)].min() == pytest.approx(np.sort(weights)[-4], abs=1e-6)


def test_states_agree_up_to_a_phase_and_not_otherwise() -> None:
    random = np.random.default_rng(5)
    state = random.normal(size=64) + 1j * random.normal(size=64)
    assert compare_states(np.exp(0.7j) * state, state, "float64").agrees
    assert not compare_states(state[::-1], state, "float32").agrees
    assert not compare_states(state + 1e-6, state, "float64").agrees
    assert not compare_states(np.full(64, np.nan), state, "float32").agrees
    assert not compare_states(np.zeros(64), state, "float32").agrees


def test_values_agree_within_their_errors() -> None:
    def told(value: float, error: float | None) -> dict[str, list[float]]:
        return {"values": [value], "errors": [] if error is None else [error]}

    assert compare_values(told(1.0, 0.1), told(1.6, 0.1), "float64").agrees
    assert not compare_values(told(1.0, 0.1), told(1.8, 0.1), "float64").agrees
    assert not compare_values(told(1.0, None), told(1.0 + 1e-6, None), "float64").agrees
    assert not compare_values(told(1.0, None), {"values": [], "errors": []}, "float64").agrees


def test_bars_take_the_fastest_peer_and_the_worst_case() -> None:
    bar = Bar("two circuits", ("qft", "ghz"), (20,), (("float64", 4.0),))
    fast, slow = row("qft", "fast", 5.0, 1.0), row("qft", "slow", 50.0, 1.0)
    assert best_rows([slow, fast])["qft", 20, "float64", 1] is fast
    assert [each.met for each in verdicts([fast, slow], [bar])] == [None, True]
    assert verdicts([fast, row("ghz", "fast", 6.0, 1.0)], [bar])[0].met is True
    assert verdicts([slow, row("ghz", "fast", 3.9, 1.0)], [bar])[0].met is False
    assert verdicts([slow, fast], [replace(bar, circuits=("qft",), peers=("slow",))])[0].met is True
    assert verdicts([slow, fast], [replace(bar, circuits=("qft",), least=(("float64", 9.0),))])[0].met is False
    disagreeing = replace(fast, status="disagree", ratios=None)
    assert verdicts([disagreeing], [bar])[0].met is None


def test_bars_for_memory_and_compilation() -> None:
    state = 16 << 20
    assert verdicts([row("qft", "one", 1, 1, peak=int(1.05 * state))], [])[-1].met is True
    assert verdicts([row("qft", "one", 1, 1, peak=2 * state + 64_000_000)], [])[-1].met is False
    found = compile_verdicts([("qft 20", "warm", 0.04), ("ghz 20", "warm", 0.06)])
    assert [each.met for each in found] == [False, None]


def test_rows_hold_what_is_promised() -> None:
    told = row("qft", "one", 3.0, 1.5).json()
    promised = ["circuit", "qubits", "precision", "threads", "peer", "peer_s", "ours_s", "ours_compile_s", "ratio"]
    assert [told[key] for key in promised] == ["qft", 20, "float64", 1, "one", 3.0, 1.5, 0.01, 2.0]
    assert json.loads(json.dumps(told)) == told
    assert "unsupported: float32 only" in line(
        replace(row("qft", "one", 1, 1), status="unsupported", reason="float32 only")
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--circuits", "nonsense"], "no circuit `nonsense`"),
        (["--qubits", "15"], "an even number is needed"),
        (["--qubits", "1000"], "from 4 to 40"),
        (["--peers", "qsim,other"], "no peer `other`"),
        (["--threads", "4000"], "this process may use"),
        (["--precision", "half"], "no precision `half`"),
        (["--repeat", "0"], "no number from 1 on"),
        (["--time-budget", "nan"], "no number from 0.1 on"),
        (["--bars", "--without-ours"], "leave out --without-ours"),
        (["--frobnicate"], "unrecognized arguments"),
    ],
)
def test_mistakes_in_options_take_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in error
    assert error.count("\n") == 1


def test_the_command_itself_refuses() -> None:
    command = [sys.executable, "-m", "benchmarks.simulators", "--circuits", "nonsense"]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=60)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr.count("\n") == 1


def test_a_worker_answers_line_by_line_and_its_end_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    write_case(case("ghz", 6), path)
    with worker(sys.executable, WORKER, (), 1, whose="ours: ") as running:
        with pytest.raises(CannotAnswer) as failed:
            running.ask("load", 60, case=str(tmp_path / "absent.json"), precision="float64", variant={})
        assert failed.value.status == "ours: failed"
        running.ask("load", 60, case=str(path), precision="float64", variant={})
        assert running.ask("run", 60)["seconds"] > 0
        assert sorted(running.ask("peaks", 60, count=2)["indices"]) == [0, 63]
        running.stop()
        with pytest.raises(CannotAnswer, match="the process ended"):
            running.ask("run", 60)
