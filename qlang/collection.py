"""The cyclic garbage collector, out of the way of what makes many objects and no garbage."""

import gc

_LONGEST_WAIT = 2
"""Older objects are looked at after this multiple of the collections that they usually wait for, at the latest."""


class CollectionPaused:
    """Where a large structure grows, every collection would walk it for nothing: it is off within, and on again after.

    Behind a pause the first new object would begin a collection, in one of ten cases of all that has been made since
    long before, as modules that were imported. That may wait for allocations outside of pauses: here only what was made
    within is looked at.

    It is off for the whole process. Of pauses that overlap in several threads the first one to begin ends them all,
    which costs time and nothing else.
    """

    __slots__ = ("_collecting",)

    def __enter__(self) -> None:
        self._collecting = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._collecting:
            _collect_newest()
            gc.enable()


def _collect_newest() -> None:
    """The collection that is due of the newest objects, unless pauses have put off that of older ones for long."""
    (newest, waited, _), (most, usual, _) = gc.get_count(), gc.get_threshold()
    if newest > most > 0 and waited <= _LONGEST_WAIT * usual:
        gc.collect(0)
