"""Parameter sweeps and trajectories as batches of one program."""

import numpy as np
import pytest
from kernels import body, kernel, packed
from test_native import TEN_TO_MINUS_TWELVE, brickwork, same

from qlang.backends import native_batch, native_trajectories
from qlang.backends.channels import amplitude_damping, bit_flip, depolarizing, phase_flip
from qlang.backends.native import NativeBackend
from qlang.backends.native_trajectories import pauli_indices
from qlang.backends.noise import NoiseModel, is_pauli, named_noise
from qlang.backends.protocol import Outcome, Request, SampleSpec, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.ir.kernel import FuncOp

SHOTS = 20_000
PAULI = NoiseModel(
    named_noise(
        [
            {"channel": "depolarizing", "p": 0.02, "targets": ["1q"]},
            {"channel": "depolarizing", "p": 0.05, "targets": ["2q"]},
            {"channel": "bitflip", "p": 0.01, "targets": ["cx"]},
            {"channel": "phaseflip", "p": 0.03, "targets": ["ry"]},
        ]
    )
)


def swept(text: str, qubits: int = 7, parameters: str = '"a", "b"', arguments: str = "%a : f64, %b : f64") -> FuncOp:
    return kernel(
        f"kernel.func @f({arguments}) attributes {{qubits = {qubits} : i64, parameters = [{parameters}], bits = []}} {{"
        f"%c0 = arith.constant 0 : i64  %c1 = arith.constant 1 : i64 %k = arith.constant 0.7 : f64\n{text}\n"
        "kernel.return }"
    )


AFFINE = """kernel.sweep <h 0, cx 0 3, cx 3 5>
%s = arith.addf %a, %b : f64
%t = arith.mulf %s, %k : f64
kernel.gate "ry" (%a) [0]
kernel.gate "rzz" (%t) [0, 6]
kernel.each "rx" (%s) [1, 2, 5]
kernel.gate "cp" (%b) [2, 4]"""
CURVED = AFFINE + '\n%w = math.sin %a : f64\n%q = arith.mulf %w, %b : f64\nkernel.gate "u" (%w, %q, %k) [4]'
DECIDED = AFFINE + "\n%y = arith.cmpf olt, %a, %b : f64\nscf.if %y { kernel.sweep <x 1> }"
ROWS = [(0.1 * k, 1.3 - 0.4 * k) for k in range(9)]


@pytest.mark.parametrize("text", [AFFINE, CURVED, DECIDED], ids=["affine", "curved", "decided"])
@pytest.mark.parametrize("bytes_together", [1 << 12, 24 << 20])
def test_sweeps_are_what_each_point_is(text: str, bytes_together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_batch, "_BATCH_BYTES", bytes_together)
    func = swept(text)
    requests = [
        Request(
            parameters=row,
            settings=("Z" * 7, "XYXZYIZ"),
            samples=(SampleSpec("q", (6, 0, 3)),),
            states=(StateSpec("all", tuple(range(7))),),
            stream=(index,),
        )
        for index, row in enumerate(ROWS)
    ]
    found = list(NativeBackend().execute_all(func, requests))
    for outcome, request in zip(found, requests, strict=True):
        same(outcome, ReferenceBackend().execute(func, request))


def test_a_sweep_runs_as_one_program(monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    real = native_batch.bind

    def noted(binder: object, angles: np.ndarray, **options: object) -> object:
        batches.append(len(angles))
        return real(binder, angles, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(native_batch, "bind", noted)
    requests = [Request(parameters=row, settings=("Z" * 7,)) for row in ROWS]
    assert len(list(NativeBackend().execute_all(swept(AFFINE), requests))) == 9
    assert batches == [9]


def test_counts_of_a_sweep_are_those_of_its_points() -> None:
    func = swept(CURVED)
    requests = [
        Request(parameters=row, settings=("Z" * 7, "X" * 7), shots=(500,), seed=4, stream=(index,))
        for index, row in enumerate(ROWS)
    ]
    for outcome, request in zip(NativeBackend().execute_all(func, requests), requests, strict=True):
        expected = ReferenceBackend().execute(func, request).scales[0].settings
        for mine, theirs in zip(outcome.scales[0].settings, expected, strict=True):
            assert mine.counts == theirs.counts


def test_whole_numbers_may_mean_other_gates() -> None:
    func = swept(
        'scf.for %i = %c0 to %n step %c1 : i64 { kernel.gate "ry" (%a) [2] kernel.sweep <cx 2 3> }',
        parameters='"a", "n"',
        arguments="%a : f64, %n : i64",
    )
    requests = [Request(parameters=row, settings=("Z" * 7,)) for row in ((0.3, 2), (0.3, 5), (0.4, 5))]
    for outcome, request in zip(NativeBackend().execute_all(func, requests), requests, strict=True):
        same(outcome, ReferenceBackend().execute(func, request))


def chi_square(counts: dict[int, int], expected: np.ndarray) -> tuple[float, int]:
    """Pearson's statistic over outcomes that are expected five times or more, and how many these are."""
    found = np.zeros_like(expected)
    for outcome, count in counts.items():
        found[outcome] = count
    likely = expected > 5
    return float((((found - expected) ** 2)[likely] / expected[likely]).sum()), int(likely.sum())


def assert_drawn(counts: dict[int, int], expected: np.ndarray) -> None:
    """False alarm below 1e-6: six standard deviations of χ² and a bit for its tail."""
    chi, freedom = chi_square(counts, expected)
    assert chi < freedom + 6 * np.sqrt(2 * freedom) + 20


@pytest.fixture
def from_one_qubit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qlang.backends.native.FEWEST_NOISY", 1)


def trajectories(func: FuncOp, **options: object) -> tuple[Outcome, Outcome]:
    """By native code with shots, and exact by density matrices."""
    shots = SHOTS
    scales = options.pop("scales", (1,))
    counted = Request(shots=(shots,) * len(scales), scales=scales, seed=9, method="trajectories", **options)  # type: ignore[arg-type]  # fields
    exact = Request(scales=scales, method="density_matrix", **options)  # type: ignore[arg-type]  # fields
    return NativeBackend().execute(func, counted), ReferenceBackend().execute(func, exact)


@pytest.mark.usefixtures("from_one_qubit")
@pytest.mark.parametrize("portion", [1000, 1 << 16])
def test_pauli_trajectories_have_the_statistics_of_the_density_matrix(
    portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native_trajectories, "_PORTION", portion)
    func = packed([*brickwork(5, 3), ("ccx", (0, 2, 4), ())], 5, measured=(4, 1, 0))
    plain = packed([*brickwork(5, 3), ("ccx", (0, 2, 4), ())], 5)
    drawn, exact = trajectories(func, noise=PAULI, samples=(SampleSpec("c", bits="c"),))
    assert drawn.method == "trajectories"
    expected = np.array([exact.samples[0].probabilities.get(k, 0.0) for k in range(8)])
    assert_drawn(drawn.samples[0].counts, SHOTS * expected)
    drawn, exact = trajectories(plain, noise=PAULI, settings=("ZZZZZ", "XYXIZ", "YYYYY"))
    for mine, theirs in zip(drawn.scales[0].settings, exact.scales[0].settings, strict=True):
        assert_drawn(mine.counts, SHOTS * theirs.probabilities)


@pytest.mark.usefixtures("from_one_qubit")
def test_folded_circuits_and_reading_errors() -> None:
    rules = [{"channel": "depolarizing", "p": 0.02}, {"channel": "readout", "p01": 0.03, "p10": 0.08}]
    drawn, exact = trajectories(
        packed(brickwork(4, 2), 4), noise=NoiseModel(named_noise(rules)), settings=("ZZZZ", "XXYY"), scales=(1, 3)
    )
    for left, right in zip(drawn.scales, exact.scales, strict=True):
        for mine, theirs in zip(left.settings, right.settings, strict=True):
            assert_drawn(mine.counts, SHOTS * theirs.probabilities)


@pytest.mark.usefixtures("from_one_qubit")
def test_other_noise_and_choices_on_the_way_are_left_to_branches() -> None:
    relaxing = NoiseModel(named_noise([{"channel": "amplitude_damping", "p": 0.1}]))
    reset = body("kernel.sweep <h 0, cx 0 1>\nkernel.reset [0]\nkernel.sweep <h 0>", 2)
    for func, noise in ((packed(brickwork(3, 2), 3), relaxing), (reset, PAULI)):
        request = Request(shots=(300,), settings=("Z" * func.qubits,), noise=noise, seed=3, method="trajectories")
        mine, theirs = NativeBackend().execute(func, request), ReferenceBackend().execute(func, request)
        assert mine.scales[0].settings[0].counts == theirs.scales[0].settings[0].counts


def test_wide_trajectories_are_read_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_trajectories, "_LISTED", 4)
    monkeypatch.setattr("qlang.backends.native.FEWEST_NOISY", 1)
    drawn, exact = trajectories(packed(brickwork(6, 2), 6), noise=PAULI, settings=("ZIZZIZ",))
    mine, theirs = drawn.scales[0].settings[0], exact.scales[0].settings[0]
    assert_drawn(mine.counts, SHOTS * theirs.probabilities)


@pytest.mark.usefixtures("from_one_qubit")
def test_trajectories_are_the_same_for_any_number_of_threads() -> None:
    request = Request(shots=(5000,), settings=("Z" * 9, "X" * 9), noise=PAULI, seed=1, method="trajectories")
    func = packed(brickwork(9, 4), 9)
    found = [NativeBackend(threads=threads).execute(func, request) for threads in (1, 3)]
    for one, many in zip(*(outcome.scales[0].settings for outcome in found), strict=True):
        assert one.counts == many.counts


@pytest.mark.parametrize(
    ("channels", "pauli"),
    [(("depolarizing", "readout", "bitflip", "phaseflip"), True), (("depolarizing", "thermal"), False)],
)
def test_noise_of_paulis_is_told_by_its_data(channels: tuple[str, ...], pauli: bool) -> None:
    numbers = {"readout": {"p01": 0.1, "p10": 0.1}, "thermal": {"t1": 1e-4}}
    data = {"form": "named", "rules": [{"channel": c, **numbers.get(c, {"p": 0.1})} for c in channels]}
    assert is_pauli(data) is pauli
    after = NoiseModel(named_noise(data["rules"])).after(0, (0, 1))
    assert all(pauli_indices(channel) for channel, _ in after) is pauli
    assert not is_pauli({"form": "device"})


def test_mixtures_of_paulis_are_told_from_other_channels() -> None:
    assert pauli_indices(depolarizing(0.1, 2)) == tuple(range(16))
    assert pauli_indices(bit_flip(0.2)) == (0, 1)
    assert pauli_indices(phase_flip(0.2)) == (0, 3)
    assert pauli_indices(amplitude_damping(0.2)) is None


def test_without_errors_there_is_one_trajectory() -> None:
    nothing = NoiseModel(named_noise([{"channel": "depolarizing", "p": 0.0}]))
    func = packed(brickwork(9, 2), 9)
    request = Request(shots=(2000,), settings=("Z" * 9,), noise=nothing, seed=1, method="trajectories")
    counts = NativeBackend().execute(func, request).scales[0].settings[0].counts
    exact = ReferenceBackend().execute(func, Request(settings=("Z" * 9,))).scales[0].settings[0].probabilities
    assert counts is not None and exact is not None and sum(counts.values()) == 2000
    assert_drawn(dict(counts), 2000 * exact)
    np.testing.assert_allclose(exact.sum(), 1, **TEN_TO_MINUS_TWELVE)
