"""Noise channels against closed forms and against Qiskit Aer."""

from itertools import pairwise
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import body, execute, histogram, packed
from qiskit_gates import qiskit_circuit

from qlang.backends import channels, errors
from qlang.backends.device_noise import remainder
from qlang.backends.noise import noise_model
from qlang.backends.protocol import SampleSpec, StateSpec
from qlang.ir.gates import BY_NAME

PROBABILITY = st.floats(0, 1)
TIME = st.floats(1e-7, 1e-3)


def named(*rules: dict) -> object:
    return noise_model({"form": "named", "rules": list(rules)})


def assert_channel(channel: channels.Channel) -> None:
    total = sum(operator.conj().T @ operator for operator in channel.kraus)
    np.testing.assert_allclose(total, np.eye(len(total)), atol=1e-12)
    if channel.probabilities is not None:
        for probability, operator in zip(channel.probabilities, channel.kraus, strict=True):
            np.testing.assert_allclose(operator.conj().T @ operator, probability * np.eye(len(total)), atol=1e-12)


@given(PROBABILITY, PROBABILITY, TIME, TIME, TIME)
def test_channels_preserve_the_trace(p: float, q: float, t1: float, t2: float, time: float) -> None:
    for channel in (
        channels.depolarizing(p, 1),
        channels.depolarizing(q * 16 / 15, 2),
        channels.bit_flip(p),
        channels.phase_flip(p),
        channels.amplitude_damping(p),
        channels.thermal_relaxation(t1, t2, time),
    ):
        assert_channel(channel)


@pytest.mark.parametrize(("p", "wires"), [(0.0, 1), (0.01, 1), (0.3, 2), (1.0, 2), (0.2, 3)])
def test_depolarizing_mixes_with_the_identity(p: float, wires: int) -> None:
    transfer = channels.depolarizing(p, wires).transfer
    expected = np.diag([1.0, *[1 - p] * (4**wires - 1)])
    np.testing.assert_allclose(transfer, expected, atol=1e-12)


@given(TIME, TIME, TIME)
def test_thermal_relaxation_decays_as_it_should(t1: float, t2: float, time: float) -> None:
    t2 = min(t2, 2 * t1)
    channel = channels.thermal_relaxation(t1, t2, time)
    rho = sum(k @ np.array([[0.3, 0.2 - 0.1j], [0.2 + 0.1j, 0.7]]) @ k.conj().T for k in channel.kraus)
    assert rho[1, 1].real == pytest.approx(0.7 * exp(-time / t1), abs=1e-12)
    assert rho[0, 1] == pytest.approx((0.2 - 0.1j) * exp(-time / t2), abs=1e-12)
    assert channel.process_fidelity == pytest.approx((1 + exp(-time / t1) + 2 * exp(-time / t2)) / 4, abs=1e-12)


@given(st.floats(0, 1), st.sampled_from([1, 2]), st.floats(0.5, 1))
def test_depolarizing_makes_up_the_calibrated_error(error: float, wires: int, fidelity: float) -> None:
    p = remainder(error, fidelity, wires)
    size = 2**wires
    assert 0 <= p <= size**2 / (size**2 - 1)
    reached = channels.average_infidelity((1 - p) * fidelity + p / size**2, wires)
    relaxation_alone = channels.average_infidelity(fidelity, wires)
    most = size**2 / (size**2 - 1)
    worst = channels.average_infidelity((1 - most) * fidelity + most / size**2, wires)
    if relaxation_alone <= error <= worst:
        assert reached == pytest.approx(error, abs=1e-12)
    elif error < relaxation_alone:
        assert p == 0


CX = ("cx", (0, 1), ())
X0 = ("x", (0,), ())


def test_repeated_gates_decay_geometrically() -> None:
    noise = named({"channel": "depolarizing", "p": 0.02, "targets": ["cx"]})
    for count in (1, 5, 20):
        (scale,) = execute(packed([CX] * count, 2), noise=noise, settings=("ZZ",)).scales
        p = scale.settings[0].probabilities
        zz = p[0] + p[3] - p[1] - p[2]
        assert zz == pytest.approx(0.98**count, abs=1e-12)


def test_targets_select_gates() -> None:
    gates = [X0, ("h", (1,), ()), ("cz", (0, 1), ()), ("h", (1,), ()), CX]

    def survival(*targets: str) -> float:
        noise = named({"channel": "bitflip", "p": 0.25, "targets": list(targets)})
        return histogram(packed(gates, 2, (0,)), noise=noise)[1]

    assert survival("x") == pytest.approx(0.75)
    assert survival("1q") == pytest.approx(0.75)  # the x only: wire 0 bears no other one-qubit gate
    assert survival("cz") == pytest.approx(0.75)
    assert survival("2q") == pytest.approx((1 + 0.5**2) / 2)
    assert survival() == pytest.approx((1 + 0.5**3) / 2)
    assert survival("swap") == pytest.approx(1)


def test_readout_errors_touch_readings_only() -> None:
    noise = named({"channel": "readout", "p01": 0.1, "p10": 0.3})
    func = packed([X0], 2, (0, 1))
    outcome = execute(func, noise=noise, samples=(SampleSpec("c", bits="c"),), states=(StateSpec("s", (0, 1)),))
    expected = {0b00: 0.3 * 0.9, 0b01: 0.7 * 0.9, 0b10: 0.3 * 0.1, 0b11: 0.7 * 0.1}
    assert outcome.samples[0].probabilities == pytest.approx(expected)
    np.testing.assert_allclose(np.diag(outcome.states["s"]), [0, 1, 0, 0], atol=1e-15)


def test_a_misread_bit_steers_the_program_wrongly() -> None:
    text = """%m = kernel.measure [0] : !circuit.bits<1>
    %b = circuit.bits_get %m[%c0] : !circuit.bits<1>
    scf.if %b { kernel.gate "x" () [1] }"""
    noise = named({"channel": "readout", "p01": 0.1, "p10": 0.0})
    func = body(text, 2, {"c": ("%m", 1)})
    outcome = execute(func, noise=noise, samples=(SampleSpec("c", bits="c"),), states=(StateSpec("s", (0, 1)),))
    assert outcome.samples[0].probabilities == pytest.approx({0: 0.9, 1: 0.1})
    np.testing.assert_allclose(np.diag(outcome.states["s"]).real, [0.9, 0, 0.1, 0], atol=1e-12)


def test_idle_wires_relax() -> None:
    text = """kernel.sweep <x 0>
    %t = arith.constant 4.0e-05 : f64
    kernel.delay %t [0]
    %m = kernel.measure [0] : !circuit.bits<1>"""
    rule = {"channel": "thermal", "t1": 8e-5, "t2": 6e-5, "time_1q": 0.0, "time_2q": 0.0}
    assert histogram(body(text, 1, {"c": ("%m", 1)}), noise=named(rule))[1] == pytest.approx(exp(-0.5))
    assert histogram(body(text, 1, {"c": ("%m", 1)}))[1] == pytest.approx(1)


RULES = (
    {"channel": "depolarizing", "p": 0.03, "targets": ["1q"]},
    {"channel": "depolarizing", "p": 0.08, "targets": ["2q"]},
    {"channel": "thermal", "t1": 3e-6, "t2": 4e-6},
    {"channel": "amplitude_damping", "p": 0.02, "targets": ["h"]},
    {"channel": "readout", "p01": 0.02, "p10": 0.05},
)
NOISY = [
    ("h", (0,), ()),
    ("cx", (0, 1), ()),
    ("ry", (2,), (0.7,)),
    ("cz", (1, 2), ()),
    ("rzz", (2, 0), (0.4,)),
    ("h", (1,), ()),
    ("sx", (0,), ()),
]


def aer_model(rules: tuple[dict, ...]):
    aer = pytest.importorskip("qiskit_aer.noise", reason="qiskit-aer is an optional oracle")
    model = aer.NoiseModel()
    one, two = ["h", "ry", "sx", "x"], ["cx", "cz", "rzz"]
    depolarizing = {1: aer.depolarizing_error(0.03, 1), 2: aer.depolarizing_error(0.08, 2)}
    thermal = {time: aer.thermal_relaxation_error(3e-6, 4e-6, time) for time in (50e-9, 300e-9)}
    damping = aer.amplitude_damping_error(0.02)
    for name in one:
        error = depolarizing[1].compose(thermal[50e-9])
        model.add_all_qubit_quantum_error(error.compose(damping) if name == "h" else error, name)
    relaxed = thermal[300e-9].tensor(thermal[300e-9])
    model.add_all_qubit_quantum_error(depolarizing[2].compose(relaxed), two)
    model.add_all_qubit_readout_error(aer.ReadoutError([[0.98, 0.02], [0.05, 0.95]]))
    return model


def test_named_noise_is_aer_s() -> None:
    aer = pytest.importorskip("qiskit_aer", reason="qiskit-aer is an optional oracle")
    circuit = qiskit_circuit(NOISY, 3)
    circuit.save_density_matrix()
    simulator = aer.AerSimulator(method="density_matrix", noise_model=aer_model(RULES))
    expected = np.asarray(simulator.run(circuit).result().data()["density_matrix"])
    outcome = execute(packed(NOISY, 3), noise=named(*RULES), states=(StateSpec("s", (0, 1, 2)),))
    np.testing.assert_allclose(outcome.states["s"], expected, atol=1e-10)


DEVICE = {
    "form": "device",
    "t1": [80e-6, 120e-6, 60e-6],
    "t2": [60e-6, 150e-6, 110e-6],
    "p01": [0.01, 0.02, 0.015],
    "p10": [0.03, 0.04, 0.02],
    "error_1q": [3e-4, 5e-4, 1e-3],
    "time_1q": [35e-9, 35e-9, 35e-9],
    "pairs": [0, 1, 2, 1],
    "pair_errors": [0.01, 0.02],
    "pair_times": [300e-9, 400e-9],
}


def _total(applied, wires: tuple[int, ...]) -> np.ndarray:
    total = np.eye(4 ** len(wires))
    for channel, on in applied:
        total = channels.on_wires(channel.transfer, on, wires) @ total
    return total


@pytest.mark.parametrize(
    ("name", "wires", "infidelity"), [("x", (2,), 1e-3), ("cx", (1, 0), 0.01), ("ecr", (1, 2), 0.02)]
)
def test_device_gates_have_the_calibrated_infidelity(name: str, wires: tuple[int, ...], infidelity: float) -> None:
    applied = noise_model(DEVICE).after(BY_NAME[name].code, wires)
    total = _total(applied, wires)
    found = channels.average_infidelity(float(np.trace(total)) / len(total), len(wires))
    assert found == pytest.approx(infidelity, rel=1e-9)


def test_device_charges_native_gates() -> None:
    noise = noise_model(DEVICE)

    def count(name: str, wires: tuple[int, ...], controls: int = 0) -> dict[tuple[int, ...], int]:
        found: dict[tuple[int, ...], int] = {}
        for channel, on in noise.after(BY_NAME[name].code, wires, controls):
            if channel.name == "depolarizing":
                found[on] = found.get(on, 0) + 1
        return found

    assert count("rz", (0,)) == count("p", (1,)) == {}
    assert count("swap", (0, 1)) == {(0, 1): 3}
    assert count("rzz", (1, 2)) == {(1, 2): 2}
    with pytest.raises(errors.BadNoise, match="0 and 2"):
        count("ccx", (0, 1, 2))
    whole = noise_model(DEVICE | {"pairs": [0, 1, 1, 2, 0, 2], "pair_errors": [0.01] * 3, "pair_times": [3e-7] * 3})
    triples = [on for channel, on in whole.after(BY_NAME["ccx"].code, (0, 1, 2)) if channel.name == "depolarizing"]
    assert {pair: triples.count(pair) for pair in triples} == {(0, 1): 2, (0, 2): 2, (1, 2): 2}


def test_device_noise_is_aer_s() -> None:
    aer = pytest.importorskip("qiskit_aer", reason="qiskit-aer is an optional oracle")
    from qiskit.quantum_info import SuperOp, average_gate_fidelity
    from qiskit_aer.noise import NoiseModel, depolarizing_error, thermal_relaxation_error

    first, second = (thermal_relaxation_error(DEVICE["t1"][k], DEVICE["t2"][k], 300e-9) for k in (0, 1))
    relaxation = first.expand(second)
    alone = (5 * average_gate_fidelity(SuperOp(relaxation)) - 1) / 4  # process fidelity
    p = (alone - (5 * 0.99 - 1) / 4) / (alone - 1 / 16)
    whole = relaxation.compose(depolarizing_error(p, 2))
    assert 1 - average_gate_fidelity(SuperOp(whole)) == pytest.approx(0.01, rel=1e-9)
    model = NoiseModel()
    model.add_quantum_error(whole, ["cx"], [0, 1])
    gates = [("h", (0,), ()), CX, CX, CX, X0]
    circuit = qiskit_circuit(gates, 2)
    circuit.save_density_matrix()
    simulator = aer.AerSimulator(method="density_matrix", noise_model=model)
    expected = np.asarray(simulator.run(circuit).result().data()["density_matrix"])
    quiet = noise_model(DEVICE | {"error_1q": [0.0], "time_1q": [0.0]})
    outcome = execute(packed(gates, 3), noise=quiet, states=(StateSpec("s", (0, 1)),))
    np.testing.assert_allclose(outcome.states["s"], expected, atol=1e-9)


@pytest.mark.parametrize(
    "data",
    [
        {"form": "other"},
        {"form": "named", "rules": [{"channel": "crosstalk", "p": 0.1}]},
        {"form": "named", "rules": [{"channel": "depolarizing"}]},
        {"form": "named", "rules": [{"channel": "depolarizing", "p": 1.5}]},
        {"form": "named", "rules": [{"channel": "depolarizing", "p": 0.1, "targets": ["dcx"]}]},
        {"form": "named", "rules": [{"channel": "readout", "p01": 0.1}]},
        {"form": "device", "pairs": [0, 1], "pair_errors": []},
        {"form": "device", "error_1q": [-0.1]},
    ],
)
def test_bad_noise_is_refused(data: dict) -> None:
    with pytest.raises(errors.BadNoise):
        noise_model(data)


def test_unknown_relaxation_times_mean_none() -> None:
    noise = noise_model(DEVICE | {"t1": [-1.0] * 3, "t2": [-1.0] * 3})
    np.testing.assert_allclose(_total(noise.idle(1e-3, 0), (0,)), np.eye(4), atol=1e-15)


def _distance(counts: dict[int, int], exact: dict[int, float]) -> tuple[float, int]:
    shots = sum(counts.values())
    return sum(abs(counts.get(k, 0) / shots - exact.get(k, 0)) for k in {*counts, *exact}) / 2, shots


def test_trajectories_sample_the_density_matrix() -> None:
    func, samples = packed(NOISY, 3, (0, 1, 2)), (SampleSpec("c", bits="c"),)
    exact = execute(func, noise=named(*RULES), samples=samples).samples[0].probabilities
    counted = execute(func, noise=named(*RULES), samples=samples, shots=(20_000,), method="trajectories", seed=11)
    distance, shots = _distance(counted.samples[0].counts, exact)
    # McDiarmid: TV exceeds its mean, at most √(8/shots)/2, by t with probability exp(−2·shots·t²); here 1e-6
    assert distance <= sqrt(8 / shots) / 2 + sqrt(log(1e6) / (2 * shots))
    assert counted.method == "trajectories"


def test_density_matrix_shots_follow_the_distribution() -> None:
    func, samples = packed(NOISY, 3, (0, 1, 2)), (SampleSpec("c", bits="c"),)
    exact = execute(func, noise=named(*RULES), samples=samples).samples[0].probabilities
    counted = execute(func, noise=named(*RULES), samples=samples, shots=(20_000,), seed=12)
    distance, shots = _distance(counted.samples[0].counts, exact)
    assert distance <= sqrt(8 / shots) / 2 + sqrt(log(1e6) / (2 * shots))  # false alarm 1e-6, as above


def test_methods_by_size() -> None:
    noise = named({"channel": "depolarizing", "p": 0.01})
    large = packed([("h", (wire,), ()) for wire in range(14)], 14)
    assert execute(large, noise=noise, shots=(5,), settings=("Z" * 14,)).method == "trajectories"
    with pytest.raises(errors.ExactNeedsDensityMatrix):
        execute(large, noise=noise, settings=("Z" * 14,))
    with pytest.raises(errors.BadRequest):
        execute(large, noise=noise, settings=("Z" * 14,), method="state_vector")


def test_measured_bits_steer_noisy_programs_alike() -> None:
    text = """kernel.sweep <ry(0.9) 0, cx 0 1>
    %m = kernel.measure [0] : !circuit.bits<1>
    %b = circuit.bits_get %m[%c0] : !circuit.bits<1>
    scf.if %b { kernel.gate "x" () [1] } else { kernel.gate "h" () [1] }
    kernel.reset [0]
    %l = kernel.measure [0, 1] : !circuit.bits<2>"""
    func = body(text, 2, {"m": ("%m", 1), "l": ("%l", 2)})
    samples = (SampleSpec("m", bits="m"), SampleSpec("l", bits="l"))
    noise = named(*RULES)
    exact = execute(func, noise=noise, samples=samples).samples
    counted = execute(func, noise=noise, samples=samples, shots=(20_000,), method="trajectories", seed=2).samples
    for one, two in zip(exact, counted, strict=True):
        distance, shots = _distance(two.counts, one.probabilities)
        assert distance <= sqrt(4 / shots) / 2 + sqrt(log(1e6) / (2 * shots))  # false alarm 1e-6


def test_noise_grows_with_every_gate() -> None:
    noise = named(*RULES[:3])
    values = []
    for count in range(1, 6):
        state = execute(packed([("h", (0,), ()), CX] * count, 2), noise=noise, states=(StateSpec("s", (0, 1)),))
        values.append(np.trace(state.states["s"] @ state.states["s"]).real)
    assert all(later < earlier for earlier, later in pairwise(values))
