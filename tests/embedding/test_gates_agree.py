"""Gates in Python functions do what Qiskit's do: the same text, run by Python, builds a Qiskit circuit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Statevector

import qlang as ql
from qlang.backends.protocol import Request, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler.authority import DEVELOPMENT
from qlang.compiler.driver import Options, compile_analysis
from qlang.ir.kernel import FuncOp
from tests.embedding.python_programs import defined

pytestmark = [
    pytest.mark.filterwarnings("ignore::qlang.problems.CompileWarning"),
    pytest.mark.filterwarnings("ignore:.*control.*:DeprecationWarning"),  # of Qiskit, within Qiskit
]

QUBITS = 4
LIBRARY = get_standard_gate_name_mapping()
ANGLES = {"rx": 1, "ry": 1, "rz": 1, "p": 1, "u": 3, "crx": 1, "cp": 1, "rzz": 1, "rxx": 1, "cu": 4, "r": 2}
WIRES = dict.fromkeys(("h", "x", "s", "sdg", "t", "sx", "rx", "ry", "rz", "p", "u", "r"), 1)
WIRES |= dict.fromkeys(("cx", "cz", "swap", "iswap", "crx", "cp", "rzz", "rxx", "cu", "ecr", "dcx"), 2)
WIRES |= {"ccx": 3, "cswap": 3}


@st.composite
def angles(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(["t", "-0.7", "2 * t", "t / 3", "0.3 + a", "math.pi / 4", "scales[a % 2]"]))


@st.composite
def statements(draw: st.DrawFn) -> list[str]:
    """A gate on qubits of its own, perhaps modified, perhaps in a loop or on a part of the register."""
    name = draw(st.sampled_from(sorted(WIRES)))
    given_angles = [draw(angles()) for _ in range(ANGLES.get(name, 0))]
    order = draw(st.permutations(range(QUBITS)))
    form = draw(st.integers(0, 6))
    wires = [f"q[{k}]" if draw(st.booleans()) else f"q[{k - QUBITS}]" for k in order]
    called, controls = f"ql.{name}", 0
    if form == 0 and WIRES[name] < 3:
        kind, controls = draw(st.sampled_from([("ctrl", 1), ("negctrl", 1), ("ctrl", 2)]))
        called = f"ql.{kind}({called}{', 2' if controls == 2 else ''})"
    elif form == 1:
        called = f"ql.inv({called})"
    elif form == 2:
        called = f"ql.pow({called}, {draw(st.sampled_from(['2', '-1', '3']))})"
    operands = wires[: WIRES[name] + controls]
    if form == 3 and WIRES[name] == 1:
        operands = [draw(st.sampled_from(["q", "q[1:]", "q[:-1]", "q[::2]", "q[[0, 3]]"]))]
    if form == 4 and WIRES[name] == 2:
        return ["for i in range(3):", f"    {called}({', '.join([*given_angles, 'q[i]', 'q[i + 1]'])})"]
    if form == 5 and WIRES[name] == 2:
        return ["for i, j in edges:", f"    {called}({', '.join([*given_angles, 'q[i]', 'q[j]'])})"]
    return [f"{called}({', '.join([*given_angles, *operands])})"]


@st.composite
def programs(draw: st.DrawFn) -> str:
    body = draw(st.lists(statements(), min_size=1, max_size=8))
    lines = "".join(f"    {line}\n" for part in body for line in part)
    return (
        f"def program(a: int, t: float):\n    q = ql.qubits({QUBITS})\n    ql.ry(0.4, q)\n    ql.rz(0.9, q[1])\n{lines}"
    )


class Qiskit:
    """`ql` for Python: every call appends to a circuit of Qiskit."""

    def __init__(self) -> None:
        self.circuit = QuantumCircuit(QUBITS)
        gates = {
            name: self._applied(lambda name: lambda angles: LIBRARY[name].base_class(*angles), name) for name in WIRES
        }
        modifiers = {
            "ctrl": lambda gate, count=1: self._changed(gate, count, lambda g: g.control(count)),
            "negctrl": lambda gate, count=1: self._changed(gate, count, lambda g: g.control(count, ctrl_state=0)),
            "inv": lambda gate: self._changed(gate, 0, lambda g: g.inverse()),
            "pow": lambda gate, k: self._changed(gate, 0, lambda g: g.power(k)),
        }
        self.namespace = SimpleNamespace(qubits=lambda n: Wires(range(n)), **gates, **modifiers)

    def _applied(self, make: Any, name: str, angles: int | None = None) -> Any:
        maker, count = make(name), ANGLES.get(name, 0) if angles is None else angles

        def apply(*arguments: Any) -> None:
            wires = arguments[count:]
            for wire in wires[0] if isinstance(wires[0], Wires) else [None]:
                self.circuit.append(maker(arguments[:count]), [wire] if wire is not None else list(wires))

        apply.maker, apply.angles = maker, count  # type: ignore[attr-defined]  # for modifiers
        return apply

    def _changed(self, gate: Any, controls: int, change: Any) -> Any:
        return self._applied(lambda _: lambda angles: change(gate.maker(angles)), "", gate.angles)


class Wires(list[int]):
    """A register: parts of it are registers, too."""

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return Wires(self[k] for k in index)
        found = super().__getitem__(index)
        return Wires(found) if isinstance(found, list) else found


NAMES = {"math": __import__("math"), "scales": [0.25, -1.5], "edges": [(0, 2), (3, 1)]}


def by_qiskit(text: str, a: int, t: float) -> NDArray[np.complex128]:
    """The amplitudes of Qiskit's circuit."""
    built = Qiskit()
    names: dict[str, Any] = {"ql": built.namespace, **NAMES}
    exec(text, names)
    names["program"](a, t)
    return np.asarray(Statevector(built.circuit).data)


def by_us(text: str, a: int, t: float) -> NDArray[np.complex128]:
    """The amplitudes of ours."""
    job = ql.job(ql.circuit(defined(text, **NAMES))(a, t), state="q")
    compilation = compile_analysis(job.analysis, Options(seed=1), authority=DEVELOPMENT)
    assert compilation.module is not None
    kernel = next(op for op in compilation.module.ops if isinstance(op, FuncOp))
    outcome = ReferenceBackend().execute(kernel, Request(states=(StateSpec("all", tuple(range(QUBITS))),)))
    return outcome.states["all"]


@settings(max_examples=40)
@given(programs(), st.integers(0, 3), st.sampled_from([0.37, -2.1, 3.0]))
def test_states_agree_with_qiskit(text: str, a: int, t: float) -> None:
    assert abs(abs(np.vdot(by_qiskit(text, a, t), by_us(text, a, t))) - 1) < 1e-9
