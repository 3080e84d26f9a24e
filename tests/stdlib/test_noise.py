"""`std.noise`: every model can be simulated, and does what its comment says."""

import numpy as np
import pytest

from qlang.backends.noise import noise_model
from qlang.backends.protocol import Request, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler.driver import Options, compile_source
from qlang.compiler.frontend import analyse
from qlang.ir.kernel import FuncOp
from qlang.ir.plan import ScheduleOp
from qlang.ir.values import plain_attributes
from qlang.sema.symbols import NoiseSymbol
from qlang.syntax.source import Source

SCOPE = analyse(Source("test.qjob", "import std.noise;\n")).module.scope.parents[0]
MODELS = [name for name, symbol in SCOPE.names.items() if isinstance(symbol, NoiseSymbol)]
INFIDELITY = {
    "depolarizing_low": (0.5e-4, 0.75e-3),
    "depolarizing_medium": (0.5e-3, 0.75e-2),
    "depolarizing_high": (0.5e-2, 0.75 * 0.05),
    "superconducting_2019": (0.0016 * 2 / 3, 0.0062 * 4 / 5),
    "ion_trap_2023": (2.5e-5, 1.84e-3),
    "neutral_atom_2024": (0.00098, 0.0065),
}
"""Average infidelities of gates that the sources give (Pauli errors times d/(d + 1))."""


def after_bell(name: str, gate: str) -> np.ndarray:
    """The state of qubits 0-1 after one noisy gate on halves of perfect pairs with 2-3, by the compiler's own noise."""
    text = f"import std.noise;\ncircuit t() {{ qubit[4] q; {gate} }}\n"
    text += f"job j {{ run t(); sample q; shots 10; seed 1; backend sim with {name}; }}\n"
    compiled = compile_source(Source("test.qjob", text), Options())
    assert compiled.ok and compiled.module is not None
    schedule = next(op for op in compiled.module.walk() if isinstance(op, ScheduleOp))
    noise = plain_attributes(schedule)["noise"]
    func = next(op for op in compiled.module.ops if isinstance(op, FuncOp))
    request = Request(states=(StateSpec("s", (0, 1, 2, 3)),), noise=noise_model(noise))  # type: ignore[arg-type]
    return ReferenceBackend().execute(func, request).states["s"]


@pytest.mark.parametrize("name", INFIDELITY)
def test_gate_errors(name: str) -> None:
    """Survival of |0⟩ averaged over a basis suffices for depolarizing: 1 - p(1 - 1/d) of the target state remains."""
    one, two = INFIDELITY[name]
    single = after_bell(name, "x q[0];")
    assert 1 - single[1, 1].real == pytest.approx(one, rel=0.01)
    double = after_bell(name, "cx q[0], q[1];")
    assert 1 - double[0, 0].real == pytest.approx(two, rel=0.01)


def test_all_models_are_known() -> None:
    assert set(MODELS) == {*INFIDELITY, "readout_only", "relaxation_2023"}


@pytest.mark.parametrize("name", MODELS)
def test_a_job_runs_with_it(name: str) -> None:
    text = (
        f"import std.noise;\nimport std.states;\njob j {{ run ghz(3); sample q; shots 10; backend sim with {name}; }}\n"
    )
    compiled = compile_source(Source("test.qjob", text), Options())
    assert compiled.ok and compiled.plan is not None
