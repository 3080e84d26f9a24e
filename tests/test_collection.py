"""Garbage collection is paused within, and as it was behind."""

import gc

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
