"""Which known word a misspelt one was meant to be."""

from collections.abc import Iterable


def edit_distance(left: str, right: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours from one word to the other (Damerau, 1964)."""
    two_before: list[int] = []
    before = list(range(len(right) + 1))
    for i, a in enumerate(left):
        row = [i + 1]
        for j, b in enumerate(right):
            cost = min(before[j] + (a != b), before[j + 1] + 1, row[j] + 1)
            if i and j and a == right[j - 1] and b == left[i - 1]:
                cost = min(cost, two_before[j - 1] + 1)
            row.append(cost)
        two_before, before = before, row
    return before[-1]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word within a third of the length (at least one edit), whatever the case; None if none is."""
    limit = max(1, len(word) // 3)
    lowered = word.lower()
    close = [
        (distance, candidate)
        for candidate in known
        if abs(len(candidate) - len(word)) <= limit and (distance := edit_distance(lowered, candidate.lower())) <= limit
    ]
    return min(close)[1] if close else None
