"""Cyclic garbage collection, and when not to do it.

Compiling makes many objects that live on and next to no cycles. Collections would walk over them again and again, and
where many have been made since the last full one, over all objects of the process: as long as the compiling takes.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """No automatic collection inside, in any thread. May be nested, and be in several threads at once."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
