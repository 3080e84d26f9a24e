"""Patterns of backend names: `*` stands for any text, everything else for itself."""

from __future__ import annotations


def matches(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern; in time linear in both for each `*`."""
    first, *rest = pattern.split("*")
    if not rest:
        return name == pattern
    *middle, last = rest
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    start, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, start, end)
        if found < 0:
            return False
        start = found + len(part)
    return True
