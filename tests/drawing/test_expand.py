"""Drawings that look inside: what is opened is what runs."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.circuit import QuantumCircuit
from qiskit.circuit.library import QFTGate
from qiskit.quantum_info import Operator

from qlang.compiler import frontend
from qlang.compiler.drawing import draw_text
from qlang.compiler.drawing.build import build
from qlang.compiler.drawing.model import Block, Operation, operations
from qlang.syntax.source import Source
from tests.drawing.circuits import CIRCUITS, circuit


def expanded(text: str, limit: int = 10_000) -> list[Operation]:
    return list(operations(build(circuit(text), {}, limit=limit, expand=True).items))


def test_loops_are_written_out_and_branches_decided() -> None:
    text = """
qubit[4] q; bit c;
for int i in [0:2] { cx q[i], q[i+1]; if (i == 1) { x q[i]; } else { z q[i]; } }
for int i in {3, 0} { h q[i]; }
for int i in [3:-1:2] { s q[i]; }
if (c == 1) { y q[0]; }
"""
    found = expanded(text)
    places = [[mark.line for mark in operation.marks] for operation in found]
    assert places == [[0, 1], [0], [1, 2], [1], [2, 3], [2], [3], [0], [3], [2], [0]]
    drawn = draw_text(circuit(text), expand=True)
    assert "for " not in drawn and "if (c == 1)" in drawn


def test_calls_and_own_gates_are_opened_in_frames() -> None:
    picture = build(circuit(CIRCUITS["calls"]), {}, limit=1000, expand=True)
    titles = [item.title for item in picture.items if isinstance(item, Block)]
    assert titles == ["majority q[0], q[1], q[3]", "layer(q[1:3], t)", "layer(q[0:2], π/2)"]
    assert [len(item.parts[0].items) for item in picture.items if isinstance(item, Block)] == [3, 3, 3]
    assert "ctrl @ majority" in picture.items[1].title, "a controlled gate stays shut"


def test_a_recursion_ends() -> None:
    """The check refuses recursion; an editor draws what it has while one types."""
    text = "def f(qubit a) { x a; f(a); }\nqubit q;\nf(q);\n"
    main = frontend.analyse(Source("a.qjob", text)).module.main
    assert main is not None
    assert draw_text(main, expand=True).count("┤X├") <= 8


def test_endless_work_is_not_begun() -> None:
    text = "qubit q;\nfor int i in [0:900000] { x q; h q; }\n"
    picture = build(circuit(text), {}, limit=50, expand=True)
    assert len(list(operations(picture.items))) == 50
    assert picture.notes == ("1799952 more statements are not drawn: the limit is 50 operations",)


@pytest.mark.parametrize("qubits", [2, 3, 5])
def test_the_fourier_transform_that_is_drawn_is_qiskits(qubits: int) -> None:
    """The picture, read back gate by gate, has the matrix of Qiskit's transform."""
    text = f"import std.families;\nqubit[{qubits}] q;\nqft_on(q);\n"
    read = QuantumCircuit(qubits)
    for operation in expanded(text):
        lines = [mark.line for mark in operation.marks]
        match [mark.shape for mark in operation.marks]:
            case ["box"]:
                assert operation.marks[0].text == "H"
                read.h(lines[0])
            case ["cross", "cross"]:
                read.swap(*lines)
            case ["dot", "box"]:
                _, _, bottom = operation.marks[1].text.strip("P()").partition("/")
                read.cp(np.pi / int(bottom), *lines)
            case shapes:
                pytest.fail(f"no part of a Fourier transform: {shapes}")
    assert Operator(read).equiv(Operator(QFTGate(qubits)))
    assert Counter(read.count_ops())["swap"] == qubits // 2


@given(
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from(["i", "3 - i", "(i + 1) % 4", "i * 2 % 4", "j", "(i + j) % 4"]),
)
def test_a_box_in_a_loop_covers_the_lines_that_the_loop_reaches(first: int, last: int, index: str) -> None:
    """Loops shut and written out agree on which qubits a statement may touch."""
    body = f"for int j in [i:3] {{ h q[{index}]; }}"
    text = f"qubit[4] q;\nfor int i in [{first}:{last}] {{ {body} }}\n"
    shut = list(operations(build(circuit(text), {}, limit=100).items))
    reached = {mark.line for operation in expanded(text) for mark in operation.marks}
    if reached:
        (box,) = shut
        assert (box.top, box.bottom) == (min(reached), max(reached))
