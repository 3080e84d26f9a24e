"""The tables of docs/interchange.md are those of the code (`--update-golden` rewrites them)."""

import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from qlang.interchange import (
    build_qiskit_parts,
    cirq_gates,
    pennylane_gates,
    read_pennylane_results,
    stim_gates,
    write_qir,
)
from qlang.interchange.clifford import _FIXED, _HALVES, _QUARTERS, _SPECIAL
from qlang.interchange.read_cirq import SUPPORTED as CIRQ
from qlang.interchange.read_pennylane import SUPPORTED as PENNYLANE
from qlang.interchange.read_qiskit import _STATEMENTS, GATES

PAGE = Path(__file__).parents[2] / "docs" / "interchange.md"
MARK = "\n## Tables\n"
OTHER_STIM = ("MPP", "SPP", "SPP_DAG", "REPEAT", "TICK", "DETECTOR", "OBSERVABLE_INCLUDE")


def words(names: Iterable[str]) -> str:
    listed = "`" + " ".join(sorted(set(names), key=lambda name: (name.lower(), name))) + "`"
    return textwrap.fill(listed, 118, break_on_hyphens=False)


def table(rows: Mapping[str, str]) -> str:
    return "\n".join(f"| `{left}` | `{right}` |" for left, right in sorted(rows.items()))


def tables() -> str:
    renamed = {name: ours for name, ours in GATES.items() if name != ours}
    return f"""
This part is made from the code: `pytest tests/interchange/test_page.py --update-golden`.

### Qiskit

Standard gates under their own names:

{words(name for name, ours in GATES.items() if name == ours)}

| Qiskit | here |
|---|---|
{table(renamed)}

Any of these under controls on 0 or 1 is a modifier, `AnnotatedOperation`s too. Statements:

{words(_STATEMENTS)}

Other gates are read by their definition, other instructions are written out in place. Out, each primitive has a class:

{words(build_qiskit_parts.CLASSES)}

### Cirq

Read directly; any other operation with a unitary by Cirq's decomposition, its phase corrected (up to six qubits):

{words(CIRQ)}

Powers of a gate keep exponent and global shift:

{words(cirq_gates.POWERS)}

### PennyLane

Read directly; any other operation by its decomposition or matrix, its phase corrected (up to six wires):

{words(PENNYLANE)}

| PennyLane | here |
|---|---|
{table(pennylane_gates.SAME)}

Measurements: {words(name.removesuffix("MP") for name in read_pennylane_results._MEASUREMENTS)}

### Stim

Gates in:

{words((*stim_gates.ONE, *stim_gates.TWO))}

Others in:

{words((*stim_gates.MEASURE, *stim_gates.MEASURE_RESET, *stim_gates.RESET, *stim_gates.MEASURE_PAIR, *OTHER_STIM))}

Kept as comments: {words(stim_gates.ANNOTATIONS)}

Refused:

{words((*stim_gates.NOISE, *stim_gates.OTHER_KNOWN))}

Out, at any angle or at Clifford angles:

{words((*_FIXED, *_QUARTERS, *_HALVES, *_SPECIAL))}

### QIR

Instructions, `__quantum__qis__…`; all other primitives are written out in them:

{words(write_qir.CALLS.values())}
"""


def test_the_tables_are_up_to_date(pytestconfig: pytest.Config) -> None:
    head, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    assert mark
    if pytestconfig.getoption("--update-golden"):
        PAGE.write_text(head + MARK + tables(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == head + MARK + tables()
