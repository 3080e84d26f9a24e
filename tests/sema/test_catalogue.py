"""Every code has words, and examples that say what they claim."""

import dataclasses
from collections.abc import Callable
from typing import get_type_hints

import pytest

from qlang.sema.errors import qubits, sla, warnings
from qlang.sema.errors.catalogue import catalogue, found_by
from qlang.sema.module import CheckResult
from qlang.syntax.diagnostic import Diagnostic, Fix, Label
from qlang.syntax.source import Source, Span

CLASSES = {code: kind for code, kind in catalogue().items() if not code.startswith(("QJ01", "QJ99"))}
CHECKED = {code: kind for code, kind in CLASSES.items() if found_by(kind) == "check"}
SOURCE = Source("job.qjob", "run quench(steps = 10);\nsla { fidelity >= 0.85; }\n")


def name_of(text: str) -> str:
    return "test.qasm" if text.startswith("OPENQASM") else "test.qjob"


@pytest.mark.parametrize("code", CHECKED)
def test_the_wrong_example_has_this_mistake_only(code: str, checked: Callable[..., CheckResult]) -> None:
    text = CHECKED[code].example_wrong
    assert {each.code for each in checked(text, name_of(text)).diagnostics} == {code}


@pytest.mark.parametrize("code", CHECKED)
def test_the_right_example_is_right(code: str, checked: Callable[..., CheckResult]) -> None:
    text = CHECKED[code].example_right
    assert [each.code for each in checked(text, name_of(text)).diagnostics] == []


def test_families_agree_with_codes() -> None:
    numbers = {
        "names": "02",
        "files": "02",
        "types": "03",
        "qubits": "04",
        "circuits": "05",
        "observables": "05",
        "jobs": "05",
    }
    numbers |= {"mitigation": "06", "sla": "07", "crypto": "08", "backend": "09", "warnings": "10"}
    for code, kind in CLASSES.items():
        family = kind.__module__.rsplit(".", 1)[-1]
        if family in numbers:
            assert code.startswith(f"QJ{numbers[family]}"), code
        assert (kind.severity == "warning") == code.startswith("QJ10"), code


def test_no_code_is_used_twice() -> None:
    kinds = [
        kind for kind in _subclasses(Diagnostic) if "code" in vars(kind) and kind.__module__.startswith("qlang.sema")
    ]
    assert len(kinds) >= 80
    assert len({kind.code for kind in kinds}) == len(kinds)


def _subclasses(kind: type[Diagnostic]) -> set[type[Diagnostic]]:
    return {each for below in kind.__subclasses__() for each in (below, *_subclasses(below))}


@pytest.mark.parametrize("code", CLASSES)
def test_words_are_complete(code: str) -> None:
    """Filled with stand-ins, every text comes out whole."""
    kind = CLASSES[code]
    diagnostic = kind(**{field.name: _stand_in(kind, field.name) for field in dataclasses.fields(kind)})
    assert diagnostic.explanation.rstrip(")").endswith("."), code
    texts = [diagnostic.message(), diagnostic.label(), *diagnostic.notes(), *diagnostic.helps()]
    texts += [label.text for label in diagnostic.secondary()]
    texts += [fix.title for fix in diagnostic.fixes()]
    assert all(isinstance(text, str) and "{" not in text.replace("{ ", "") for text in texts), texts
    assert not any("None" in text for text in texts), texts


def _stand_in(kind: type[Diagnostic], name: str) -> object:
    span = Span(SOURCE, 0, 3)
    hint = str(get_type_hints(kind)[name])
    table: list[tuple[str, object]] = [
        ("tuple[tuple[str, str]", (("iqm.garnet", "no credentials"),)),
        ("tuple[qlang.syntax.diagnostic.Label", (Label(span, "also missed"),)),
        ("tuple[qlang.syntax.diagnostic.Fix", (Fix("shorten", ()),)),
        ("tuple[str", ("a", "b")),
        ("tuple[qlang.syntax.source.Span", (span,)),
        ("Span", span),
        ("bool", True),
        ("int", 3),
        ("float", 0.25),
        ("str", "word"),
    ]
    return next(value for part, value in table if part in hint)


def test_an_sla_that_is_not_met_reads_as_in_the_language_page() -> None:
    run = Span(SOURCE, 0, 23)
    term = Span(SOURCE, 30, 47)
    diagnostic = sla.SlaNotMet(
        term,
        job="ising_quench",
        best="0.79 ± 0.03 (ibm.boston, zne[1,3,5])",
        run=run,
        run_fact="70 two-qubit gates per point",
        nearest=("`steps = 6` would fit (0.87 ± 0.02)", "`mitigate auto within 25x`"),
    )
    assert diagnostic.code == "QJ0701"
    assert diagnostic.message() == "no backend meets the SLA of job `ising_quench`"
    assert diagnostic.label() == "best predicted: 0.79 ± 0.03 (ibm.boston, zne[1,3,5])"
    assert list(diagnostic.secondary()) == [Label(run, "70 two-qubit gates per point")]
    assert list(diagnostic.helps()) == ["`steps = 6` would fit (0.87 ± 0.02), or `mitigate auto within 25x`"]


def test_an_index_error_names_register_size_and_declaration(checked: Callable[..., CheckResult]) -> None:
    text = "circuit c() {\n  qubit[3] q;\n  for int i in [0:2] { cx q[i], q[i+1]; }\n}\n"
    (diagnostic,) = checked(text).diagnostics
    assert isinstance(diagnostic, qubits.IndexOutOfRange)
    assert diagnostic.message() == "index 3 is out of range for register `q` of 3 qubits"
    assert diagnostic.label() == "3 for i = 2; the indices are 0 to 2"
    assert diagnostic.span.text == "i+1"
    second, third = diagnostic.secondary()
    assert (str(second.span), second.text) == ("test.qjob:2:12", "declared with 3 qubits")
    assert (third.span.text, third.text) == ("[0:2]", "gives this value")


def applied(text: str, diagnostics: tuple[Diagnostic, ...]) -> str:
    """The text with the first fix of every diagnostic, last place first."""
    edits = {
        (edit.span.start, edit.span.end): edit.text
        for diagnostic in diagnostics
        for fix in list(diagnostic.fixes())[:1]
        for edit in fix.edits
    }
    for (start, end), replacement in sorted(edits.items(), reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("cnot q[0], q[1];", "cx q[0], q[1];"),
        ("Hadamard q;", "h q;"),
        ("toffoli q[0], q[1], q[2];", "ccx q[0], q[1], q[2];"),
        ("CNOT q[0], q[1];", "cx q[0], q[1];"),
        ("rzzz(0.1) q[0], q[1];", "rzz(0.1) q[0], q[1];"),
        ("H q;", "h q;"),
        ("rx(acos(0.5)) q;", "rx(arccos(0.5)) q;"),
        ("rx(tehta) q;", "rx(theta) q;"),
        ("x q[3];", "x q[2];"),
        ("int k = 2.5; x q[k];", "int k = int(2.5); x q[k];"),
        ("delay[100] q;", "delay[100ns] q;"),
        ("rx(1 / 2 * theta) q;", "rx(1.0 / 2 * theta) q;"),
    ],
)
def test_fixes_mend(wrong: str, right: str, checked: Callable[..., CheckResult]) -> None:
    frame = "circuit c(float theta) {{ qubit[3] q; rx(theta) q; {} }}\n"
    text = frame.format(wrong)
    diagnostics = checked(text).diagnostics
    assert diagnostics
    assert applied(text, diagnostics) == frame.format(right)
    assert checked(frame.format(right)).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("OPENQASM 3.0;\nqubit[2] q;\nh q;\ncx q[0], q[1];\n", 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;'),
        ("qubit q;\nh q;\n", 'include "stdgates.inc";\nqubit q;'),
        ("OPENQASM 2.0;\nqreg q[2];\nrzz(1) q[0],q[1];\n", 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];'),
    ],
)
def test_a_missing_include_is_reported_once_and_added(
    text: str, right: str, checked: Callable[..., CheckResult]
) -> None:
    diagnostics = checked(text, "test.qasm").diagnostics
    assert [each.code for each in diagnostics] == ["QJ0210"]
    mended = applied(text, diagnostics)
    assert mended.startswith(right)
    assert checked(mended, "test.qasm").diagnostics == ()


def test_an_observable_of_the_library_is_pointed_out(checked: Callable[..., CheckResult]) -> None:
    text = "circuit c() { qubit q; h q; }\njob j { run c(); expect m = magnetisation(q); }\n"
    (diagnostic,) = checked(text).diagnostics
    assert list(diagnostic.helps()) == ["`magnetization` comes with `import std.observables;`"]


def test_a_warning_is_no_error(checked: Callable[..., CheckResult]) -> None:
    result = checked("circuit c() { qubit[2] q; qubit r; h q; }")
    assert isinstance(result.diagnostics[0], warnings.UnusedQubits)
    assert result.ok
