"""Gates, modifiers, subroutines, arguments by name: what one decorated function may call."""

import math

import numpy as np
import pytest
from qiskit.quantum_info import Operator

import qlang as ql
from tests.embedding.python_programs import registers_of

pytestmark = pytest.mark.filterwarnings("ignore::qlang.problems.CompileWarning")


@ql.gate
def coupling(theta: float, a, b):
    ql.cx(a, b)
    ql.rz(theta, b)
    ql.cx(a, b)


@ql.gate
def h(q):
    """Not `ql.h`, but its inverse in name only."""
    ql.x(q)


@ql.circuit
def layer(q: ql.Qubits, t: float = 0.5):
    for i in range(len(q) - 1):
        coupling(t, q[i], q[i + 1])
    ql.rx(t, q)


@ql.circuit
def coin(q: ql.Qubit) -> ql.Bit:
    ql.x(q)
    return ql.measure(q)


@ql.circuit
def ones(q: ql.Qubits) -> int:
    n = 0
    for i in range(len(q)):
        if ql.measure(q[i]):
            n += 1
    return n


def state_of(circuit: ql.BoundCircuit) -> list[complex]:
    """The amplitudes of all qubits."""
    result = ql.job(circuit, state="q").run()
    return [complex(*pair) for pair in result.record["states"]["state"]["amplitudes"]]


def same(left: list[complex], right: list[complex]) -> bool:
    return abs(abs(np.vdot(left, right)) - 1) < 1e-9


def test_a_gate_of_ones_own_is_what_its_body_says(in_workspace: object) -> None:
    @ql.circuit
    def by_gate():
        q = ql.qubits(2)
        ql.h(q)
        coupling(0.7, q[0], q[1])
        coupling(b=q[0], theta=-0.2, a=q[1])

    @ql.circuit
    def by_hand():
        q = ql.qubits(2)
        ql.h(q)
        ql.rzz(0.5, q[0], q[1])

    assert same(state_of(by_gate()), state_of(by_hand()))


def test_modifiers_are_those_of_openqasm(in_workspace: object) -> None:
    @ql.circuit
    def modified():
        q = ql.qubits(3)
        ql.h(q)
        ql.ctrl(ql.x)(q[0], q[1])
        ql.negctrl(ql.rx, 2)(0.3, q[0], q[1], q[2])
        ql.inv(ql.s)(q[0])
        ql.pow(ql.rz, 2)(0.4, q[1])
        ql.ctrl(ql.inv(ql.pow(ql.t, exponent=2)))(q[1], q[2])
        ql.ctrl(coupling)(0.3, q[0], q[1], q[2])

    program = ql.compile(
        "gate coupling(t) a, b { cx a, b; rz(t) b; cx a, b; }"
        "circuit c() { qubit[3] q; h q; ctrl @ x q[0], q[1]; negctrl(2) @ rx(0.3) q[0], q[1], q[2]; inv @ s q[0];"
        "pow(2) @ rz(0.4) q[1]; ctrl @ inv @ pow(2) @ t q[1], q[2]; ctrl @ coupling(0.3) q[0], q[1], q[2]; }"
        "job j { run c(); state q; }"
    )
    wanted = [complex(*pair) for pair in program.run().record["states"]["state"]["amplitudes"]]
    assert same(state_of(modified()), wanted)


def test_subroutines_work_on_registers_of_any_size(in_workspace: object) -> None:
    @ql.circuit
    def called():
        q = ql.qubits(3)
        layer(q, t=0.25)
        layer(q[1:])
        layer(q=q[::2], t=1)

    program = ql.compile(
        "circuit c() { qubit[3] q; rzz(0.25) q[0], q[1]; rzz(0.25) q[1], q[2]; rx(0.25) q; rzz(0.5) q[1], q[2];"
        "rx(0.5) q[1:2]; rzz(1) q[0], q[2]; rx(1) q[0]; rx(1) q[2]; } job j { run c(); state q; }"
    )
    wanted = [complex(*pair) for pair in program.run().record["states"]["state"]["amplitudes"]]
    assert same(state_of(called()), wanted)


def test_subroutines_return_what_they_measured() -> None:
    @ql.circuit
    def counted(n: int):
        q = ql.qubits(4)
        ql.x(q[:n])
        k = ones(q)
        b = coin(q[3])
        c = ql.bits(4)
        c[0] = k == n
        c[1] = b and ones(q[3]) == 1
        c[2] = ones(q) + ones(q[1:]) == 2 * n

    assert registers_of(ql.job(counted(2)))["c"] == {0b011: 1.0}


def test_a_gate_that_is_called_like_a_standard_one_hides_nothing() -> None:
    @ql.circuit
    def both():
        q = ql.qubits(2)
        ql.h(q[0])
        ql.h(q[0])
        h(q[1])
        c = ql.measure(q)
        return c

    assert registers_of(ql.job(both()))["c"] == {0b10: 1.0}


def test_variables_that_are_called_like_gates_hide_nothing() -> None:
    @ql.circuit
    def hidden(x: int, pi: int):
        q = ql.qubits(3)
        h = 1
        ql.x(q[x])
        ql.h(q[h])
        ql.h(q[h])
        ql.rx(math.pi, q[pi])
        c = ql.measure(q)
        return c

    assert registers_of(ql.job(hidden(2, pi=0)))["c"] == {0b101: 1.0}


def test_arrays_are_parameters(in_workspace: object) -> None:
    @ql.circuit
    def rotated(thetas: ql.Array, wires: ql.Array[int, 2], flags: list[bool]):
        q = ql.qubits(4)
        for i in range(len(thetas)):
            ql.rx(thetas[i] * 2, q[i])
        for a, b in wires:
            ql.cx(q[a], q[b])
        for k, flag in enumerate(flags):
            if flag:
                ql.x(q[k])
        c = ql.measure(q)
        return c

    job = ql.job(rotated(np.array([math.pi / 2, 0.0]), wires=np.array([[0, 2], [2, 3]]), flags=[False, True]))
    assert registers_of(job)["c"] == pytest.approx({0b1111: 1.0})
    assert "{{0, 2}, {2, 3}}" in job.text
    with pytest.raises(TypeError, match="a number, or a list or array of numbers"):
        ql.job(rotated("abc", [[0]], [True]))


def test_keyword_arguments_of_standard_gates(in_workspace: object) -> None:
    @ql.circuit
    def named():
        q = ql.qubits(2)
        ql.ry(theta=0.4, qubit=q[0])
        ql.cu(target=q[1], control=q[0], theta=0.1, phi=0.2, lam=0.3, gamma=0.4)

    program = ql.compile(
        "circuit c() { qubit[2] q; ry(0.4) q[0]; cu(0.1, 0.2, 0.3, 0.4) q[0], q[1]; } job j { run c(); state q; }"
    )
    wanted = [complex(*pair) for pair in program.run().record["states"]["state"]["amplitudes"]]
    assert same(state_of(named()), wanted)
    assert abs(wanted[3]) > 0.001


def test_what_describes_circuits_does_nothing_outside() -> None:
    for thing in (coupling, layer):
        with pytest.raises(TypeError, match="inside a function under"):
            thing(0.1)
    assert (repr(coupling), repr(layer)) == ("<gate coupling(theta, a, b)>", "<subroutine layer(q, t)>")
    with pytest.raises(AttributeError, match="Did you mean: 'cx'"):
        _ = ql.cnot


def test_delays_and_barriers_are_kept() -> None:
    from qlang.syntax import tree

    @ql.circuit
    def waiting(t: float):
        q = ql.qubits(2)
        ql.delay("100ns", q[0])
        ql.delay(t, q)
        ql.delay(duration=1e-6)
        ql.barrier(q[0], q[1])
        ql.reset(q)

    kinds = [type(statement) for statement in waiting.symbol.body]
    assert kinds == [tree.QubitDeclaration, tree.Delay, tree.Delay, tree.Delay, tree.Barrier, tree.Reset]
    assert registers_of(ql.job(waiting(2e-7))) == {}


def test_subroutines_return_several_bits() -> None:
    @ql.circuit
    def ends(q: ql.Qubits) -> ql.Bits[2]:
        c = ql.bits(2)
        c[0] = ql.measure(q[0])
        c[1] = ql.measure(q[-1])
        return c

    @ql.circuit
    def inner(q: ql.Qubits) -> ql.Bits:
        c = ql.bits(2)
        c[1] = ql.measure(q[1])
        return c

    @ql.circuit
    def asked():
        q = ql.qubits(3)
        ql.x(q[1:])
        a = ends(q)
        b: ql.Bits = inner(q)
        if a == 2 and b[1]:
            ql.x(q[0])
        c = ql.measure(q)
        return a, b, c

    assert registers_of(ql.job(asked())) == {"a": {2: 1.0}, "b": {2: 1.0}, "c": {7: 1.0}}
    with pytest.raises(ql.CompileError, match=r"write `-> ql\.Bits\[n\]`"):

        @ql.circuit
        def unsized(q: ql.Qubits):
            return ql.measure(q)


def test_arrays_are_written_out_with_the_circuit() -> None:
    @ql.circuit
    def rotated(thetas: ql.Array, wires: ql.Array[int, 1]):
        q = ql.qubits(4)
        for i in range(len(thetas)):
            ql.rx(thetas[i], q[wires[i]])

    bound = rotated(np.array([0.1, 0.2]), [2, 3])
    expected = np.array([math.cos(0.05), -1j * math.sin(0.05)]), np.array([math.cos(0.1), -1j * math.sin(0.1)])
    theirs = Operator(bound.to_qiskit()).data[:, 0]
    np.testing.assert_allclose(theirs, np.kron(np.kron(expected[1], expected[0]), [1, 0, 0, 0]), atol=1e-12)
    assert "0.1, 0.2" in bound.draw()
