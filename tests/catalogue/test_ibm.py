"""IBM's calibration files against Qiskit's own reader of them, and their dirty records."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from qlang.catalogue import ibm
from qlang.catalogue.errors import MalformedSnapshot, UnknownDevice


@pytest.fixture(scope="module")
def fake_provider():
    from qiskit_ibm_runtime import fake_provider  # slow to import, and only an oracle

    return fake_provider


@pytest.mark.parametrize("name", ["Guadalupe", "Hanoi", "Brisbane", "Almaden"])
def test_values_are_those_that_qiskit_reads(fake_provider, name: str) -> None:
    properties = getattr(fake_provider, f"Fake{name}V2" if name != "Brisbane" else "FakeBrisbane")().properties()
    snapshot = ibm.read(name.lower())
    pulse = "u2" if name == "Almaden" else "sx"
    for index, qubit in enumerate(snapshot.qubits):
        assert qubit.t1_s == pytest.approx(properties.t1(index), rel=1e-8)
        assert qubit.t2_s == pytest.approx(min(properties.t2(index), 2 * properties.t1(index)), rel=1e-8)
        assert qubit.readout_p01 == pytest.approx(properties.qubit_property(index, "prob_meas1_prep0")[0], rel=1e-8)
        assert qubit.readout_p10 == pytest.approx(properties.qubit_property(index, "prob_meas0_prep1")[0], rel=1e-8)
        assert qubit.gate_error_1q == pytest.approx(properties.gate_error(pulse, index), rel=1e-8)
        assert qubit.gate_time_1q_s == pytest.approx(properties.gate_length(pulse, index), rel=1e-8)
    listed = {tuple(gate.qubits) for gate in properties.gates if gate.gate == snapshot.native_2q}
    assert {c.qubits for c in snapshot.couplers} == {tuple(sorted(pair)) for pair in listed}
    for coupler in snapshot.couplers:
        low, high = coupler.qubits
        directions = [pair for pair in ((low, high), (high, low)) if pair in listed]
        error = min(properties.gate_error(snapshot.native_2q, pair) for pair in directions)
        times = [properties.gate_length(snapshot.native_2q, pair) for pair in directions]
        assert coupler.operational == (error < 1)
        assert coupler.error == (pytest.approx(error, rel=1e-8) if error < 1 else None)
        assert coupler.time_s in [pytest.approx(time, rel=1e-8) for time in times]


@pytest.mark.parametrize(
    ("name", "qubits", "native", "error", "time_ns", "date"),
    [
        ("boston", 156, "cz", 0.00128, 68, "2026-04-17"),
        ("berlin", 120, "cz", 0.00219, 68, "2026-04-17"),
        ("brisbane", 127, "ecr", 0.0077, 660, "2025-02-26"),
        ("hanoi", 27, "cx", 0.0063, 348, "2025-02-26"),
    ],
)
def test_medians_are_the_published_ones(
    name: str, qubits: int, native: str, error: float, time_ns: float, date: str
) -> None:
    snapshot = ibm.read(name)
    alive = [c for c in snapshot.couplers if c.operational]
    assert (len(snapshot.qubits), snapshot.native_2q, snapshot.date[:10]) == (qubits, native, date)
    assert median(c.error for c in alive) == pytest.approx(
        error, rel=0.05
    )  # dead pairs, left out here, are in the source's
    assert median(c.time_s for c in alive) * 1e9 == pytest.approx(time_ns, rel=0.07)


def test_every_device_reads_and_every_record_is_physical() -> None:
    names = ibm.names()
    assert len(names) == 67 and "fractional" not in names
    unusable = set()
    for name in names:
        snapshot = ibm.read(name)
        unusable |= {name} if snapshot.unusable else set()
        for qubit in snapshot.qubits:
            assert qubit.t1_s is None or 1e-7 < qubit.t1_s < 2e-3
            assert qubit.t2_s is None or 0 < qubit.t2_s <= 2 * (qubit.t1_s or 1) * (1 + 1e-8)
            assert qubit.gate_error_1q is None or 0 <= qubit.gate_error_1q < 1
            assert not qubit.operational or qubit.readout_p01 + qubit.readout_p10 < 1
        for coupler in snapshot.couplers:
            assert coupler.qubits[0] < coupler.qubits[1] < len(snapshot.qubits)
            assert (coupler.error is None) == (not coupler.operational)
    assert unusable == {"kyoto"}


def test_dirty_records_are_noted() -> None:
    notes = {name: " | ".join(ibm.read(name).notes) for name in ("kyoto", "toronto", "cairo", "hanoi", "kingston")}
    assert "every coupler is dead: the device is unusable" in notes["kyoto"]
    assert "implausible two-qubit gate times on 28 of 28 couplers" in notes["toronto"]
    assert "couplers with different native gates: 12 cx, 14 ecr" in notes["cairo"]
    assert "directions differ in error, the better one taken, couplers: 5-8, 19-20" in notes["hanoi"]
    assert ibm.read("kingston").qubits[146].t1_s is None


def test_kyoto_still_knows_its_qubits() -> None:
    kyoto = ibm.read("kyoto")
    assert "no working coupler" in str(kyoto.unusable)
    assert all(c.error is None and not c.operational for c in kyoto.couplers)
    assert all(q.t1_s for q in kyoto.qubits)


def test_reading_does_not_import_the_package() -> None:
    code = "from qlang.catalogue import ibm; import sys; ibm.read('lima'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not {"qiskit_ibm_runtime", "qiskit", "numpy"} & set(done.stdout.split())


@pytest.fixture
def lima_only(tmp_path: Path) -> Path:
    origin = ibm.package_folder()
    assert origin is not None
    target = tmp_path / "fake_provider" / "backends" / "lima"
    shutil.copytree(origin / "fake_provider" / "backends" / "lima", target)
    shutil.copy(origin / "VERSION.txt", tmp_path)
    return tmp_path


def test_another_folder_can_be_read(lima_only: Path) -> None:
    assert ibm.names(lima_only) == ("lima",)
    assert ibm.read("lima", lima_only).id == ibm.read("lima").id


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda props: props.pop("gates"), "KeyError: 'gates'"),
        (lambda props: props["qubits"][0][0].update(unit="parsec"), "KeyError: 'parsec'"),
        (lambda props: props["qubits"][0][0].update(value="long"), "Error"),
    ],
)
def test_a_damaged_file_is_refused_by_name(lima_only: Path, damage, problem: str) -> None:
    file = lima_only / "fake_provider" / "backends" / "lima" / "props_lima.json"
    props = json.loads(file.read_text())
    damage(props)
    file.write_text(json.dumps(props))
    with pytest.raises(MalformedSnapshot, match=problem):
        ibm.read("lima", lima_only)


def test_an_unknown_name_and_a_missing_package(tmp_path: Path) -> None:
    with pytest.raises(UnknownDevice, match=r"ibm\.nowhere"):
        ibm.read("nowhere")
    assert ibm.names(tmp_path) == ()
    with pytest.raises(UnknownDevice):
        ibm.read("lima", tmp_path)
