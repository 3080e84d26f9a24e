"""Programs of ours through OpenQASM 3 and back: random ones with loops, branches and classical variables.

Exact distributions by our executor before and after. The text that comes back is also written a second time: a
program that survived once survives always.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from qiskit import qasm3

import qlang as ql
from qlang.backends.errors import TooManyBranches
from tests.compiler.programs import HEADER, distribution
from tests.interchange.oracles import bare, program, same_unitary
from tests.qasmbench.test_distribution import loaded

GATES = ("h", "x", "s", "t", "sx", "ry(0.3)", "rz(k*0.2)", "u3(0.1, 0.2, 0.3)")
CONDITIONS = (
    "c[0]",
    "!c[1]",
    "c == 2",
    "k > 1",
    "d[0] != c[2]",
    "(c[0] && d[1]) || f",
    "k % 2 == 0",
    "int[3](c) == -1",
)
CHANGES = (
    "k += 1;",
    "k = 5 - k * 2 % 7;",
    "c[1] = c[0] ^ d[0];",
    "c[0:1] = d;",
    "d = c[1:2];",
    "c = e;",
    "e = c;",
    "f = !f;",
    "f = c[2] == d[1];",
    "d[0] = 1;",
    "a[k % 2 + 1] = 0.7;",
)


DECLARATIONS = """output bit[3] c; output bit[2] d; output bit[3] out; qubit[3] q;
int k = 1; bool f = false; bit[3] e = "101"; int n1; int n2; array[float[64], 3] a = {0.1, 0.2, 0.3};
"""


@st.composite
def statements(draw: st.DrawFn, depth: int) -> list[str]:
    lines = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.integers(0, 9 if depth else 6))
        qubit = draw(st.integers(0, 2))
        match kind:
            case 0 | 1:
                lines.append(f"{draw(st.sampled_from(GATES))} q[{qubit}];")
            case 2:
                lines.append(f"cx q[{qubit}], q[{(qubit + draw(st.integers(1, 2))) % 3}];")
            case 3:
                lines.append(f"c[{draw(st.integers(0, 2))}] = measure q[{qubit}];")
            case 4:
                lines.append(draw(st.sampled_from(("d = measure q[0:1];", "c = measure q;", "reset q[1];"))))
            case 5 | 6:
                lines.append(draw(st.sampled_from(CHANGES)))
            case 7:
                lines.append(f"if ({draw(st.sampled_from(CONDITIONS))}) {{")
                lines += draw(statements(depth - 1))
                if draw(st.booleans()):
                    lines += ["} else {", *draw(statements(depth - 1))]
                lines.append("}")
            case 8:
                name = f"i{depth}"
                span = draw(st.sampled_from(("[0:2]", "[2:-1:0]", "[0:2:2]", "[0:d[0] + 1]")))
                body = [f"ry(0.1*{name}) q[{name}];" if "d" not in span else f"rz(0.1*{name}) q[0];"]
                lines += [f"for int {name} in {span} {{", *body, *draw(statements(depth - 1)), "}"]
            case _:
                count = f"n{depth}"
                lines += [f"{count} = 0;", f"while ({count} < 2 && {draw(st.sampled_from(CONDITIONS))}) {{"]
                lines += [*draw(statements(depth - 1)), f"{count} += 1;", "}"]
    return lines


def exact(text: str) -> dict[str, Mapping[int, float]]:
    """The distribution of a program, unless it measures too often for an exact one."""
    try:
        return distribution(text)
    except TooManyBranches:
        assume(False)
        raise


@settings(max_examples=15, deadline=None)
@given(statements(2))
def test_random_programs_keep_their_distributions(lines: list[str]) -> None:
    text = HEADER + DECLARATIONS + "\n".join(lines) + "\nrx(a[1] + k*0.1) q[1];\nout = measure q;\n"
    expected = exact(text)
    first = program(text).to_qasm3()
    assert distribution(first) == {name: pytest.approx(found, abs=1e-9) for name, found in expected.items()}
    assert distribution(program(first).to_qasm3()) == {
        name: pytest.approx(found, abs=1e-9) for name, found in expected.items()
    }


CIRCUITS = {
    "controls": "qubit[4] q; ctrl(2) @ rx(0.3) q[0], q[1], q[2]; negctrl @ ctrl @ inv @ sx q[3], q[0], q[1];",
    "phases": "qubit[2] q; gphase(0.4); ctrl @ gphase(0.3) q[0]; ctrl(2) @ gphase(0.2) q[0], q[1];",
    "built-in": "qubit[2] q; U(0.1, 0.2, 0.3) q[0]; ctrl @ U(0.1, 0.2, 0.3) q[0], q[1];",
    "definitions": "gate mine(a) x, y { h x; ctrl @ rz(a) x, y; }"
    "qubit[2] q; mine(0.3) q[0], q[1]; inv @ mine(0.1) q[1], q[0];",
    "powers": "qubit[2] q; pow(0.3) @ x q[0]; pow(2) @ iswap q[0], q[1]; ctrl @ pow(0.5) @ y q[0], q[1];",
    "prelude": "qubit[3] q; rxx(0.1) q[0],q[1]; ryy(0.2) q[1],q[2]; rzx(0.3) q[0],q[2]; ecr q[1],q[0];"
    "ccz q[0],q[1],q[2]; u(0.1,0.2,0.3) q[0]; ctrl @ u(0.1,0.2,0.3) q[0], q[2];",
    "registers": "qubit[2] a; qubit b; qubit[2] q; for int i in [0:1] { cx a[i], q[1 - i]; ry(0.1*i) a[i]; }"
    "h b; cx b, q[0];",
}
OWN_PHASE_OF_QISKIT = ("built-in",)
"""Qiskit reads `U` without the e^{iθ/2} of the specification."""


@pytest.mark.parametrize("name", CIRCUITS)
def test_unitaries_survive_with_phase(name: str) -> None:
    """Our own reading of both texts, phase included; Qiskit's reading of OpenQASM 3 where it has the words."""
    body = CIRCUITS[name]
    source = ql.compile(_with_gate(body) if "gate" in body else f"circuit c() {{ {body} }}", "p.qjob")
    reference = source.to_qiskit()
    text = source.to_qasm3()
    assert same_unitary(program(text).to_qiskit(), reference)
    assert same_unitary(program(source.to_qasm2()).to_qiskit(), reference, phase=False)
    if "[i]" not in text and name not in OWN_PHASE_OF_QISKIT:
        assert same_unitary(qasm3.loads(text), reference)


def _with_gate(text: str) -> str:
    definition, _, body = text.partition("qubit")
    return f"{definition}\ncircuit c() {{ qubit{body} }}"


def test_jobs_give_values_and_circuits_keep_parameters() -> None:
    source = ql.compile(
        "circuit c(int n, float t) { qubit[n] q; for int i in [0:n-1] { ry(t*i) q[i]; } }\n"
        "job j { run c(n = 3, t = 0.5); sample q; shots 10; }\n"
        "job s { run c(n = 2, t = v); sweep v in [0.1, 0.2]; sample q; shots 10; }\n",
        "p.qjob",
    )
    assert source.to_qiskit(job="j").num_qubits == 3 and not source.to_qiskit(job="j").parameters
    assert [p.name for p in source.to_qiskit(job="s").parameters] == ["v"]
    assert "input float[64] v;" in source.to_qasm3(job="s")
    with pytest.raises(ql.CompileError, match="needs a value for `n`"):
        source.to_qasm3("c")
    with pytest.raises(ql.CompileError, match="the parameter `v` without a value"):
        source.to_qasm2(job="s")
    with pytest.raises(ValueError, match="no job `k`"):
        source.to_qasm3(job="k")


def test_embedded_circuits_are_written_too(tmp_path: Path) -> None:
    path = tmp_path / "embedded.py"
    path.write_text(
        "import qlang as ql\n\n@ql.circuit\ndef bell(tilt: float):\n"
        "    q = ql.qubits(2)\n    ql.ry(tilt, q[0])\n    ql.cx(q[0], q[1])\n"
    )
    import importlib.util

    spec = importlib.util.spec_from_file_location("embedded", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert "ry(0.5) q[0];" in module.bell(0.5).to_qasm3()
    assert "input float[64] tilt;" in module.bell.to_qasm3()
    assert module.bell(0.5).to_qiskit().num_qubits == 2
    with pytest.raises(ql.CompileError, match=r"embedded\.py:6"):
        module.bell(0.5).to_stim()


def test_loops_too_long_to_write_out_are_refused() -> None:
    text = HEADER + "qubit[2] q; for int i in [0:999999999999] { rz(0.1*i) q[0]; }"
    for target in ("to_qasm2", "to_qir", "to_stim"):
        with pytest.raises(ql.CompileError, match="QJ0908"):
            getattr(program(text), target)()
    assert "for int i in [0:999999999999] {" in program(text).to_qasm3()
    assert program(text).to_qiskit().size() == 1


def test_circuits_without_qubits() -> None:
    for text in ("bit[2] c; c[0] = 1;", "gphase(0.3);"):
        source = ql.compile(f"circuit c() {{ {text} }}", "p.qjob")
        assert source.to_qasm3().startswith("OPENQASM 3.0;")
        assert source.to_qiskit().num_qubits == 0


@settings(max_examples=15, deadline=None)
@given(statements(2))
def test_random_programs_survive_qiskit_or_are_refused(lines: list[str]) -> None:
    """Through Qiskit's objects and back: control flow, stores and expressions of ours as Qiskit has them."""
    text = HEADER + DECLARATIONS + "\n".join(lines) + "\nout = measure q;\n"
    try:
        circuit = program(text).to_qiskit()
    except ql.CompileError as refusal:
        assert [diagnostic.code for diagnostic in refusal.diagnostics] == ["QJ0908"]
        return
    wanted = exact(text)
    found = distribution(ql.from_qiskit(circuit).text)
    for register, expected in wanted.items():
        assert found[register] == pytest.approx(expected, abs=1e-9)


@st.composite
def classical_statements(draw: st.DrawFn, depth: int) -> list[str]:
    """Gates, loops and branches that hang on numbers only: such a circuit has a unitary."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 5))):
        kind, qubit = draw(st.integers(0, 6 if depth else 3)), draw(st.integers(0, 2))
        match kind:
            case 0 | 1:
                lines.append(f"{draw(st.sampled_from(GATES))} q[{qubit}];")
            case 2:
                lines.append(f"cx q[{qubit}], q[{(qubit + draw(st.integers(1, 2))) % 3}];")
            case 3:
                lines.append(draw(st.sampled_from(("k += 1;", "k = 5 - k * 2 % 7;", "f = !f;", "a[k % 2 + 1] = 0.7;"))))
            case 4:
                lines += [f"if ({draw(st.sampled_from(('k > 1', 'f', 'k % 2 == 0 || f')))}) {{"]
                lines += [
                    *draw(classical_statements(depth - 1)),
                    "} else {",
                    *draw(classical_statements(depth - 1)),
                    "}",
                ]
            case _:
                name, span = f"i{depth}", draw(st.sampled_from(("[0:2]", "[2:-1:0]", "[0:2:2]")))
                gates = f"ry(0.1*{name}) q[{name}]; ctrl(2) @ rx(a[{name}]) q[0], q[1], q[2];"
                lines += [f"for int {name} in {span} {{", gates, *draw(classical_statements(depth - 1)), "}"]
    return lines


@settings(max_examples=8, deadline=None)
@given(classical_statements(2))
def test_random_unitary_programs_in_every_language(lines: list[str]) -> None:
    """Matrices: our Qiskit circuit against OpenQASM 3 and 2 read again, and Qiskit's own reading of OpenQASM 2."""
    declarations = "qubit[3] q; int k = 1; bool f = false; array[float[64], 3] a = {0.1, 0.2, 0.3};\n"
    source = program(HEADER + declarations + "\n".join(lines) + "\nrx(a[1] + k*0.1) q[1];\n")
    reference = bare(source.to_qiskit())
    assert same_unitary(bare(program(source.to_qasm3()).to_qiskit()), reference)
    assert same_unitary(bare(loaded(source.to_qasm2())), reference, phase=False)
