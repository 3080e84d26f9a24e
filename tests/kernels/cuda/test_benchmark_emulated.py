"""What `python -m benchmarks.gpu` says, with a stand-in as its GPU: that it checks, counts and survives missing peers.
Nothing is said here about speed."""

import json
from pathlib import Path

import numpy as np
import pytest
from emulated import EmulatedDevice, EmulatedLink

from benchmarks import gpu
from benchmarks.simulators.circuits import DEFINITIONS
from benchmarks.simulators.environments import GPU_PEERS, PEERS, NotInstallable, Peer, has_gpu, interpreter
from benchmarks.simulators.gates import NAMES, Operation, matrix
from benchmarks.simulators.ours_gpu import OursOnGpu
from benchmarks.simulators.workers.custatevec import smallest

ANGLES = {"u": 3, "su4": 15, **dict.fromkeys(("rx", "ry", "rz", "p", "cp", "rxx", "ryy", "rzz"), 1)}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_states_are_those_of_the_gates_matrices(emulation_folder: Path, name: str) -> None:
    found = gpu.correctness(name, "float64", [EmulatedDevice(emulation_folder)], qubits=8)
    assert found["right"] and found["l2_error"] < 1e-13


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_rounding_is_within_the_tolerance(emulation_folder: Path, precision: str) -> None:
    found = gpu.correctness("brickwork", precision, [EmulatedDevice(emulation_folder)], qubits=8)
    assert found["right"] and found["l2_error"] > 1e-9


def test_states_over_two_devices_are_checked_as_such(emulation_folder: Path) -> None:
    devices = [EmulatedDevice(emulation_folder, number) for number in range(2)]
    link = EmulatedLink()
    assert gpu.correctness("qaoa", "float64", devices, link, qubits=14)["right"]
    assert all("sweep" in device.launches for device in devices)


def test_a_wrong_state_is_called_wrong(emulation_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = gpu.by_definition("qft", 8) * np.where(np.arange(1 << 8) & 4, -1, 1)
    monkeypatch.setattr(gpu, "by_definition", lambda name, qubits: wrong)
    assert not gpu.correctness("qft", "float64", [EmulatedDevice(emulation_folder)], qubits=8)["right"]


def test_single_amplitudes_and_likely_outcomes(emulation_folder: Path) -> None:
    """What states are compared with others' by."""
    for name in ("brickwork", "clifford_t"):
        ours = OursOnGpu([EmulatedDevice(emulation_folder)])
        ours.load(gpu.case(name, 8), "float64", {})
        ours.run()
        wanted = ours.whole_state()
        np.testing.assert_array_equal(ours.amplitudes(np.arange(1 << 8)), wanted)
        weights = np.abs(wanted) ** 2
        # 500 draws miss what has 5 % of the weight once in 10^11.
        assert {*np.flatnonzero(weights > 0.05)} <= {*ours.peaks(500)} <= {*np.flatnonzero(weights > 1e-12)}


def test_bytes_are_those_of_states_that_grow(emulation_folder: Path) -> None:
    ours = OursOnGpu([EmulatedDevice(emulation_folder)])
    ours.load(gpu.case("trotter", 20), "float32", {})
    sizes = [sweep.size for sweep in ours.program.sweeps]
    assert sizes[0] < sizes[-1] == 20
    assert ours.bytes_moved == 8 * (2 * sum(1 << size for size in sizes) + (1 << sizes[0]))


def test_rows_of_a_whole_run(emulation_folder: Path) -> None:
    options = gpu.parse(["--circuits", "qft,qaoa", "--qubits", "6,8", "--precisions", "float64", "--peers", ""])
    found = list(gpu.rows(options, [EmulatedDevice(emulation_folder)]))
    assert [row["row"] for row in found] == ["device", "correctness", "correctness", "bandwidth", *["timing"] * 4]
    assert all(row["right"] for row in found if row["row"] == "correctness")
    assert all(row["norm"] == pytest.approx(1, abs=1e-12) for row in found if row["row"] == "timing")
    json.dumps(found)


def test_time_that_is_used_up_is_said(emulation_folder: Path) -> None:
    options = gpu.parse(["--circuits", "qft", "--qubits", "6,8", "--precisions", "float64", "--seconds", "0"])
    options.peers = []
    *_, last = gpu.rows(options, [EmulatedDevice(emulation_folder)])
    assert last == {"row": "left out", "timings": [("qft", 6, "float64"), ("qft", 8, "float64")]}


@pytest.mark.skipif(has_gpu(), reason="there is a GPU: peers are not missing")
def test_missing_peers_are_rows_and_leave_the_bar_open() -> None:
    options = gpu.parse(["--circuits", "brickwork", "--qubits", "6", "--precisions", "float64"])
    found = list(gpu.comparisons(options, [("brickwork", 6, "float64")], {"float64": 1e12}, float("inf")))
    rows, bars = [[row for row in found if row["row"] == kind] for kind in ("comparison", "bar")]
    assert [row["peer"] for row in rows] == list(GPU_PEERS)
    assert all(row["status"] == "no device" for row in rows)
    assert bars and all(bar["met"] is None for bar in bars)


@pytest.mark.parametrize("mistake", [["--circuits", "nothing"], ["--peers", "qsim"], ["--precisions", "float16"]])
def test_unknown_names_are_refused(mistake: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        gpu.parse(mistake)
    assert refused.value.code == 2 and "unknown: " in capsys.readouterr().err


def test_a_peer_that_cannot_be_installed_is_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    peer = Peer("nobody", "nobody", ("qlang-no-such-peer==1",))
    for _ in range(2):
        with pytest.raises(NotInstallable, match=r"qlang-no-such-peer|no virtual environment"):
            interpreter(peer)
    assert capsys.readouterr().err.count("installing") == 1


@pytest.mark.skipif(has_gpu(), reason="there is a GPU")
def test_peers_for_gpus_want_a_device_first() -> None:
    with pytest.raises(NotInstallable, match="no device"):
        interpreter(PEERS["custatevec"])


@pytest.mark.parametrize("name", NAMES)
def test_custatevec_is_handed_the_same_gates(name: str) -> None:
    """Controls taken off a gate, and put on again by hand, leave its matrix."""
    wires = {"mcz": 4}.get(name, 1 if len(matrix(name, 2, [0.1] * ANGLES.get(name, 0))) == 2 else 2)
    angles = tuple(0.3 + 0.2 * k for k in range(ANGLES.get(name, 0)))
    controls, targets, gate = smallest(Operation(name, tuple(range(wires)), angles))
    assert controls + targets == tuple(range(wires))
    whole = np.eye(1 << wires, dtype=complex)
    held = (1 << len(controls)) - 1
    whole[held :: held + 1, held :: held + 1] = gate
    np.testing.assert_array_equal(whole, matrix(name, wires, angles))
