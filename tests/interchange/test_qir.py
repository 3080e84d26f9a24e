"""QIR base profile: verified by pyqir; its calls are read back as gates and compared as matrices, above six qubits by
MQT QCEC, but for the global phase."""

import re

import pyqir
import pytest
from qiskit import QuantumCircuit

import qlang as ql
from tests.interchange.oracles import QASMBENCH, bare, equivalent, is_dynamic, program, same_unitary, text_of
from tests.qasmbench.test_distribution import loaded

_GATES = {
    "h__body": "h",
    "x__body": "x",
    "y__body": "y",
    "z__body": "z",
    "s__body": "s",
    "s__adj": "sdg",
    "t__body": "t",
}
_GATES |= {"t__adj": "tdg", "rx__body": "rx", "ry__body": "ry", "rz__body": "rz", "cnot__body": "cx", "cz__body": "cz"}
_GATES |= {"swap__body": "swap", "ccx__body": "ccx"}


def module_of(text: str) -> pyqir.Module:
    module = pyqir.Module.from_ir(pyqir.Context(), text)
    assert module.verify() is None
    return module


def read_back(text: str) -> tuple[QuantumCircuit, list[tuple[int, int]]]:
    """The gates, and the measurements as (qubit, result), as pyqir's own parser sees them."""
    module = module_of(text)
    (entry,) = [f for f in module.functions if pyqir.is_entry_point(f)]
    qubits = pyqir.required_num_qubits(entry)
    circuit, measured, finished = QuantumCircuit(qubits), [], False
    for block in entry.basic_blocks:
        for instruction in block.instructions:
            if not isinstance(instruction, pyqir.Call):
                continue
            name = instruction.callee.name.removeprefix("__quantum__qis__")
            if name.startswith("__quantum__rt__"):
                continue
            angles = [a.value for a in instruction.args if isinstance(a, pyqir.FloatConstant)]
            pointers = [pyqir.ptr_id(a) for a in instruction.args if not isinstance(a, pyqir.FloatConstant)]
            if name == "mz__body":
                finished = True
                measured.append((pointers[0], pointers[1]))
                continue
            assert not finished, "a gate after a measurement"
            getattr(circuit, _GATES[name])(*angles, *pointers)
    return circuit, measured


SAMPLE = ["toffoli_n3", "qft_n4", "iswap_n2", "wstate_n3", "dnn_n2", "variational_n4"]


def check(name: str) -> None:
    text = text_of(QASMBENCH[name])
    circuit, _ = read_back(program(text).to_qir())
    reference = bare(loaded(text))
    small = reference.num_qubits <= 6
    assert same_unitary(circuit, reference, phase=False) if small else equivalent(circuit, reference)


@pytest.mark.parametrize("name", SAMPLE)
def test_qasmbench_as_qir(name: str) -> None:
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(QASMBENCH) - set(SAMPLE)))
def test_all_of_qasmbench_as_qir(name: str) -> None:
    text = text_of(QASMBENCH[name])
    reference = loaded(text)
    if is_dynamic(reference):
        with pytest.raises(ql.CompileError, match="QJ0908"):
            program(text).to_qir()
    else:
        check(name)


def test_profile_attributes_and_records() -> None:
    text = """OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] out; bit[1] flag;
      h q[0]; rx(0.25) q[1]; cp(0.5) q[0], q[1]; out[1] = measure q[0]; flag[0] = measure q[1];"""
    qir = program(text).to_qir()
    module = module_of(qir)
    (entry,) = [f for f in module.functions if pyqir.is_entry_point(f)]
    attributes = entry.attributes.func
    assert attributes["qir_profiles"].string_value == "base_profile"
    assert (pyqir.required_num_qubits(entry), pyqir.required_num_results(entry)) == (2, 2)
    assert (pyqir.qir_major_version(module), pyqir.qir_minor_version(module)) == (2, 0)
    assert not pyqir.dynamic_qubit_management(module) and not pyqir.dynamic_result_management(module)
    assert re.findall(r'c"(.*?)\\00"', qir) == ["out", "out[1]", "flag", "flag[0]"]
    assert read_back(qir)[1] == [(0, 0), (1, 1)]
    assert [block.name for block in entry.basic_blocks] == ["entry", "body", "measurements", "output"]


def test_controls_and_loops_are_written_out() -> None:
    text = """OPENQASM 3.0; include "stdgates.inc"; qubit[4] q;
      for int i in [0:3] { ry(0.1*i) q[i]; } ctrl(3) @ rx(0.7) q[0], q[1], q[2], q[3]; negctrl @ sx q[3], q[1];"""
    ours = program(text)
    circuit, _ = read_back(ours.to_qir())
    assert same_unitary(circuit, ours.to_qiskit(), phase=False)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("c[0] = measure q[0]; x q[0];", "`x` after the measurement"),
        ("c[0] = measure q[0]; c[1] = measure q[0];", "a second measurement"),
        ("c[0] = measure q[0]; if (c[0]) { x q[1]; }", "a condition"),
        ("x q[0]; reset q[0];", "a `reset` of a qubit in use"),
        ("delay[5ns] q[0];", "`delay`"),
    ],
)
def test_what_the_base_profile_lacks_is_named(body: str, words: str) -> None:
    text = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c;\n' + body
    with pytest.raises(ql.CompileError) as caught:
        program(text).to_qir()
    assert words in caught.value.diagnostics[0].message()


def test_names_are_escaped() -> None:
    qir = program('OPENQASM 3.0; include "stdgates.inc"; qubit[1] q; bit[1] β; β[0] = measure q[0];').to_qir()
    module_of(qir)
    assert '\\CE\\B2\\00"' in qir
