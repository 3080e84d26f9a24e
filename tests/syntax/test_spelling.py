"""Edit distances, against their definition."""

from hypothesis import given
from hypothesis import strategies as st

from qlang.syntax.spelling import edit_distance

words = st.text("abcx", max_size=5)


@given(words, words)
def test_the_distance_is_that_of_edits(left: str, right: str) -> None:
    assert edit_distance(left, right, 99) == edit_distance(right, left, 99) == _slow(left, right)
    assert edit_distance(left, right, 1) == min(_slow(left, right), edit_distance(left, right, 1))


def _slow(left: str, right: str) -> int:
    """Optimal string alignment, straight from its definition."""
    if not left or not right:
        return len(left) + len(right)
    best = min(
        _slow(left[:-1], right) + 1,
        _slow(left, right[:-1]) + 1,
        _slow(left[:-1], right[:-1]) + (left[-1] != right[-1]),
    )
    if len(left) > 1 and len(right) > 1 and left[-1] == right[-2] and left[-2] == right[-1]:
        best = min(best, _slow(left[:-2], right[:-2]) + 1)
    return best
