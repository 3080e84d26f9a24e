"""Which known word a misspelt one was meant to be."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; `None` where nothing is near.

    Near is an edit distance of at most max(1, len/3), case ignored; among equally near ones those with the same first
    letter, then the first. Words of one letter only match in another case or doubled (`hh`), as one letter carries too
    little to be near to another.
    """
    lowered = word.lower()
    limit = max(1, len(word) // 3)
    best: tuple[int, bool, str] | None = None
    for candidate in dict.fromkeys(known):
        other = candidate.lower()
        if other == lowered:
            return candidate
        if lowered == 2 * other:
            best = (0, False, candidate)
            continue
        if min(len(word), len(candidate)) < 2 or abs(len(word) - len(candidate)) > limit:
            continue
        found = (edit_distance(lowered, other, limit), other[0] != lowered[0])
        if found[0] <= limit and (best is None or found < best[:2]):
            best = (*found, candidate)
    return None if best is None else best[2]


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
