"""Each construct of the specification by a smallest program: what becomes of it, and the page that says so.

`support/*.qasm` holds the programs by section. `//: construct` begins one, `//= verdict` says what must become of it:

    executes c: 00 0.5, 11 0.5; d: 1    the distribution of each result; a certain outcome has no number
    kept circuit.stretch                the circuit has this operation, and running it is refused with QJ0504
    refused QJ0504                      the first error
    fails                               the run ends with an error
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from qlang.backends.errors import BackendError
from qlang.backends.protocol import Request, SampleSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler.driver import Compilation, compile_source
from qlang.ir.job import SampleOp
from qlang.runtime.outcomes import outcome_text
from qlang.syntax.source import Source
from tests.compiler.programs import HEADER, SEEDED, kernel_of

FOLDER = Path(__file__).parent / "support"
PAGE = Path(__file__).parents[2] / "docs" / "openqasm.md"


@dataclass(frozen=True)
class Row:
    section: str
    construct: str
    verdict: str
    program: str

    @property
    def text(self) -> str:
        """The program with the header that it needs, if it brings none."""
        whole = self.program.startswith(("OPENQASM", "include"))
        return self.program if whole else HEADER + self.program


def rows() -> list[Row]:
    found = []
    for path in sorted(FOLDER.glob("*.qasm")):
        heading, *entries = re.split(r"^//: ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        section = heading.strip().removeprefix("// ")
        for entry in entries:
            construct, verdict, program = entry.split("\n", 2)
            assert verdict.startswith("//= "), entry
            found.append(Row(section, construct, verdict.removeprefix("//= "), program.strip() + "\n"))
    return found


ROWS = rows()


def refusal(text: str, stage: str | None = None) -> tuple[Compilation, str | None]:
    """A compilation, and the code of its first error."""
    compilation = compile_source(Source("test.qasm", text), SEEDED, stop_after=stage)
    errors = [d.code for d in compilation.diagnostics if d.severity == "error"]
    return compilation, errors[0] if errors else None


def histograms(compilation: Compilation) -> str:
    """Exact distributions of all results, as a verdict has them."""
    assert compilation.module is not None
    asked = [op for op in compilation.module.walk() if isinstance(op, SampleOp)]
    specs = []
    for op in asked:
        wires = tuple(op.wires.get_values())
        values = op.values.data if op.values is not None else ""  # type: ignore[attr-defined]  # a string
        bits = op.bits.data if op.bits is not None else None  # type: ignore[attr-defined]  # a string
        specs.append(SampleSpec(op.label.data, wires, bits, values))
    outcome = ReferenceBackend().execute(kernel_of(compilation), Request(samples=tuple(specs)))
    shown = []
    for sample in outcome.samples:
        assert sample.probabilities is not None
        entries = []
        for key, probability in sample.probabilities.items():
            name = outcome_text(key, sample.width, sample.values)
            entries.append(name if abs(probability - 1) < 1e-9 else f"{name} {probability:.6g}")
        shown.append(f"{sample.label}: {', '.join(entries)}")
    return "; ".join(shown)


def found_verdict(row: Row) -> str:
    """What becomes of a program."""
    compilation, code = refusal(row.text)
    if code is not None:
        operation = row.verdict.partition(" ")[2]
        circuit, early = refusal(row.text, "ir")
        if code == "QJ0504" and early is None and operation in str(circuit.module):
            return f"kept {operation}"
        return f"refused {code}"
    try:
        return f"executes {histograms(compilation)}"
    except BackendError:
        return "fails"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.construct)
def test_a_construct_is_treated_as_the_page_says(row: Row) -> None:
    assert found_verdict(row) == row.verdict


SHOWN = {
    "executes": "executes",
    "kept": "in the IR; not on simulators",
    "refused": "refused",
    "fails": "error at run time",
}


def page() -> str:
    """The table of docs/openqasm.md."""
    lines = [
        "# What of OpenQASM runs",
        "",
        "Generated from tests/language/support by `pytest tests/language/test_support.py --update-golden`: each row is",
        "a smallest program that the tests compile and run, with the distribution that it must have. OpenQASM 3",
        'programs have `include "stdgates.inc";` before them, where they show no version line or include of their own.',
        "",
        f"{len(ROWS)} constructs: "
        + ", ".join(f"{sum(row.verdict.startswith(kind) for row in ROWS)} {text}" for kind, text in SHOWN.items())
        + ".",
    ]
    section = ""
    for row in ROWS:
        if row.section != section:
            section = row.section
            title, _, specification = section.partition(" (specification: ")
            lines += ["", f"## {title}", ""]
            if specification:
                lines += [f"Specification: {specification.removesuffix(')')}.", ""]
            lines += ["| construct | | example |", "|---|---|---|"]
        kind, _, rest = row.verdict.partition(" ")
        verdict = f"{SHOWN[kind]} ({rest})" if kind == "refused" else SHOWN[kind]
        example = "<br>".join(f"`{line}`" for line in row.program.replace("|", "\\|").splitlines())
        lines.append(f"| {row.construct} | {verdict} | {example} |")
    return "\n".join(lines) + "\n"


def test_the_page_is_what_the_tests_found(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_covers_the_specification() -> None:
    assert len(ROWS) >= 100
    assert len({row.construct for row in ROWS}) == len(ROWS)
