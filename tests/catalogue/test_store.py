"""The store: what is shipped, what is listed, where it comes from; reachability and prices of what it names."""

import json
from pathlib import Path

import pytest

from qlang.catalogue import ibm, iqm, means, refresh, store
from qlang.catalogue.errors import MalformedSnapshot, UnknownDevice
from qlang.catalogue.prices import price
from qlang.catalogue.reach import kind, reachability
from qlang.catalogue.snapshot import canonical

GARNET = Path(__file__).parent / "data" / "iqm" / "fake_garnet.py.txt"
SHIPPED = tuple(sorted(file.stem for file in store.DEVICES.glob("*.json")))


def test_shipped_devices_are_small_canonical_and_licensed() -> None:
    assert len(SHIPPED) >= 6
    assert sum(file.stat().st_size for file in store.DEVICES.iterdir()) < 600_000
    for name in SHIPPED:
        snapshot = store.load(name)
        assert canonical(snapshot) + "\n" == (store.DEVICES / f"{name}.json").read_text(encoding="utf-8")
        assert snapshot.device == name
        assert snapshot.vendor == name.split(".")[0]
        assert snapshot.source.licence in ("Apache-2.0", "MIT")
        assert all(len(file.sha256) == 64 for file in snapshot.source.files)


def test_shipped_snapshots_are_what_the_readers_give(tmp_path: Path) -> None:
    assert refresh.main(tmp_path) == 0
    refresh.write(iqm.read_garnet(GARNET, "36.0.0"), tmp_path)
    assert sorted(file.stem for file in tmp_path.iterdir()) == list(SHIPPED)
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (store.DEVICES / file.name).read_bytes()


def test_a_shipped_snapshot_wins_over_the_extras(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ibm.lima.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(store, "DEVICES", tmp_path)
    assert store.sources()["ibm.lima"] == store.SHIPPED
    assert store.sources()["ibm.manila"] == ibm.PACKAGE
    assert store.load("ibm.manila").source.package == ibm.PACKAGE
    with pytest.raises(MalformedSnapshot, match=r"ibm\.lima\.json: schema"):
        store.load("ibm.lima")


def test_without_the_extra_the_shipped_devices_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ibm, "package_folder", lambda: None)
    assert store.device_names() == SHIPPED
    assert set(store.sources().values()) == {store.SHIPPED}
    assert store.load("ibm.guadalupe").qubits
    with pytest.raises(UnknownDevice):
        store.load("ibm.kolkata")


def test_patterns() -> None:
    assert store.match("ibm.guadalupe") == ("ibm.guadalupe",)
    assert store.match("*.garnet") == ("iqm.garnet",)
    assert set(store.match("ibm.*")) == {name for name in store.device_names() if name.startswith("ibm.")}
    assert store.match("ibm.b*n") == tuple(
        f"ibm.{name}" for name in ("berlin", "boeblingen", "boston", "brooklyn", "burlington")
    )
    assert store.match("ibm") == store.match("[a-z]*") == store.match("ibm?lima") == ()
    assert store.match("*") == store.device_names()


@pytest.mark.parametrize(
    ("wrong", "right"), [("ibm.guadelupe", "ibm.guadalupe"), ("manila", "ibm.manila"), ("garnet", "iqm.garnet")]
)
def test_an_unknown_device_has_suggestions(wrong: str, right: str) -> None:
    with pytest.raises(UnknownDevice) as caught:
        store.load(wrong)
    assert caught.value.suggestions[0] == right
    assert f"did you mean {right}" in str(caught.value)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "/etc/hostname", "ibm.", "ibm.../lima", "x" * 10_000])
def test_names_are_never_paths(name: str) -> None:
    with pytest.raises(UnknownDevice):
        store.load(name)


def test_garnet_has_its_units_and_its_noise_model() -> None:
    garnet = store.load("iqm.garnet")
    assert (len(garnet.qubits), len(garnet.couplers), garnet.date) == (20, 30, None)
    assert garnet.qubits[0].t1_s == 37.741e-6
    assert (garnet.qubits[0].readout_p01, garnet.qubits[0].readout_p10) == (0.0255, 0.0260)
    # With endless T1 and T2 only depolarizing is left: infidelity 3/4 of the parameter for two qubits, 1/2 for one.
    assert iqm.average_infidelity(0.004, 40, [(1e12, 1e12)] * 2) == pytest.approx(0.003)
    assert iqm.average_infidelity(0.004, 20, [(1e12, 1e12)]) == pytest.approx(0.002)


def test_average_infidelity_is_that_of_the_channel_qiskit_builds() -> None:
    """Oracle: the average gate fidelity of the same Kraus operators in qiskit.quantum_info."""
    import numpy as np
    from qiskit.quantum_info import Choi, Kraus, SuperOp, average_gate_fidelity

    def relaxation(time: float, t1: float, t2: float) -> SuperOp:
        survives, coherent = np.exp(-time / t1), np.exp(-time / t2)
        choi = np.diag([1, 0, 1 - survives, survives]).astype(complex)
        choi[0, 3] = choi[3, 0] = coherent
        return SuperOp(Choi(choi))

    p, time, first, second = 0.006, 40.0, (37741.0, 9180.0), (32584.0, 10040.0)
    thermal = relaxation(time, *first).tensor(relaxation(time, *second))
    mixed = Kraus([np.sqrt(1 / 4) * np.outer(np.eye(4)[i], np.eye(4)[j]) for i in range(4) for j in range(4)])
    channel = (1 - p) * thermal + p * SuperOp(mixed)
    assert 1 - average_gate_fidelity(channel) == pytest.approx(iqm.average_infidelity(p, time, [first, second]))


@pytest.mark.parametrize("text", ["x = 1", "IQMErrorProfile(t1s={})", "IQMErrorProfile(t1s=open('x'))", "def"])
def test_a_damaged_garnet_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "fake_garnet.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MalformedSnapshot):
        iqm.read_garnet(file, "0")


def test_averages_are_spread_over_all_pairs() -> None:
    aria = store.load("ionq.aria")
    assert aria.means_only and len(aria.couplers) == 25 * 24 // 2
    assert {c.error for c in aria.couplers} == {0.0128} == {round(1 - 0.9872, 9)}
    h2 = store.load("quantinuum.h2")
    assert h2.means_only and h2.qubits[0].t1_s is None and h2.couplers[0].time_s is None
    assert [m.device for m in means.MEANS] == ["ionq.aria", "ionq.forte", "quantinuum.h2"]


def test_only_simulators_are_reachable() -> None:
    for backend in ("sim", "sim like ibm.guadalupe", "sim with lab"):
        assert reachability(backend) is None
    boston = reachability("ibm.boston")
    assert boston is not None and boston.code == "no_adapter" and "no adapter/credentials" in boston.text
    kyoto = reachability("sim like ibm.kyoto")
    assert kyoto is not None and kyoto.code == "unusable" and "no working coupler" in kyoto.text
    for backend in ("sim like ibm.guadelupe", "ibm.guadelupe"):
        unknown = reachability(backend)
        assert unknown is not None and unknown.code == "unknown_device"
        assert unknown.suggestions == ("ibm.guadalupe",)
    assert kind("sim like ibm.lima") == ("sim like", "ibm.lima")
    assert kind("simulator") == ("device", "simulator")


def test_simulators_are_free_and_devices_have_no_invented_price() -> None:
    for backend in ("sim", "sim like ibm.lima", "sim with lab"):
        free = price(backend)
        assert free is not None and free.cost_usd(tasks=3, shots=10**6) == 0.0
    assert all(price(device) is None for device in store.device_names())


def test_shipped_files_are_plain_facts() -> None:
    for name in SHIPPED:
        text = (store.DEVICES / f"{name}.json").read_text(encoding="utf-8")
        assert set(json.loads(text)) >= {"schema", "device", "date", "qubits", "couplers", "source"}
