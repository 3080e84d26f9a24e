"""Which known word a misspelt one was meant to be."""

from collections.abc import Iterable


class Uncertain(str):
    """A known word beside which another is as near: a guess that needs a look."""

    __slots__ = ()


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; `None` where nothing is near, `Uncertain` where several are.

    Near is an edit distance of at most max(1, len/3), case ignored; among equally near ones those with the same first
    letter, then the first. Words of one letter only match in another case or doubled (`hh`), as one letter carries too
    little to be near to another, and words of up to three letters keep the first.
    """
    lowered = word.lower()
    limit = max(1, len(word) // 3)
    best: tuple[int, bool, str] | None = None
    tied = False
    doubled = lowered[:1] if len(set(lowered)) == 1 else None
    for candidate in dict.fromkeys(known):
        other = candidate.lower()
        if other in (lowered, doubled):
            return candidate
        if min(len(word), len(candidate)) < 2 or abs(len(word) - len(candidate)) > limit:
            continue
        found = (edit_distance(lowered, other, limit), other[0] != lowered[0])
        if found[0] > limit or (found[1] and len(word) < 4):
            continue
        if best is None or found < best[:2]:
            best, tied = (*found, candidate), False
        elif found == best[:2]:
            tied = True
    if best is None:
        return None
    return Uncertain(best[2]) if tied else best[2]


def edit_distance(left: str, right: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours from one word to the other.

    The Damerau–Levenshtein distance (optimal string alignment); any number above `limit` where it is larger.
    """
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        current = [row]
        for column, b in enumerate(right, 1):
            cost = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (a != b))
            if row > 1 and column > 1 and a == right[column - 2] and left[row - 2] == b:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return previous[-1]
