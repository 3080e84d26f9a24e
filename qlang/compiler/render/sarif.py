"""SARIF 2.1.0 (OASIS, 2020), as code scanning services read it.

Columns count Unicode code points (`columnKind`), the end column is exclusive. Files are named relative to the folder
that the command was called in (`%SRCROOT%`); one outside of it by its whole path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from qlang.compiler.render.limit import limited
from qlang.compiler.render.record import explain_url
from qlang.compiler.render.theme import Theme
from qlang.syntax.diagnostic import Diagnostic, Fix
from qlang.syntax.source import Source, Span
from qlang.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"


def render(diagnostics: Sequence[Diagnostic], theme: Theme) -> str:
    """One log with one run; the theme does not matter."""
    return json.dumps(sarif_log(diagnostics), indent=2) + "\n"


def sarif_log(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """The log as JSON values."""
    shown, hidden = limited(diagnostics)
    codes: dict[str, int] = {}
    rules: list[dict[str, Any]] = []
    for diagnostic in shown:
        if diagnostic.code not in codes:
            codes[diagnostic.code] = len(rules)
            rules.append(rule_of(diagnostic))
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if hidden:
        invocation["toolExecutionNotifications"] = [
            {"level": "note", "message": {"text": sentence}} for sentence in hidden
        ]
    driver = {"name": "qlangc", "version": __version__, "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the folder that qlangc was called in"}}},
        "invocations": [invocation],
        "results": [_result(diagnostic, codes[diagnostic.code]) for diagnostic in shown],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def rule_of(diagnostic: Diagnostic) -> dict[str, Any]:
    kind = type(diagnostic)
    title = re.sub(r"\{[^}]*\}", "…", kind.title)
    rule: dict[str, Any] = {
        "id": kind.code,
        "name": kind.__name__,
        "shortDescription": {"text": title},
        "defaultConfiguration": {"level": kind.severity},
        "helpUri": explain_url(kind.code),
        "help": {"text": f"qlangc explain {kind.code}", "markdown": _markdown(kind)},
    }
    if kind.explanation:
        rule["fullDescription"] = {"text": kind.explanation}
    return rule


def _markdown(kind: type[Diagnostic]) -> str:
    """What `qlangc explain` says."""
    parts = [kind.explanation, f"More: `qlangc explain {kind.code}`"]
    for title, program in (("Wrong", kind.example_wrong), ("Right", kind.example_right)):
        if program:
            parts.insert(-1, f"{title}:\n\n```\n{program.rstrip()}\n```")
    return "\n\n".join(filter(None, parts))


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    words = [diagnostic.message(), *(f"note: {text}" for text in diagnostic.notes())]
    words += [f"help: {text}" for text in diagnostic.helps()]
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": "\n".join(words)},
        "locations": [_location(diagnostic.span, diagnostic.label())],
    }
    places = [(label.span, label.text) for label in diagnostic.labels()]
    places += [(call.span, f"in `{call.name}`, called here") for call in diagnostic.calls()]
    related = [_location(span, text, number) for number, (span, text) in enumerate(places, 1)]
    fixes = [_fix(fix) for fix in diagnostic.fixes()]
    if related:
        result["relatedLocations"] = related
    if diagnostic.calls():
        result["stacks"] = [_stack(diagnostic)]
    if fixes:
        result["fixes"] = fixes
    return result


def _stack(diagnostic: Diagnostic) -> dict[str, Any]:
    """Where the mistake was met and the calls around it, innermost first; each frame names what it is in."""
    calls = diagnostic.calls()
    places = [diagnostic.span, *(call.span for call in calls)]
    frames = []
    for place, inside in zip(places, [*calls, None], strict=True):
        location = _location(place, "")
        if inside is not None:
            location["logicalLocations"] = [{"name": inside.name, "kind": "function"}]
        frames.append({"location": location})
    return {"message": {"text": "calls, innermost first"}, "frames": frames}


def _location(span: Span, text: str, number: int | None = None) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": _artifact(span.source), "region": _region(span)}
    }
    if number is not None:
        location["id"] = number
    if text:
        location["message"] = {"text": text}
    return location


def _artifact(source: Source) -> dict[str, str]:
    path = Path(source.name)
    if not path.is_absolute():
        return {"uri": quote(source.name.replace("\\", "/")), "uriBaseId": _ROOT}
    if path.is_relative_to(Path.cwd()):
        return {"uri": quote(path.relative_to(Path.cwd()).as_posix()), "uriBaseId": _ROOT}
    return {"uri": path.as_uri()}


def _region(span: Span) -> dict[str, int]:
    line, column = span.source.line_column(span.start)
    end_line, end_column = span.source.line_column(span.end)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    changes = []
    for source in _sources(edit.span for edit in fix.edits):
        replacements = [
            {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
            for edit in fix.edits
            if edit.span.source is source
        ]
        changes.append({"artifactLocation": _artifact(source), "replacements": replacements})
    return {
        "description": {"text": fix.title},
        "artifactChanges": changes,
        "properties": {"applicability": fix.applicability},
    }


def _sources(spans: Iterable[Span]) -> list[Source]:
    found: list[Source] = []
    for span in spans:
        if not any(source is span.source for source in found):
            found.append(span.source)
    return found
