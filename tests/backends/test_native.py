"""The native backend: the same outcomes as the reference, within the memory of one state."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from kernels import Gate, body, kernel, packed

from qlang.backends import errors, native
from qlang.backends.limits import NATIVE, NUMPY, state_bytes
from qlang.backends.native import NativeBackend
from qlang.backends.protocol import Outcome, Request, SampleSpec, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.backends.targets import TARGETS, chosen_targets, executor, usable, who_could

TEN_TO_MINUS_TWELVE = {"rtol": 0, "atol": 1e-12}


def brickwork(qubits: int, layers: int, seed: int = 1) -> list[Gate]:
    random = np.random.default_rng(seed)
    gates: list[Gate] = []
    for layer in range(layers):
        for wire in range(qubits):
            gates += [("ry", (wire,), (float(random.uniform(0, 6)),)), ("rz", (wire,), (float(random.uniform(0, 6)),))]
        gates += [("cx", (wire, wire + 1), ()) for wire in range(layer % 2, qubits - 1, 2)]
    return gates


def same(one: Outcome, other: Outcome) -> None:
    """Exact outcomes agree."""
    assert one.method == other.method
    for left, right in zip(one.scales, other.scales, strict=True):
        for first, second in zip(left.settings, right.settings, strict=True):
            assert first.wires == second.wires
            np.testing.assert_allclose(first.probabilities, second.probabilities, **TEN_TO_MINUS_TWELVE)
    for mine, theirs in zip(one.samples, other.samples, strict=True):
        assert mine.probabilities is not None and theirs.probabilities is not None
        assert mine.probabilities.keys() == theirs.probabilities.keys()
        assert all(
            value == pytest.approx(theirs.probabilities[k], abs=1e-12) for k, value in mine.probabilities.items()
        )
    for label, array in one.states.items():
        np.testing.assert_allclose(array, other.states[label], **TEN_TO_MINUS_TWELVE)


@pytest.mark.parametrize("scales", [(1,), (1, 3)])
def test_outcomes_are_those_of_the_reference(scales: tuple[int, ...]) -> None:
    func = packed(brickwork(12, 6), 12, measured=(3, 0, 11))
    request = Request(
        scales=scales,
        settings=("Z" * 12, "XYZI" * 3, "Y" * 12),
        samples=(SampleSpec("c", bits="c"), SampleSpec("w", (5, 1))),
        states=(StateSpec("some", (7, 2)),),
    )
    same(NativeBackend().execute(func, request), ReferenceBackend().execute(func, request))


def test_all_amplitudes_are_those_of_the_reference() -> None:
    func = packed(brickwork(13, 4), 13)
    request = Request(states=(StateSpec("all", tuple(reversed(range(13)))),))
    same(NativeBackend().execute(func, request), ReferenceBackend().execute(func, request))


def test_narrow_readings_draw_the_counts_of_the_reference() -> None:
    bits = Request(shots=(5000,), samples=(SampleSpec("c", bits="c"),), seed=11)
    settings = Request(shots=(5000,), settings=("Z" * 14, "X" * 14), seed=11)
    measured, plain = packed(brickwork(14, 5), 14, measured=range(14)), packed(brickwork(14, 5), 14)
    first, second = NativeBackend().execute(measured, bits), ReferenceBackend().execute(measured, bits)
    assert first.samples[0].counts == second.samples[0].counts
    first, second = NativeBackend().execute(plain, settings), ReferenceBackend().execute(plain, settings)
    for mine, theirs in zip(first.scales[0].settings, second.scales[0].settings, strict=True):
        assert mine.counts == theirs.counts


RESIDUES: tuple[Gate, ...] = (
    *(("h", (wire,), ()) for wire in range(12)),
    *(("t", (wire,), ()) for wire in range(12)),
    *(("tdg", (wire,), ()) for wire in range(12)),
    *(("h", (wire,), ()) for wire in range(10)),
)
"""Of outcomes that are impossible, rounding leaves another residue in each simulator."""


def test_impossible_outcomes_take_no_random_numbers() -> None:
    gates = [*RESIDUES, ("ry", (3,), (0.7,)), ("cx", (3, 8), ())]
    request = Request(shots=(5000,), samples=(SampleSpec("w", tuple(range(12))),), seed=3)
    mine, theirs = (each().execute(packed(gates, 12), request) for each in (NativeBackend, ReferenceBackend))
    assert mine.samples[0].counts == theirs.samples[0].counts


def test_the_same_seed_gives_the_same_counts_with_any_number_of_threads() -> None:
    func = packed(brickwork(18, 3), 18)
    request = Request(shots=(3000,), settings=("Z" * 18, "X" * 18), seed=5)
    found = [NativeBackend(threads=threads).execute(func, request).scales[0].settings for threads in (1, 2, 5)]
    assert len({tuple(setting.counts.items()) for settings in found for setting in settings[:1]}) == 1  # type: ignore[union-attr]  # counts
    assert len({tuple(setting.counts.items()) for settings in found for setting in settings[1:]}) == 1  # type: ignore[union-attr]  # counts
    other = NativeBackend().execute(func, Request(shots=(3000,), settings=("Z" * 18,), seed=6))
    assert other.scales[0].settings[0].counts != found[0][0].counts


MIDDLE = """kernel.sweep <h 0, cx 0 16>
%m = kernel.measure [0] : !circuit.bits<1>
%b = circuit.bits_get %m[%c0] : !circuit.bits<1>
scf.if %b { kernel.sweep <x 5> }
kernel.reset [16]
kernel.sweep <ry(0.4) 9, cx 9 10>
%all = kernel.measure [0, 5, 16, 9, 10] : !circuit.bits<5>"""


def test_measurements_on_the_way_split_a_native_state() -> None:
    func = body(MIDDLE, 17, {"c": ("%all", 5)})
    request = Request(samples=(SampleSpec("c", bits="c"),))
    same(NativeBackend().execute(func, request), ReferenceBackend().execute(func, request))
    counted = Request(samples=(SampleSpec("c", bits="c"),), shots=(4000,), seed=2)
    first, second = NativeBackend().execute(func, counted), ReferenceBackend().execute(func, counted)
    assert first.samples[0].counts == second.samples[0].counts


def test_means_stand_for_distributions_that_are_too_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qlang.backends.native_state.LARGE", 12)
    monkeypatch.setattr("qlang.backends.outputs.WIDEST", 8)
    products = (((0, 1), (5,), (2, 11, 7)), ((3, 4), (6,)), ((0, 11),))
    request = Request(settings=("Z" * 12, "X" * 12, "Y" * 12), products=products)
    func = packed(brickwork(12, 5), 12)
    found = NativeBackend().execute(func, request).scales[0].settings
    expected = ReferenceBackend().execute(func, request).scales[0].settings
    for setting, reference, wanted in zip(found, expected, products, strict=True):
        assert setting.probabilities is None and setting.means is not None and reference.probabilities is not None
        index = np.arange(1 << 12)
        for wires in wanted:
            signs = 1 - 2.0 * (np.bitwise_count(index & sum(1 << wire for wire in wires)) & 1)
            assert setting.means[wires] == pytest.approx(float(reference.probabilities @ signs), abs=1e-12)


def test_wide_exact_histograms_list_what_occurs() -> None:
    gates: list[Gate] = [("h", (0,), ()), *[("cx", (wire, wire + 1), ()) for wire in range(21)], ("t", (4,), ())]
    request = Request(samples=(SampleSpec("q", tuple(range(22))),))
    (sample,) = NativeBackend().execute(packed(gates, 22), request).samples
    assert sample.probabilities == pytest.approx({0: 0.5, (1 << 22) - 1: 0.5}, abs=1e-12)
    uniform = packed([("h", (wire,), ()) for wire in range(23)], 23)
    with pytest.raises(errors.BadRequest, match="ask for `shots`"):
        NativeBackend().execute(uniform, Request(samples=(SampleSpec("q", tuple(range(23))),)))


MEASURED = """
import resource, sys
sys.path.insert(0, {folder!r})
from kernels import packed
from test_native import brickwork
from qlang.backends.native import NativeBackend
from qlang.backends.protocol import Request, SampleSpec
qubits, precision = 21, {precision!r}
func = packed(brickwork(qubits, 2), qubits)
wires = tuple(range(qubits))
request = Request(
    settings=("Z" * qubits, "X" * qubits), samples=(SampleSpec("q", wires),), {shots}
    products=(tuple((w, w + 1) for w in range(qubits - 1)), tuple((w,) for w in wires)),
)
backend = NativeBackend(precision)
small = packed(brickwork(12, 2), 12)
backend.execute(small, Request(settings=("Z" * 12, "X" * 12)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    backend.execute(func, request)
except Exception as error:
    print(type(error).__name__)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize("precision", ["f64", "f32"])
@pytest.mark.parametrize("shots", ["shots=(2000,),", ""], ids=["shots", "exact"])
def test_memory_is_that_of_one_state(precision: str, shots: str) -> None:
    source = MEASURED.format(folder=str(Path(__file__).parent), precision=precision, shots=shots)
    if not shots:  # a histogram of all outcomes would be refused, and is no reading of the state alone
        source = source.replace('samples=(SampleSpec("q", wires),), ', "")
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=120, check=True)
    *errors_, taken = run.stdout.split()
    assert not errors_
    state = (16 if precision == "f64" else 8) << 21
    assert int(taken) <= 1.1 * state + (64 << 20)


def test_too_large_states_are_refused_before_anything_is_allocated() -> None:
    backend = NativeBackend(memory_limit=state_bytes(26, "state_vector", NATIVE, "f32"))
    with pytest.raises(errors.TooLarge) as caught:
        backend.execute(body("", 26), Request(settings=("Z" * 26,)))
    assert caught.value.fits == 25
    assert caught.value.others == ("cpu.llvm f32",)
    assert "the target cpu.llvm f32 could hold it" in str(caught.value)
    with pytest.raises(errors.TooLarge, match="no target here holds more"):
        backend.execute(body("", 60), Request(settings=("Z" * 60,)))


def test_what_native_code_is_not_for_runs_on_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a small state was run natively")

    monkeypatch.setattr(NativeBackend, "_start", refuse)
    found = NativeBackend().execute(packed(brickwork(5, 2), 5), Request(settings=("Z" * 5,)))
    same(found, ReferenceBackend().execute(packed(brickwork(5, 2), 5), Request(settings=("Z" * 5,))))


def test_estimates_are_of_who_runs() -> None:
    small, large = packed(brickwork(5, 2), 5), packed(brickwork(24, 2), 24)
    backend, request = NativeBackend(), Request()
    assert backend.estimate(small, request) == ReferenceBackend().estimate(small, request)
    cost, slow = backend.estimate(large, request), ReferenceBackend().estimate(large, request)
    assert cost.bytes == state_bytes(24, "state_vector", NATIVE) < slow.bytes
    assert cost.seconds < slow.seconds


def test_single_precision_is_as_near_as_it_says() -> None:
    func = packed(brickwork(12, 6), 12)
    request = Request(states=(StateSpec("all", tuple(range(12))),))
    exact = ReferenceBackend().execute(func, request).states["all"]
    found = NativeBackend("f32").execute(func, request).states["all"]
    error = float(np.linalg.norm(found - exact))
    assert 1e-9 < error < 1e-5
    assert float(np.linalg.norm(found)) == pytest.approx(1, abs=1e-12)  # a sum of 4096 squares


def test_rounding_of_single_precision_makes_no_outcomes() -> None:
    func = body(
        """kernel.sweep <h 0, t 0, h 0, ry(2.2) 1, rx(0.9) 1, rx(-0.9) 1, ry(-2.2) 1, cx 0 2, cx 0 2>
        %b = kernel.measure [1, 2] : !circuit.bits<2>
        %k = circuit.bits_get %b[%c0] : !circuit.bits<2>
        scf.if %k { kernel.sweep <x 0> }
        kernel.sweep <h 0, t 0, h 0>
        %c = kernel.measure [0, 1] : !circuit.bits<2>""",
        16,
        {"b": ("%b", 2), "c": ("%c", 2)},
    )
    request = Request(samples=(SampleSpec("b", bits="b"), SampleSpec("c", bits="c")), states=(StateSpec("one", (3,)),))
    found, exact = NativeBackend("f32").execute(func, request), ReferenceBackend().execute(func, request)
    for mine, theirs in zip(found.samples, exact.samples, strict=True):
        assert mine.probabilities == pytest.approx(theirs.probabilities, abs=1e-6)
    plain = packed([*brickwork(12, 3), ("x", (12,), ())], 13)
    pure = NativeBackend("f32").execute(plain, Request(states=(StateSpec("one", (12,)),))).states["one"]
    np.testing.assert_allclose(np.abs(pure), [0, 1], rtol=0, atol=1e-6)
    product = packed([("h", (wire,), ()) for wire in range(13)], 13)
    (sample,) = NativeBackend("f32").execute(product, Request(samples=(SampleSpec("q", (0,)),))).samples
    assert sample.probabilities == pytest.approx({0: 0.5, 1: 0.5}, abs=1e-6)


def test_targets_are_chosen_by_name() -> None:
    assert chosen_targets("cpu.llvm,cpu.numpy") == ("cpu.llvm", "cpu.numpy")
    assert set(chosen_targets(None)) <= set(TARGETS) and NUMPY in chosen_targets(None)
    assert isinstance(executor(NUMPY), ReferenceBackend)
    found = executor(NATIVE, "f32")
    assert isinstance(found, NativeBackend) and found.precision == "f32"
    for name, precision in (("cpu.fortran", "f64"), (NUMPY, "f32")):
        with pytest.raises(errors.TargetUnavailable, match="known are"):
            usable(name, precision)
    with pytest.raises(errors.TargetUnavailable):
        chosen_targets("cpu.numpy,")
    assert "cpu.llvm f32" in who_could(20, 1 << 40)
    assert who_could(60, 1 << 40) == ()


STEPS: Sequence[tuple[str, str]] = [("0", "1000000000"), ("-9000000000000000000", "9000000000000000000")]


@pytest.mark.parametrize(("low", "high"), STEPS)
def test_for_loops_are_bounded_like_while_loops(low: str, high: str) -> None:
    text = f"""%l = arith.constant {low} : i64
    %h = arith.constant {high} : i64
    scf.for %i = %l to %h step %c1 : i64 {{ kernel.sweep <h 0> }}"""
    with pytest.raises(errors.LoopLimit, match=rf"`for` loop of {int(high) - int(low)} iterations") as caught:
        NativeBackend().execute(body(text, 1), Request(settings=("Z",)))
    assert caught.value.where is not None and caught.value.where.name == "scf.for"


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        ("h 0, cx 3 3, cx 0 1", "on wires 3, 3: 12 qubits"),
        ("cx 0 1, cx 2 12", "on wires 2, 12: 12 qubits"),
        ("cx 0 1, h 13, h 0", "on wires 13: 12 qubits"),
        ("cx 0 1, rx(0.5) 1, rz(1.0e999) 0", "`rz` by inf"),
    ],
)
def test_a_gate_of_a_run_that_cannot_be_is_named(gates: str, message: str) -> None:
    func = body(f"kernel.sweep <{gates}>", 12)
    with pytest.raises((errors.BadWires, errors.BadAngle), match=message) as caught:
        NativeBackend().execute(func, Request(settings=("Z" * 12,)))
    assert caught.value.where is not None and caught.value.where.name == "kernel.sweep"


def test_numbers_that_are_not_finite_are_named_at_their_gate() -> None:
    func = kernel(
        """kernel.func @f(%a : f64) attributes {qubits = 12 : i64, parameters = ["a"], bits = []} {
        %two = arith.constant 2.0 : f64
        %b = arith.mulf %a, %two : f64
        kernel.gate "rx" (%b) [3]
        kernel.return }"""
    )
    requests = [Request(parameters=(value,), settings=("Z" * 12,)) for value in (0.1, 1e308)]
    backend = NativeBackend()
    with pytest.raises(errors.BadAngle, match="`rx` by inf") as caught:
        list(backend.execute_all(func, requests))
    assert caught.value.where is not None and caught.value.where.name == "kernel.gate"
    assert native.FEWEST_QUBITS <= 12
