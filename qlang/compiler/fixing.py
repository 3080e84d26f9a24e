"""Applying the fixes that diagnostics carry: one round for editors and tests, rounds until nothing applies for `--fix`.

Only fixes that are safe unseen (`machine`) are applied, and only as a whole: one with an edit in another file, or that
overlaps one chosen before it, is left for the next round or for the user.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, errors_of
from qlang.syntax.source import Source

ROUNDS = 20
"""Most rounds; a fix that calls for another one each time would go on for ever."""
_TRIED_ALONE = 30
"""Most fixes of a round that are tried one by one, where all together mend less than they should."""
_CHECKED_ALONE = 3000
"""Diagnostics that all these trials together may bring: a check of a hopeless file takes seconds."""

_Key = tuple[int, int, str]
"""Start, end and text of an edit."""

Checker = Callable[[Source], Sequence[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Applied:
    """A fix that was applied, with the diagnostic that proposed it."""

    diagnostic: Diagnostic
    fix: Fix


@dataclass(frozen=True, slots=True)
class Round:
    """A text after one round of fixes."""

    text: str
    applied: tuple[Applied, ...]


@dataclass(frozen=True, slots=True)
class Fixing:
    """A text after all rounds: what was done, and what is left to say about it."""

    source: Source
    applied: tuple[Applied, ...]
    """In the order in which they were applied; spans are of the text of that round."""
    remaining: tuple[Diagnostic, ...]
    """What the check finds in the new text."""
    initial: tuple[Diagnostic, ...]
    """What it found in the text as given."""


def apply_fixes(source: Source, diagnostics: Iterable[Diagnostic]) -> Round:
    """One round: the first machine-applicable fix of each diagnostic, as far as they do not overlap."""
    chosen: list[Applied] = []
    taken: list[_Key] = []
    known: set[tuple[_Key, ...]] = set()
    for diagnostic in diagnostics:
        fix = machine_fix(diagnostic, source)
        if fix is None:
            continue
        keys = tuple(sorted(map(_key, fix.edits)))
        if keys in known or any(_overlap(*pair) for pair in pairwise(keys)) or any(_meets(taken, key) for key in keys):
            continue
        known.add(keys)
        chosen.append(Applied(diagnostic, fix))
        for key in keys:
            insort(taken, key)
    return Round(edited(source.text, [edit for one in chosen for edit in one.fix.edits]), tuple(chosen))


def machine_fix(diagnostic: Diagnostic, source: Source) -> Fix | None:
    """The first fix that may be applied unseen and changes this source only; `None` where there is none."""
    for fix in diagnostic.fixes():
        if fix.applicability == "machine" and fix.edits and all(_of(edit, source) for edit in fix.edits):
            return fix
    return None


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits that do not overlap; their line breaks become those of the text."""
    crlf = "\r\n" in text
    pieces, position = [], 0
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
        new = edit.text.replace("\r\n", "\n").replace("\n", "\r\n") if crlf else edit.text
        pieces += [text[position : edit.span.start], new]
        position = edit.span.end
    return "".join([*pieces, text[position:]])


def fix_all(source: Source, check: Checker) -> Fixing:
    """Rounds of fixes until none applies.

    A fix that brings syntax errors, or more errors than it removes, is taken back. The text returned never has more
    errors than the one given.
    """
    found = tuple(check(source))
    initial = found
    best = Fixing(source, (), found, initial)
    seen, refused = {source.text}, set[str]()
    applied: tuple[Applied, ...] = ()
    for _ in range(ROUNDS):
        step = _round(source, found, check, refused)
        if step is None or step[0].text in seen:
            break
        source, found, done = step
        seen.add(source.text)
        applied = (*applied, *done)
        if len(errors_of(found)) <= len(errors_of(best.remaining)):
            best = Fixing(source, applied, found, initial)
    return best


def _round(
    source: Source, found: Sequence[Diagnostic], check: Checker, refused: set[str]
) -> tuple[Source, tuple[Diagnostic, ...], tuple[Applied, ...]] | None:
    """The next text, what the check says of it and what was applied; `None` where nothing can be."""
    candidates = [d for d in found if (fix := machine_fix(d, source)) and _name(d, fix) not in refused]
    together = apply_fixes(source, candidates).applied
    if not together:
        return None
    after, diagnostics = _checked(source, together, check)
    mended = sum(one.diagnostic.severity == "error" for one in together)
    syntax, errors = _badness(found)
    if _badness(diagnostics) <= (syntax, errors - mended):
        return after, diagnostics, together
    return _one_by_one(source, found, together, check, refused)


def _one_by_one(
    source: Source, found: Sequence[Diagnostic], fixes: Sequence[Applied], check: Checker, refused: set[str]
) -> tuple[Source, tuple[Diagnostic, ...], tuple[Applied, ...]] | None:
    """As many of the fixes as do not make things worse, each judged beside those taken before it."""
    taken: tuple[Applied, ...] = ()
    best: tuple[Source, tuple[Diagnostic, ...], tuple[Applied, ...]] | None = None
    for one in fixes[: min(_TRIED_ALONE, 1 + _CHECKED_ALONE // len(found))]:
        after, diagnostics = _checked(source, (*taken, one), check)
        if _badness(diagnostics) > _badness(found):
            refused.add(_name(one.diagnostic, one.fix))
            continue
        taken, found = (*taken, one), diagnostics
        best = after, diagnostics, taken
    return best


def _checked(source: Source, fixes: Sequence[Applied], check: Checker) -> tuple[Source, tuple[Diagnostic, ...]]:
    text = edited(source.text, [edit for one in fixes for edit in one.fix.edits])
    after = Source(source.name, text, source.first_line)
    return after, tuple(check(after))


def _badness(diagnostics: Sequence[Diagnostic]) -> tuple[int, int]:
    """Syntax errors count first: mending one may uncover mistakes of other kinds, which were there already."""
    errors = errors_of(diagnostics)
    return sum(d.code.startswith("QJ01") for d in errors), len(errors)


def _of(edit: Edit, source: Source) -> bool:
    span = edit.span
    return (span.source is source or span.source == source) and 0 <= span.start <= span.end <= len(source.text)


def _key(edit: Edit) -> _Key:
    return edit.span.start, edit.span.end, edit.text


def _meets(taken: list[_Key], key: _Key) -> bool:
    """Whether an edit overlaps one of those taken, which are sorted and do not overlap each other."""
    place = bisect(taken, key)
    return any(_overlap(key, other) for other in taken[max(place - 1, 0) : place + 1])


def _overlap(a: _Key, b: _Key) -> bool:
    """Whether two edits touch the same characters, or the order of what they insert is open."""
    if a[0] == a[1] or b[0] == b[1]:
        return a[0] <= b[1] and b[0] <= a[1]
    return a[0] < b[1] and b[0] < a[1]


def _name(diagnostic: Diagnostic, fix: Fix) -> str:
    """What a refused fix is known by in later rounds, where offsets have moved."""
    return f"{diagnostic.code} {fix.title} {diagnostic.span.text[:80]} {[edit.text for edit in fix.edits]}"
