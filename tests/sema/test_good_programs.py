"""Right programs are left alone; programs of others that are wrong are wrong for the reason written here."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.sema.module import CheckResult, Module

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"

NOT_EXECUTABLE = {
    "arrays.qasm": {"QJ0202"},  # declares `first_dimension` twice
    "cphase.qasm": {"QJ0201", "QJ0210"},  # a fragment without include and qubits
    "dd.qasm": {"QJ0203"},  # no gate `u` in stdgates.inc
    "gateteleport.qasm": {"QJ0504"},  # extern
    "msd.qasm": {"QJ0201", "QJ0401"},  # an index beyond its register, an undeclared bit
    "scqec.qasm": {"QJ0504"},  # extern
    "t1.qasm": {"QJ0504", "QJ1030"},  # `extern tabulate`; a `defcal`
    "vqe.qasm": {"QJ0407", "QJ0504"},  # indexes a gate's qubit; extern
}
WARNED = {
    "bb84_n8.qasm": {"QJ1008", "QJ1015"},  # Eve measures and sends the qubit on, into bits that Bob overwrites
    "defcal.qasm": {"QJ1030"},
    "qec.qasm": {"QJ1005"},
    "rus.qasm": {"QJ1002"},
    "varteleport.qasm": {"QJ1006", "QJ1015"},
}
UNDECLARED = {"vqe_uccsd_n4.qasm", "vqe_uccsd_n6.qasm", "vqe_uccsd_n8.qasm", "hhl_n10.qasm.gz"}
"""End with `measure q[0] -> c[0];` where neither is declared."""


def codes(result: CheckResult) -> set[str]:
    return {diagnostic.code for diagnostic in result.diagnostics}


def text_of(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text("utf-8")


@pytest.mark.parametrize("path", sorted((DATA / "openqasm3-examples").glob("*.qasm")), ids=lambda path: path.name)
def test_examples_of_the_specification(path: Path, checked: Callable[..., CheckResult]) -> None:
    result = checked(path.read_text(encoding="utf-8"), path.name)
    assert codes(result) == NOT_EXECUTABLE.get(path.name, WARNED.get(path.name, set()))
    assert result.ok == (path.name not in NOT_EXECUTABLE)


@pytest.mark.parametrize("path", sorted((DATA / "qasmbench-small").glob("*.qasm")), ids=lambda path: path.name)
def test_applications_in_openqasm_2(path: Path, checked: Callable[..., CheckResult]) -> None:
    result = checked(text_of(path), path.name)
    assert codes(result) == ({"QJ0201"} if path.name in UNDECLARED else WARNED.get(path.name, set()))
    assert result.module.main is not None


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.qjob")), ids=lambda path: path.name)
def test_our_examples(path: Path, checked: Callable[..., CheckResult]) -> None:
    beside = [file for file in path.parent.rglob("*") if file.suffix in (".qasm", ".json", ".terms")]
    files = {file.relative_to(path.parent).as_posix(): file.read_text("utf-8") for file in beside}
    result = checked(path.read_text(encoding="utf-8"), path.name, files)
    assert codes(result) == set()
    assert len(result.module.jobs) >= 1


GOOD = {
    "an index under a condition may never be reached": """
        circuit c() { qubit[4] q; bit b;
          for int i in [0:3] { if (i < 3) { cx q[i], q[i+1]; } h q[i]; }
          for int i in [0:3] { b = measure q[i]; if (b) { break; } x q[(i + 1) % 4]; }
        }""",
    "loops that never run": """
        const int n = 1;
        circuit c() { qubit[n] q; h q;
          for int i in [0:n-2] { cx q[i], q[i+1]; }
          if (n > 1) { x q[1]; }
        }""",
    "pairs of registers step by step": """
        circuit c() { qubit[4] q; cx q[0:2], q[1:3]; cx q[0], q[1:3]; }""",
    "a loop over pairs that differ": """
        circuit c() { qubit[4] q;
          for int i in [0:3] { for int j in [i+1:3] { cx q[i], q[j]; } }
        }""",
    "shadowing": """
        circuit c() { qubit[2] q; int n = 1; for int n in [0:1] { x q[n]; } { float n = 0.5; rx(n) q[0]; } }""",
    "numbers widen": """
        circuit c() { qubit[2] q; bit b = 1; int[8] i = b; float f = i; complex z = f; angle a = f; bool t = i;
          rx(a) q; rx(b) q; rx(i) q; if (b) { x q; } if (i) { x q; } z = 2im * z; b ^= 1; i += 2; a /= 2; }""",
    "negative indices": """
        circuit c() { qubit[4] q; bit[4] b; x q[-1]; x q[-4]; cx q[-2], q[-1]; b[-1] = measure q[-1]; }""",
    "modifiers": """
        circuit c() { qubit[4] q; ctrl @ x q[0], q[1]; ctrl(2) @ negctrl @ inv @ pow(0.5) @ x q[0], q[1], q[2], q[3];
          gphase(pi); ctrl @ gphase(pi / 2) q[0]; }""",
    "subroutines": """
        def flip(qubit a, int n) -> bit { for int i in [1:n] { x a; } return measure a; }
        def both(qubit[2] a) { cx a[0], a[1]; }
        circuit c() { qubit[2] q; bit b; b = flip(q[0], 3); both(q); both q; if (flip(q[1], 1)) { h q[0]; } }""",
    "switch": """
        circuit c() { qubit q; bit[2] b; int k = 1; switch (k) { case 0, 1 { x q; } case 2 { h q; } default { } }
          b[0] = measure q; }""",
    "arrays": """
        circuit c() { qubit[4] q; array[float[64], 3] a = {0.1, 0.2, 0.3}; array[int, 2, 2] m = {{1, 2}, {3, 4}};
          for float t in a { rx(t) q; } rx(a[1]) q[m[0, 1]]; a[0] = 1; m[0] = m[1];
          rx(sizeof(a)) q; rx(a[0:1][1]) q[0]; }""",
    "timing is accepted where it changes nothing": """
        circuit c() { qubit[2] q; stretch s; duration d = 2 * 100ns; delay[d] q[0]; delay[s] q; delay[16dt] q[1];
          box[1us] { h q; } barrier q; barrier; }""",
    "circuits with sizes from parameters": """
        circuit c(int n, float t = 2 * pi) { qubit[n] q; bit[n] b; for int i in [0:n-2] { cx q[i], q[i+1]; }
          rx(t / n) q[n-1]; b = measure q; }
        job a { run c(3); } job b { run c(n = 5, t = 1); }""",
    "names of the job language are names elsewhere": """
        circuit c() { qubit[2] state; qubit x0; float sweep = 1.0; rx(sweep) state; h x0; }
        job run { run c(); sample state; }""",
    "greek": "circuit c() { qubit q; rx(π / 2) q; ry(τ) q; rz(ℇ) q; }",
    "strict conditions": """
        circuit c() { qubit[8] q; h q; }
        noise lab { depolarizing(1%) on 1q; depolarizing(0.01) on cx, 2q; thermal(t1 = 1ms, t2 = 60us) on rz; }
        job j { run c(); sample q[0:3] as low, q[7]; shots 2e4; seed 18446744073709551615; mitigate none;
          backend sim with lab where qubits >= 8 && vendor == "ibm", ibm.* where calibrated within 24 h,
                  sim where simulator == true and cost_per_shot <= 0.01 usd;
          precision infidelity 1e-9; crypto pqc_required; label a = "b"; label n = 3;
          sla { fidelity >= 85%; cost <= 25 eur; latency <= 2 h; } }""",
}


@pytest.mark.parametrize("title", GOOD)
def test_right_programs(title: str, module: Callable[..., Module]) -> None:
    module(GOOD[title])


def test_the_page_of_the_language_by_example(module: Callable[..., Module]) -> None:
    found = module((Path(__file__).parent / "language_example.qjob").read_text(encoding="utf-8"))
    assert [job.name for job in found.jobs] == ["ising_quench"]
