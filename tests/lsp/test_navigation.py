"""Definitions, the outline, problems and layout, without a protocol."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.compiler.editor.analysis import Analysis, analyse
from qlang.compiler.editor.layout import formatted, replacement
from qlang.compiler.editor.navigation import definition_at
from qlang.compiler.editor.outline import outline
from qlang.compiler.editor.problems import problems

Mark = Callable[[str], tuple[Analysis, int]]


@pytest.mark.parametrize(
    ("marked", "line"),
    [
        ("circuit c() { qubit[n|] q; }", "const int n = 3;"),
        ("circuit c() {\n qubit w;\n h w|; }", " qubit w;"),
        ("circuit c(float t) {\n qubit w; rx(|t) w; }", "circuit c(float t) {"),
        ("gate mine a { h a; }\ncircuit c() { qubit q; mi|ne q; }", "gate mine a { h a; }"),
        ("job j { run ch|ain(steps = 1); }", "circuit chain(int steps, float J = 1.0) {"),
        ("job j { run chain(steps = 1); expect e = m|ag(q); }", "observable mag(qubit[] r) = Z(r[0]);"),
        ("circuit c() {\n qubit half;\n h ha|lf", " qubit half;"),
    ],
)
def test_goes_to_the_definition(at_mark: Mark, marked: str, line: str) -> None:
    found = definition_at(*at_mark(marked))
    assert found is not None
    assert found.path == "/project/a.qjob"
    begin = found.text.rfind("\n", 0, found.start) + 1
    assert found.text[begin:].startswith(line)


def test_goes_to_the_standard_library(at_mark: Mark) -> None:
    found = definition_at(*at_mark("circuit c() { qubit[2] q; c|x q[0], q[1]; }"))
    assert found is not None
    assert Path(found.path).read_text(encoding="utf-8")[found.start : found.end] == "cx"


def test_goes_to_an_included_file(tmp_path: Path) -> None:
    (tmp_path / "gates.inc").write_text("gate twice a { x a; x a; }\n")
    text = 'include "gates.inc";\ncircuit c() { qubit q; twice q; }\n'
    analysis = analyse(str(tmp_path / "a.qjob"), text, {})
    for word in ("gates.inc", "twice q"):
        found = definition_at(analysis, text.index(word) + 1)
        assert found is not None
        assert found.path == str(tmp_path / "gates.inc")


def test_an_open_buffer_comes_before_the_disk(tmp_path: Path) -> None:
    other = tmp_path / "gates.inc"
    other.write_text('include "stdgates.inc";\ngate old a { x a; }\n')
    text = 'include "gates.inc";\ncircuit c() { qubit q; fresh q; }\njob j { run c(); sample q; shots 1; }\n'
    buffers = {str(other.resolve()): 'include "stdgates.inc";\ngate fresh a { x a; }\n'}
    path = str(tmp_path / "a.qjob")
    assert problems(analyse(path, text, buffers)) == []
    assert [each.code for each in problems(analyse(path, text, {}))] == ["QJ0203"]


def test_a_mistake_in_an_included_file_stands_at_the_include(tmp_path: Path) -> None:
    (tmp_path / "gates.inc").write_text("gate bad a { nothing a; }\n")
    text = 'include "gates.inc";\ncircuit c() { qubit q; bad q; }\njob j { run c(); sample q; shots 1; }\n'
    (found,) = problems(analyse(str(tmp_path / "a.qjob"), text, {}))
    assert text[found.start : found.end] == '"gates.inc"'
    place = found.related[0].location
    assert (place.path, place.text[place.start : place.end]) == (str(tmp_path / "gates.inc"), "nothing")


def test_the_outline_has_definitions_and_their_parts(at_mark: Mark) -> None:
    analysis, _ = at_mark("job j { run chain(steps = 1); expect e = mag(q); sample b as out; }|")
    entries = {entry.name: entry for entry in outline(analysis)}
    assert {name: entry.kind for name, entry in entries.items()} == {
        "n": "constant",
        "chain": "circuit",
        "mag": "observable",
        "lab": "noise",
        "j": "job",
    }
    assert [(each.name, each.kind) for each in entries["chain"].children] == [("q", "qubit"), ("b", "bit")]
    assert [(each.name, each.kind) for each in entries["j"].children] == [("e", "expectation"), ("out", "sample")]
    text = analysis.source.text
    for entry in entries.values():
        assert text[entry.name_start : entry.name_end] == entry.name
        assert entry.start <= entry.name_start <= entry.name_end <= entry.end


def test_problems_have_the_words_of_the_command() -> None:
    text = "circuit c() {\n  qubit[2] q;\n  cnot q[0], q[1];\n  h q[5];\n}\njob j { run c(); sample q; shots 1; }\n"
    found = problems(analyse("/project/a.qjob", text, {}))
    assert [text[each.start : each.end] for each in found] == ["cnot", "5"]
    unknown, index = found
    assert unknown.severity == "error"
    assert [repair.edits for repair in unknown.repairs] == [((unknown.start, unknown.end, "cx"),)]
    assert [text[each.location.start : each.location.end] for each in index.related] == ["q"]


def test_at_most_a_hundred_problems_and_a_word_on_the_rest() -> None:
    calls = "".join(f"unknown{index} q;\n" for index in range(150))
    text = f"circuit c() {{ qubit q;\n{calls}}}\n"
    found = problems(analyse("/project/a.qjob", text, {}))
    assert len(found) == 101
    assert "50 more" in found[-1].message


def test_text_without_effect_is_marked() -> None:
    text = "circuit c() { qubit[2] q; qubit[3] spare; h q; }\njob j { run c(); sample q; shots 1; }\n"
    found = problems(analyse("/project/a.qjob", text, {}))
    assert [(each.code, each.unnecessary, each.severity) for each in found] == [("QJ1001", True, "warning")]


def test_formatting_changes_only_what_differs() -> None:
    text = "circuit c() {\nqubit q;\n    h   q;\n}\n"
    found = formatted(analyse("/project/a.qjob", text, {}))
    assert found is not None
    laid_out = text[: found.start] + found.text + text[found.end :]
    assert laid_out == "circuit c() {\n  qubit q;\n  h q;\n}\n"
    assert formatted(analyse("/project/a.qjob", laid_out, {})) is None


def test_broken_text_is_left_as_it_is() -> None:
    assert formatted(analyse("/project/a.qjob", "circuit c( {  h  q", {})) is None


@pytest.mark.parametrize(("old", "new"), [("aaa", "aa"), ("", "x"), ("x", ""), ("abcabc", "abc"), ("ab", "ba")])
def test_a_replacement_makes_the_new_text(old: str, new: str) -> None:
    found = replacement(old, new)
    assert found is not None
    assert old[: found.start] + found.text + old[found.end :] == new
