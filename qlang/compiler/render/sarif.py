"""SARIF 2.1.0 (OASIS, 2020), as code scanning services read it.

Columns count Unicode code points (`columnKind`), the end column is exclusive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from qlang.compiler.render.limit import limited
from qlang.compiler.render.theme import Theme
from qlang.syntax.diagnostic import Diagnostic, Fix
from qlang.syntax.source import Source, Span
from qlang.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


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
            rules.append(_rule(diagnostic))
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if hidden:
        invocation["toolExecutionNotifications"] = [
            {"level": "note", "message": {"text": sentence}} for sentence in hidden
        ]
    driver = {"name": "qlangc", "version": __version__, "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": [_result(diagnostic, codes[diagnostic.code]) for diagnostic in shown],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(diagnostic: Diagnostic) -> dict[str, Any]:
    kind = type(diagnostic)
    rule: dict[str, Any] = {
        "id": kind.code,
        "name": kind.__name__,
        "shortDescription": {"text": kind.title},
        "defaultConfiguration": {"level": kind.severity},
        "help": {"text": f"qlangc explain {kind.code}"},
    }
    if kind.explanation:
        rule["fullDescription"] = {"text": kind.explanation}
    return rule


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    words = [diagnostic.message(), *(f"help: {text}" for text in diagnostic.helps())]
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": "\n".join(words)},
        "locations": [_location(diagnostic.span, diagnostic.label())],
    }
    related = [_location(label.span, label.text, number) for number, label in enumerate(diagnostic.secondary(), 1)]
    fixes = [_fix(fix) for fix in diagnostic.fixes()]
    if related:
        result["relatedLocations"] = related
    if fixes:
        result["fixes"] = fixes
    return result


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
    return {"uri": quote(source.name.replace("\\", "/"))}


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
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _sources(spans: Iterable[Span]) -> list[Source]:
    found: list[Source] = []
    for span in spans:
        if not any(source is span.source for source in found):
            found.append(span.source)
    return found
