"""Includes, imports, and what an editor asks."""

from collections.abc import Callable

import pytest

from qlang.sema.check import check
from qlang.sema.loader import StandardLoader
from qlang.sema.module import CheckResult, Module
from qlang.sema.symbols import GateSymbol
from qlang.syntax.parser import parse
from qlang.syntax.source import Source

PROGRAM = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\nh q[0];\ncx q[0],q[1];\nmeasure q -> c;\n'


def test_a_program_is_imported_as_a_circuit(module: Callable[..., Module]) -> None:
    text = 'import "bell.qasm" as bell;\njob j { run bell(); sample c; expect z = Z(q[0]); }\n'
    found = module(text, files={"bell.qasm": PROGRAM})
    job = found.jobs[0]
    assert job.circuit.name == "bell"
    assert (job.qubits, job.bits) == ({"q": 2}, {"c": 2})
    assert job.circuit.scope.source.name == "bell.qasm"
    assert job.circuit.scope.version == 2
    assert found.main is None


def test_a_module_brings_its_definitions(module: Callable[..., Module]) -> None:
    library = (
        "const float J = 2.0;\nnoise lab { readout(p01 = 0.1, p10 = 0.1); }\n"
        "observable e(qubit[] q) = J * Z(q[0]);\ncircuit c() { qubit[2] q; h q; }\n"
        "job inner { run c(); sample q; }\n"
    )
    text = "import lib.chain;\njob j { run c(); expect e = e(q); backend sim with lab; }\n"
    found = module(text, files={"lib/chain.qjob": library})
    assert [job.name for job in found.jobs] == ["j"]
    assert found.jobs[0].expect[0].terms[0].coefficient == 2.0
    assert found.jobs[0].backends[0].noise is not None


def test_included_definitions(module: Callable[..., Module]) -> None:
    text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\ninclude "my.inc";\nqubit q;\nmine q;\n'
    included = 'include "stdgates.inc";\ngate mine a { h a; x a; }\nconst int k = 3;\n'
    found = module(text, "a.qasm", files={"my.inc": included})
    gate = found.scope.lookup("mine")
    assert isinstance(gate, GateSymbol)
    assert (gate.standard, gate.scope.source.name) == (False, "my.inc")


@pytest.mark.parametrize("name", ["h", "cx", "rzz", "U", "gphase"])
def test_known_gates_are_marked(name: str, module: Callable[..., Module]) -> None:
    gate = module("circuit c() { qubit q; h q; }\n").scope.lookup(name)
    assert isinstance(gate, GateSymbol) and gate.standard


def test_a_gate_of_ones_own_is_not_the_known_one(module: Callable[..., Module]) -> None:
    gate = module("gate h a { x a; }\ncircuit c() { qubit q; h q; }\n").scope.lookup("h")
    assert isinstance(gate, GateSymbol) and not gate.standard


def test_a_second_include_of_the_standard_gates_is_no_mistake(found: Callable[..., list[str]]) -> None:
    text = 'include "stdgates.inc";\ninclude "stdgates.inc";\nqubit q;\nh q;\n'
    assert found(text) == []
    assert found(text, "a.qasm") == []


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        ('import "a.qjob";\n', {"a.qjob": 'import "b.qjob";\n', "b.qjob": 'import "a.qjob";\n'}, ["QJ0208@1"]),
        ('include "a.inc";\n', {"a.inc": 'include "a.inc";\n'}, ["QJ0208@1"]),
        ('import "p.qasm" as p;\n', {"p.qasm": "qubit q;\nh q;\n"}, ["QJ0210@2"]),
        ('import "p.qasm";\n', {"p.qasm": PROGRAM}, ["QJ0217@1"]),
        ('import "l.qjob" as l;\n', {"l.qjob": "const int n = 1;\n"}, ["QJ0216@1"]),
        ('include "p.inc";\n', {"p.inc": "qubit q;\nU(0, 0, 0) q;\n"}, ["QJ0218@1"]),
        ('import "p.qasm" as p;\njob j { run p(); }\n', {"p.qasm": "qubit q\nU(0, 0, 0) q;\n"}, ["QJ0101@1"]),
        ("import std.gatez;\n", {}, ["QJ0207@1"]),
        ('import "p.stim" as p;\njob j { run p(); }\n', {"p.stim": "H 0\nM 0\n"}, ["QJ0224@1"]),
        ('import "p.stim";\ncircuit c() { qubit q; h q; perhaps q; }\n', {"p.stim": ""}, ["QJ0224@1"]),
        ('include "p.quil";\n', {"p.quil": "DECLARE ro BIT[1]\nH 0\n"}, ["QJ0224@1"]),
        ('import "p.gates";\n', {"p.gates": "gate twice a { U(0, 0, 0) a; }\n"}, []),
        ('import "v1.2/p" as p;\njob j { run p(); }\n', {"v1.2/p": "qubit q\nU(0, 0, 0) q;\n"}, ["QJ0101@1"]),
    ],
)
def test_what_goes_wrong_with_files(
    text: str, files: dict[str, str], expected: list[str], found: Callable[..., list[str]]
) -> None:
    assert found(text, files=files) == expected


def test_mistakes_of_an_imported_file_stand_at_its_import(checked: Callable[..., CheckResult]) -> None:
    text = 'const int a = 1 / 0;\nimport "p.qasm" as p;\nconst int b = 1 / 0;\n'
    files = {"p.qasm": "qubit q;\nU(1 / 0, 0, 0) q;\nU(1 / 0, 0, 0) q;\n"}
    shown = [str(each.span) for each in checked(text, files=files).diagnostics]
    assert shown == ["test.qjob:1:15", "p.qasm:2:3", "p.qasm:3:3", "test.qjob:3:15"]


def test_diagnostics_come_in_source_order_and_once(found: Callable[..., list[str]]) -> None:
    text = (
        "job j { run c(); sample z; }\n"
        "circuit c() { qubit[2] q; x q[2]; y q[2]; foo q; }\n"
        "gate g a { bar a; }\n"
        "job k { run c(); }\n"
    )
    assert found(text) == ["QJ0524@1", "QJ0401@2", "QJ0401@2", "QJ0203@2", "QJ0203@3"]


def test_an_openqasm_file_has_no_prelude_and_a_job_file_has(found: Callable[..., list[str]]) -> None:
    text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nrzz(1) q[0], q[1];\n'
    assert found(text, "a.qasm") == ["QJ0203@4"]
    assert found(text, "a.qjob") == []
    assert found(text, "<stdin>") == ["QJ0203@4"]
    assert found(text + "job j { run main(); }\n", "<stdin>") == []


def test_uses_of_names_lead_to_their_definitions(checked: Callable[..., CheckResult]) -> None:
    text = (
        "const int n = 2;\ngate g(t) a { rx(t) a; }\ncircuit c(float t) {\n  qubit[n] q;\n  g(t) q[0];\n}\n"
        "job j { run c(1.0); }\n"
    )
    references = checked(text, references=True).module.references
    shown = {(text[each.start : each.end], str(each.symbol.span).removeprefix("test.qjob:")) for each in references}
    assert {("n", "1:11"), ("g", "2:6"), ("t", "3:17"), ("t", "2:8"), ("q", "4:12"), ("c", "3:9")} <= shown
    assert [each.start for each in references] == sorted(each.start for each in references)


def test_reuse_after_measurement_where_a_target_forbids_it() -> None:
    text = (
        "circuit c() {\n  qubit[3] q; bit[3] b;\n  b[0] = measure q[0];\n  x q[0];\n  reset q[0];\n  x q[0];\n"
        "  if (b[0]) { measure q[1]; x q[1]; }\n  x q[1];\n  measure q;\n  h q;\n}\n"
    )
    source = Source("test.qjob", text)
    program = parse(source).program
    warned = check(program, source, StandardLoader(), 3).diagnostics
    assert [(each.code, each.span.text) for each in warned] == [("QJ1015", "x q[0];"), ("QJ1015", "h q;")]
    found = check(program, source, StandardLoader(), 3, forbid_reuse=True).diagnostics
    assert [(each.code, each.span.text) for each in found] == [
        ("QJ0405", "x q[0];"),
        ("QJ0405", "x q[1];"),
        ("QJ0405", "h q;"),
    ]
    assert [label.span.text for label in found[0].secondary()] == ["b[0] = measure q[0];"]


def test_a_long_chain_of_files_ends_in_one_mistake(checked: Callable[..., CheckResult]) -> None:
    files = {f"f{k}.inc": f'include "f{k + 1}.inc";\n' for k in range(40)} | {"f40.inc": "const int n = 1;\n"}
    codes = [each.code for each in checked('include "f0.inc";\n', files=files).diagnostics]
    assert codes == ["QJ0219"]


def test_a_mistake_in_another_file_shows_the_way_there(checked: Callable[..., CheckResult]) -> None:
    files = {
        "lib.qjob": 'include "parts.inc";\nconst int n = 1;\n',
        "parts.inc": "const int k = 1 / 0;\n",
    }
    (found,) = checked('import "lib.qjob";\ncircuit c() { qubit q; U(n, 0, 0) q; }\n', files=files).diagnostics
    assert str(found.span) == "parts.inc:1:15"
    assert [(str(label.span), label.text) for label in found.labels()] == [
        ("lib.qjob:1:9", "included here"),
        ("test.qjob:1:8", "imported here"),
    ]
    assert found.secondary() == ()
