"""A diagnostic as plain data: the schema `qlang.diagnostic/1`, which tools may rely on.

Lines and columns count from 1, columns count characters (Unicode code points); `offset` counts characters and `byte`
bytes of UTF-8, both from 0 and without a byte order mark. The end of a span is exclusive.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from typing import Any

from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source, Span

SCHEMA = "qlang.diagnostic/1"


def record(diagnostic: Diagnostic) -> dict[str, Any]:
    """The diagnostic as JSON values."""
    return {
        "schema": SCHEMA,
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message(),
        "span": span_record(diagnostic.span),
        "label": diagnostic.label(),
        "labels": [{"span": span_record(label.span), "text": label.text} for label in diagnostic.labels()],
        "calls": [{"name": call.name, "span": span_record(call.span)} for call in diagnostic.calls()],
        "notes": list(diagnostic.notes()),
        "helps": list(diagnostic.helps()),
        "fixes": [
            {
                "title": fix.title,
                "applicability": fix.applicability,
                "edits": [{"span": span_record(edit.span), "text": edit.text} for edit in fix.edits],
            }
            for fix in diagnostic.fixes()
        ],
        "url": explain_url(diagnostic.code),
    }


def explain_url(code: str) -> str:
    """Where a code is explained: in this version, the command `qlangc explain`."""
    return f"qlang:explain/{code}"


def span_record(span: Span) -> dict[str, Any]:
    """A span with its file and both of its ends."""
    return {
        "file": span.source.name,
        "start": _position(span.source, span.start),
        "end": _position(span.source, span.end),
    }


def _position(source: Source, offset: int) -> dict[str, int]:
    line, column = source.line_column(offset)
    row = line - source.first_line
    head = source.text[source.line_starts()[row] : offset]
    return {"line": line, "column": column, "offset": offset, "byte": _byte_starts(source)[row] + _bytes(head)}


@lru_cache(maxsize=16)
def _byte_starts(source: Source) -> list[int]:
    """Where each line begins, in bytes."""
    starts, text = source.line_starts(), source.text
    if text.isascii():
        return starts
    ends = [*starts[1:], len(text)]
    return [0, *accumulate(_bytes(text[start:end]) for start, end in zip(starts, ends, strict=True))]


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
