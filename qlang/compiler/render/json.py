"""JSON lines: one record of the schema `qlang.diagnostic/1` per line, then a count where some are left out.

Plain ASCII, so that no stream can spoil it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from qlang.compiler.render.limit import limited
from qlang.compiler.render.record import SCHEMA, record
from qlang.compiler.render.theme import Theme
from qlang.syntax.diagnostic import Diagnostic


def render(diagnostics: Sequence[Diagnostic], theme: Theme) -> str:
    """One object per line; the theme does not matter."""
    shown, hidden = limited(diagnostics)
    lines = [json.dumps(record(diagnostic)) for diagnostic in shown]
    lines += [json.dumps({"schema": SCHEMA, "truncated": sentence}) for sentence in hidden]
    return "".join(f"{line}\n" for line in lines)
