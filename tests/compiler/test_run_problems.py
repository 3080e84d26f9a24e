"""What stops a running circuit is a diagnostic at its place, with the calls that led there."""

from collections.abc import Callable

import pytest

from qlang.backends.errors import BackendError
from qlang.backends.protocol import Request, SampleSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler.execution_problems import execution_diagnostic
from qlang.ir.spans import CallPlace, Place, calls_of, location, place_of
from qlang.ir.text import parse_ir, print_ir
from qlang.sema.errors.subroutines import ExecutionStopped
from qlang.syntax.diagnostic import Diagnostic
from tests.compiler.programs import HEADER, compiled, kernel_of
from tests.conftest import Answer

MEASURED = "qubit[3] q;\nbit m;\nbit[4] d;\nx q[0];\nm = measure q[0];\nint k = m;\n"


def stopped(text: str) -> Diagnostic:
    """What stops a program."""
    compilation = compiled(HEADER + text)
    kernel = kernel_of(compilation)
    with pytest.raises(BackendError) as caught:
        ReferenceBackend().execute(kernel, Request(samples=(SampleSpec("q", tuple(range(kernel.qubits))),)))
    found = execution_diagnostic(caught.value, compilation)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("body", "line", "problem"),
    [
        ("x q[k + 2];", "x q[k + 2];", "index 3 of a register of 3 qubits"),
        ("x q[k - 5];", "x q[k - 5];", "index -4 of a register of 3 qubits"),
        ("cx q[k], q[1];", "cx q[k], q[1];", "each at most once"),
        ("x q[7 / (k - 1)];", "x q[7 / (k - 1)];", "`7 / 0` has no value"),
        ("x q[7 % (1 - k)];", "x q[7 % (1 - k)];", "`7 % 0` has no value"),
        ("d[k + 5] = 1;", "d[k + 5] = 1;", "6"),
        ("if (d[5 * k]) { x q; }", "if (d[5 * k]) { x q; }", "5"),
        ("d = d << (0 - k);", "d = d << (0 - k);", "has no value"),
        ("rx(1.0 / (k - 1)) q[1];", "rx(1.0 / (k - 1)) q[1];", "finite"),
        ("for int i in [0:k - 1:3] { x q[i]; }", "for int i in [0:k - 1:3] { x q[i]; }", "0"),
        ("for int i in [0:3] { if (m) { x q[i]; } }", "x q[i];", "index 3 of a register of 3 qubits"),
        ("array[int, 2] a = {1, 2}; x q[a[k + 1]];", "x q[a[k + 1]];", "2"),
    ],
)
def test_the_statement_to_blame_is_shown(body: str, line: str, problem: str) -> None:
    found = stopped(MEASURED + body)
    assert isinstance(found, ExecutionStopped)
    assert found.span.text == line
    assert problem in found.problem
    assert found.calls() == ()


def test_calls_are_shown_innermost_first() -> None:
    definitions = (
        "def inner(qubit[2] a, int k) { x a[0]; x a[k]; }\n"
        "def outer(qubit[3] a, int k) -> bit { inner(a[0:1], k + 1); return measure a[0]; }\n"
    )
    found = stopped(f"{definitions}{MEASURED}m = outer(q, k);")
    assert found.span.text == "x a[k];"
    assert [(call.name, call.span.text) for call in found.calls()] == [
        ("inner", "inner(a[0:1], k + 1)"),
        ("outer", "outer(q, k)"),
    ]


def test_a_negative_index_counts_from_the_end() -> None:
    kernel = kernel_of(compiled(f"{HEADER}{MEASURED}x q[-k]; d[-k - 1] = m;"))
    samples = (SampleSpec("q", (0, 1, 2)), SampleSpec("d", bits="d"))
    outcome = ReferenceBackend().execute(kernel, Request(samples=samples))
    found = [{value for value, p in (sample.probabilities or {}).items() if p > 0.5} for sample in outcome.samples]
    assert found == [{0b101}, {0b0100}]


def test_places_and_calls_survive_a_round_trip_of_the_ir() -> None:
    text = f"{HEADER}def f(qubit[3] a, int k) {{ x a[k]; }}\n{MEASURED}f(q, k);"
    module = compiled(text).module
    assert module is not None
    again = parse_ir(print_ir(module, spans=True))
    for one, other in zip(module.walk(), again.walk(), strict=True):
        assert (place_of(one), calls_of(one)) == (place_of(other), calls_of(other))
    assert any(calls_of(op) for op in again.walk())


def test_a_location_keeps_all_calls() -> None:
    place, calls = Place("a", 1, 2, 1, 3), tuple(CallPlace(f"f{n}", Place("b", n, 1, n, 9)) for n in range(1, 4))
    op = kernel_of(compiled(f"{HEADER}qubit q; bit c = measure q;"))
    op.location = location(place, calls)
    assert (place_of(op), calls_of(op)) == (place, calls)


def test_the_command_shows_what_stopped_the_run_also_from_the_cache(
    in_workspace: object, qlangc: Callable[..., Answer]
) -> None:
    from pathlib import Path

    Path("job.qjob").write_text(ExecutionStopped.example_wrong, encoding="utf-8")
    for _ in range(2):
        answer = qlangc("run", "job.qjob")
        assert answer.status == 3
        assert "error[QJ0511]: the execution stopped: index 2 of a register of 2 qubits" in answer.err
        assert "job.qjob:5:3" in answer.err
        assert answer.out == ""
    Path("job.qjob").write_text(ExecutionStopped.example_right, encoding="utf-8")
    assert qlangc("run", "job.qjob").status == 0
