"""`ql.to_jax`: values, derivatives, transformations, and what is refused."""

import math
import warnings
from functools import cache

import numpy as np
import pytest

import qlang as ql
from qlang.syntax.diagnostic import Diagnostic

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")

METHODS = ("native", "jax")


@ql.circuit
def ansatz(n: int, angles: ql.Array[float, 2], scale: float = 0.7):
    q = ql.qubits(n)
    total = 0.0
    for layer in range(2):
        for i in range(n):
            ql.ry(angles[layer, i] * scale, q[i])
            ql.rz(math.sin(angles[layer, i]) / (1.5 + scale), q[i])
        total += angles[layer, 0]
        for i in range(n - 1):
            ql.cx(q[i], q[i + 1])
        ql.rzz(total * layer, q[0], q[n - 1])
    ql.ctrl(ql.rx)(math.sqrt(scale), q[0], q[1])
    ql.u(scale, total, 0.3, q[1])


@ql.observable
def energy(q):
    return sum(ql.Z(q[i]) * ql.Z(q[i + 1]) for i in range(len(q) - 1)) - 0.5 * ql.total(ql.X, q) + 0.25


ANGLES = np.linspace(-1, 2, 8).reshape(2, 4)
JOB = ql.job(ansatz(4, ANGLES), expect={"e": energy, "y": ql.Y(1) * ql.X(2), "z": ql.Z(3)})
ONE = ql.job(ansatz(4, ANGLES), expect={"e": energy})


@cache
def function_of(method: str, one: bool = False) -> ql.JaxFunction:
    """Compiled once for all tests."""
    return ql.to_jax(ONE if one else JOB, method=method)


def run_value(scale: float, angles: np.ndarray) -> dict[str, float]:
    """The same values by running the job."""
    job = ql.job(ansatz(4, angles, scale), expect={"e": energy, "y": ql.Y(1) * ql.X(2), "z": ql.Z(3)})
    return {name: found.value for name, found in job.run().expect.items()}


@pytest.mark.parametrize("method", METHODS)
def test_values_are_those_of_a_run(method: str, in_workspace: object) -> None:
    function = function_of(method)
    found = function(scale=0.4, angles=ANGLES / 2)
    expected = run_value(0.4, ANGLES / 2)
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert float(value) == pytest.approx(expected[name], abs=1e-12)
    assert np.allclose(function.values(), list(run_value(0.7, ANGLES).values()), atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_gradients_are_those_of_finite_differences(method: str) -> None:
    function = function_of(method)
    start = np.concatenate([ANGLES.ravel(), [0.6]])
    step = 1e-5
    shifted = start + step * np.concatenate([np.eye(9), -np.eye(9)])
    ahead, behind = jax.vmap(function.values)(shifted).reshape(2, 9, 3)
    assert np.allclose(jax.jacrev(function.values)(start), (ahead - behind).T / (2 * step), atol=1e-9)


def test_both_methods_agree_under_jit_grad_and_vmap() -> None:
    native, pure = (function_of(method, one=True) for method in METHODS)
    scales = jnp.linspace(0.1, 1.2, 5)
    by_scale = [jax.jit(jax.vmap(jax.value_and_grad(lambda s, f=f: f(scale=s)))) for f in (native, pure)]
    for one, other in zip(by_scale[0](scales), by_scale[1](scales), strict=True):
        assert np.allclose(one, other, atol=1e-12)
    point = {"scale": 0.3, "angles": jnp.asarray(ANGLES)}
    gradients = [jax.grad(function)(point) for function in (native, pure)]
    assert gradients[0].keys() == point.keys()
    for name, gradient in gradients[0].items():
        assert np.allclose(gradient, gradients[1][name], atol=1e-12)


def test_gradient_descent_finds_the_ground_state() -> None:
    @ql.circuit
    def pair(angles: ql.Array):
        q = ql.qubits(2)
        ql.ry(angles[0], q[0])
        ql.cx(q[0], q[1])
        ql.rx(angles[1], q[0])

    function = ql.to_jax(ql.job(pair([0.3, 0.2]), expect={"e": "Z(q[0]) * Z(q[1]) + X(q[0]) * X(q[1])"}))
    angles, step = jnp.array([0.3, 0.2]), jax.jit(jax.value_and_grad(function))
    for _ in range(200):
        value, slope = step(angles)
        angles = angles - 0.2 * slope
    assert float(value) == pytest.approx(-1, abs=1e-3) or float(value) < -1


def test_the_state_has_the_phases_of_the_circuit() -> None:
    @ql.circuit
    def turned(a: float, b: float):
        q = ql.qubits(2)
        ql.rx(a, q[0])
        ql.rz(b, q[0])
        ql.gphase(a * b)

    function = ql.to_jax(ql.job(turned(0.4, 1.1), expect={"z": ql.Z(0)}))
    a, b = 0.9, -0.3
    expected = [math.cos(a / 2) * np.exp(-0.5j * b), -1j * math.sin(a / 2) * np.exp(0.5j * b), 0, 0]
    assert np.allclose(function.state(a=a, b=b), np.exp(1j * a * b) * np.array(expected), atol=1e-14)
    slope = jax.grad(lambda a: jnp.abs(function.state(a=a)[1]) ** 2)(a)
    assert float(slope) == pytest.approx(math.sin(a) / 2, abs=1e-12)
    slope = jax.grad(lambda a: jnp.real(function.state(a=a, b=1.0)[0]))(a)
    assert float(slope) == pytest.approx(
        -math.sin(a / 2) / 2 * math.cos(a - 0.5) - math.cos(a / 2) * math.sin(a - 0.5), abs=1e-12
    )


@pytest.mark.filterwarnings("ignore::qlang.problems.CompileWarning")
def test_measurements_at_the_end_leave_z_and_take_x() -> None:
    @ql.circuit
    def measured(a: float):
        q = ql.qubits(1)
        ql.ry(a, q[0])
        c = ql.measure(q)
        return c

    function = ql.to_jax(ql.job(measured(0.7), expect={"z": ql.Z(0), "x": ql.X(0) + ql.Z(0)}))
    assert np.allclose(function.values(), [math.cos(0.7)] * 2, atol=1e-12)


def test_parameters_by_name_mapping_and_vector() -> None:
    function = function_of("native", one=True)
    assert [(p.name, p.shape) for p in function.parameters] == [("angles", (2, 4)), ("scale", ())]
    expected = function(angles=ANGLES / 3, scale=0.2)
    assert float(function({"scale": 0.2, "angles": ANGLES / 3})) == float(expected)
    assert float(function({"scale": 0.2}, angles=ANGLES / 3)) == float(expected)
    assert float(function(np.concatenate([ANGLES.ravel() / 3, [0.2]]))) == float(expected)
    assert float(function()) == float(function(scale=0.7))
    with pytest.raises(TypeError, match="no real parameter 'n'; there are: angles, scale"):
        function(n=3)
    for bad in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"'scale' is {bad}: parameters must be finite"):
            function(scale=bad)
    with pytest.raises(ValueError, match=r"'angles' has the shape \(2, 4\), and \(3,\) was given"):
        function(angles=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="8 numbers for 9 parameters"):
        function(ANGLES)
    assert str(function) == repr(function) == "<function of angles[2, 4], scale: e>"
    with pytest.raises(TypeError, match="two values for 'scale'"):
        function({"scale": 0.1}, scale=0.2)


def test_programs_in_text_and_sweeps() -> None:
    program = ql.compile("""
    include "stdgates.inc";
    circuit c(float a, float b = 0.5) { qubit q; rx(a) q; ry(b) q; }
    job first { run c(a = x); sweep x in [0.1, 0.2]; expect z = Z(q[0]); }
    job second { run c(a = 1.0); expect x = X(q[0]), z = Z(q[0]); }
    """)
    function = ql.to_jax(program, "first")
    assert float(function(a=0.3)) == pytest.approx(math.cos(0.3) * math.cos(0.5))
    with pytest.raises(TypeError, match="'a' is swept in the job"):
        function()
    assert set(ql.to_jax(program, "second")()) == {"x", "z"}


@pytest.mark.parametrize("method", METHODS)
def test_under_a_transformation_what_is_not_finite_gives_what_is_not_finite(method: str) -> None:
    function = function_of(method, one=True)
    assert math.isnan(jax.jit(lambda s: function(scale=s))(math.nan))
    assert np.isnan(jax.grad(lambda s: function(scale=s))(math.inf))


def test_single_precision_is_jax_own_default() -> None:
    functions = [ql.to_jax(ql.job(counted_up(2, 0.1), expect={"z": ql.Z(0)}), method=method) for method in METHODS]
    jax.config.update("jax_enable_x64", False)
    for function in functions:
        value, slope = jax.value_and_grad(function)({"a": 0.3})
        assert value.dtype == slope["a"].dtype == np.float32
        assert float(value) == pytest.approx(math.cos(0.6), abs=1e-6)
        assert float(slope["a"]) == pytest.approx(-2 * math.sin(0.6), abs=1e-6)
    assert functions[0].state().dtype == np.complex64
    jax.config.update("jax_enable_x64", True)
    assert functions[0].state().dtype == np.complex128


def diagnosed(job: object) -> Diagnostic:
    with pytest.raises(ql.CompileError) as caught:
        ql.to_jax(job)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "QJ0912"
    return diagnostic


def helped(circuit: object) -> str:
    return " ".join(diagnosed(ql.job(circuit, expect={"z": ql.Z(0)})).helps())


def refused(circuit: object) -> str:
    diagnostic = diagnosed(ql.job(circuit, expect={"z": ql.Z(0)}))
    source = diagnostic.span.source
    return f"{diagnostic.message()} | {source.text[diagnostic.span.start : diagnostic.span.end].splitlines()[0]}"


def test_what_has_no_derivative_is_refused_where_it_stands() -> None:
    @ql.circuit
    def fed_back(a: float):
        q = ql.qubits(2)
        ql.rx(a, q[0])
        if ql.measure(q[0]):
            ql.rx(a, q[1])

    @ql.circuit
    def again(a: float):
        q = ql.qubits(1)
        ql.rx(a, q[0])
        ql.reset(q[0])
        ql.rx(a, q[0])

    @ql.circuit
    def chosen(a: float):
        q = ql.qubits(1)
        if a > 0.5:
            ql.rx(a, q[0])

    @ql.circuit
    def counted(a: float):
        q = ql.qubits(1)
        for _ in range(int(a)):
            ql.rx(a, q[0])

    assert "a measurement before the end of the circuit cannot be" in refused(fed_back(0.3))
    assert "control gates by the qubit itself" in helped(fed_back(0.3))
    assert refused(again(0.3)).startswith("a reset cannot be differentiated | ql.reset")
    assert refused(chosen(0.3)).startswith("a decision by what depends on a real parameter")
    assert refused(counted(2.3)).startswith("the whole part of what depends on a real parameter")


@pytest.mark.parametrize(
    ("declared", "given", "construct"),
    [
        ("float[32] a", "a", "the rounding to fewer bits of what depends"),
        ("float a", "angle(a)", "the rounding to an `angle` of what depends"),
        ("angle a", "a", "the rounding to an `angle` of what depends"),
    ],
)
def test_what_rounds_is_refused_in_words_with_a_way_out(declared: str, given: str, construct: str) -> None:
    diagnostic = diagnosed(
        ql.compile(f"""
        include "stdgates.inc";
        circuit c({declared}) {{ qubit q; rx({given}) q; }}
        job j {{ run c(a = x); sweep x in [0.1, 0.2]; expect z = Z(q[0]); }}
        """)
    )
    assert diagnostic.message().startswith(construct)
    assert list(diagnostic.helps()) == ["declare it as `float`, which is not rounded"]


def test_circuits_longer_than_any_trace_are_refused_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qlang.backends.folding.MAX_TRACE", 1000)
    assert refused(counted_up(1001, 0.1)).startswith("a circuit of more than 1000 gates cannot be differentiated")


def test_swept_whole_numbers_and_nothing_to_expect_are_refused() -> None:
    with pytest.raises(ql.CompileError, match="the whole number `n` cannot be differentiated"):
        ql.to_jax(ql.job(counted_up(a=0.1), sweep={"n": [1, 2]}, expect={"z": ql.Z(0)}))
    with pytest.raises(ValueError, match="expects nothing"):
        ql.to_jax(ql.job(counted_up(1, 0.1), state="q"))


@ql.circuit
def counted_up(n: int, a: float):
    q = ql.qubits(1)
    for _ in range(n):
        ql.rx(a, q[0])


def test_shots_and_noise_are_left_out_with_a_warning() -> None:
    job = ql.job(counted_up(2, 0.1), expect={"z": ql.Z(0)}, shots=50, backend="sim like ibm.manila")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        function = ql.to_jax(job)
    assert [each.message.diagnostic.code for each in seen] == ["QJ1031", "QJ1031"]
    assert float(function()) == pytest.approx(math.cos(0.2), abs=1e-12)


def test_functions_of_parameters_are_those_of_python() -> None:
    @ql.circuit
    def strange(a: float, b: float):
        q = ql.qubits(1)
        ql.ry(math.exp(a) / b + abs(b) ** a - math.atan(a * b), q[0])
        ql.ry(min(a, b) + 2 * max(a, 0.1) - math.log(b) * math.cos(a), q[0])
        ql.ry(a * b if a > 0.5 else b, q[0])

    function = ql.to_jax(ql.job(strange(0.4, 1.3), expect={"z": ql.Z(0)}))

    def value(a: float, b: float) -> float:
        first = math.exp(a) / b + abs(b) ** a - math.atan(a * b)
        second = min(a, b) + 2 * max(a, 0.1) - math.log(b) * math.cos(a)
        return math.cos(first + second + (a * b if a > 0.5 else b))

    a, b, step = 0.6, 0.9, 1e-6
    assert float(function(a=a, b=b)) == pytest.approx(value(a, b), abs=1e-12)
    slopes = jax.grad(function)({"a": a, "b": b})
    assert float(slopes["a"]) == pytest.approx((value(a + step, b) - value(a - step, b)) / (2 * step), abs=1e-8)
    assert float(slopes["b"]) == pytest.approx((value(a, b + step) - value(a, b - step)) / (2 * step), abs=1e-8)


def test_states_that_do_not_fit_are_refused_before_memory_is_taken() -> None:
    @ql.circuit
    def wide(a: float):
        q = ql.qubits(45)
        ql.rx(a, q)

    from qlang.backends.errors import TooLarge

    for method in METHODS:
        function = ql.to_jax(ql.job(wide(0.1), expect={"z": ql.Z(0)}), method=method)
        with pytest.raises(TooLarge, match="45 qubits need"):
            function()


def test_second_derivatives_in_pure_jax() -> None:
    @ql.circuit
    def turned(a: float):
        q = ql.qubits(1)
        ql.rx(a * a, q[0])

    function = ql.to_jax(ql.job(turned(0.1), expect={"z": ql.Z(0)}), method="jax")
    a = 0.8
    expected = -2 * math.sin(a * a) - 4 * a * a * math.cos(a * a)
    assert float(jax.grad(jax.grad(function))(a)) == pytest.approx(expected, abs=1e-10)
