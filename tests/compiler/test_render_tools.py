"""Diagnostics as data: JSON lines, SARIF, workflow commands, one-liners."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from qlang.compiler.render.formats import FORMATS, render
from qlang.compiler.render.record import record
from qlang.compiler.render.theme import PLAIN
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source, Span

Golden = Callable[[str, str], None]

SARIF_SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0-reduced.schema.json").read_text())


@pytest.fixture
def found(make) -> list[Diagnostic]:
    source = Source("jobs/bell 100%.qjob", "qubit[2] q;\nh é, 量;\ncnot q[0],\n  q[1];\n")
    library = Source("<std>/stdgates.inc", "gate cx a, b { }\n")
    return [
        make.diagnostic(
            make.span(source, "cnot q[0],\n  q[1]"),
            what="unknown gate `cnot`: 100% sure,\nreally",
            under="no such gate",
            others=(make.label(make.span(library, "cx"), "declared here"), make.label(make.span(source, "q"), "")),
            facts=("a note",),
            ways=("use `cx`",),
            repairs=(make.fix("use `cx`", (make.edit(make.span(source, "cnot"), "cx"),)),),
        ),
        make.warning(make.span(source, "量"), what="a wide one"),
        make.diagnostic(Span(source, len(source.text), len(source.text)), what="at the end"),
    ]


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"full"}))
def test_golden(name: str, found: list[Diagnostic], golden: Golden) -> None:
    golden(render(name, found, PLAIN), f"{name}.txt")


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_diagnostics(name: str) -> None:
    text = render(name, [], PLAIN)
    if name == "sarif":
        jsonschema.validate(json.loads(text), SARIF_SCHEMA)
        assert json.loads(text)["runs"][0]["results"] == []
    else:
        assert text == ""


def test_the_record_has_everything(found: list[Diagnostic]) -> None:
    data = record(found[0])
    assert data["schema"] == "qlang.diagnostic/1"
    assert set(data) == {
        "schema", "code", "severity", "message", "span", "label", "labels", "notes", "helps", "fixes", "url",
    }  # fmt: skip
    span = data["span"]
    text = found[0].span.source.text
    assert text[span["start"]["offset"] : span["end"]["offset"]] == "cnot q[0],\n  q[1]"
    assert (span["start"]["line"], span["start"]["column"]) == (3, 1)
    assert (span["end"]["line"], span["end"]["column"]) == (4, 7)
    assert data["fixes"][0]["applicability"] == "machine"
    assert json.loads(json.dumps(data)) == data


def test_json_lines_are_the_records(found: list[Diagnostic]) -> None:
    lines = render("json", found, PLAIN).splitlines()
    assert [json.loads(line) for line in lines] == [record(diagnostic) for diagnostic in found]


def test_sarif_follows_the_schema(found: list[Diagnostic]) -> None:
    log = json.loads(render("sarif", found, PLAIN))
    jsonschema.validate(log, SARIF_SCHEMA)
    run = log["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_sarif_columns_are_exclusive_and_count_characters(found: list[Diagnostic]) -> None:
    results = json.loads(render("sarif", found, PLAIN))["runs"][0]["results"]
    region = results[1]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (2, 6, 7)
    empty = results[2]["locations"][0]["physicalLocation"]["region"]
    assert (empty["startLine"], empty["startColumn"], empty["endColumn"]) == (5, 1, 1)


def test_sarif_fixes_can_be_applied(found: list[Diagnostic]) -> None:
    text = found[0].span.source.text
    (fix,) = json.loads(render("sarif", found, PLAIN))["runs"][0]["results"][0]["fixes"]
    (change,) = fix["artifactChanges"]
    (replacement,) = change["replacements"]
    region = replacement["deletedRegion"]
    begin = region["charOffset"]
    fixed = text[:begin] + replacement["insertedContent"]["text"] + text[begin + region["charLength"] :]
    assert fixed == text.replace("cnot", "cx")


def test_workflow_commands_are_escaped(found: list[Diagnostic]) -> None:
    first, *_ = render("github", found, PLAIN).splitlines()
    assert first.startswith("::error file=jobs/bell 100%25.qjob,line=3,col=1,")
    assert "::unknown gate `cnot`: 100%25 sure,%0Areally%0A" in first


def test_one_line_each(found: list[Diagnostic]) -> None:
    lines = render("concise", found, PLAIN).splitlines()
    assert lines[0] == "jobs/bell 100%.qjob:3:1: error[QJ0203] unknown gate `cnot`: 100% sure, really"
    assert len(lines) == len(found)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_says_how_many_are_left_out(name: str, make) -> None:
    source = Source("many.qjob", "x\n" * 103)
    diagnostics = [make.diagnostic(Span(source, 2 * i, 2 * i + 1)) for i in range(103)]
    text = render(name, diagnostics, PLAIN)
    assert "many.qjob: 3 more are not shown" in text
    if name == "sarif":
        jsonschema.validate(json.loads(text), SARIF_SCHEMA)
