"""Observables from files: both notations, both orders of letters, and what files may not be."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp

from qlang.compiler.editor.symbol_words import explain
from qlang.compiler.frontend import FileLoader, analyse
from qlang.sema.check import check
from qlang.sema.loader import LoadFailure, StandardLoader
from qlang.sema.module import CheckResult
from qlang.sema.observable_files import MOST_QUBITS, MOST_TERMS
from qlang.syntax.parser import parse
from qlang.syntax.source import Source

JOB = """import "{name}" as energy;
circuit c() {{ qubit[{size}] q; h q; }}
job j {{ run c(); expect e = energy(q); }}
"""


class OneFile:
    """A loader of one text."""

    def __init__(self, name: str, text: str) -> None:
        self.source = Source(name, text)

    def load(self, path: str, importing: Source) -> Source | LoadFailure:
        return self.source if path == self.source.name else StandardLoader().load(path, importing)


def imported(text: str, size: int = 2, name: str = "h.json") -> CheckResult:
    source = Source("test.qjob", JOB.format(name=name, size=size))
    parsed = parse(source)
    return check(parsed.program, source, OneFile(name, text), parsed.version)


def terms(text: str, size: int = 2, name: str = "h.json") -> dict[str, float]:
    """Product (`X0 Z1`) to coefficient, of a file without mistakes."""
    found = imported(text, size, name)
    assert found.diagnostics == ()
    (job,) = found.module.jobs
    return {
        " ".join(f"{pauli}{index}" for _, index, pauli in term.factors): term.coefficient
        for term in job.expect[0].terms
    }


def code(text: str, name: str = "h.json") -> str:
    """The one diagnostic of a file, whose place lies in it."""
    (found,) = imported(text, 2, name).diagnostics
    assert found.span.source.name == name
    assert [label.span.text for label in found.secondary()][-1] == f'"{name}"'
    return f"{found.code} {found.span.text}"


def test_numbered_and_lettered_products() -> None:
    text = '{"qubits": 3, "order": "qubit 0 left", "terms": [["XYZ", 0.5], ["Z2 X0", -1], ["", 3], ["IZI", 1e-3]]}'
    assert terms(text, 3) == {"": 3.0, "X0 Y1 Z2": 0.5, "X0 Z2": -1.0, "Z1": 1e-3}


def test_the_order_of_letters_decides() -> None:
    text = '{{"qubits": 2, "order": "qubit 0 {side}", "terms": [["XZ", 1]]}}'
    assert terms(text.format(side="left")) == {"X0 Z1": 1.0}
    assert terms(text.format(side="right")) == {"Z0 X1": 1.0}


def test_openfermions_notation() -> None:
    text = "# H2\n(-0.5+0j) [] +\n0.25 [X0 Y1] + -0.125 [Z1]\n- [X0]"
    expected = {"": -0.5, "X0 Y1": 0.25, "Z1": -0.125, "X0": -1.0}
    assert terms(text, 2, "h.terms") == terms(text, 2, "h.txt") == expected


@given(
    st.integers(1, 5).flatmap(
        lambda size: st.dictionaries(
            st.text("IXYZ", min_size=size, max_size=size),
            st.floats(-1e6, 1e6).filter(lambda value: abs(value) > 1e-3),
            min_size=1,
            max_size=8,
        )
    )
)
def test_qiskits_words_mean_the_same_matrix(words: dict[str, float]) -> None:
    size = len(next(iter(words)))
    text = json.dumps({"qubits": size, "order": "qubit 0 right", "terms": list(words.items())})
    ours = [(name.replace(" ", ""), value) for name, value in terms(text, size).items()]
    sparse = [("".join(c for c in n if c.isalpha()), [int(c) for c in n if c.isdigit()], v) for n, v in ours]
    found = SparsePauliOp.from_sparse_list(sparse, num_qubits=size)
    np.testing.assert_allclose(found.to_matrix(), SparsePauliOp.from_list(list(words.items())).to_matrix(), rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "QJ0547 "),
        ("[]", "QJ0547 ["),
        ('{"qubits": 2}', "QJ0547 {"),
        ('{"qubits": 2, "terms": []', "QJ0547 "),
        ('{"qubits": 2, "terms": [["Z0" 1]]}', "QJ0547 1"),
        ('{"qubits": 2, "terms": [["Z0", 1],]}', "QJ0547 ]"),
        ('{"qubits": 2, "terms": [["Z0", 1]]} 1', "QJ0547 1"),
        ('{"qubits": 2, "qubits": 2, "terms": []}', 'QJ0547 "qubits"'),
        ('{"qubits": 2, "coefficients": []}', 'QJ0547 "coefficients"'),
        ('{"qubits": 2.0, "terms": []}', "QJ0547 2.0"),
        ('{"qubits": true, "terms": []}', "QJ0547 true"),
        ('{"qubits": 0, "terms": []}', "QJ0547 0"),
        ('{"qubits": 2, "about": 1, "terms": []}', "QJ0547 1"),
        ('{"qubits": 2, "order": "left", "terms": []}', 'QJ0547 "left"'),
        ('{"qubits": 2, "terms": [' + "[" * 100_000, "QJ0547 ["),
        ('{"qubits": 2, "terms": [["Z0", ' + "1" * 5000 + "]]}", "QJ0547 ["),
        ('{"qubits": 2, "terms": [["Z0"]]}', 'QJ0548 ["Z0"]'),
        ('{"qubits": 2, "terms": [["Z0", "1"]]}', 'QJ0548 ["Z0", "1"]'),
        ('{"qubits": 2, "terms": [["Z0", true]]}', 'QJ0548 ["Z0", true]'),
        ('{"qubits": 2, "terms": [["Z0", NaN]]}', 'QJ0548 ["Z0", NaN]'),
        ('{"qubits": 2, "terms": [["Z0", 1e999]]}', 'QJ0548 ["Z0", 1e999]'),
        ('{"qubits": 2, "terms": [["Z2", 1]]}', 'QJ0548 ["Z2", 1]'),
        ('{"qubits": 2, "terms": [["Z0 X0", 1]]}', 'QJ0548 ["Z0 X0", 1]'),
        ('{"qubits": 2, "terms": [["W0", 1]]}', 'QJ0548 ["W0", 1]'),
        ('{"qubits": 2, "terms": [["0^ 1", 1]]}', 'QJ0548 ["0^ 1", 1]'),
        ('{"qubits": 2, "terms": [["ZZZ", 1]]}', 'QJ0548 ["ZZZ", 1]'),
        ('{"qubits": 2, "terms": [["ZZ", 1], ["Z1 Z0", 2]]}', 'QJ0549 ["Z1 Z0", 2]'),
        ('{"qubits": 2, "terms": [["ZZ", 1], ["XZ", 2]]}', 'QJ0550 ["XZ", 2]'),
        (f'{{"qubits": {MOST_QUBITS + 1}, "terms": []}}', f"QJ0551 {MOST_QUBITS + 1}"),
        (f'{{"qubits": 2, "terms": [{"0," * MOST_TERMS}0]}}', "QJ0551 0"),
    ],
)
def test_what_a_json_file_may_not_be(text: str, expected: str) -> None:
    assert code(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "QJ0547 "),
        ("0.5 Z0", "QJ0547 0"),
        ("0.5 [Z0", "QJ0547 0"),
        ("[Z0] [Z1]", "QJ0547 ["),
        ("x [Z0]", "QJ0548 x [Z0]"),
        ("0.5j [Z0]", "QJ0548 0.5j [Z0]"),
        ("inf [Z0]", "QJ0548 inf [Z0]"),
        ("1 [0^ 1]", "QJ0548 1 [0^ 1]"),
        ("1 [Z0] - 2 [Z0]", "QJ0549 2 [Z0]"),
        (f"1 [Z{MOST_QUBITS}]", f"QJ0551 1 [Z{MOST_QUBITS}]"),
        (" " * 1_000_000 + "?", "QJ0547 ?"),
    ],
)
def test_what_a_text_file_may_not_be(text: str, expected: str) -> None:
    assert code(text, "h.terms") == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("h.json", '{"qubits": 2, "order": "qubit 0 left", "terms": [["XZ", 0.5], ["Z0", -1]], "about": "x"}'),
        ("h.terms", "(0.5+0j) [X0 Z1] +\n-1.25e-1 [Z0] - [] # rest\n"),
    ],
)
def test_random_damage_is_one_diagnostic_or_none(name: str, text: str) -> None:
    chance = random.Random(3)
    for _ in range(300):
        place, kind = chance.randrange(len(text)), chance.randrange(3)
        middle = "" if kind == 0 else chance.choice('{}[]",:0Xe-+#\\\x7fé')
        damaged = text[:place] + middle + text[place + (kind < 2) :]
        found = [each for each in imported(damaged, name=name).diagnostics if each.span.source.name == name]
        assert len(found) <= 1


def test_hover_says_where_it_comes_from() -> None:
    module = imported('{"qubits": 2, "terms": [["ZZ", 1], ["X0", 0.5]]}').module
    shown = explain(module.scope.names["energy"])
    assert shown is not None
    assert "observable energy(qubit[2] q)" in shown
    assert "2 Pauli terms" in shown


def test_a_register_of_another_size_is_refused() -> None:
    assert [each.code for each in imported('{"qubits": 2, "terms": [["ZZ", 1]]}', size=3).diagnostics] == ["QJ0301"]


def test_a_name_is_needed() -> None:
    source = Source("test.qjob", 'import "h.json";\n')
    parsed = parse(source)
    (found,) = check(parsed.program, source, OneFile("h.json", '{"qubits": 1, "terms": []}'), 3).diagnostics
    (fix,) = found.fixes()
    assert (found.code, fix.title) == ("QJ0552", "add `as h`")


def test_paths_stay_in_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "h.json").write_text('{"qubits": 2, "terms": [["ZZ", 1]]}', encoding="utf-8")
    (inside / "h.json").symlink_to(tmp_path / "h.json")
    monkeypatch.chdir(inside)
    for name in ("../h.json", "h.json", "none.json"):
        source = Source("test.qjob", JOB.format(name=name, size=2))
        assert [each.code for each in analyse(source, loader=FileLoader(inside)).diagnostics] == ["QJ0207"]


def test_the_file_belongs_to_the_record(in_workspace: Path, qlangc: Callable[..., Any]) -> None:
    """A run is replayed from its own copy of the file."""
    Path("h.json").write_text('{"qubits": 2, "terms": [["ZZ", 0.5], ["X0", 0.25]]}', encoding="utf-8")
    text = JOB.format(name="h.json", size=2).replace(
        "expect e = energy(q);", "expect e = energy(q); shots 100; seed 1;"
    )
    Path("a.qjob").write_text(text, encoding="utf-8")
    folder = qlangc("run", "a.qjob", "--json").data["run_dir"]
    Path("h.json").unlink()
    assert qlangc("replay", folder).status == 0
