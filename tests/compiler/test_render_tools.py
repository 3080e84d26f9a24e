"""Diagnostics as data: JSON lines, SARIF, workflow commands, one-liners."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.compiler.frontend import analyse
from qlang.compiler.render.formats import FORMATS, render
from qlang.compiler.render.record import record
from qlang.compiler.render.sarif import rule_of
from qlang.compiler.render.theme import PLAIN
from qlang.sema.errors.catalogue import catalogue
from qlang.syntax.diagnostic import Call, Diagnostic, with_calls
from qlang.syntax.source import Source, Span

Golden = Callable[[str, str], None]

SARIF_SCHEMA = json.loads((Path(__file__).parents[1] / "data/sarif/sarif-2.1.0-rtm.5.json").read_text())
"""The standard's own schema: no property beyond those of the standard, except in property bags."""


def validate(log: Any) -> None:
    jsonschema.Draft4Validator(SARIF_SCHEMA, format_checker=jsonschema.FormatChecker()).validate(log)


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
        with_calls(
            make.diagnostic(make.span(library, "{ }"), what="met in a call"),
            [Call(make.span(source, "h é, 量"), "inner"), Call(make.span(source, "cnot q[0]"), "outer")],
        ),
    ]


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"full"}))
def test_golden(name: str, found: list[Diagnostic], golden: Golden) -> None:
    golden(render(name, found, PLAIN), f"{name}.txt")


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_diagnostics(name: str) -> None:
    text = render(name, [], PLAIN)
    if name == "sarif":
        validate(json.loads(text))
        assert json.loads(text)["runs"][0]["results"] == []
    else:
        assert text == ""


def test_the_record_has_everything(found: list[Diagnostic]) -> None:
    data = record(found[0])
    assert data["schema"] == "qlang.diagnostic/1"
    assert set(data) == {
        "schema", "code", "severity", "message", "span", "label", "labels", "calls", "notes", "helps", "fixes", "url",
    }  # fmt: skip
    span = data["span"]
    text = found[0].span.source.text
    assert text[span["start"]["offset"] : span["end"]["offset"]] == "cnot q[0],\n  q[1]"
    assert (span["start"]["line"], span["start"]["column"]) == (3, 1)
    assert (span["end"]["line"], span["end"]["column"]) == (4, 7)
    assert data["fixes"][0]["applicability"] == "machine"
    assert json.loads(json.dumps(data)) == data


def test_offsets_count_characters_and_bytes(found: list[Diagnostic]) -> None:
    text = found[1].span.source.text
    span = record(found[1])["span"]
    assert text[span["start"]["offset"] : span["end"]["offset"]] == "量"
    assert text.encode()[span["start"]["byte"] : span["end"]["byte"]].decode() == "量"
    assert span["end"]["byte"] - span["start"]["byte"] == 3


@given(st.text(alphabet="ab\n\r\té量\U0001f600", max_size=40), st.integers(0, 40), st.integers(1, 9))
def test_byte_offsets_agree_with_the_encoder(make, text: str, offset: int, first: int) -> None:
    offset = min(offset, len(text))
    span = record(make.diagnostic(Span(Source("a", text, first), offset, offset)))["span"]
    assert span["start"]["byte"] == len(text[:offset].encode())


def test_calls_are_in_every_format(found: list[Diagnostic], golden: Golden) -> None:
    """Innermost first: what was called, and where."""
    called = found[3]
    texts = {name: render(name, [called], PLAIN) for name in FORMATS}
    for name in ("full", "concise", "github"):
        inner, outer = "in `inner`, called at jobs/bell 100%.qjob:2:1", "in `outer`, called at jobs/bell 100%.qjob:3:1"
        shown = texts[name].replace("%25", "%")
        assert 0 < shown.index(inner) < shown.index(outer)
    golden(texts["full"], "full-calls.txt")
    assert [call["name"] for call in json.loads(texts["json"])["calls"]] == ["inner", "outer"]
    (result,) = json.loads(texts["sarif"])["runs"][0]["results"]
    frames = [frame["location"] for frame in result["stacks"][0]["frames"]]
    lines = [frame["physicalLocation"]["region"]["startLine"] for frame in frames]
    assert [frame.get("logicalLocations", [{}])[0].get("name") for frame in frames] == ["inner", "outer", None]
    assert lines == [1, 2, 3]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_format_steers_a_terminal(name: str, make) -> None:
    """A program's text may hold escape sequences, and messages quote it."""
    source, steering = Source("esc\x1b.qjob", "x\x1b[31m q;\x07\n"), "\x1b]0;title\x07"
    label = make.label(Span(source, 0, 1), steering)
    diagnostic = make.diagnostic(
        Span(source, 0, 4), what=steering, under=steering, others=(label,), facts=(steering,), ways=(steering,)
    )
    assert not set(render(name, [diagnostic], PLAIN)) & set("\x1b\x07")


def test_long_stacks_keep_their_ends(make) -> None:
    source = Source("deep.qjob", "f();\n" * 200)
    calls = [Call(Span(source, 5 * k, 5 * k + 3), f"f{k}") for k in range(200)]
    diagnostic = with_calls(make.diagnostic(Span(source, 0, 1)), calls)
    text = render("full", [diagnostic], PLAIN)
    assert text.count("called at") == 8
    assert "in `f0`, " in text and "192 more calls" in text and "in `f199`, " in text
    assert len(json.loads(render("json", [diagnostic], PLAIN))["calls"]) == 200


def test_files_are_named_relative_to_the_folder(make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    named = {
        "a b.qjob": ("a%20b.qjob", "%SRCROOT%"),
        str(tmp_path / "sub" / "c.qjob"): ("sub/c.qjob", "%SRCROOT%"),
        "/elsewhere/d.qjob": ("file:///elsewhere/d.qjob", None),
        "<stdin>": ("%3Cstdin%3E", "%SRCROOT%"),
    }
    for name, expected in named.items():
        log = json.loads(render("sarif", [make.diagnostic(Span(Source(name, "x"), 0, 1))], PLAIN))
        validate(log)
        artifact = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert (artifact["uri"], artifact.get("uriBaseId")) == expected
    inside = make.diagnostic(Span(Source(str(tmp_path / "sub" / "c.qjob"), "x"), 0, 1))
    assert render("github", [inside], PLAIN).startswith("::error file=sub/c.qjob,")


def test_sarif_of_every_code_follows_the_schema() -> None:
    """Each code of the catalogue as a rule, with its explanation and its programs."""
    source = Source("a.qjob", "x")

    def instance(kind: type[Diagnostic]) -> Diagnostic:
        made = object.__new__(kind)
        object.__setattr__(made, "span", Span(source, 0, 1))
        return made

    kinds = list(catalogue().values())
    rules = [rule_of(instance(kind)) for kind in kinds]
    run = {"tool": {"driver": {"name": "qlangc", "rules": rules}}, "results": []}
    validate({"version": "2.1.0", "runs": [run]})
    assert len(rules) > 100
    assert all("{" not in rule["shortDescription"]["text"] for rule in rules)


@given(st.text(max_size=30), st.text(max_size=30))
def test_workflow_commands_cannot_be_forged(make, name: str, message: str) -> None:
    """One command for one diagnostic, whatever the file is called and the text says."""
    diagnostic = make.diagnostic(Span(Source(name, "x"), 0, 1), what=message)
    shown = render("github", [diagnostic], PLAIN)
    assert shown.count("\n") == 1 and "\r" not in shown
    head = shown[2:].partition("::")[0]
    assert head.count(",") == 5 and head.count("=") - name.count("=") == 6


def test_json_follows_its_published_schema(found: list[Diagnostic], make) -> None:
    schema = json.loads((Path(__file__).parents[2] / "docs/schema/diagnostic-v1.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    many = Source("many.qjob", "x\n" * 102)
    extra = [make.diagnostic(Span(many, 2 * i, 2 * i + 1)) for i in range(102)]
    for line in render("json", [*found, *extra], PLAIN).splitlines():
        jsonschema.validate(json.loads(line), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": "qlang.diagnostic/1"}, schema)


def test_json_lines_are_the_records(found: list[Diagnostic]) -> None:
    lines = render("json", found, PLAIN).splitlines()
    assert [json.loads(line) for line in lines] == [record(diagnostic) for diagnostic in found]


def test_sarif_follows_the_schema(found: list[Diagnostic]) -> None:
    log = json.loads(render("sarif", found, PLAIN))
    validate(log)
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
        validate(json.loads(text))


def test_every_format_has_every_diagnostic_of_the_examples() -> None:
    """What the check says of all wrong examples of the catalogue, in all formats: none is lost, all are valid."""
    diagnostics: list[Diagnostic] = []
    for code, kind in catalogue().items():
        if kind.example_wrong:
            name = f"{code}.qasm" if kind.example_wrong.startswith("OPENQASM") else f"{code}.qjob"
            diagnostics += analyse(Source(name, kind.example_wrong)).diagnostics
    assert len(diagnostics) > 100
    codes = Counter(diagnostic.code for diagnostic in diagnostics)
    lines = [json.loads(line) for line in render("json", diagnostics, PLAIN).splitlines()]
    assert Counter(line["code"] for line in lines) == codes
    log = json.loads(render("sarif", diagnostics, PLAIN))
    validate(log)
    assert Counter(result["ruleId"] for result in log["runs"][0]["results"]) == codes
    commands = render("github", diagnostics, PLAIN).splitlines()
    assert Counter(re.search(r"title=qlang (QJ\d+)::", line)[1] for line in commands) == codes  # type: ignore[index]  # found
    for name in ("full", "concise"):
        text = render(name, diagnostics, PLAIN)
        assert Counter(re.findall(r"^(?:\S+: )?(?:error|warning|note)\[(QJ\d+)\]", text, re.MULTILINE)) == codes
