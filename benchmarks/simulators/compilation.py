"""How long a new circuit takes until it runs: in a process that has never seen it, with and without cached code."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.simulators.cases import case, write_case
from benchmarks.simulators.measure import OURS, START_SECONDS
from benchmarks.simulators.processes import CannotAnswer, worker


def compilations(asked: Sequence[tuple[str, int]], precisions: Sequence[str]) -> Iterator[tuple[str, str, float]]:
    """(circuit, `cold` or `warm`, seconds from the kernel to something that runs) for names and numbers of qubits.

    Two processes for each, with one cache folder, which is empty for the first. What cannot be compiled is left out.
    """
    for name, qubits in asked:
        for precision in precisions:
            with TemporaryDirectory(prefix="qlang-benchmark-") as folder:
                path = Path(folder) / "case.json"
                write_case(case(name, qubits), path)
                for kind in ("cold", "warm"):
                    try:
                        with worker(sys.executable, OURS, (), 1, extra={"XDG_CACHE_HOME": folder}) as running:
                            told = running.ask("load", START_SECONDS, case=str(path), precision=precision, variant={})
                    except CannotAnswer:
                        break
                    yield f"{name} {qubits} {precision}", kind, told["compile_seconds"]
