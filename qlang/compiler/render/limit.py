"""How many diagnostics are worth showing."""

from __future__ import annotations

from collections.abc import Sequence

from qlang.syntax.diagnostic import Diagnostic

PER_FILE = 100


def limited(diagnostics: Sequence[Diagnostic]) -> tuple[list[Diagnostic], list[str]]:
    """The first hundred of each file, each only once, and a sentence for each file that has more."""
    shown: list[Diagnostic] = []
    seen: set[tuple[str, str, int, int, str]] = set()
    counts: dict[str, int] = {}
    for diagnostic in diagnostics:
        span = diagnostic.span
        full = counts.get(span.source.name, 0) >= PER_FILE  # what is only counted needs no words
        key = (diagnostic.code, span.source.name, span.start, span.end, "" if full else diagnostic.message())
        if key in seen:
            continue
        seen.add(key)
        counts[span.source.name] = counts.get(span.source.name, 0) + 1
        if counts[span.source.name] <= PER_FILE:
            shown.append(diagnostic)
    more = [f"{name}: {count - PER_FILE} more are not shown" for name, count in counts.items() if count > PER_FILE]
    return shown, more


def tally(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty for none."""
    words = []
    for severity in ("error", "warning", "note"):
        count = sum(diagnostic.severity == severity for diagnostic in diagnostics)
        if count:
            words.append(f"{count} {severity}{'s' if count > 1 else ''}")
    return ", ".join(words)
