"""OpenQASM 2 and 3 out: read again by us and by Qiskit, on the corpora.

Unitary parts are compared by MQT QCEC (matrices up to six qubits, where the global phase is known on both sides);
circuits that measure on the way by exact distributions.
"""

import pytest
from qiskit import QuantumCircuit, qasm3

from tests.compiler.programs import distribution
from tests.interchange.oracles import (
    DATA,
    NAM,
    QASMBENCH,
    bare,
    equivalent,
    is_dynamic,
    program,
    same_unitary,
    text_of,
)
from tests.qasmbench.test_distribution import exact_counts, loaded

SAMPLE = ["bb84_n8", "dnn_n2", "iswap_n2", "qft_n4", "teleportation_n3", "toffoli_n3", "vqe_n4", "qec_sm_n5", "ipea_n2"]
NAM_SAMPLE = ["tof_3", "barenco_tof_3", "mod5_4", "gf2^4_mult"]
EXAMPLES = ["adder", "inverseqft1", "inverseqft2", "qec", "qft", "qpt", "rb", "teleport"]
"""Examples of OpenQASM 3 that end surely; `ipe` and `rus` are below."""


def agree(left: QuantumCircuit, right: QuantumCircuit) -> bool:
    """The unitary parts, up to a global phase: by matrices where they are small, by QCEC otherwise."""
    a, b = bare(left), bare(right)
    return same_unitary(a, b, phase=False) if a.num_qubits <= 6 else equivalent(a, b)


def check_openqasm2(text: str) -> None:
    ours, reference = program(text), loaded(text)
    through2, through3 = ours.to_qasm2(), ours.to_qasm3()
    again = [program(through2), program(through3)]
    if is_dynamic(reference):
        exact = exact_counts(reference)
        for each in again:
            compared = [(name, found) for name, found in distribution(each.text).items() if name != "unread"]
            for register, found in compared:  # `unread` takes outcomes that are overwritten
                width = len(next(iter(exact[register])))
                named = {format(value, f"0{width}b"): p for value, p in found.items() if p > 1e-9}
                assert named == pytest.approx({k: p for k, p in exact[register].items() if p > 1e-9}, abs=1e-7)
        return
    for circuit in (ours.to_qiskit(), *(each.to_qiskit() for each in again), loaded(through2), qasm3.loads(through3)):
        assert agree(circuit, reference)


@pytest.mark.parametrize("name", SAMPLE)
def test_qasmbench_survives(name: str) -> None:
    check_openqasm2(text_of(QASMBENCH[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(QASMBENCH) - set(SAMPLE)))
def test_all_of_qasmbench_survives(name: str) -> None:
    check_openqasm2(text_of(QASMBENCH[name]))


def check_nam(name: str) -> None:
    """Both texts, by Qiskit's loaders and by us, against Qiskit's reading of the original: MQT QCEC."""
    text = text_of(NAM[name])
    ours, reference = program(text), loaded(text)
    for circuit in (ours.to_qiskit(), loaded(ours.to_qasm2()), program(ours.to_qasm3()).to_qiskit()):
        assert equivalent(circuit, reference)


@pytest.mark.parametrize("name", NAM_SAMPLE)
def test_nam_circuits_survive(name: str) -> None:
    check_nam(name)


WIDE = {"gf2^10_mult", "gf2^16_mult", "gf2^32_mult", "gf2^9_mult", "gf2^8_mult", "gf2^7_mult", "mod_adder_1024"}
WIDE |= {"ham15-high", "csum_mux_9", "qcla_adder_10", "qcla_mod_7", "adder_8", "ham15-med", "gf2^6_mult", "hwb6"}
"""Decision diagrams of these take minutes: their gate lists are compared instead, one by one."""


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(NAM) - set(NAM_SAMPLE) - WIDE))
def test_all_nam_circuits_survive(name: str) -> None:
    check_nam(name)


def gates(circuit: QuantumCircuit) -> list[tuple[str, tuple[float, ...], tuple[int, ...]]]:
    found = []
    for instruction in circuit.data:
        wires = tuple(circuit.find_bit(qubit).index for qubit in instruction.qubits)
        found.append((instruction.operation.name, tuple(map(float, instruction.operation.params)), wires))
    return found


def check_gates(name: str) -> None:
    text = text_of(NAM[name])
    ours, expected = program(text), gates(loaded(text))
    assert gates(ours.to_qiskit()) == expected
    assert gates(loaded(ours.to_qasm2())) == expected


@pytest.mark.parametrize("name", ["adder_8", "csum_mux_9", "gf2^6_mult"])
def test_wide_nam_circuits_keep_every_gate(name: str) -> None:
    check_gates(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(WIDE - {"adder_8", "csum_mux_9", "gf2^6_mult"}))
def test_all_wide_nam_circuits_keep_every_gate(name: str) -> None:
    check_gates(name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_openqasm3_examples_keep_their_distributions(name: str) -> None:
    text = text_of(DATA / "openqasm3-examples" / f"{name}.qasm")
    expected = distribution(text)
    for target in ("to_qasm3", "to_qasm2"):
        again = getattr(program(text), target)()
        assert distribution(again) == {register: pytest.approx(found, abs=1e-9) for register, found in expected.items()}


def test_repeat_until_success_keeps_its_loop() -> None:
    text = program(text_of(DATA / "openqasm3-examples" / "rus.qasm")).to_qasm3()
    assert "while (" in text
    assert program(text).to_qasm3() == text


def test_iterative_phase_estimation_keeps_its_arithmetic() -> None:
    original = text_of(DATA / "openqasm3-examples" / "ipe.qasm")
    text = program(original).to_qasm3()
    assert "for int i in [0:9] {" in text
    tails = ("bit out; out = measure q;", "bit out; out = measure q[0];")
    before, after = (distribution(text + tail)["out"] for text, tail in zip((original, text), tails, strict=True))
    assert after == pytest.approx(before, abs=1e-9)
