"""Garbage collection is paused within, and as it was behind."""

import gc
from collections.abc import Iterator

import pytest

from qlang.collection import CollectionPaused


@pytest.mark.parametrize("on", [True, False])
def test_collection_is_as_before_even_behind_an_error(on: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        with pytest.raises(KeyError), CollectionPaused():
            assert not gc.isenabled()
            with CollectionPaused():
                pass
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() is on
    finally:
        (gc.enable if before else gc.disable)()


@pytest.fixture
def collected() -> Iterator[list[int]]:
    """The generations that are collected, with thresholds at which newer ones always are."""
    found: list[int] = []

    def note(phase: str, told: dict[str, int]) -> None:
        if phase == "start":
            found.append(told["generation"])

    before, thresholds = gc.isenabled(), gc.get_threshold()
    gc.disable()
    gc.collect()
    gc.set_threshold(100, 3, 3)
    gc.callbacks.append(note)
    gc.enable()
    yield found
    gc.callbacks.remove(note)
    gc.set_threshold(*thresholds)
    (gc.enable if before else gc.disable)()


def _pause(objects: int) -> list[list[int]]:
    with CollectionPaused():
        return [[] for _ in range(objects)]


def test_behind_a_pause_only_what_was_made_within_is_looked_at(collected: list[int]) -> None:
    kept = [_pause(1000) for _ in range(6)]
    assert collected == [0] * 6
    assert len(kept) == 6


def test_a_short_pause_collects_nothing(collected: list[int]) -> None:
    kept = _pause(10)
    assert not collected
    assert len(kept) == 10


def test_older_objects_do_not_wait_forever(collected: list[int]) -> None:
    kept = [_pause(1000) for _ in range(20)]
    assert max(collected) > 0
    assert len(kept) == 20


def test_a_threshold_of_zero_means_no_collection(collected: list[int]) -> None:
    gc.set_threshold(0)
    _pause(1000)
    assert not collected
