"""Where keys stand in a TOML text: `tomllib` gives values without places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

MAX_DEPTH = 16
"""Of brackets, and of the parts of a dotted key."""

_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*+)
  | (?P<text>\"{3}(?:[^\\]|\\.)*?(?:\"{3,5}|\\?\Z)|'{3}.*?(?:'{3,5}|\Z)|"(?:[^"\\\n]++|\\.)*+"?|'[^'\n]*+'?)
  | (?P<bare>[A-Za-z0-9_-]++)
  | (?P<mark>[\[\]{}=.,\n])
    """,
    re.VERBOSE | re.DOTALL,
)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
_ESCAPE = re.compile(r'\\(?:(["\\])|u([0-9A-Fa-f]{4}))')


def key_lines(text: str) -> Mapping[str, int]:
    """Key path (`tenants.lab.sign`) → line from 1, of table headers and keys; the first place of each.

    Raises: ValueError for brackets or keys nested deeper than `MAX_DEPTH`. The text need not be correct TOML.
    """
    found: dict[str, int] = {}
    table: list[str] = []
    for line, header, parts in _statements(text):
        path = parts if header else [*table, *parts]
        if header:
            table = parts
        for length in range(1, len(path) + 1):
            found.setdefault(".".join(path[:length]), line)
    return found


def _statements(text: str) -> Iterator[tuple[int, bool, list[str]]]:
    """Line, whether it is a table header, and the parts of the key, of each statement at the outermost level."""
    line, depth, dots, opened = 1, 0, 0, 1
    parts: list[str] = []
    header = value = False
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token.group()
        if word == "\n" and depth == 0:
            if header:
                yield opened, True, parts
            parts, dots, header, value = [], 0, False, False
        elif value:
            depth = max(depth + _STEPS.get(word, 0), 0)
        elif word == "[":
            header = True
        elif word == "=":
            yield opened, False, parts
            value = True
        elif word == ".":
            dots += 1
        elif kind in ("bare", "text") and len(parts) <= dots:  # words without dots between them are no key at all
            opened = line
            parts.append(_key(word))
        if depth > MAX_DEPTH or dots >= MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH}")
        line += word.count("\n")
    if header:
        yield opened, True, parts


def _key(word: str) -> str:
    """A part of a key without its quotes."""
    if word[0] == '"':
        return _ESCAPE.sub(lambda match: match[1] or chr(int(match[2], 16)), word[1:-1])
    return word[1:-1] if word[0] == "'" else word
