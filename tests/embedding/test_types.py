"""What type checkers and editors see: the stub is the table of names, and a user's file passes."""

import subprocess
import sys
from pathlib import Path

import pytest

import qlang as ql

ROOT = Path(__file__).parents[2]
USER = """\
import qlang as ql


@ql.gate
def coupling(theta: float, a: ql.Qubit, b: ql.Qubit) -> None:
    ql.cx(a, b)
    ql.rz(theta, b)
    ql.cx(control=a, target=b)


@ql.circuit
def layer(q: ql.Qubits, t: float) -> None:
    for i in range(len(q) - 1):
        coupling(t, q[i], q[i + 1])
    for qubit in q[1:]:
        ql.inv(ql.s)(qubit)


@ql.circuit
def chain(n: int, thetas: ql.Array, h: float = 1.0) -> None:
    q = ql.qubits(n)
    layer(q, h)
    ql.ctrl(ql.x)(q[0], q[1])
    for i in range(len(thetas)):
        ql.rx(thetas[i], q[i])
    c = ql.measure(q)
    if c[0] == 1 and c[1]:
        ql.x(q[0])
    bit = ql.measure(q[0])
    reveal_type(bit)


@ql.observable
def energy(q: ql.Qubits, J: float = 1.0) -> ql.Observable:
    return J * ql.Z(q[0]) * ql.Z(q[1])


job = ql.job(chain(3, [0.1, 0.2]), expect={"e": energy, "m": ql.mean(ql.Z)}, shots=100)
value: float = job.run().expect["e"].value
reveal_type(ql.compile("").diagnostics)
ql.rx("angle", 3)
ql.cnot(1)
"""


def test_the_stub_is_up_to_date() -> None:
    check = subprocess.run([sys.executable, ROOT / "tools" / "python_stub.py", "--check"], cwd=ROOT, check=False)
    assert check.returncode == 0, "run tools/python_stub.py"


def test_every_public_name_is_there() -> None:
    for name in ql.__all__:
        assert getattr(ql, name) is not None, name
    assert {"h", "cx", "qubits", "measure", "ctrl", "job"} <= set(dir(ql))
    assert ql.rx.__doc__ == "Rotation about X: exp(-iθ/2 X)."


@pytest.mark.slow
def test_a_users_file_is_checked_by_mypy(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(USER, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", tmp_path / "cache"]
    done = subprocess.run(
        [*command, "user.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("user.py")]
    assert lines == [
        'note: Revealed type is "qlang.Bit"',
        'note: Revealed type is "tuple[qlang.syntax.diagnostic.Diagnostic, ...]"',
        'error: Argument 1 to "rx" has incompatible type "str"; expected "float"  [arg-type]',
        'error: Argument 2 to "rx" has incompatible type "int"; expected "Qubit | Qubits"  [arg-type]',
        'error: Module has no attribute "cnot"  [attr-defined]',
    ]
