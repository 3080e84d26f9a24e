"""How long a new circuit takes until it runs, with and without cached machine code."""

import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.simulators.cases import case, write_case
from benchmarks.simulators.measure import OURS, START_SECONDS, warm_up
from benchmarks.simulators.processes import CannotAnswer, worker


def compilations(
    asked: Sequence[tuple[str, int]], precisions: Sequence[str], threads: Sequence[int]
) -> Iterator[tuple[str, str, float]]:
    """(circuit, kind, seconds from the kernel to something that runs) for names and numbers of qubits.

    `threads`: on how many processors; machine code is compiled on all of them. Three processes for each, with one cache
    folder: `cold`, where it is empty; `first`, the first circuit of a process
    that finds it filled; `warm`, after another circuit in such a process. What cannot be compiled is left out.
    """
    for name, qubits in asked:
        for precision, processors in product(precisions, threads):
            with TemporaryDirectory(prefix="qlang-benchmark-") as folder:
                path = Path(folder) / "case.json"
                write_case(case(name, qubits), path)
                for kind in ("cold", "first", "warm"):
                    try:
                        seconds = _compile_seconds(path, precision, processors, warm=kind == "warm")
                    except CannotAnswer:
                        break
                    yield f"{name} {qubits} {precision}, threads {processors}", kind, seconds


def _compile_seconds(path: Path, precision: str, threads: int, *, warm: bool) -> float:
    with worker(sys.executable, OURS, (), threads, extra={"XDG_CACHE_HOME": str(path.parent)}) as running:
        if warm:
            warm_up(running, precision, path.parent)
        told = running.ask("load", START_SECONDS, case=str(path), precision=precision, variant={})
        seconds: float = told["compile_seconds"]
        return seconds
