"""The families of the standard library in other languages.

Matrices; MQT QCEC above eight qubits; exact distributions of those that measure on the way.
"""

import pytest

import qlang as ql
from tests.compiler.programs import distribution
from tests.interchange.oracles import bare, equivalent, is_dynamic, program, same_unitary
from tests.qasmbench.test_distribution import loaded

CALLS = {
    "ghz": "n = 4",
    "w": "n = 4",
    "dicke": "n = 4, k = 2",
    "cluster": "n = 4, periodic = true",
    "qft": "n = 4, x = 5",
    "inverse_qft": "n = 3",
    "qpe": "n = 3, phase = 0.3",
    "iterative_qpe": "n = 3, phase = 0.375",
    "amplitude_estimation": "n = 2, a = 0.3",
    "ising": "n = 4, t = 0.5, steps = 2, order = 2",
    "heisenberg": "n = 3, t = 0.5, steps = 2",
    "xxz": "n = 3, t = 0.5, steps = 2",
    "real_amplitudes": "n = 3, theta = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6}",
    "efficient_su2": "n = 2, theta = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8}",
    "qaoa_ring": "n = 4, gamma = 0.3, beta = 0.2, p = 2",
    "brickwork": "n = 4, layers = 3, seed = 5",
    "quantum_volume": "n = 4, seed = 3",
    "grover": "n = 4, marked = 11",
    "bernstein_vazirani": "n = 4, secret = 9",
    "deutsch_jozsa": "n = 3, mask = 5",
    "hidden_shift": "n = 4, shift = 6",
    "teleport": "theta = 0.7, phi = 0.3",
    "cuccaro_adder": "n = 3, x = 3, y = 6",
    "draper_adder": "n = 3, x = 3, y = 6",
    "constant_adder": "n = 3, x = 3, c = 6",
}
REGISTERS = {"iterative_qpe": "y", "cuccaro_adder": "b", "draper_adder": "b", "constant_adder": "b"}
"""What a job samples, where that is not `q`."""


@pytest.mark.parametrize("name", CALLS)
def test_family(name: str) -> None:
    register = REGISTERS.get(name, "q")
    job = f"import std.families;\njob j {{ run {name}({CALLS[name]}); sample {register}; shots 1; }}"
    source = ql.compile(job, "p.qjob")
    text = source.to_qasm3(job="j")
    again, reference = program(text), source.to_qiskit(job="j")
    if is_dynamic(reference):
        found = distribution(text)
        assert distribution(again.to_qasm3()) == {key: pytest.approx(value, abs=1e-9) for key, value in found.items()}
        return
    if reference.num_qubits > 8:
        assert equivalent(bare(again.to_qiskit()), bare(reference))
        return
    assert same_unitary(bare(again.to_qiskit()), bare(reference))
    assert same_unitary(bare(loaded(source.to_qasm2(job="j"))), bare(reference), phase=False)
