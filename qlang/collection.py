"""The cyclic garbage collector, out of the way of what makes many objects and no garbage."""

import gc


class CollectionPaused:
    """Where a large structure grows, every collection would walk it for nothing: it is off within, and on again after.

    It is off for the whole process. Of pauses that overlap in several threads the first one to begin ends them all,
    which costs time and nothing else.
    """

    __slots__ = ("_collecting",)

    def __enter__(self) -> None:
        self._collecting = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._collecting:
            gc.enable()
