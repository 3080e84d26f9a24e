"""States and unitaries of circuits through the compiler, kernel and reference backend. Little-endian, as in Qiskit."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from qlang.backends.protocol import Request, SampleSpec, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler.driver import Compilation, Options, compile_source
from qlang.ir.kernel import FuncOp
from qlang.syntax.source import Source

ALL = "".join(f"import std.{name};\n" for name in ("gates", "families"))


def compiled(text: str, stage: str = "lower-kernel") -> Compilation:
    """A program that must have no mistakes."""
    found = compile_source(Source("test.qjob", text), Options(seed=1), stop_after=stage)
    assert found.ok, [diagnostic.message() for diagnostic in found.diagnostics]
    return found


def kernel(text: str) -> FuncOp:
    """The kernel of a program's one job."""
    module = compiled(text).module
    assert module is not None
    return next(op for op in module.ops if isinstance(op, FuncOp))


def state(text: str, wires: tuple[int, ...] | None = None) -> Any:
    """Final amplitudes of a program's one job, of some wires as a density matrix where these are entangled."""
    return states(text, [()], wires)[0]


def states(text: str, points: Iterable[tuple[float, ...]], wires: tuple[int, ...] | None = None) -> list[Any]:
    """Final amplitudes at each point of a program's sweep."""
    func, backend = kernel(text), ReferenceBackend()
    asked = (StateSpec("s", tuple(range(func.qubits)) if wires is None else wires),)
    return [backend.execute(func, Request(parameters=point, states=asked)).states["s"] for point in points]


def distribution(text: str, bits: str | None = None) -> dict[int, float]:
    """Exact probabilities of all qubits at the end, or of a bit register."""
    func = kernel(text)
    wires = tuple(range(func.qubits)) if bits is None else ()
    request = Request(samples=(SampleSpec("m", wires, bits),))
    found = ReferenceBackend().execute(func, request).samples[0].probabilities
    assert found is not None
    return dict(found)


@lru_cache(maxsize=1024)
def run_state(call: str, modules: str = ALL) -> Any:
    """The state that a circuit of the library prepares: `run_state("ghz(3)")`."""
    return state(f"{modules}job j {{ run {call}; state q; }}\n")


@lru_cache(maxsize=1024)
def unitary(statements: str, qubits: int, modules: str = ALL) -> Any:
    """The matrix of statements on a register `q`, from their effect on half of a maximally entangled state."""
    body = f"qubit[{qubits}] r; qubit[{qubits}] q; h r; cx r, q; {statements}"
    amplitudes = state(f"{modules}circuit t() {{ {body} }}\njob j {{ run t(); state q; }}\n")
    size = 2**qubits
    return np.asarray(amplitudes).reshape(size, size) * np.sqrt(size)


def big_endian(matrix: Any) -> Any:
    """The matrix with qubit 0 leftmost instead of rightmost, or back."""
    qubits = len(matrix).bit_length() - 1
    order = [*reversed(range(qubits)), *(qubits + axis for axis in reversed(range(qubits)))]
    return np.asarray(matrix).reshape((2,) * (2 * qubits)).transpose(order).reshape(matrix.shape)


def equal_up_to_phase(first: Any, second: Any, tolerance: float = 1e-10) -> bool:
    """Whether two states or unitaries are the same up to a global phase."""
    overlap = np.vdot(first, second)
    scale = np.vdot(first, first).real
    return abs(abs(overlap) - scale) < tolerance * max(scale, 1.0) and np.allclose(
        np.asarray(first) * (overlap / abs(overlap)), second, atol=tolerance**0.5 * 1e-2
    )
