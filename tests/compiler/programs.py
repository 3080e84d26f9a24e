"""Programs as text, down to amplitudes and counts, without a run folder."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qlang.backends.protocol import Outcome, Request, SampleSpec, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler.driver import Compilation, Options, compile_source
from qlang.ir.circuit import FuncOp as CircuitFunc
from qlang.ir.kernel import FuncOp
from qlang.syntax.source import Source

SEEDED = Options(seed=1)
HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
BELL = """OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
h q[0];
cx q[0], q[1];
c = measure q;
"""
TURNING = """circuit turn(float a) {
  qubit[2] q;
  ry(a) q[0];
  cx q[0], q[1];
}

job turning {
  run      turn(a = a);
  sweep    a in [0.0, 1.0];
  expect   zz = Z(q[0]) * Z(q[1]), z0 = Z(q[0]);
  shots    2000;
  seed     11;
  mitigate auto within 10x;
  backend  ibm.boston, sim like ibm.guadalupe;
  crypto   hybrid;
  sla {
    fidelity   >= 0.5;
    stderr(z0) <= 0.1;
    cost       <= 1 usd;
  }
}
"""


def compiled(text: str, name: str = "test.qasm", options: Options = SEEDED) -> Compilation:
    """A compilation without errors."""
    compilation = compile_source(Source(name, text), options)
    assert compilation.ok, [(d.code, d.message()) for d in compilation.diagnostics]
    return compilation


def codes(text: str, name: str = "test.qjob", options: Options = SEEDED) -> list[str]:
    """The codes of a program's errors."""
    compilation = compile_source(Source(name, text), options)
    return [d.code for d in compilation.diagnostics if d.severity == "error"]


def circuit_of(compilation: Compilation) -> CircuitFunc:
    assert compilation.module is not None
    return next(op for op in compilation.module.ops if isinstance(op, CircuitFunc))


def kernel_of(compilation: Compilation) -> FuncOp:
    assert compilation.module is not None
    return next(op for op in compilation.module.ops if isinstance(op, FuncOp))


def execute(text: str, shots: int | None = None, name: str = "test.qasm", **request: object) -> Outcome:
    """Run the program's kernel on the reference executor, with its bit registers sampled."""
    kernel = kernel_of(compiled(text, name))
    samples = tuple(SampleSpec(name, bits=name) for name in kernel.bit_registers)
    return ReferenceBackend().execute(
        kernel,
        Request(samples=samples, shots=None if shots is None else (shots,), seed=7, **request),  # type: ignore[arg-type]  # test data
    )


def state(text: str) -> NDArray[np.complex128]:
    """The amplitudes after a program without measurements."""
    kernel = kernel_of(compiled(text))
    wires = tuple(range(kernel.qubits))
    outcome = ReferenceBackend().execute(kernel, Request(states=(StateSpec("all", wires),)))
    return outcome.states["all"]


def distribution(text: str, name: str = "test.qasm") -> dict[str, Mapping[int, float]]:
    """Exact distribution of each bit register."""
    return {sample.label: dict(sample.probabilities or {}) for sample in execute(text, name=name).samples}


def certain(text: str, register: str, name: str = "test.qasm") -> int:
    """The value that a register has with certainty."""
    (found,) = [(value, p) for value, p in distribution(text, name)[register].items() if p > 1e-12]
    assert abs(found[1] - 1) < 1e-9
    return found[0]
