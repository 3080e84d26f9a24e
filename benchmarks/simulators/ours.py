"""qlang's own simulation as a worker.

Compilation is told in two parts: `frontend_seconds` from the text to the kernel of the plan (the language, its checks
and passes), and `compile_seconds` from that kernel to something that runs (planning, machine code, numbers).
"""

import os
from collections.abc import Sequence
from time import perf_counter
from typing import cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulators.cases import Case
from benchmarks.simulators.engines import States, Values, prepared
from benchmarks.simulators.openqasm import openqasm, parametric_job
from benchmarks.simulators.workers.service import Amplitudes, Variant, serve
from qlang.compiler.driver import compile_source
from qlang.ir.kernel import FuncOp
from qlang.kernels.cpu.host import Precision
from qlang.syntax.source import Source
from qlang.version import __version__


def kernel_of(case: Case) -> FuncOp:
    """The kernel of a case's circuit, through the whole compiler."""
    parametric = case.kind in ("gradient", "parameter_sets")
    text = parametric_job(case.circuit) if parametric else openqasm(case.circuit)
    name = "case.qjob" if parametric else "case.qasm"
    compilation = compile_source(Source(name, text), stop_after="kernel")
    if not compilation.ok or compilation.module is None:
        raise RuntimeError(f"the text has mistakes, first {type(compilation.diagnostics[0]).__name__}")
    return next(op for op in compilation.module.ops if isinstance(op, FuncOp))


class Ours:
    """Times one call of what `prepared` gave."""

    _engine: States | Values

    def __init__(self, threads: int) -> None:
        self._threads = threads

    def versions(self) -> dict[str, str]:
        return {"qlang": __version__}

    def variants(self, case: Case, precision: str) -> list[Variant]:
        return [{}]

    def load(self, case: Case, precision: str, variant: Variant) -> dict[str, float]:
        begin = perf_counter()
        program = kernel_of(case)
        lowered = perf_counter()
        self._engine = prepared(program, case, cast(Precision, precision), self._threads)
        return {"frontend_seconds": lowered - begin, "compile_seconds": perf_counter() - lowered}

    def run(self) -> dict[str, float]:
        begin = perf_counter()
        self._engine.run()
        seconds = perf_counter() - begin
        moved = self._engine.bytes_moved
        return {"seconds": seconds} if moved is None else {"seconds": seconds, "bytes_moved": moved}

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        assert isinstance(self._engine, States)
        return self._engine.amplitudes(indices)

    def peaks(self, count: int) -> NDArray[np.int64]:
        assert isinstance(self._engine, States)
        return self._engine.peaks(count)

    def answer(self) -> tuple[Sequence[float], Sequence[float]]:
        assert isinstance(self._engine, Values)
        return self._engine.values, self._engine.errors


if __name__ == "__main__":
    serve(Ours(int(os.environ["OMP_NUM_THREADS"])))
