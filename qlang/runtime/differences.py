"""What differs between a record and what running or compiling again gave, and by how much.

Plain data are compared by path, histograms as wholes (total variation distance), texts of IR by their first
differing line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import isfinite
from typing import Any, TypeGuard

_HISTOGRAMS = ("counts", "probabilities")
_SHOWN = 120
_CONTEXT = 2
_OPERATION = re.compile(r"(?:(?P<names>%[\w%, :#]+) = )?\"?(?P<op>(?:plan|kernel|circuit)\.\w+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as recorded."""

    kind: str
    """`result`, `plan`, `source`, `signed` (not what was signed); or what may be the reason: `compiler`, `catalogue`,
    `passes`, `policy`, `tenant`."""
    place: str
    """Path in the results, `line N, operation` in a plan, or the name of a check."""
    recorded: str | None
    now: str | None
    detail: str
    """How much it differs, or the lines around it."""

    @property
    def text(self) -> str:
        """In one line; the detail may have more."""
        values = "" if self.recorded is None and self.now is None else f": recorded {self.recorded}, now {self.now}"
        detail = f" ({self.detail})" if self.detail and "\n" not in self.detail else ""
        return f"{self.place}{values}{detail}"

    def to_json(self) -> dict[str, str | None]:
        """Plain data for `--json`."""
        return {
            "kind": self.kind,
            "place": self.place,
            "recorded": self.recorded,
            "now": self.now,
            "detail": self.detail,
        }


def result_differences(old: Any, new: Any, place: str = "") -> Iterator[Difference]:
    """Where results differ from those recorded; what only the record has is no result."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in new:
            path = f"{place}{key}"
            if key not in old:
                yield Difference("result", path, None, _shown(new[key]), "not in the record")
            elif key in _HISTOGRAMS:
                yield from _histogram_differences(old[key], new[key], path)
            elif key == "value" and "stderr" in new:
                yield from _value_difference(old[key], new[key], new["stderr"], path)
            else:
                yield from result_differences(old[key], new[key], f"{path}.")
    elif isinstance(old, list) and isinstance(new, list | tuple):
        if len(old) != len(new):
            path = place.rstrip(".")
            yield Difference("result", path, f"{len(old)} entries", f"{len(new)} entries", "another length")
            return
        for index, (one, two) in enumerate(zip(old, new, strict=True)):
            yield from result_differences(one, two, f"{place}{index}.")
    elif old != new:
        yield Difference("result", place.rstrip("."), _shown(old), _shown(new), _by_how_much(old, new))


def text_difference(recorded: str, now: str) -> Difference | None:
    """The first line in which two texts of a plan differ, with the lines before it; None if there is none."""
    old, new = recorded.splitlines(), now.splitlines()
    for index, (one, two) in enumerate(zip_longest(old, new)):
        if one != two:
            detail = [f"  {line}" for line in old[max(0, index - _CONTEXT) : index]]
            detail += [f"{sign} {line}" for sign, line in (("-", one), ("+", two)) if line is not None]
            operation = _operation([two or "", one or "", *reversed(old[:index])])
            attributes = _attributes_that_differ(one or "", two or "")
            named = f"{operation} {{{', '.join(attributes)}}}" if attributes else operation
            return Difference("plan", f"line {index + 1}, {named}", None, None, "\n".join(detail))
    return None


def _histogram_differences(old: Any, new: Any, place: str) -> Iterator[Difference]:
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        if old != new:
            yield Difference("result", place, _shown(old), _shown(new), "")
        return
    for label in new:
        one, two = old.get(label), new[label]
        path = f"{place}.{label}"
        if not (_is_histogram(one) and _is_histogram(two)):
            yield from result_differences(one, two, f"{path}.")
        elif one != two:
            shown = [key for key in sorted({*one, *two}) if one.get(key, 0) != two.get(key, 0)]
            distance = _total_variation(one, two)
            detail = f"{len(shown)} outcomes differ, total variation distance {distance:.3g}"
            first = shown[0]
            old_value, new_value = one.get(first, 0), two.get(first, 0)
            yield Difference("result", f"{path}.{first}", _shown(old_value), _shown(new_value), detail)


def _is_histogram(value: Any) -> TypeGuard[Mapping[str, float]]:
    return isinstance(value, Mapping) and all(_is_number(entry) for entry in value.values())


def _total_variation(one: Mapping[str, float], two: Mapping[str, float]) -> float:
    left, right = sum(one.values()) or 1, sum(two.values()) or 1
    return sum(abs(one.get(key, 0) / left - two.get(key, 0) / right) for key in {*one, *two}) / 2


def _value_difference(old: Any, new: Any, stderr: Any, place: str) -> Iterator[Difference]:
    if old == new:
        return
    detail = _by_how_much(old, new)
    if detail and _is_number(stderr) and stderr > 0:
        detail += f", {abs(new - old) / stderr:.3g} standard errors"
    yield Difference("result", place, _shown(old), _shown(new), detail)


def _by_how_much(old: Any, new: Any) -> str:
    if not (_is_number(old) and _is_number(new)):
        return ""
    relative = f", {abs(new - old) / abs(old):.3g} of it" if old else ""
    return f"by {new - old:+.6g}{relative}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _operation(lines: Sequence[str]) -> str:
    """The first operation named in lines that go backwards from where texts differ."""
    found = (_OPERATION.search(line) for line in lines)
    return next((match["op"] for match in found if match), "the end")


def _attributes_that_differ(one: str, two: str) -> list[str]:
    """Names of the attributes of one operation whose text differs between two lines."""
    old, new = _attributes(one), _attributes(two)
    return [name for name in {**old, **new} if old.get(name) != new.get(name)]


def _attributes(line: str) -> dict[str, str]:
    """Top-level `name = value` pairs of the last braces in a line of IR."""
    start = line.find("{")
    found: dict[str, str] = {}
    depth, name, begin, quoted = 0, "", start + 1, False
    for position in range(start + 1, len(line)) if start >= 0 else ():
        letter = line[position]
        if letter == '"' and line[position - 1] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "[{<(":
            depth += 1
        elif letter in "]>)" or (letter == "}" and depth):
            depth -= 1 if line[position - 1] != "-" else 0  # `->` closes nothing
        elif letter in ",}" and depth == 0:
            name, _, value = line[begin:position].partition("=")
            found[name.strip().strip('"')] = value.strip()
            begin = position + 1
            if letter == "}":
                break
    return found
