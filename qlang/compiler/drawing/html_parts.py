"""Pieces of HTML for notebook pages: well-formed as XML, styled in place, everything a user named escaped.

A notebook's page may be light or dark, and drops style sheets: there are only inline styles, and no colours of text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from qlang.compiler.render.cells import safe_text

VERDICTS = {"met": "#2b8a57", "missed": "#c0392b", "unknown": "#b8860b"}
_CELL = "padding:0.2em 0.9em 0.2em 0;border-bottom:1px solid rgba(128,128,128,0.35);"


def words(text: object) -> str:
    """Words as they may stand in the page."""
    return escape(safe_text(str(text)), quote=True)


def page(title: str, parts: Iterable[str]) -> str:
    """The body of a `_repr_html_`: one element, with a title."""
    inner = "".join(parts)
    return f'<div class="qlang" style="overflow-x:auto"><p><strong>{words(title)}</strong></p>{inner}</div>'


def section(title: str, body: str) -> str:
    """A part with a title; nothing for nothing."""
    return f'<p style="margin:0.8em 0 0.2em"><em>{words(title)}</em></p>{body}' if body else ""


def note(text: str) -> str:
    """A remark, paler than what it is about."""
    return f'<p style="opacity:0.75">{words(text)}</p>'


def badge(verdict: str) -> str:
    """A verdict in its colour."""
    return f'<strong style="color:{VERDICTS.get(verdict, "inherit")}">{words(verdict)}</strong>'


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Iterable[int] = (), raw: int | None = None
) -> str:
    """A table of texts; the columns in `right` stand right, the column `raw` is HTML already. Nothing for no rows."""
    if not rows:
        return ""
    aligned = set(right)

    def cell(tag: str, column: int, text: str) -> str:
        side = "right" if column in aligned else "left"
        shown = text if tag == "td" and column == raw else words(text)
        return f'<{tag} style="{_CELL}text-align:{side}">{shown}</{tag}>'

    def row(tag: str, texts: Sequence[str]) -> str:
        return "<tr>" + "".join(cell(tag, column, text) for column, text in enumerate(texts)) + "</tr>"

    top = f"<thead>{row('th', head)}</thead>" if any(head) else ""
    body = "".join(row("td", texts) for texts in rows)
    return f'<table style="border-collapse:collapse">{top}<tbody>{body}</tbody></table>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values."""
    return table(("", ""), [[name, value] for name, value in pairs])
