"""Programs as they are shown: what is printed is true, can be read back, and changes nothing that is executed."""

import re
from collections.abc import Callable, Iterable
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from qlang.backends.protocol import Request, StateSpec
from qlang.backends.reference import ReferenceBackend
from qlang.ir import kernel
from qlang.ir.packed import Gate, pack
from qlang.ir.text import parse_ir, print_ir
from qlang.passes.plan_sweeps import PlanSweeps
from tests.passes.circuits import apply, circuits, unitary

State = NDArray[np.complex128]

LOOP = """builtin.module { kernel.func @f(%h: f64) attributes {qubits = 5 : i64, parameters = ["h"]} {
  kernel.sweep <ry(0.3) 0, cx 0 1, x 2, h 2, ccx 0 1 2, cp(0.5) 2 3>
  %half = arith.constant 0.5 : f64
  %m = arith.mulf %h, %half : f64
  kernel.gate "rz"(%m) [1]
  kernel.each "rx"(%h) [0, 1, 2, 3, 4]
  %a = arith.constant 0 : i64
  %b = arith.constant 3 : i64
  %one = arith.constant 1 : i64
  scf.for %i = %a to %b step %one : i64 {
    kernel.gate "cx"() [%i, 4]
    kernel.sweep <swap 0 1, ry(0.25) 0, cx 0 3>
    kernel.gate "u" controls "1"(%h, %m, %half) [0, 2]
  }
  %c = kernel.measure [0] : !circuit.bits<1>
  kernel.sweep <h 0, t 1>
  kernel.return
} }"""


def of_gates(qubits: int, gates: Iterable[Gate]) -> kernel.FuncOp:
    """A planned kernel of one run."""
    run = f"kernel.sweep {pack(gates)}".replace("#circuit.gates", "")
    text = f"builtin.module {{ kernel.func @f() attributes {{qubits = {qubits} : i64}} {{ {run} kernel.return }} }}"
    (func,) = apply(PlanSweeps(), parse_ir(text)).body.block.ops
    assert isinstance(func, kernel.FuncOp)
    return func


@given(circuit=circuits(max_qubits=5, max_gates=20))
@settings(max_examples=150)
def test_what_is_printed_is_the_circuit(circuit: tuple[int, list[Gate]]) -> None:
    qubits, gates = circuit
    expected = unitary(qubits, gates)[:, 0]
    assert abs(np.vdot(_executed(of_gates(qubits, gates), qubits), expected)) == pytest.approx(1, abs=1e-4)


def _executed(func: kernel.FuncOp, qubits: int) -> State:
    """The state that the texts of a program give; they state angles to six digits."""
    state = np.zeros(1 << qubits, dtype=np.complex128)
    state[0] = 1
    for op in func.walk():
        if isinstance(op, kernel.ProductOp):
            state = _gates(state, op.factors)
        elif isinstance(op, kernel.PassOp):
            for part in (op.cx, op.phases, op.turns, op.lanes):
                state = _gates(state, part or ())
        elif isinstance(op, kernel.ReadingOp):
            index = np.arange(1 << qubits)
            source = np.zeros_like(index)
            for wire, place in enumerate(op.wires.get_values()):
                source |= (index >> wire & 1) << place
            state = state[source]
            for wire in op.z.get_values():
                state = state * (1 - 2 * (index >> wire & 1))
            for wire in op.x.get_values():
                state = state[index ^ 1 << wire]
    return state


def _gates(state: State, texts: Iterable[object]) -> State:
    index = np.arange(len(state))
    for text in texts:
        state = _gate(state, index, text.data)  # type: ignore[attr-defined]  # string attributes
    return state


def _gate(state: State, index: NDArray[np.int64], word: str) -> State:
    if "=" in word:
        source = index.copy()
        for row in word.split(","):
            target, *others = map(int, re.findall(r"\d+", row))
            source = source & ~(1 << target) | _parity(index, others) << target
        return state[source]
    if word.startswith("cx"):
        control, target = map(int, word.split()[1:])
        return state[index ^ (index >> control & 1) << target]
    matched = re.fullmatch(r"(\w+)\((.*)\)(.*)", word)
    assert matched is not None, word
    name, angle, places = matched[1], _angle(matched[2]), matched[3].split()
    if name == "gphase":
        return state * np.exp(1j * angle)
    if name == "p":
        inside = np.ones(len(state), dtype=bool)
        for place in places:
            inside &= (index >> int(place.strip("!")) & 1) == ("!" not in place)
        return np.where(inside, state * np.exp(1j * angle), state)
    wires = [int(place) for place in places]
    signs = 1 - 2 * _parity(index, wires)
    if name == "rz":
        return state * np.exp(-0.5j * angle * signs)
    assert name == "ry"
    return np.cos(angle / 2) * state - np.sin(angle / 2) * signs * state[index ^ 1 << wires[0]]


def _parity(index: NDArray[np.int64], wires: Iterable[int]) -> NDArray[np.int64]:
    return sum((index >> wire & 1 for wire in wires), np.zeros_like(index)) & 1


def _angle(text: str) -> float:
    matched = re.fullmatch(r"(-?)([\d.e+-]*)(pi)?(?:/(\d+))?", text)
    assert matched is not None, text
    number = float(matched[2] or 1) * (pi if matched[3] else 1) / int(matched[4] or 1)
    return -number if matched[1] else number


def test_a_kernel_with_loops_and_computed_angles(golden: Callable[[str, str], None]) -> None:
    text = print_ir(apply(PlanSweeps(), parse_ir(LOOP)))
    assert print_ir(parse_ir(text)) == text
    golden(text, "plan-sweeps.mlir")


def test_executing_programs_is_executing_their_gates() -> None:
    for text in (LOOP, LOOP.replace("%c = kernel.measure [0] : !circuit.bits<1>", "")):
        states = []
        for planned in (False, True):
            module = apply(PlanSweeps(), parse_ir(text)) if planned else parse_ir(text)
            (func,) = module.body.block.ops
            assert isinstance(func, kernel.FuncOp)
            request = Request(parameters=(0.7,), states=(StateSpec("s", (0, 1, 2, 3, 4)),))
            states.append(ReferenceBackend().execute(func, request).states["s"])
        np.testing.assert_array_equal(*states)


def test_long_runs_show_their_sweeps_without_passes() -> None:
    run = "kernel.sweep <" + ", ".join(["h 0", "cx 0 1"] * 8) + ">"
    text = f"builtin.module {{ kernel.func @f() attributes {{qubits = 2 : i64}} {{ {run} kernel.return }} }}"
    module = apply(PlanSweeps(longest=15), parse_ir(text))
    (sweep,) = (op for op in module.walk() if isinstance(op, kernel.TilesOp))
    assert not sweep.passes
    text = print_ir(module)
    assert print_ir(parse_ir(text)) == text
    assert sweep.attributes["passes"].value.data > 1  # type: ignore[attr-defined]  # an integer


def test_wires_join_where_they_are_shown_to() -> None:
    gates = [f"ry(0.7) {wire}" for wire in range(15)]
    for _ in range(4):
        gates += [f"rzz(0.3) {wire} {wire + 1}" for wire in range(14)] + [f"rx(0.4) {wire}" for wire in range(15)]
    text = f"kernel.sweep <{', '.join(gates)}> kernel.return"
    text = f"builtin.module {{ kernel.func @f() attributes {{qubits = 15 : i64}} {{ {text} }} }}"
    (func,) = apply(PlanSweeps(), parse_ir(text)).body.block.ops
    assert isinstance(func, kernel.FuncOp)
    outside = [wire for op in func.walk() if isinstance(op, kernel.JoinOp) for wire in op.wires.get_values()]
    assert outside and len(outside) == len(set(outside))
    waiting = set(outside)
    for op in func.walk():
        if isinstance(op, kernel.JoinOp):
            waiting -= set(op.wires.get_values())
        elif isinstance(op, kernel.PassOp):
            words = [word.data for part in (op.cx, op.phases, op.turns, op.lanes) for word in part or ()]
            places = [re.sub(r"^\w+\([^)]*\)", "", word) for word in words]
            assert not waiting & {int(number) for place in places for number in re.findall(r"\d+", place)}
    state = ReferenceBackend().execute(func, Request(states=(StateSpec("s", tuple(range(15))),))).states["s"]
    assert abs(np.vdot(_executed(func, 15), state)) == pytest.approx(1, abs=1e-4)
