"""Programs written by others: what is drawn is what Qiskit counts in the same file."""

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from qiskit import QuantumCircuit, qasm2

from qlang.compiler import frontend
from qlang.compiler.drawing import draw_svg, draw_text
from qlang.compiler.drawing.build import build
from qlang.compiler.drawing.model import Operation, operations
from qlang.syntax.source import Source

DATA = Path(__file__).parents[1] / "data"
SMALL = [path for path in sorted((DATA / "qasmbench-small").glob("[!v]*.qasm")) if path.stat().st_size < 40_000]
"""Without `vqe_uccsd_*`, which measure a register that they do not declare."""
NAM = [path for path in sorted((DATA / "nam-circuits").glob("*.qasm")) if path.stat().st_size < 20_000]
EXAMPLES = sorted((DATA / "openqasm3-examples").glob("*.qasm"))
FEEDBACK = re.compile(r"^\s*if\s*\(", re.MULTILINE)


def drawn(path: Path) -> Counter[str]:
    """How often each gate is drawn; a meter for each measured qubit."""
    analysis = frontend.analyse(Source(path.name, path.read_text()))
    assert analysis.ok and analysis.module.main is not None
    found = Counter[str]()
    for operation in operations(build(analysis.module.main, {}, limit=10**6).items):
        meters = sum(mark.shape == "meter" for mark in operation.marks)
        found["measure" if meters else _name(operation)] += meters or 1
    return found


def _name(operation: Operation) -> str:
    return re.split(r"[ (]", operation.title)[0]


@pytest.mark.parametrize("path", [p for p in SMALL + NAM if not FEEDBACK.search(p.read_text())], ids=lambda p: p.stem)
def test_gates_are_those_that_qiskit_counts(path: Path) -> None:
    circuit: QuantumCircuit = qasm2.load(path, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    spelled = {"u": "U" if re.search(r"^U\(", path.read_text(), re.MULTILINE) else "u"}
    assert drawn(path) == Counter({spelled.get(name, name): n for name, n in circuit.count_ops().items()})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_examples_of_the_specification(path: Path) -> None:
    """Those with mistakes (pulses, physical qubits) are drawn as far as they go: editors do so while one types."""
    main = frontend.analyse(Source(path.name, path.read_text())).module.main
    if main is None:
        pytest.skip("no circuit of its own")
    text = draw_text(main)
    assert max(map(len, text.splitlines())) <= 100
    ElementTree.fromstring(draw_svg(main))
