"""The bound on rounding: a circuit and its inverse bring |0…0⟩ back, up to what the bound allows."""

from collections.abc import Mapping

import numpy as np
import pytest

from qlang.backends.native import NativeBackend
from qlang.backends.noise import noise_model
from qlang.backends.protocol import Request, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler.driver import Options
from qlang.ir.plan import LowerOp
from qlang.ir.values import Plain, plain
from qlang.passes.rounding import l2_bound
from tests.compiler.programs import circuit_of, compiled, kernel_of

QUBITS = 5
GATES = 300
NO_NOISE: Mapping[str, Plain] = {"form": "named", "rules": [{"channel": "depolarizing", "p": 0.0, "targets": []}]}


def there_and_back(seed: int) -> str:
    """Random gates, and their inverses behind a barrier that no pass looks across."""
    random = np.random.default_rng(seed)
    there = []
    for _ in range(GATES):
        a, b, c = (int(wire) for wire in random.permutation(QUBITS)[:3])
        angle = float(random.uniform(-7, 7))
        choices = [
            f"u({angle!r}, {angle / 3!r}, {-angle / 5!r}) q[{a}];",
            f"rxx({angle!r}) q[{a}], q[{b}];",
            f"cp({angle!r}) q[{a}], q[{b}];",
            f"ch q[{a}], q[{b}];",
            f"cswap q[{a}], q[{b}], q[{c}];",
            f"ctrl(2) @ ry({angle!r}) q[{a}], q[{b}], q[{c}];",
        ]
        there.append(choices[int(random.integers(len(choices)))])
    body = " ".join([*there, "barrier q;", *(f"inv @ {gate}" for gate in reversed(there))])
    return f"circuit c() {{ qubit[{QUBITS}] q; {body} }}\njob j {{ run c(); sample q; backend sim; }}\n"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [None, NO_NOISE], ids=["state vector", "density matrix"])
def test_what_rounding_did_is_within_the_bound(seed: int, noise: Mapping[str, Plain] | None) -> None:
    compilation = compiled(there_and_back(seed), "test.qjob")
    resources = plain(circuit_of(compilation).attributes["resources"])
    assert isinstance(resources, dict)
    bound = l2_bound(resources, QUBITS, 1, noise)
    request = Request(
        states=(StateSpec("all", tuple(range(QUBITS))),), noise=noise_model(noise) if noise is not None else None
    )
    found = ReferenceBackend().execute(kernel_of(compilation), request).states["all"]
    ideal = np.zeros_like(found)
    ideal.flat[0] = 1
    # A global phase is no error of the state.
    phase = found.flat[0] / abs(found.flat[0])
    error = float(np.linalg.norm(found / phase - ideal))
    assert bound is not None
    assert 0 < error <= bound < 1e-8


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("precision", ["f64", "f32"])
def test_what_native_rounding_did_is_within_its_bound(
    seed: int, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qlang.backends.native.FEWEST_QUBITS", 1)
    compilation = compiled(there_and_back(seed), "test.qjob")
    resources = plain(circuit_of(compilation).attributes["resources"])
    assert isinstance(resources, dict)
    bound = l2_bound(resources, QUBITS, 1, None, "cpu.llvm", precision)
    request = Request(states=(StateSpec("all", tuple(range(QUBITS))),))
    found = NativeBackend(precision).execute(kernel_of(compilation), request).states["all"]
    error = float(np.linalg.norm(found * abs(found[0]) / found[0] - np.eye(1, len(found))[0]))
    assert bound is not None
    assert 0 < error <= bound < (1e-7 if precision == "f64" else 1e-2)
    # It is no loose guess either: rounding errors of so many gates cancel, but not by more than this.
    assert error > bound * 1e-6


def test_single_precision_is_for_jobs_that_allow_it() -> None:
    text = "circuit c() {{ qubit[3] q; h q[0]; cx q[0], q[1]; rx(0.3) q[2]; }}\njob j {{ run c(); sample q; {} }}\n"
    chosen = {}
    for demand in ("", "precision 1e-3;", "precision 1e-9;", "precision infidelity 1e-8;", "precision 3e-14;"):
        compilation = compiled(text.format(demand), "test.qjob", Options(seed=1, target="cpu.llvm,cpu.numpy"))
        assert compilation.module is not None
        lower = next(op for op in compilation.module.walk() if isinstance(op, LowerOp))
        decided = {name: plain(value) for name, value in lower.attributes.items()}
        chosen[demand] = decided["target"], decided["precision"]
        if demand.startswith("precision 1e"):
            assert float(str(decided["l2_bound"])) <= float(demand.removeprefix("precision ").rstrip(";"))
    assert list(chosen.values()) == [
        ("cpu.llvm", "f64"),
        ("cpu.llvm", "f32"),
        ("cpu.llvm", "f64"),
        ("cpu.llvm", "f32"),
        ("cpu.numpy", "f64"),
    ]


def test_what_cannot_be_counted_has_no_bound() -> None:
    loop = "circuit c() { qubit q; bit b; h q; b = measure q; while (b) { h q; b = measure q; } }\n"
    compilation = compiled(loop + "job j { run c(); sample b; shots 10; backend sim; }\n", "test.qjob")
    resources = plain(circuit_of(compilation).attributes["resources"])
    assert isinstance(resources, dict)
    assert l2_bound(resources, 1, 1, None) is None
