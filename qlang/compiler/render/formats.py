"""The formats of diagnostics by name; a format's module is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from qlang.compiler.render.theme import Theme
from qlang.syntax.diagnostic import Diagnostic

FORMATS = {
    "full": "qlang.compiler.render.full",
    "concise": "qlang.compiler.render.concise",
    "json": "qlang.compiler.render.json",
    "sarif": "qlang.compiler.render.sarif",
    "github": "qlang.compiler.render.github",
}
FOR_TOOLS = ("json", "sarif", "github")
"""These are results of `check` and go to standard output."""


def render(name: str, diagnostics: Sequence[Diagnostic], theme: Theme) -> str:
    """Diagnostics in a format; `name` is a key of `FORMATS`."""
    text: str = import_module(FORMATS[name]).render(diagnostics, theme)
    return text
